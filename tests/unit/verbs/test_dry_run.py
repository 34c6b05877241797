"""What a dry run says, against the same sweep counted by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scipy import stats

from synthmix.config.plain import to_plain
from synthmix.pipeline.resources import Resources
from synthmix.stages.store import Store
from synthmix.study.asked import Asked
from synthmix.study.plan import Plan, make_plan
from synthmix.study.record import Record, Studies
from synthmix.study.sweep import ask
from synthmix.tracking.mlflow.tracker import Tracker
from synthmix.verbs.dry_run import print_dry_run

TOY = ["data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"]
# 8 asked for; 2 seeds × 3 parts of 40 for the curve; 12 different cells, 6 a seed, and one training a seed.
SMALL = ["model=gan,duplicate", "mix.ratio=0,1", "seed=0,1"]
# 3 models × 3 ratios × 2 seeds × 2 clusterers = 36; 2 seeds × 2 clusterers × 3 parts of 40 = 12 for the curve;
# different cells: 3 × 2 × 2 × 2 with synthetic points, 2 × 2 baselines, 12 of the curve. The maps are tuned, so that
# their 18 are there as configured too: 3 × 2 × 2 with synthetic points and 2 baselines.
SWEEP = ["model=gan,vae,duplicate", "mix.ratio=0,1,4", "seed=0,1", "clusterer=kmeans,som"]

Told = Callable[..., dict[str, list[str]]]


@pytest.fixture
def resources(tracker: Tracker, tmp_path: Path) -> Resources:
    return Resources.at(tracker, tmp_path / "store")


@pytest.fixture
def told(resources: Resources, capsys: pytest.CaptureFixture[str]) -> Told:
    """What is said under each heading."""

    def told(*overrides: str, multirun: bool = True) -> dict[str, list[str]]:
        print_dry_run(make_plan([*TOY, *overrides], multirun=multirun), resources)
        lines: dict[str, list[str]] = {}
        for line in capsys.readouterr().out.splitlines():
            lines.setdefault(line[:11].strip(), []).append(line[12:])
        return lines

    return told


def finish(plan: Plan, resources: Resources, seconds: float) -> None:
    """Stores every cell and training of a plan, each as if it had lasted so long."""
    store: Store = resources.store
    for _, asked in ask(plan.all_cells, resources).values():
        stages = asked.depends_on()
        store.get_or_compute("cell", stages.cell.depends_on, lambda: {"status": "finished"})
        if asked.quality_key is not None:
            store.get_or_compute("quality", stages.quality.depends_on, lambda: {"scores": {}})
        if asked.generator_key is not None:
            store.get_or_compute("generator", stages.generator.depends_on, lambda: {"content": 0})
    for file in store.root.glob("*/*/*/manifest.json"):
        text = file.read_text()
        start = text.index('"seconds": ') + len('"seconds": ')
        file.write_text(text[:start] + str(seconds) + text[text.index(",", start) :])


def test_a_study_from_nothing(told: Told, tmp_path: Path) -> None:
    lines = told(*SWEEP)
    assert lines["study"] == [make_plan([*TOY, *SWEEP], multirun=True).study]
    assert lines["cells"] == ["36 asked for, 12 added for the baseline and the learning curve, 18 as configured"]
    assert lines["to compute"] == ["54 of 54 different cells; 0 are stored"]
    assert lines["warning"] == ["no oracle (model=real): the exchange rate will nearly always be a bound"]
    assert lines["trainings"] == ["4 of 4 generators; 0 are stored"]
    assert "nothing is stored yet" in lines["time"][0]
    assert "nothing was" in lines
    assert not (tmp_path / "store").exists()


def test_what_is_stored_is_not_to_be_computed(told: Told, resources: Resources) -> None:
    finish(make_plan([*TOY, *SMALL, "seed=0"], multirun=True), resources, 1.0)
    lines = told(*SMALL)
    assert lines["to compute"] == ["6 of 12 different cells; 6 are stored"]
    assert lines["trainings"] == ["1 of 2 generators; 1 are stored"]
    finish(make_plan([*TOY, *SMALL], multirun=True), resources, 1.0)
    lines = told(*SMALL)
    assert lines["to compute"] == ["0 of 12 different cells; 12 are stored"]
    assert lines["trainings"] == ["0 of 2 generators; 2 are stored"]
    assert lines["time"] == ["none: everything is stored"]


@pytest.mark.parametrize(("seconds", "expected"), [(120, "14 minutes"), (1200, "2.3 hours")])
def test_the_time_is_that_of_what_was_done_before(
    seconds: float, expected: str, told: Told, resources: Resources
) -> None:
    """6 cells and a training, and .3 seconds for each job: 842 and 8402 seconds."""
    finish(make_plan([*TOY, *SMALL, "seed=0"], multirun=True), resources, seconds)
    assert told(*SMALL)["time"] == [f"about {expected} in one process"]


def test_of_what_nothing_is_known_is_told(told: Told, resources: Resources) -> None:
    finish(make_plan([*TOY, *SMALL, "seed=0", "model=duplicate"], multirun=True), resources, 1.0)
    (time,) = told(*SMALL, "model=gan,vae,duplicate")["time"]
    assert time.endswith("without gan on toy, vae on toy, of which nothing is stored yet")


def test_a_training_is_counted_once_for_all_its_cells(told: Told) -> None:
    assert told("model=vae", "mix.ratio=1,2,3,4", "clusterer=kmeans,som")["trainings"] == [
        "1 of 1 generators; 0 are stored"
    ]
    assert told("model=duplicate", "mix.ratio=1")["trainings"] == ["0 of 0 generators; 0 are stored"]
    assert told("model=vae,gan", "mix.ratio=0")["trainings"] == ["0 of 0 generators; 0 are stored"]


def test_the_smallest_p_that_can_be_attained(told: Told) -> None:
    """2 seeds have 4 patterns of signs, and so a two-sided p of .5 at best; 7 have 128, and .016."""
    lines = told(*SWEEP, "study.learning_curve=[]")
    assert lines["smallest p"] == ["0.5 with 2 seeds (gan, vae); 6 seeds are needed to reach 0.05"]
    enough = told("model=vae", "mix.ratio=0,1,2,4", "seed=range(7)", "study.learning_curve=[]")
    assert enough["smallest p"] == ["0.016 with 7 seeds (vae)"]


def test_a_sequential_study_has_a_first_batch_and_a_most(told: Told) -> None:
    """6 different cells a seed: 12 at first, 60 with ten. Its level is that of all looks: no p is the smallest."""
    lines = told(*SMALL, "study.sequential=true", "study.max_seeds=10")
    assert lines["sequential"] == [
        "a first batch of 12 cells (2 seeds), then 2 seeds at a time until every arm is decided: "
        "60 cells at most (study.max_seeds=10)"
    ]
    assert "smallest p" not in lines
    assert "sequential" not in told(*SMALL)


def test_where_nothing_is_stored_the_detectable_effect_is_unknown(told: Told) -> None:
    assert told(*SWEEP)["detectable"] == [
        f"unknown: nothing is stored yet of {learner} on identity, toy n=40" for learner in ("kmeans", "som")
    ]
    assert "detectable" not in told("model=duplicate", "mix.ratio=0,1")


@pytest.fixture
def read(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The results that are read of an earlier study of five seeds: gan's differences have an sd of .01, copies' .05."""
    plan = make_plan([*TOY, "model=gan,duplicate", "mix.ratio=0,1", "seed=range(5)"], multirun=True)
    finish(plan, resources, 1.0)
    record = Record("earlier")
    cells = {key: asked for key, (_, asked) in ask(plan.cells, resources).items()}
    record.ask(cells, {}, "synthmix run", to_plain(plan.configs[0].study))
    record.write(Studies(resources.store.root).file("earlier"))
    read: list[str] = []

    def result(asked: Asked, resources: Resources) -> Any:
        read.append(asked.key)
        seed, ratio, model = asked.config["seed"], asked.config["mix"]["ratio"], asked.config["model"]["name"]
        step = {"gan": 0.01, "duplicate": 0.05}[model] if ratio else 0.0
        deviation = (-1.0, -1.0, 0.0, 1.0, 1.0)[seed] * step
        return SimpleNamespace(metrics={"cluster/ari": 0.1 * seed + deviation})

    monkeypatch.setattr(Asked, "result", result)
    return read


