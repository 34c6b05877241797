"""Faults of disk, clock and data on the real thing: what the user sees, and what the second start recovers.

README.md beside it has the table of all faults; those of processes, signals and servers have files of their own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthmix.stages.store import Store
from synthmix.study.launching import job

Command = Callable[..., Any]
SMALL = ["data.n_train=50", "quality.n_samples=50", "trainer.limit_steps=20", "study.learning_curve=[]"]
STUDY = ["run", "-m", "model=gan", "mix.ratio=0,1", "seed=0", *SMALL, "tracking.study=small"]
TUNED = [
    *("run", "-m", "model=vae", "mix.ratio=0,1", "seed=0", *SMALL, "clusterer=gmm_on_pca", "clusterer.n_clusters=gap"),
    *("clusterer.k_max=5", "tracking=none", "tracking.study=tuned"),
]
DISK = Path("disk")
# A disk of its own, which is gone with the process: full at first, then with room. What is left of it is copied out.
SCRIPT = """
set -u
mount -t tmpfs -o size=$SIZE none disk
"$PYTHON" -m synthmix "$@" > first.txt 2>&1; echo $? >> first.txt
find . -name '*.partial' > partial.txt
mount -o remount,size=200m disk
"$PYTHON" -m synthmix "$@" > second.txt 2>&1; echo $? >> second.txt
"$PYTHON" -m synthmix store verify --store "$STORE" > verified.txt 2>&1
cp -r disk kept
"""


@pytest.fixture
def may_mount() -> None:
    """Skips a test where no disk of its own can be mounted; makes the folder for it."""
    DISK.mkdir()
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "disk"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("a disk of its own takes the right to mount one")


@pytest.fixture
def twice_on_a_small_disk(may_mount: None) -> Callable[..., tuple[list[str], list[str]]]:
    """Runs a command on a full disk and once more with room; gives what it said, its exit code last."""

    def run(words: list[str], size: str, store: str, **environment: str) -> tuple[list[str], list[str]]:
        known = {"SIZE": size, "PYTHON": sys.executable, "STORE": store, **environment}
        words = ["unshare", "-m", "sh", "-c", SCRIPT, "sh", *words]
        subprocess.run(words, env=os.environ | known, check=True, timeout=300)
        first, second = (Path(name).read_text().splitlines() for name in ("first.txt", "second.txt"))
        assert "Traceback" not in "\n".join([*first, *second])
        assert Path("partial.txt").read_text() == ""
        assert Path("verified.txt").read_text().endswith("all sound\n")
        return first, second

    return run


def test_a_disk_that_fills_with_the_store_fails_the_cell_in_a_line_and_the_second_start_completes_it(
    twice_on_a_small_disk: Callable[..., tuple[list[str], list[str]]],
) -> None:
    first, second = twice_on_a_small_disk([*STUDY, "tracking=none", "paths.store=disk/store"], "300k", "disk/store")
    (failed,) = [line for line in first if line.startswith("failed: ")]
    assert re.search(r"model.name=gan .*: OSError: \[Errno 28\] No space left on device: '.*payload.pt'$", failed)
    assert (first[-1], second[-1]) == ("1", "0")
    assert not [line for line in second if line.startswith("failed: ")]


def test_a_disk_that_fills_with_the_database_and_its_files_fails_nothing(
    twice_on_a_small_disk: Callable[..., tuple[list[str], list[str]]], runs_in: Callable[..., Any]
) -> None:
    uri = f"sqlite:///{DISK.absolute()}/mlflow.db"
    first, second = twice_on_a_small_disk(STUDY, "1200k", ".synthmix", MLFLOW_TRACKING_URI=uri)
    assert (first[-1], second[-1]) == ("0", "0")
    assert any(line.startswith(f"{uri}: MLflow is away (") for line in first)
    assert not [line for line in second if "MLflow is away" in line]
    runs = runs_in(Path("kept"))
    finished = [run.data.tags["synthmix.kind"] for run in runs if run.info.status == "FINISHED"]
    assert sorted(finished) == ["arm", "cell", "cell", "generator", "study"]
    assert not [run for run in runs if run.info.status == "RUNNING"]


CHECKPOINTS = """
import subprocess
from pathlib import Path
from synthmix.cli import main
words = "run model=gan data.n_train=50 quality.n_samples=20 model.steps=40 tracking=none".split()
words += "tracking.pictures=false trainer.checkpoint_every=5 trainer.checkpoint_dir=disk/checkpoints".split()
first = main([*words, "trainer.limit_steps=5"])  # which leaves a checkpoint
(kept,) = Path("disk").rglob("*.ckpt")
subprocess.run(["mount", "-o", f"remount,size={kept.stat().st_size * 3 // 2}", "none", "disk"], check=True)
before = kept.read_bytes()
second = main([*words, "seed=1", "trainer.limit_steps=10"])
print("kept", [str(path) for path in Path("disk").rglob("*.*")], kept.read_bytes() == before)
subprocess.run(["mount", "-o", "remount,size=200m", "none", "disk"], check=True)
print(first, second, main([*words, "trainer.limit_steps=10", f"trainer.resume_from={kept}"]))
"""


def test_a_disk_that_fills_with_a_checkpoint_fails_the_cell_in_a_line_and_keeps_the_checkpoint_before(
    may_mount: None,
) -> None:
    words = ["unshare", "-m", "sh", "-euc", 'mount -t tmpfs -o size=200m none disk; "$PYTHON" -c "$PROGRAM"']
    environment = os.environ | {"PYTHON": sys.executable, "PROGRAM": CHECKPOINTS}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=300)
    (failed,) = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert failed.startswith("failed: OSError: [Errno 28] No space left on device: ")
    assert "Traceback" not in done.stderr
    out = done.stdout.splitlines()
    assert "kept ['disk/checkpoints/last.ckpt'] True" in out
    assert out[-1] == "0 1 0"


READ_ONLY = """
mount -t tmpfs -o size=1m none disk
mkdir disk/store
mount -o remount,ro disk
"$PYTHON" -c "$PROGRAM"
"""
PROGRAM = """
from synthmix.cli import main
words = "model=duplicate data.n_train=50 tracking=none paths.store=disk/store tracking.pictures=false".split()
print(main(["run", "-m", *words]), main(["run", *words]))
"""


def test_a_store_that_can_only_be_read_is_a_line(may_mount: None) -> None:
    """Of a study before anything is started, of a cell where it would be stored."""
    words = ["unshare", "-m", "sh", "-euc", READ_ONLY]
    environment = os.environ | {"PYTHON": sys.executable, "PROGRAM": PROGRAM}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=300)
    study, cell = done.stderr.splitlines()
    assert study == f"paths.store={DISK.absolute()}/store: cannot be written (Read-only file system)"
    assert cell.startswith("failed: OSError: [Errno 30] Read-only file system: ")
    assert done.stdout.splitlines()[-1] == "2 1"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A study with an entry of every kind that k-means and mixtures have."""
    folder = tmp_path_factory.mktemp("tuned")
    assert command(*TUNED, folder=folder).code == 0
    return folder


