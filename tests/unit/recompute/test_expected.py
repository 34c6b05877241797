"""An experiment's tables say what they were computed with, and elsewhere the mean of an arm may be off by so much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from synthmix.errors import InvalidInput
from synthmix.recompute.comparing import Value
from synthmix.recompute.expected import Expected, expected_of, wide_arms
from synthmix.recompute.judging import Judged
from synthmix.recompute.rows import Row
from synthmix.tracking.environment import environment_tags

ROOT = Path(__file__).parents[3]
NAMES = sorted(
    file.parent.relative_to(ROOT / "experiments").as_posix() for file in ROOT.glob("experiments/**/expected.yaml")
)
INSTRUCTIONS = environment_tags()["processor.instructions"]


def arm(name: str, off: Sequence[float]) -> list[Judged]:
    """Cells of one arm, whose primary scores are off by so much."""
    found = []
    for seed, difference in enumerate(off):
        value = Value("cluster/ari", 0.5, 0.5 + difference)
        row = Row({"model.name": name, "seed": str(seed)}, "finished", {})
        found.append(Judged(row, [] if value.is_equal else [value], value, 0.15, ["another processor"]))
    return found


@pytest.mark.parametrize(
    ("off", "spread", "wide"),
    [
        ([0.1, -0.1, 0.05, 0.0], {"gan": 0.045}, False),  # single cells may be far off, their mean may not
        ([0.08, 0.07, 0.07, 0.07], {"gan": 0.045}, True),
        ([0.13], {"gan": 0.045}, False),  # of one cell 3 · .045
        ([0.14], {"gan": 0.045}, True),
        ([0.0005], {}, False),  # a control: rounding alone
        ([0.002], {}, True),
        ([math.nan], {"gan": 0.045}, True),
        ([0.1, 0.14], None, False),
        ([0.1, 0.16], None, True),
    ],
)
def test_the_mean_of_an_arm_may_be_off_by_three_standard_errors(
    off: list[float], spread: dict[str, float] | None, wide: bool
) -> None:
    lines = list(wide_arms([*arm("gan", off), *arm("duplicate", [0.0])], spread))
    assert len(lines) == wide
    assert all(line.startswith("model.name=gan: ") for line in lines)


def test_another_status_is_never_explained() -> None:
    (one,) = arm("gan", [0.0])
    failed = Judged(one.row, [Value("status", "finished", "failed")], one.primary, 0.15, ["another processor"])
    assert list(wide_arms([failed], {"gan": 1.0})) == ["model.name=gan: another status"]


def test_the_same_environment_has_no_difference_and_another_is_named() -> None:
    assert Expected({}, {"processor.instructions": INSTRUCTIONS}).environment == []
    (line,) = Expected({}, {"processor.instructions": "AVX1024"}).environment
    assert line == f"processor.instructions: AVX1024 then, {INSTRUCTIONS} here"
    assert len(Expected({}, {}).environment) == 1


def test_the_table_of_this_instruction_set_is_taken() -> None:
    folder = Path("experiments/demo")
    folder.mkdir(parents=True)
    for name in ("expected.csv", "here.csv"):
        (folder / name).touch()
    (folder / "expected.yaml").write_text(
        "computed_with: {processor.instructions: AVX1024}\n"
        f"other_instructions: {{{INSTRUCTIONS}: here.csv}}\nspread: {{gan: 0.1}}\n"
    )
    found = expected_of("demo")
    assert found.tables == {"sweep": folder / "here.csv"}
    assert (found.environment, found.spread) == ([], {"gan": 0.1})


@pytest.mark.parametrize(
    "about", ["[]", "computed_with: 1", "spread: {a: b}", "{}", "a: [", "computed_with: {}\nspread: 1"]
)
def test_what_is_said_of_tables_wrongly_is_a_line(about: str) -> None:
    folder = Path("experiments/demo")
    folder.mkdir(parents=True)
    (folder / "expected.csv").touch()
    (folder / "expected.yaml").write_text(about)
    with pytest.raises(InvalidInput, match=r"expected\.yaml: ") as told:
        expected_of("demo")
    assert len(told.value.faults) == 1


def test_an_experiment_without_tables_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"^nothing: has no expected\.csv"):
        expected_of("nothing")


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_that_says_it_can_be_read(name: str) -> None:
    found = expected_of(name)
    assert found.computed_with.keys() >= {"processor", "processor.instructions"}
    assert all(table.is_file() for table in found.tables.values())
