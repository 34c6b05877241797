"""Sweeps are counted before they are enumerated, and come to what Hydra's own sweeper would run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hypothesis import given
from hypothesis import strategies as st

from synthmix.config.composing.composer import composer
from synthmix.config.composing.grammar import MAX_VALUES, parse
from synthmix.errors import InvalidInput
from synthmix.study.enumeration import combinations, size_of, swept_values
from synthmix.study.plan import make_plan

ENDS = st.one_of(st.integers(-40, 40), st.sampled_from([-1.5, 0.1, 0.25, 1e3, 2.75]))


def faults_of(*words: str) -> Sequence[str]:
    with pytest.raises(InvalidInput) as error:
        make_plan(words, multirun=True)
    return error.value.faults


@given(ENDS, ENDS, ENDS.filter(bool))
def test_the_size_of_a_range_is_the_number_of_its_values(start: float, stop: float, step: float) -> None:
    (override,) = parse([f"seed=range({start},{stop},{step})"])
    assert size_of(override) == len(list(override.sweep_string_iterator()))


def test_cells_are_those_of_hydras_sweeper_and_the_last_of_a_key_counts() -> None:
    parsed = parse(["seed=range(5)", "mix.ratio=0,1,4", "seed=7,8", "model=vae"])
    expected = [list(cell) for cell in BasicSweeper.split_arguments(parsed, None)[0]]
    assert combinations(parsed, 6) == expected
    assert len(expected) == 6
    with pytest.raises(InvalidInput, match=r"study\.max_cells=5: must be ≥ 6, the cells asked for"):
        combinations(parsed, 5)


@pytest.mark.parametrize(
    ("words", "cells"), [("seed=range(0) mix.ratio=range(1e12)", 0), ("seed=range(1e12) seed=0,1", 2)]
)
def test_a_long_range_that_makes_no_cell_is_not_enumerated(words: str, cells: int) -> None:
    assert len(combinations(parse(words.split()), 5)) == cells


def test_a_glob_is_the_list_of_the_members_that_it_matches() -> None:
    words = ["gate=glob([t*,a*],exclude=top_k)", "seed=0"]
    with composer() as compose:
        listed = swept_values(parse(words), compose, words)
    assert combinations(listed, 9) == [["gate=authentic", "seed=0"], ["gate=typicality", "seed=0"]]
    plan = make_plan(["model=glob(beta*)", "gate=glob(n*)"], multirun=True)
    assert [(config.model.name, config.gate.name) for config in plan.configs] == [("beta_vae", "none")]
    assert (
        make_plan(["model=glob(*)", "data=toy", "model=glob(du*)"], multirun=True).configs[0].model.name == "duplicate"
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("model=glob(z*)", "model=glob(z*): no such member; allowed: autoencoder, "),
        ("mix.ratio=glob(*)", "mix.ratio=glob(*): glob(…) is for config groups; must list its values"),
        ("seed=range(nan)", "seed=range(nan): must be range(START,STOP,STEP) of finite numbers, STEP not 0"),
        ("seed=sort(range(0,inf))", "seed=sort(range(0,inf)): must be range(START,STOP,STEP) of finite numbers"),
        ("seed=range(0,10,0)", "seed=range(0,10,0): must be range(START,STOP,STEP) of finite numbers, STEP not 0"),
        ("seed=choice(choice(1,2),3)", "seed=choice(choice(1,2),3): must list its values, as 1,2,3 or range(3)"),
        ("model=range(1e3)", "model=range(1e3): no such member; allowed: autoencoder, "),
        ("seed=range(1e9)", f"study.max_cells=5000: must be ≥ {10**9}, the cells asked for ({10**9})"),
        ("seed=shuffle(range(6000))", "study.max_cells=5000: must be ≥ 6000, the cells asked for (6000)"),
        ("seed=range(1e-300,1e300,1e-300)", "study.max_cells=5000: must be ≥ "),
        (
            "study.max_cells=5 seed=range(3) mix.ratio=0,1",
            "study.max_cells=5: must be ≥ 6, the cells asked for (3 × 2)",
        ),
        ("study.max_cells=0", "study.max_cells=0: must be ≥ 1"),
        ("hydra.sweeper=RUN", "hydra.sweeper=RUN: must be a group of keys; hydra/sweeper=NAME chooses one"),
        ("hydra.sweeper=null", "hydra.sweeper=null: must be a group of keys; hydra/sweeper=NAME chooses one"),
        ("+hydra.sweeper.params.seed=3", "+hydra.sweeper.params.seed=3: Hydra cannot compose it (AssertionError: "),
    ],
)
def test_a_sweep_without_an_end_or_with_too_many_cells_is_told(words: str, fault: str) -> None:
    (told,) = faults_of(*words.split())
    assert told.startswith(fault)


def test_a_sweep_and_a_fixed_key_that_are_wrong_are_both_told() -> None:
    sweep, key = faults_of("seed=range(nan)", "model.stepz=3")
    assert sweep.startswith("seed=range(nan): ")
    assert key.startswith("model.stepz=3: unknown key; did you mean steps?")


def test_of_many_cells_with_faults_the_first_are_told() -> None:
    *faults, rest = faults_of("clusterer.pretraining.accelerator=range(1e3)")
    assert len(faults) == 40
    assert all("unknown key" in fault for fault in faults)
    assert rest == "40 of 1000 cells were checked, and no more of them, as so many have faults"


def test_a_study_may_be_let_have_more_cells() -> None:
    cells = make_plan(["seed=range(12)", "study.max_cells=12", "model=duplicate"], multirun=True).configs
    assert [config.seed for config in cells] == list(range(12))


def test_a_list_beyond_what_the_parser_can_do_is_told_and_not_read() -> None:
    longest = ",".join(map(str, range(MAX_VALUES + 1)))
    assert len(parse([f"seed={longest}"])[0].value().list) == MAX_VALUES + 1  # type: ignore[union-attr]
    (fault,) = faults_of(f"seed={longest},0")
    assert fault == f"seed: must have at most {MAX_VALUES} values on the command line"