def flipped(entry: Path) -> None:
    content = bytearray((entry / "payload.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (entry / "payload.pt").write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flipped,
    "a missing file": lambda entry: (entry / "payload.pt").unlink(),
    "a damaged manifest": lambda entry: os.truncate(entry / "manifest.json", 50),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_in_every_kind_of_entry_is_computed_again(
    damage: Callable[[Path], object], tuned: Path, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(tuned, "copy")
    folder = Path("copy").absolute()
    table = folder / "multirun" / "tuned" / "report" / "cells.csv"
    before = table.read_bytes()
    kinds = sorted(path.name for path in (folder / ".synthmix").iterdir() if list(path.glob("??/*/payload.pt")))
    assert {"cell", "generator", "n_clusters", "pool", "quality", "representation", "scores", "tuning"} <= {*kinds}
    for entry in (folder / ".synthmix").glob("*/??/*/payload.pt"):
        damage(entry.parent)
    answer = command(*TUNED, folder=folder)
    assert answer.code == 0
    assert table.read_bytes() == before
    assert {record.message.split()[1] for record in caplog.records if " is damaged: " in record.message} >= {"cell"}
    assert command("store", "prune", folder=folder).code == 0
    assert command("store", "verify", folder=folder).out.endswith("all sound\n")


@pytest.mark.parametrize("content", ["{", '{"name": "tuned", "cells": {"a": {}}}'])
def test_a_damaged_record_is_a_line_and_costs_no_cell(content: str, tuned: Path, command: Command) -> None:
    shutil.copytree(tuned, "copy")
    folder = Path("copy").absolute()
    record = folder / ".synthmix" / "studies" / "tuned" / "study.json"
    record.write_text(content)
    answer = command(*TUNED, folder=folder)
    assert (answer.code, answer.out) == (2, "")
    assert re.match(
        r"\S+/studies/tuned/study.json: is damaged \(.*\); remove it and ask for the study again", answer.err
    )
    assert len(answer.err.splitlines()) == 1
    record.unlink()
    journal = (folder / ".synthmix" / "journal.jsonl").read_bytes()
    assert command(*TUNED, folder=folder).code == 0
    assert (folder / ".synthmix" / "journal.jsonl").read_bytes() == journal


def test_ctrl_c_and_sigterm_in_each_kind_of_stage_lose_that_stage_alone(
    tuned: Path, command: Command, runs_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command again and again, stopped in the first stage of each kind by turns, until it is through."""
    words = [word for word in TUNED if word != "tracking=none"]
    get_or_compute = Store.get_or_compute
    begun: list[str] = []

    def stopped_once(store: Store, stage: str, depends_on: Any, compute: Any, *producer: Any) -> Any:
        def computed() -> Any:
            if stage not in begun:
                begun.append(stage)
                os.kill(os.getpid(), signal.SIGTERM if len(begun) % 2 else signal.SIGINT)
            return compute()

        return get_or_compute(store, stage, depends_on, computed, *producer)

    monkeypatch.setattr(Store, "get_or_compute", stopped_once)
    ends = []
    while (answer := command(*words)).code:
        ends.append((answer.code, answer.err.splitlines()[-1]))
        assert len(ends) == len(begun) < 20
        assert not [run.info.run_name for run in runs_in(Path.cwd()) if run.info.status == "RUNNING"]
    assert ends == [((143, "stopped"), (130, "stopped"))[number % 2] for number in range(len(begun))]
    assert {"cell", "generator", "n_clusters", "pool", "quality", "representation", "tuning"} <= {*begun}
    report = Path("multirun", "tuned", "report", "cells.csv")
    assert report.read_bytes() == (tuned / report).read_bytes()
    journal = [json.loads(line) for line in Path(".synthmix", "journal.jsonl").read_text().splitlines()]
    keys = [(line["stage"], line["key"]) for line in journal]
    assert len(keys) == len({*keys})


def test_a_clock_that_was_set_back_computes_nothing_twice(tuned: Path, command: Command) -> None:
    """All that was written stands in the future then."""
    shutil.copytree(tuned, "copy")
    folder = Path("copy").absolute()
    for manifest in (folder / ".synthmix").glob("*/??/*/manifest.json"):
        later(manifest, "created")
    later(folder / ".synthmix" / "studies" / "tuned" / "study.json", "created", "updated")
    table = folder / "multirun" / "tuned" / "report" / "cells.csv"
    journal, before = (folder / ".synthmix" / "journal.jsonl"), table.read_bytes()
    stages = len(journal.read_text().splitlines())
    assert command(*TUNED, folder=folder).code == 0
    assert len(journal.read_text().splitlines()) == stages
    assert table.read_bytes() == before
    assert command("report", "last", folder=folder).code == 0
    assert command("store", "verify", folder=folder).out.endswith("all sound\n")


def later(file: Path, *names: str) -> None:
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {name: f"2099{content[name][4:]}" for name in names}))


def test_data_that_changes_between_two_commands_is_another_set(process: Command) -> None:
    """No cell of the old points stands in the table of the new ones; what was computed of them stays in the store."""
    words = ["run", "-m", "data=table", "data.path=points.csv", "clusterer.n_clusters=3", "model=duplicate"]
    words += ["mix.ratio=0,1", "seed=0", "study.learning_curve=[]", "tracking=none", "tracking.study=changing"]
    table = Path("multirun/changing/report/cells.csv")
    tables = []
    for shift in (0.0, 1.0):
        points = np.random.default_rng(0).normal(size=(120, 3)) + shift * np.arange(360).reshape(120, 3) % 7
        np.savetxt("points.csv", points, delimiter=",", header="a,b,c", comments="")
        assert process(*words).code == 0
        tables.append(table.read_bytes())
    assert tables[0] != tables[1]
    assert len(tables[1].splitlines()) == 1 + 2
    assert len(list(Path(".synthmix").glob("cell/??/*/payload.pt"))) == 4


def test_data_that_changes_between_two_cells_of_a_command_leaves_it_with_the_points_it_began_with(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process reads a file once: the table is that of a study whose file has stayed."""
    words = ["run", "-m", "data=table", "data.path=points.csv", "clusterer.n_clusters=3", "model=duplicate"]
    words += ["mix.ratio=0,1", "seed=0", "study.learning_curve=[]", "tracking=none", "tracking.study=one"]
    write = job._write
    tables = []
    for changes in (False, True):
        folder = Path(f"changes {changes}").absolute()
        folder.mkdir()
        points = np.random.default_rng(0).normal(size=(120, 3))
        np.savetxt(folder / "points.csv", points, delimiter=",", header="a,b,c", comments="")

        def written(outcome: job.Outcome, to: Path, changed: Path | None = folder if changes else None) -> None:
            write(outcome, to)
            if changed is not None:
                np.savetxt(changed / "points.csv", np.ones((9, 2)), delimiter=",", header="d,e", comments="")

        monkeypatch.setattr(job, "_write", written)
        assert command(*words, folder=folder).code == 0
        tables.append((folder / "multirun" / "one" / "report" / "cells.csv").read_bytes())
    assert len(np.loadtxt("changes True/points.csv", delimiter=",", skiprows=1)) == 9
    assert tables[0] == tables[1]
    assert len(tables[1].splitlines()) == 1 + 2


def test_two_studies_at_once_over_one_store_and_one_database(process: Command, runs_in: Callable[..., Any]) -> None:
    """Each has its table and its runs; what both ask for is computed once."""
    words = ["mix.ratio=0,1", "seed=0,1", "data.n_train=50", "quality.n_samples=20", "study.learning_curve=[]"]

    def run(model: str) -> Any:
        return process("run", "-m", f"model={model}", f"tracking.study={model}", *words)

    models = ("duplicate", "jitter")
    with ThreadPoolExecutor() as both:
        answers = list(both.map(run, models))
    assert [(answer.code, answer.err) for answer in answers if answer.code or "MLflow is away" in answer.err] == []
    for model in models:
        rows = Path(f"multirun/{model}/report/cells.csv").read_text().splitlines()
        assert len(rows) == 1 + 4
    stages = [json.loads(line)["stage"] for line in Path(".synthmix/journal.jsonl").read_text().splitlines()]
    assert stages.count("cell") == 2 + 2 + 2  # the cells without synthetic points belong to both
    runs = runs_in(Path.cwd())
    assert {run.info.status for run in runs} == {"FINISHED"}
    kinds = [run.data.tags["synthmix.kind"] for run in runs]
    assert (kinds.count("study"), kinds.count("cell")) == (2, 8)
