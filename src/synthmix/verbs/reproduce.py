"""The verb `reproduce`: an experiment, or a random part of it, computed once more and compared with its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from synthmix.config.cell import CellConfig
from synthmix.config.composing.composer import conf_dir
from synthmix.config.plain import to_plain
from synthmix.errors import InvalidInput
from synthmix.recompute.environment import described
from synthmix.recompute.expected import Expected, expected_of, wide_arms
from synthmix.recompute.judging import Judged, judged
from synthmix.recompute.own_store import OwnStore
from synthmix.recompute.rows import COMPUTED, Row, matched, read_rows
from synthmix.recompute.sample import Sample
from synthmix.study.asked import Asked
from synthmix.study.combination import asked_for
from synthmix.study.plan import Plan, make_plan
from synthmix.verbs.parser import VerbParser

MOST_SHOWN = 10  # cells that differ
Drawn = tuple[str, Row, CellConfig]


def reproduce(words: Sequence[str]) -> int:
    """Computes an experiment; returns the exit code, 1 where it does not come to what its tables say.

    Raises:
        InvalidInput: no such experiment, none with tables of cells, or one that is no more what its tables are of.
    """
    parser = VerbParser("reproduce", "Computes an experiment once more and compares it with its expected.csv.")
    parser.add_argument("name", metavar="NAME", help="of conf/experiment")
    parser.add_argument("--sample", default="100%", metavar="PART", help="how much: a part, or a number of cells (all)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the draw; otherwise one that nobody knows beforehand")
    given = parser.read(words)
    sample = Sample.of(given.sample, given.seed)
    experiments = conf_dir() / "experiment"
    allowed = sorted(file.relative_to(experiments).with_suffix("").as_posix() for file in experiments.rglob("*.yaml"))
    if given.name not in allowed:
        raise InvalidInput(f"{given.name}: no such experiment; allowed: {', '.join(allowed)}")
    expected = expected_of(given.name)
    everything = list(_rows(expected, make_plan([f"experiment={given.name}"], multirun=False)))
    drawn = sample.drawn([one for one in everything if one[1].status in COMPUTED])
    where = sorted({str(table) for table, _, _ in everything})
    with TemporaryDirectory(prefix="synthmix-reproduce-") as folder:
        own = OwnStore(Path(folder))
        checked = [(row, own.config(to_plain(planned))) for _, row, planned in drawn]
        for config in {str(config.data): config for _, config in checked}.values():
            own.asked(config)  # a missing or damaged file is found here
        print(f"experiment {given.name}: {len(everything)} cells in {', '.join(where)}")
        print(f"sample: {len(drawn)} cells, {sample}")
        print(f"computed here by: {described()}", flush=True)
        there = expected.environment
        return _told([judged(row, config, own.compute(config), there) for row, config in checked], expected)


def _rows(expected: Expected, plan: Plan) -> list[Drawn]:
    """Every row of the tables with the config of its cell."""
    parts = {"sweep": plan.cells, "configured": plan.configured, "curve": plan.curve}
    found: list[Drawn] = []
    for part, table in expected.tables.items():
        cells = [(_asked(cell.config), cell.config) for cell in parts[part]]
        rows = read_rows(table.read_text(encoding="utf-8"), str(table))
        found += [(str(table), row, config) for row, config in matched(rows, cells, str(table))]
    return found


def _asked(config: CellConfig) -> Asked:
    return Asked(asked_for(to_plain(config)), config.train_size[0], "", None, None, "")


def _told(results: Sequence[Judged], expected: Expected) -> int:
    """Prints what came out; returns the exit code."""
    other = [one for one in results if not one.is_equal]
    print(f"{len(results) - len(other)} of {len(results)} cells are equal bit for bit")
    for one in other[:MOST_SHOWN]:
        names = [value.name for value in one.other]
        print(f"{one.row}: {len(names)} differ, {one.primary or one.other[0]}")
    if len(other) > MOST_SHOWN:
        print(f"and {len(other) - MOST_SHOWN} more cells")
    for line in expected.environment:
        print(f"another environment: {line}")
    if not other:
        return 0
    if not expected.environment:
        print("same processor, instruction set, kernels and versions as the tables: all should be equal")
        return 1
    wide = list(wide_arms(results, expected.spread))
    for line in wide:
        print(f"NOT within: {line}")
    how = "3 standard errors of the measured spread" if expected.spread is not None else "the tolerance of single cells"
    print(f"another environment may change that: {len(wide)} arms are further off than {how}")
    return int(bool(wide))
