"""What is filled in of a launcher's settings, and what becomes of signals and of workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.utils import instantiate
from omegaconf import DictConfig

from synthmix.config.composing.composer import composer
from synthmix.errors import Interrupted
from synthmix.study.launching.launchers import handlers_kept, jobs_at_once, signals_as_keyboard_interrupt, surroundings

Launch = tuple[Any, DictConfig]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _handlers_of_a_command() -> Iterator[None]:
    """Those that raise Interrupted, as the command line has them."""

    def interrupt(number: int, _: object) -> None:
        raise Interrupted(number)

    kept = {number: signal.signal(number, interrupt) for number in SIGNALS}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def launch_by(name: str, *overrides: str) -> Launch:
    """A launcher as a study has it, and the study's config."""
    plugin = name.partition("_")[0]
    pytest.importorskip(f"hydra_plugins.hydra_{plugin}_launcher", reason=f"hydra-{plugin}-launcher is not installed")
    words = [f"hydra/launcher={name}", "hydra.sweep.dir=sweep", "tracking.study=mine", *overrides]
    with composer() as compose:
        config = compose(words, hydra=True)
        launcher = instantiate(config.hydra.launcher)
    launcher.task_function = os.getpid
    return launcher, config


def test_jobs_in_turn_are_handed_over_a_few_at_a_time() -> None:
    with composer() as compose:
        assert jobs_at_once(BasicLauncher(), compose([], hydra=True)) == 20


def test_a_launcher_with_a_limit_of_its_own_gets_all_jobs_at_once() -> None:
    assert jobs_at_once(*launch_by("joblib")) is None


def test_submitits_local_launcher_which_has_none_gets_as_many_as_there_are_cores() -> None:
    cores = os.cpu_count() or 1
    assert jobs_at_once(*launch_by("submitit_local")) == cores
    assert jobs_at_once(*launch_by("submitit_local", f"threads={cores}")) == 1
    assert jobs_at_once(*launch_by("submitit_local", f"threads={2 * cores}")) == 1


@pytest.mark.parametrize(
    ("overrides", "cores"), [((), 3), (("hydra.launcher.cpus_per_task=8",), 8)], ids=["threads", "as asked"]
)
def test_slurm_is_asked_for_the_cores_that_a_job_uses(overrides: tuple[str, ...], cores: int) -> None:
    launcher, config = launch_by("submitit_slurm", "threads=3", *overrides)
    with surroundings(launcher, config):
        assert launcher.params["cpus_per_task"] == cores


def test_ray_is_asked_for_what_a_job_uses_and_there_is_and_for_what_the_user_says() -> None:
    ray_has = ["+hydra.launcher.ray.init.num_cpus=1", "+hydra.launcher.ray.init.num_gpus=2"]
    launcher, config = launch_by(
        "ray", "threads=99", "trainer=gpu", *ray_has, "+hydra.launcher.ray.remote.max_retries=5"
    )
    import ray

    with surroundings(launcher, config):
        remote = dict(launcher.ray_cfg.remote)
        assert remote == {"num_cpus": 1, "num_gpus": 1, "max_retries": 5}  # 99 would be waited for, without end
        job = ray.remote(**remote)(lambda: os.environ["CUDA_VISIBLE_DEVICES"])
        assert ray.get(job.remote()) in ("0", "1")
    assert not ray.is_initialized()


WORKER = """
import sys, time
from functools import partial
from synthmix.study.launching.launchers import run_while_study_lives
run_while_study_lives(lambda config: (print("begun", flush=True), time.sleep(60)), sys.argv[1], None)
"""


@pytest.fixture
def worker() -> Iterator[Callable[[Any], subprocess.Popen[str]]]:
    """Starts the process of a worker, and waits until its job has begun."""
    workers: list[subprocess.Popen[str]] = []

    def start(launcher: Any) -> subprocess.Popen[str]:
        (life,) = launcher.task_function.args[1:]
        workers.append(subprocess.Popen([sys.executable, "-c", WORKER, life], stdout=subprocess.PIPE, text=True))
        assert workers[0].stdout is not None
        assert workers[0].stdout.readline() == "begun\n"
        return workers[0]

    yield start
    for started in workers:
        started.kill()
        started.communicate()


def test_workers_end_with_a_study_that_is_stopped(worker: Callable[[Any], subprocess.Popen[str]]) -> None:
    launcher, config = launch_by("joblib")

    def stopped_study() -> None:
        with surroundings(launcher, config):
            at_work.append(worker(launcher))
            signal.raise_signal(signal.SIGTERM)

    at_work: list[subprocess.Popen[str]] = []
    with pytest.raises(Interrupted):
        stopped_study()
    assert at_work[0].wait(timeout=30) == 1


def test_workers_stay_for_the_next_study_of_the_process(worker: Callable[[Any], subprocess.Popen[str]]) -> None:
    launcher, config = launch_by("joblib")
    with surroundings(launcher, config):
        at_work = worker(launcher)
    with pytest.raises(subprocess.TimeoutExpired):
        at_work.wait(timeout=2)


SPARED = """
import gc, sys
from synthmix.study.launching.launchers import run_while_study_lives
for _ in range(2):
    run_while_study_lives(lambda config: print(gc.get_freeze_count() > 1000), sys.argv[1], None)
"""


def test_the_collector_skips_what_a_worker_has_at_the_end_of_its_first_job() -> None:
    launcher, config = launch_by("joblib")
    with surroundings(launcher, config):
        words = [sys.executable, "-c", SPARED, launcher.task_function.args[1]]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("False\nTrue\n", "")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_passes_as_keyboard_interrupt_and_comes_out_as_what_it_is(number: signal.Signals) -> None:
    def as_ray_does() -> None:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None  # a new one

    def stopped() -> None:
        with signals_as_keyboard_interrupt():
            as_ray_does()

    with pytest.raises(Interrupted) as stop:
        stopped()
    assert stop.value.exit_code == 128 + number
    with pytest.raises(Interrupted):
        signal.raise_signal(number)  # the handler is as it was


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_for_the_end_of_a_block_that_sets_handlers(number: signal.Signals) -> None:
    reached = []

    def started() -> None:
        with handlers_kept():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            reached.append(number)

    with pytest.raises(Interrupted):
        started()
    assert reached == [number]
    with pytest.raises(Interrupted):
        signal.raise_signal(number)
