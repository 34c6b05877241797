"""What the store of stages saves, what a cell costs beside its work, and what a second worker brings.

    python experiments/speed/study.py store      # 6 ratios × 5 seeds × 4 clusterers, against no store at all
    python experiments/speed/study.py complete --cells 2000   # the same command again, and planning
    python experiments/speed/study.py overhead   # what a cell costs beside its work, and the memory of 1,000 of them
    python experiments/speed/study.py workers    # joblib with two workers against the basic launcher
    python experiments/speed/study.py notebook   # Study(X).run() against the same study from the command line

CPU seconds of the process and its children where nothing else is said; one thread each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SWEEP = ["mix.ratio=0,0.25,0.5,1,2,4", "seed=range(5)", "clusterer=kmeans,minibatch_kmeans,gmm_on_pca,som"]
MODEL = ["model=vae"]


def synthmix(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Runs a verb; returns its CPU and wall seconds."""
    return command([sys.executable, "-m", "synthmix", *words], folder)


def command(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Runs a command; returns its CPU and wall seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


def journal(folder: Path, stage: str) -> int:
    """How many entries of a stage were computed."""
    lines = (folder / ".synthmix" / "journal.jsonl").read_text().splitlines()
    return sum(json.loads(line)["stage"] == stage for line in lines)


def store(folder: Path, sample: int) -> None:
    """With the store, and with a new one for each cell, which is as good as none."""
    with_store, _ = synthmix(["run", "-m", *MODEL, *SWEEP, "study.learning_curve=[]"], folder)
    trainings, cells = journal(folder, "generator"), journal(folder, "cell")
    startup, _ = synthmix(["run", *MODEL, "mix.ratio=0", "--dry-run"], folder)
    chosen = random.Random(0).sample(list_of_cells(), sample)
    single = []
    for number, cell in enumerate(chosen):
        cpu, _ = synthmix(["run", *MODEL, *cell, f"paths.store=none{number}", "tracking.pictures=false"], folder)
        single.append(cpu - startup)
    asked = len(list_of_cells())
    print(f"{asked} cells asked for, {cells} computed, {trainings} trainings")
    print(f"with the store: {with_store:.0f} CPU s, start-up included")
    print(
        f"without: {statistics.mean(single) * asked:.0f} CPU s ({sample} cells of {asked} measured, start-up left out)"
    )
    print(f"ratio: {statistics.mean(single) * asked / with_store:.1f}")


def list_of_cells() -> list[list[str]]:
    """The overrides of each cell of the sweep."""
    from synthmix.study.plan import make_plan

    return [list(cell.overrides) for cell in make_plan([*MODEL, *SWEEP], multirun=True).cells]


def complete(folder: Path, cells: int) -> None:
    """How long it takes to find that nothing is missing: the whole command, its imports and its report included."""
    seeds = -(-cells // 12)  # 3 controls at 4 ratios
    small = [
        "data=toy",
        "data.n_points=400",
        "data.n_train=50",
        "data.n_val=50",
        "data.n_test=50",
        "clusterer.n_init=1",
    ]
    models = ["model=duplicate,jitter,smote", "mix.ratio=0,0.5,1,2", f"seed=range({seeds})", "study.learning_curve=[]"]
    words = ["run", "-m", *small, "quality.n_samples=20", *models]
    synthmix(words, folder)
    cpu, wall = synthmix(words, folder)
    code = """
import sys, time
from synthmix.study.plan import make_plan
make_plan([], multirun=False)
start = time.process_time()
plan = make_plan(sys.argv[1:], multirun=True)
print((time.process_time() - start) / len(plan.cells))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *words[2:]], cwd=folder, capture_output=True, text=True, check=True
    )
    print(f"complete study of {12 * seeds} cells: found so in {wall:.1f} s, {cpu:.1f} CPU s")
    print(f"planning, checks included: {1000 * float(done.stdout):.2f} ms of CPU a cell")


def overhead(folder: Path, cells: int) -> None:
    """What a cell costs beside fit, outputs, quality and scoring: everything else is counted."""
    os.chdir(folder)
    from synthmix.cli import main
    from synthmix.pipeline import results
    from synthmix.pipeline.stages import Stages
    from synthmix.study.launching import job
    from synthmix.tasks.clustering.task import Clustering
    from synthmix.tracking.mlflow.run import Run
    from synthmix.verbs import run as verb
    from synthmix.verbs import study

    spent = dict.fromkeys(("work", "planning", "logging", "jobs", "report"), 0.0)
    memory: list[float] = []

    def count(place: Any, name: str, what: str) -> None:
        call = getattr(place, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent[what] += time.process_time() - start

        setattr(place, name, timed)

    def cells_of(seeds: str, name: str) -> list[str]:
        shared = ["model=jitter", "mix.ratio=0,1", "clusterer=minibatch_kmeans", "data.n_train=100"]
        return ["run", "-m", *shared, f"seed={seeds}", "study.learning_curve=[]", f"tracking.study={name}"]

    assert main(cells_of("range(2)", "before")) == 0  # imports, and the store of MLflow
    for place, name, what in (
        (Clustering, "fit", "work"),
        (Clustering, "outputs", "work"),
        (results, "scores_of", "work"),
        (Stages, "_quality", "work"),
        (verb, "make_plan", "planning"),
        (Run, "__init__", "logging"),
        (Run, "publish", "logging"),
        (Run, "end", "logging"),
        (study, "publish", "report"),
        (study, "launch_blocks", "jobs"),
    ):
        count(place, name, what)
    original = job._write

    def written(*args: Any) -> None:
        original(*args)
        memory.append(resident())

    job._write = written
    start = time.process_time()
    assert main(cells_of(f"range(2,{2 + cells // 2})", "overhead")) == 0
    total = time.process_time() - start
    cells = len(memory)
    each = {what: 1000 * seconds / cells for what, seconds in spent.items()}
    print(f"{cells} cells: {1000 * (total - spent['work']) / cells:.1f} ms of CPU a cell")
    print("beside fit, outputs, quality and scores, with Hydra, MLflow on sqlite and everything else; of these")
    print(", ".join(f"{what} {each[what]:.1f} ms" for what in ("planning", "logging", "report")))
    print(f"jobs without logging and work: {each['jobs'] - each['logging'] - each['work']:.1f} ms")
    if cells > 100:
        print(f"memory: {memory[100]:.0f} MB after 100 cells, {memory[-1]:.0f} MB after {cells}")


def resident() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def workers(folder: Path) -> None:
    """Wall time of one worker against two."""
    words = ["run", "-m", "model=vae,jitter,smote", "mix.ratio=0,1,2", "seed=range(40)", "clusterer=kmeans,gmm_on_pca"]
    walls = {}
    for name, launcher in (("serial", []), ("joblib", ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"])):
        place = folder / name
        place.mkdir()
        _, walls[name] = synthmix([*words, *launcher], place)
        print(f"{name}: {walls[name]:.0f} s")
    print(f"ratio: {walls['serial'] / walls['joblib']:.2f}")


IN_MEMORY = """
from sklearn.datasets import load_digits
from synthmix import Study
X, y = load_digits(return_X_y=True)
options = dict(models=["vae", "duplicate"], ratios=[0, 1], clusterers=["kmeans", "gmm"], seeds=range(4), n_train=100)
print(len(Study(X / 16, y, **options, overrides=["trainer.limit_steps=500"]).run().cells))
"""


def notebook(folder: Path, repetitions: int) -> None:
    """A study of points in memory, in turn with `synthmix run -m` on the file that it keeps of them."""
    here, there = [], []
    for number in range(repetitions):
        place = folder / f"python{number}"
        place.mkdir()
        cpu, _ = command([sys.executable, "-c", IN_MEMORY], place)
        here.append(cpu)
        [table] = (place / ".synthmix" / "tables").glob("*.parquet")
        words = [f"data.path={table}", "data=table", "data.name=X", "data.label_column=label", "data.n_train=100"]
        words += [
            "model=vae,duplicate",
            "mix.ratio=0,1",
            "clusterer=kmeans,gmm",
            "seed=range(4)",
            "trainer.limit_steps=500",
        ]
        place = folder / f"cli{number}"
        place.mkdir()
        cpu, _ = synthmix(["run", "-m", *words], place)
        there.append(cpu)
    ratio = statistics.median(a / b for a, b in zip(here, there, strict=True))
    print(f"Study(X).run(): {statistics.median(here):.1f} CPU s, synthmix run -m: {statistics.median(there):.1f} CPU s")
    print(f"ratio: {ratio:.2f} (median of {repetitions} pairs)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["store", "complete", "overhead", "workers", "notebook"])
    parser.add_argument("--sample", type=int, default=20, help="cells measured without the store")
    parser.add_argument("--repetitions", type=int, default=3, help="of notebook")
    parser.add_argument("--cells", type=int, default=1000, help="of complete and of overhead")
    given = parser.parse_args()
    for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[pool] = "1"  # before numpy and torch are imported
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.what == "store":
            store(folder, given.sample)
        elif given.what == "complete":
            complete(folder, given.cells)
        elif given.what == "overhead":
            overhead(folder, given.cells)
        elif given.what == "workers":
            workers(folder)
        else:
            notebook(folder, given.repetitions)


if __name__ == "__main__":
    main()
