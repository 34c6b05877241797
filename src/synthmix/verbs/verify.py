"""The verb `verify`: a random part of a stranger's claim, computed once more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from synthmix.config.cell import CellConfig
from synthmix.config.plain import to_plain
from synthmix.errors import InvalidInput
from synthmix.recompute.claim_file import Claim, ClaimedCell, read_claim
from synthmix.recompute.environment import described, differences
from synthmix.recompute.judging import Judged, judged, threads_here
from synthmix.recompute.own_store import OwnStore
from synthmix.recompute.rows import COMPUTED, Row, matched, read_rows
from synthmix.recompute.sample import Sample
from synthmix.study.asked import Asked
from synthmix.study.combination import asked_for
from synthmix.verbs.parser import VerbParser

MOST_SHOWN = 5  # scores of one cell that differ, a line each
Drawn = tuple[str, Row, tuple[ClaimedCell, CellConfig]]


def verify(words: Sequence[str]) -> int:
    """Tries a claim; returns the exit code, 1 where a cell of the sample is not what the claim says.

    Raises:
        InvalidInput: the file is no sound claim, or the data here is not that of the claim; nothing was computed.
    """
    parser = VerbParser("verify", "Computes a random part of a claim once more, and says what holds.")
    parser.add_argument("claim", metavar="FILE", help="what synthmix export has written")
    parser.add_argument("--sample", default="5%", metavar="PART", help="how much: a part, or a number of cells (5%%)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the draw; otherwise one that nobody knows beforehand")
    parser.add_argument("--data", metavar="PATH", help="where the data lies here, in place of data.path or data.root")
    given = parser.read(words)
    sample, file = Sample.of(given.sample, given.seed), Path(given.claim)
    claim = read_claim(file)
    with TemporaryDirectory(prefix="synthmix-verify-") as folder:
        own = OwnStore(Path(folder), given.data)
        everything = _rows(claim, own, file)
        usable = [drawn for drawn in everything if drawn[1].status in COMPUTED]
        if not usable:
            raise InvalidInput(f"{file}: claims no result of any cell")
        drawn = sample.drawn(usable)
        _same_data(drawn, own, file)
        print(
            f"claim of study {claim.study}: every file is sound; {len(usable)} of {len(everything)} cells have a result"
        )
        print(f"sample: {len(drawn)} cells, {sample}")
        print(f"computed here by: {described()}", flush=True)
        return _told([_judged(one, own) for one in drawn])


def _rows(claim: Claim, own: OwnStore, file: Path) -> list[Drawn]:
    """Every row of a claim with its cell and its checked config."""
    configs, faults = [], dict[str, None]()
    for cell in claim.cells:
        try:
            configs.append((cell, own.config(cell.config)))
        except InvalidInput as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise InvalidInput(*list(faults)[:10])
    found: list[Drawn] = []
    for table, text in claim.tables.items():
        cells = [(_asked(cell, config), (cell, config)) for cell, config in configs if cell.table == table]
        rows = read_rows(text, f"{file}: {table}")
        found += [(table, row, of_row) for row, of_row in matched(rows, cells, f"{file}: {table}")]
    return found


def _asked(cell: ClaimedCell, config: CellConfig) -> Asked:
    asked = asked_for(to_plain(config))
    return Asked(asked, cell.n_train, cell.key, None, None, cell.digest)


def _same_data(drawn: Sequence[Drawn], own: OwnStore, file: Path) -> None:
    """Raises InvalidInput where the data here is not that of the claim."""
    faults = {}
    for _, _, (cell, config) in drawn:
        name = to_plain(config.data)["name"]
        here = own.asked(config).digest
        if here != cell.digest:
            faults[f"{file}: data.name={name}: the claim's has the digest {cell.digest}; the data here has {here}"] = 1
    if faults:
        raise InvalidInput(*faults)


def _judged(drawn: Drawn, own: OwnStore) -> Judged:
    table, row, (cell, config) = drawn
    found = own.compute(config)
    environment = differences(
        cell.environment or {},
        key=cell.key,
        key_here=found.asked.key,
        threads=config.threads,
        threads_here=threads_here(config),
        accelerator=config.trainer.accelerator,
    )
    one = judged(row, config, found, environment)
    word = "equal bit for bit" if one.is_equal else "within the tolerance" if one.holds else "DOES NOT HOLD"
    print(f"{word}: {table}: {row}", flush=True)
    if not one.is_equal:
        for value in one.other[:MOST_SHOWN]:
            print(f"  {value}")
        if len(one.other) > MOST_SHOWN:
            print(f"  and {len(one.other) - MOST_SHOWN} more")
        if one.environment and one.primary is not None:
            print(f"  {one.primary.name} may differ by {one.tolerance:g} of max(1, |{one.primary.name}|) elsewhere")
    return one


def _told(results: Sequence[Judged]) -> int:
    """Prints what held; returns the exit code."""
    for line in dict.fromkeys(line for one in results for line in one.environment):
        print(f"another environment: {line}", file=sys.stderr)
    hold, equal = sum(one.holds for one in results), sum(one.is_equal for one in results)
    print(f"{hold} of {len(results)} cells of the sample hold, {equal} of them bit for bit")
    return int(hold < len(results))
