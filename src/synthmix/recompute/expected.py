"""The committed tables of an experiment, what they were computed with, and how much of a difference that explains.

experiments/NAME/expected.csv              cells.csv of the experiment
                 expected_configured.csv   configured_cells.csv
                 expected_curve.csv        curve_cells.csv
                 expected.yaml             what they were computed with, spread and further tables
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthmix.config.composing.composer import conf_dir
from synthmix.errors import InvalidInput
from synthmix.recompute.comparing import FITTED
from synthmix.recompute.foreign import read_config
from synthmix.recompute.judging import Judged
from synthmix.tracking.environment import environment_tags

ABOUT = "expected.yaml"
TABLES = {"sweep": "expected.csv", "configured": "expected_configured.csv", "curve": "expected_curve.csv"}
INSTRUCTIONS = "processor.instructions"
WIDE = 3.0  # standard errors that the mean of an arm may be off, elsewhere


@dataclass(frozen=True)
class Expected:
    """What is known of an experiment.

    Attributes:
        tables: by the part of the study, a file for each.
        computed_with: tags of the environment, as far as they are known.
        spread: by `model.name`, the standard deviation over cells of the difference of the primary score between
            instruction sets; a generator that is not named has none. None where it was not measured.
    """

    tables: Mapping[str, Path]
    computed_with: Mapping[str, str]
    spread: Mapping[str, float] | None = field(default=None)

    @property
    def environment(self) -> list[str]:
        """What differs here of what the tables were computed with, a line each."""
        here = environment_tags()
        if not self.computed_with:
            return ["the tables do not say what they were computed with"]
        return [
            f"{name}: {then} then, {here.get(name) or 'none'} here"
            for name, then in sorted(self.computed_with.items())
            if here.get(name) != then
        ]


def expected_of(name: str) -> Expected:
    """The tables of an experiment: those of this machine's instruction set, where there are some.

    Raises:
        InvalidInput: there are none, or what is said of them cannot be read.
    """
    places = [Path("experiments") / name, conf_dir().parent / "experiments" / name]
    folder = next((place for place in places if (place / TABLES["sweep"]).is_file()), None)
    if folder is None:
        where = "experiments/NAME here or in the checkout of synthmix"
        raise InvalidInput(f"{name}: has no {TABLES['sweep']}; must be in {where}")
    tables = {part: folder / file for part, file in TABLES.items() if (folder / file).is_file()}
    if not (folder / ABOUT).is_file():
        return Expected(tables, {})
    about = read_config((folder / ABOUT).read_text(encoding="utf-8"), str(folder / ABOUT))
    try:
        return _read(about, folder, tables)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise InvalidInput(f"{folder / ABOUT}: is not what it must be ({type(error).__name__}: {error})") from error


def _read(about: Mapping[str, Any], folder: Path, tables: Mapping[str, Path]) -> Expected:
    spread = about.get("spread")
    known = {str(key): str(value) for key, value in about["computed_with"].items()}
    here = environment_tags()[INSTRUCTIONS]
    other = about.get("other_instructions", {}).get(here)
    if other is not None:
        tables, known = {"sweep": folder / str(other)}, {**known, INSTRUCTIONS: here}
        known.pop("processor.kernels", None)  # which were held to others, and are not known
    return Expected(tables, known, None if spread is None else {str(arm): float(sd) for arm, sd in spread.items()})


def wide_arms(results: Sequence[Judged], spread: Mapping[str, float] | None) -> Iterator[str]:
    """The arms whose mean is further off than another environment explains, a line each.

    Where the spread between instruction sets was measured, the mean difference of the cells of an arm may be so many
    standard errors of it; without one each cell has the tolerance of a single run.
    """
    arms: dict[tuple[str, ...], list[Judged]] = defaultdict(list)
    for one in results:
        arms[one.row.arm].append(one)
    for of_arm in arms.values():
        keys = " ".join(f"{key}={value}" for key, value in of_arm[0].row.keys.items() if key != "seed")
        if any(value.name == "status" for one in of_arm for value in one.other):
            yield f"{keys}: another status"
        elif spread is None:
            wide = [one for one in of_arm if not one.is_equal and not one.holds]
            if wide:
                yield f"{keys}: {len(wide)} of {len(of_arm)} cells are further off than {wide[0].tolerance:g}"
        else:
            off = [_difference(one) for one in of_arm]
            sd = spread.get(of_arm[0].row.keys["model.name"], 0.0)
            allowed = WIDE * sd / math.sqrt(len(off)) + FITTED
            mean = sum(off) / len(off)
            if not abs(mean) <= allowed:
                yield f"{keys}: the mean of {len(off)} cells is off by {mean:+.4f}; allowed: {allowed:.4f}"


def _difference(one: Judged) -> float:
    """How much the primary score differs; nothing where neither side has one."""
    if one.primary is None:
        return 0.0
    here = one.primary.here
    return float(here) - float(one.primary.recorded) if here is not None else math.inf
