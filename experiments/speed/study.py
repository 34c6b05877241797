"""What the store of stages saves, what a cell costs beside its work, and what a second worker brings.

    python experiments/speed/study.py store      # 6 ratios × 5 seeds × 4 clusterers, against no store at all
    python experiments/speed/study.py complete   # the same command on a study that is complete
    python experiments/speed/study.py overhead   # cells whose stages are all stored, and the memory of 1,000 of them
    python experiments/speed/study.py workers    # joblib with two workers against the basic launcher

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SWEEP = ["mix.ratio=0,0.25,0.5,1,2,4", "seed=range(5)", "clusterer=kmeans,minibatch_kmeans,gmm_on_pca,som"]
MODEL = ["model=vae"]


def synthmix(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Runs a command; returns its CPU and wall seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "synthmix", *words], cwd=folder, capture_output=True, text=True, check=False
    )
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


def complete(folder: Path) -> None:
    """How long it takes to find that nothing is missing."""
    sweep = [
        "run",
        "-m",
        "model=duplicate,jitter,smote",
        "mix.ratio=0,0.5,1,2",
        "seed=range(10)",
        "study.learning_curve=[]",
    ]
    synthmix(sweep, folder)
    # In one process, so that imports are not counted: plan, keys, and a verified read of every result.
    code = """
import sys, time
from synthmix.study import sweep
from synthmix.study.job import resources_of
from synthmix.study.plan import make_plan
resources_of(make_plan(sys.argv[2:3], multirun=True).configs[0])
start = time.process_time()
plan = make_plan(sys.argv[1:], multirun=True)
resources = resources_of(plan.configs[0])
asking = sweep.ask(plan.cells, resources)
todo = sweep.missing(asking, resources)
print(len(todo), (time.process_time() - start) / len(plan.cells))
"""
    words = sweep[2:]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=True)
    todo, seconds = done.stdout.split()
    print(f"complete study: {todo} cells to launch, found in {1000 * float(seconds):.1f} ms of CPU a cell")


def overhead(folder: Path, cells: int) -> None:
    """What a cell costs beside clustering, scoring and Hydra, when its stages are stored."""
    os.chdir(folder)
    from synthmix import cell
    from synthmix.study import job
    from synthmix.study.launch import launch

    spent = {"work": 0.0, "jobs": 0.0}
    kept: list[float] = []
    memory: list[float] = []

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent[name] += time.process_time() - start

        return timed

    def task(config: Any) -> Any:
        before = dict(spent)
        outcome = counted("jobs", job.run_job)(config)
        assert outcome.status == "finished", outcome.error
        kept.append(spent["jobs"] - before["jobs"] - (spent["work"] - before["work"]))
        memory.append(resident())
        return outcome

    cell.cluster_scores = counted("work", cell.cluster_scores)
    original = cell.prepared

    def prepared(*args: Any) -> Any:
        clusterer = original(*args)
        clusterer.fit = counted("work", clusterer.fit)
        clusterer.predict = counted("work", clusterer.predict)
        return clusterer

    cell.prepared = prepared
    shared = ["model=vae", "mix.ratio=1", "clusterer=minibatch_kmeans", "trainer.limit_steps=200"]
    own = ["tracking.study=overhead", "hydra.sweep.dir=multirun/overhead"]
    jobs = [[*shared, f"clusterer.tol={1e-9 * (number + 1):.12f}"] for number in range(cells + 1)]
    start = time.process_time()
    launch(jobs, own[1:], own[:1], task)
    total = time.process_time() - start
    costs = kept[1:]  # the first one trains
    print(
        f"{cells} cells whose stages are stored: median {1000 * statistics.median(costs):.0f} ms of CPU a cell beside"
    )
    print(f"clustering and scoring; Hydra's share {1000 * (total - spent['jobs']) / len(jobs):.0f} ms")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["store", "complete", "overhead", "workers"])
    parser.add_argument("--sample", type=int, default=20, help="cells measured without the store")
    parser.add_argument("--cells", type=int, default=1000, help="of overhead")
    given = parser.parse_args()
    for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[pool] = "1"  # before numpy and torch are imported
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.what == "store":
            store(folder, given.sample)
        elif given.what == "complete":
            complete(folder)
        elif given.what == "overhead":
            overhead(folder, given.cells)
        else:
            workers(folder)


if __name__ == "__main__":
    main()
