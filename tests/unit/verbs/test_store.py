"""`synthmix store list, verify, prune` over a store that a small study has filled."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synthmix.cli import main
from synthmix.config.cell import from_plain
from synthmix.config.composing.composer import composer
from synthmix.gates.base import AcceptAll, Candidates, accepted_points
from synthmix.mixing import mix
from synthmix.pipeline.resources import Resources
from synthmix.pipeline.stages import Stages
from synthmix.seeds import pool_seed
from synthmix.stages.store import Store
from synthmix.study.asked import asked_of
from synthmix.study.combination import combination_id
from synthmix.study.record import Record, Studies
from synthmix.tracking.base import RunRecord
from synthmix.tracking.mlflow.tracker import Tracker

TOY = [
    *("data=toy", "data.n_points=300", "data.n_train=40", "data.n_val=50", "data.n_test=50", "quality.n_samples=30"),
    *("tracking.pictures=false", "model.steps=2", "model.networks.hidden=[4]", "model.latent_dim=2"),
]
TRAINED = [*TOY, "model.mixture_components=2", "representation=pca", "representation.n_components=1"]
CONTROL = [*TOY[:7], "model=smote", "representation=pca", "representation.n_components=2"]


@pytest.fixture(autouse=True)
def _handlers_of_signals() -> Iterator[None]:
    """`main` takes over Ctrl-C and SIGTERM; pytest needs its own back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def compute(resources: Resources, studies: str | None, *overrides: str) -> None:
    """Every stage of a cell, and its result; with a name, a study has asked for it."""
    with composer() as compose:
        config = from_plain(compose(overrides))
    with resources.tracker.open(RunRecord(kind="cell", name="a cell")) as run:
        stages = Stages(config, resources, run)
        splits = stages.splits()
        if stages.depends_on.n_synthetic:
            fitted = stages.generator(splits)
            stages.quality(splits, fitted)
            candidates = Candidates(fitted.synthetic_pool, pool_seed(config.seed), fitted.load)
            points, _, _ = accepted_points(candidates, AcceptAll(), stages.depends_on.n_synthetic)
        else:
            points = splits.train.x[:0]
        stages.representation(splits, mix(splits.train, points, 1.0))
        cell = stages.depends_on.cell.depends_on
        resources.store.get_or_compute("cell", cell, lambda: {"status": "finished"}, lambda: run.id)
    if studies is not None:
        file = Studies(resources.store.root).file(studies)
        record = Record.read(file) if file.exists() else Record(studies)
        asked = asked_of(stages.depends_on)
        record.ask({combination_id(asked.config): asked}, {}, "synthmix run -m ...", {})
        record.write(file)