@pytest.mark.parametrize(
    ("words", "seeds", "tests", "said"),
    [
        (["seed=range(8)"], 8, 2, "2 tests, 8 seeds"),
        (["seed=range(8)", "mix.ratio=0,1,2,4"], 8, 6, "6 tests, 8 seeds"),
        (["seed=range(8)", "study.seeds_planned=12"], 12, 2, "2 tests, 12 seeds"),
        (
            ["seed=range(8)", "study.sequential=true", "study.max_seeds=20"],
            20,
            2,
            "2 tests, 20 planned seeds; a sequential study takes somewhat more",
        ),
    ],
)
def test_the_detectable_effect_is_that_of_the_spread_of_stored_generators(
    words: list[str], seeds: int, tests: int, said: str, told: Told, read: list[str]
) -> None:
    """Power .8 of a t test at .025 on one side, by scipy's noncentral t, of contrasts to real points and to copies.

    The copies' spread is not used.
    """
    (line,) = told("model=gan,duplicate", "mix.ratio=0,1", *words)["detectable"]
    noncentrality = float(line.split()[0]) / 0.01 * math.sqrt(seeds)
    power = stats.nct.sf(stats.t.ppf(1 - 0.025 / tests, seeds - 1), seeds - 1, noncentrality)
    assert power == pytest.approx(0.8, abs=0.05)  # two digits of the effect
    assert line.endswith(f"of ari for kmeans on identity, toy n=40: {said} (sd 0.01 of differences, from 1 stored arm)")
    assert len(read) == len(set(read)) == 10  # of each seed the generator, and real points alone


def test_what_is_stored_of_other_settings_is_not_used(told: Told, read: list[str]) -> None:
    for words in (["data.n_train=41"], ["clusterer=gmm"], ["representation=pca", "representation.n_components=1"]):
        (line,) = told("model=gan", "mix.ratio=0,1", "seed=range(8)", *words)["detectable"]
        assert line.startswith("unknown: nothing is stored yet of ")
    assert not read


def test_with_too_few_seeds_no_effect_can_be_found(told: Told, read: list[str]) -> None:
    (few,) = told("model=gan", "mix.ratio=0,1", "seed=range(3)")["detectable"]
    assert few.startswith("nothing, whatever its size, for kmeans on identity, toy n=40: 1 test, 3 seeds")


def test_without_tuning_nothing_is_added_as_configured(told: Told) -> None:
    assert told(*SWEEP, "tuning=none")["cells"] == ["36 asked for, 12 added for the baseline and the learning curve"]


@pytest.mark.parametrize("words", [["model=vae,real"], ["mix.ratio=0"], ["study.learning_curve=[]"]], ids=str)
def test_where_there_is_an_oracle_or_no_exchange_rate_nothing_is_warned_of(told: Told, words: list[str]) -> None:
    assert "warning" not in told("model=vae,duplicate", "mix.ratio=0,1", *words)


def test_controls_are_no_tests(told: Told) -> None:
    assert "smallest p" not in told("model=duplicate,real,smote", "mix.ratio=0,1")


def test_a_single_cell(told: Told) -> None:
    lines = told("model=vae", multirun=False)
    assert lines["study"] == ["none: a single cell"]
    assert lines["cells"] == ["1 asked for, 0 added for the baseline and the learning curve"]
    assert lines["to compute"] == ["1 of 1 different cells; 0 are stored"]
    assert "smallest p" not in lines