@pytest.fixture(scope="module")
def filled(tracker: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two cells with synthetic points and one without, and two cells of no study."""
    folder = tmp_path_factory.mktemp("filled") / "store"
    resources = Resources.at(tracker, folder)
    compute(resources, "s-1", *TRAINED, "seed=0")
    compute(resources, "s-1", *CONTROL, "seed=0")
    compute(resources, "s-1", *TRAINED, "seed=0", "mix.ratio=0")
    compute(resources, None, *TRAINED, "seed=1")
    compute(resources, None, *CONTROL, "seed=1")
    return folder


STAGES_OF_THE_STUDY = {"generator": 1, "pool": 1, "quality": 2, "representation": 2, "cell": 3}
STAGES_OF_NOBODY = {"generator": 1, "pool": 1, "quality": 2, "representation": 2, "cell": 2}
ALL = {stage: STAGES_OF_THE_STUDY[stage] + STAGES_OF_NOBODY[stage] for stage in STAGES_OF_NOBODY}

Say = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil, where a cell of this folder would keep its stages."""
    shutil.copytree(filled, tmp_path / ".synthmix")
    return tmp_path / ".synthmix"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Exit code and lines of `synthmix store ...`."""

    def say(*words: str) -> tuple[int, list[str]]:
        code = main(["store", *words])
        told = capsys.readouterr()
        return code, (told.out + told.err).splitlines()

    return say


def counts(store: Path) -> dict[str, int]:
    stages = [entry.stage for entry in Store(store).entries()]
    return {stage: stages.count(stage) for stage in ALL if stage in stages}


def seed_of(store: Path, stage: str, seed: int) -> Path:
    (entry,) = [entry for entry in Store(store).entries(stage) if entry.depends_on["seed"] == seed]
    return store / stage / entry.key[:2] / entry.key


def test_list_counts_what_there_is_of_each_stage(store: Path, say: Say) -> None:
    assert counts(store) == ALL
    code, lines = say("list")
    assert code == 0
    assert {line.split()[0]: int(line.split()[1]) for line in lines[1:-1]} == ALL | {"all": sum(ALL.values())}
    assert lines[-1].startswith("study s-1: 3 cells asked for, last 20")


def test_list_of_a_stage_has_a_line_for_each_entry(store: Path, say: Say) -> None:
    code, lines = say("list", "generator")
    entries = list(Store(store).entries("generator"))
    assert code == 0
    assert {line.split()[0] for line in lines[1:]} == {entry.key[:16] for entry in entries}
    assert all("toy seed " in line and "vae" in line for line in lines[1:])
    _, cells = say("list", "cell")
    assert len(cells) == 1 + ALL["cell"]
    assert sum("real points only" in line for line in cells) == 1


def test_an_empty_store_can_be_listed(tmp_path: Path, say: Say) -> None:
    (tmp_path / "empty").mkdir()
    code, lines = say("list", "--store", "empty")
    assert (code, lines[-1].split()) == (0, ["all", "0", "0", "B"])
    assert say("verify", "--store=empty") == (0, ["0 entries read: all sound"])


@pytest.mark.parametrize("stage", ["generators", "/tmp", "../x"])
def test_a_stage_that_there_is_not_is_told(stage: str, store: Path, say: Say) -> None:
    code, lines = say("list", stage)
    assert (code, len(lines)) == (2, 1)
    assert "generator" in lines[0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "store nothing: allowed: list, verify, prune, retry, rebuild-tracking"),
        (["lst"], "store lst: allowed: list, verify, prune, retry, rebuild-tracking"),
        (["list", "--store", "nowhere"], "--store=nowhere: no such folder"),
        (["verify"], "--store=.synthmix: no such folder"),
        (["prune", "--older-than", "old"], "store prune: argument --older-than: invalid"),
        (["prune", "--older-than", "nan", "--store=."], ""),
        (["prune", "--older-than", "1e12", "--store=."], ""),
        (["verify", "all"], "store verify: unrecognized arguments: all"),
    ],
    ids=" ".join,
)
def test_wrong_words_are_told_in_one_line(words: list[str], line: str, say: Say) -> None:
    code, lines = say(*words)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith(line)


def test_a_sound_store_is_verified(store: Path, say: Say) -> None:
    assert say("verify") == (0, [f"{sum(counts(store).values())} entries read: all sound"])


def spoil(folder: Path, file: str = "payload.pt") -> None:
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / file).write_bytes(content)


def test_damage_is_found_and_named(store: Path, say: Say) -> None:
    damaged = [seed_of(store, "generator", 0), seed_of(store, "generator", 1)]
    spoil(damaged[0])
    (damaged[1] / "manifest.json").unlink()
    code, lines = say("verify")
    assert code == 1
    assert {line.split(": ")[1] for line in lines[:-1]} == {str(path.relative_to(store.parent)) for path in damaged}
    assert lines[-1].endswith("entries read: 2 damaged; they are computed again when they are needed")


def test_prune_takes_what_is_damaged_and_what_is_half_written(store: Path, say: Say) -> None:
    damaged = seed_of(store, "generator", 0)
    spoil(damaged)
    (damaged.parent / f"{'0' * 64}.partial").mkdir()
    assert say("prune", "--dry-run")[1][0].startswith("1 entries would be removed")
    assert damaged.exists()
    assert say("prune") == (0, ["1 entries were removed, and 1 half written ones"])
    assert counts(store) == ALL | {"generator": 1}
    assert list(store.rglob("*.partial")) == []
    assert say("verify")[0] == 0
    assert say("prune") == (0, ["0 entries were removed, and 0 half written ones"])


def test_what_is_unreferenced_and_what_a_study_needs(store: Path, say: Say) -> None:
    n = sum(STAGES_OF_NOBODY.values())
    assert say("prune", "--unreferenced", "--dry-run")[1][0].startswith(f"{n} entries would be removed")
    assert counts(store) == ALL
    assert say("prune", "--unreferenced") == (0, [f"{n} entries were removed, and 0 half written ones"])
    assert counts(store) == STAGES_OF_THE_STUDY
    assert {entry.depends_on["seed"] for entry in Store(store).entries("cell")} == {0}


def test_a_study_computes_nothing_anew_after_a_prune(store: Path, say: Say, tracker: Tracker) -> None:
    say("prune", "--unreferenced")
    before = counts(store)
    resources = Resources.at(tracker, store)
    for overrides in (TRAINED, CONTROL, [*TRAINED, "mix.ratio=0"]):
        compute(resources, None, *overrides, "seed=0")
    assert counts(store) == before


def test_without_a_study_nothing_is_needed(store: Path, say: Say) -> None:
    shutil.rmtree(store / "studies")
    say("prune", "--unreferenced")
    assert counts(store) == {}


def test_only_what_is_old_enough_goes(store: Path, say: Say) -> None:
    assert say("prune", "--older-than", "1")[1][0].startswith("0 entries were removed")
    old = seed_of(store, "generator", 1)
    text = (old / "manifest.json").read_text()
    start = text.index('"created": "') + len('"created": "')
    (old / "manifest.json").write_text(text[:start] + "2020" + text[start + 4 :])
    assert say("prune", "--older-than", "1")[1][0].startswith("1 entries were removed")
    assert not old.exists()
    assert counts(store) == ALL | {"generator": 1}


def test_what_is_damaged_and_unreferenced_is_one_entry(store: Path, say: Say) -> None:
    spoil(seed_of(store, "generator", 1))
    n = sum(STAGES_OF_NOBODY.values())
    assert say("prune", "--unreferenced")[1][0].startswith(f"{n} entries were removed")
    assert counts(store) == STAGES_OF_THE_STUDY
