"""Context of a launcher's jobs: less output, bounded memory, and the same behaviour on signals for all launchers."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import FileLock
from omegaconf import DictConfig, OmegaConf, open_dict

from synthmix.signals import SIGNALS, signals_held_back

Task = Callable[[DictConfig], Any]
JOBS_PER_LAUNCH = 20  # of the basic launcher, which holds every job's config, 160 kB each, until a launch ends
LIFE_LOCK = ".running"  # in the folder of a launch; held as long as its study lives
QUIET_RAY = {"log_to_driver": False, "logging_level": "error"}
LOCAL_RAY = {"include_dashboard": False, "object_store_memory": 78643200}  # bytes, the least: cells hand ray nothing
_held_locks: list[FileLock] = []  # referenced for as long as the process lives, as a collected lock is released


@contextmanager
def surroundings(launcher: Any, config: DictConfig) -> Iterator[None]:
    """What a launcher needs while it launches; to be entered by the main thread.

    Args:
        launcher: one of Hydra's, set up. What the user has left open of its settings is filled in.
        config: that of the study, with Hydra's own node.
    """
    kind = type(launcher).__name__
    with ExitStack() as stack:
        if kind in ("JoblibLauncher", "LocalLauncher"):
            stack.enter_context(_ends_with_study(launcher, Path(config.hydra.sweep.dir)))
        if kind == "LocalLauncher":
            # A terminal sends Ctrl-C to all processes, and submitit's would answer with a traceback each.
            launcher.params["setup"] = ["trap '' INT"]
        if kind == "SlurmLauncher":
            launcher.params["cpus_per_task"] = launcher.params["cpus_per_task"] or config.threads
        if kind == "RayLauncher":
            stack.enter_context(_ray(launcher.ray_cfg, config))
        yield


def jobs_at_once(launcher: Any, config: DictConfig) -> int | None:
    """How many jobs to hand over at a time; None: all, as the launcher has a limit of its own."""
    kind = type(launcher).__name__
    if kind == "BasicLauncher":
        return JOBS_PER_LAUNCH
    return max(1, (os.cpu_count() or 1) // config.threads) if kind == "LocalLauncher" else None


def workers(launcher: Mapping[str, Any], threads: int) -> int:
    """How many jobs a launcher runs at once, at least 1.

    Args:
        launcher: its node of the config.
        threads: of a job.
    """
    kind, processors = str(launcher["_target_"]).rpartition(".")[2], os.cpu_count() or 1
    if kind == "BasicLauncher":
        return 1
    if kind == "JoblibLauncher":
        asked = int(launcher["n_jobs"])
        return max(1, asked if asked > 0 else processors + 1 + asked)
    if kind == "SlurmLauncher":
        return int(launcher["array_parallelism"])
    return max(1, processors // threads)


def ends_its_jobs(launcher: Mapping[str, Any]) -> bool:
    """Whether no job goes on or waits once a launch is over; SLURM's do, so that they are not asked for once more.

    Args:
        launcher: its node of the config.
    """
    return not str(launcher["_target_"]).endswith("SlurmLauncher")


@contextmanager
def _ends_with_study(launcher: Any, folder: Path) -> Iterator[None]:
    """Ends the worker processes of this machine when the block raises or this process is killed.

    After a normal exit they stay, as joblib reuses them for the next study of this process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    life = FileLock(folder / LIFE_LOCK)
    life.acquire()
    _held_locks.append(life)
    launcher.task_function = partial(run_while_study_lives, launcher.task_function, str(folder / LIFE_LOCK))
    try:
        yield
    except BaseException:
        life.release()
        raise


def run_while_study_lives(task: Task, life: str, config: DictConfig) -> Any:
    """A job, in a worker."""
    _watch(life)
    returned = task(config)
    _freeze_imports()
    return returned


@cache
def _freeze_imports() -> None:
    """Exempts what a worker has imported from garbage collection.

    joblib's workers collect once a second where psutil is missing, which takes .3 s with torch and MLflow loaded.
    """
    gc.freeze()


@cache
def _watch(life: str) -> None:
    def end() -> None:
        FileLock(life).acquire(poll_interval=0.1)
        os._exit(1)  # the store is written atomically, so that a killed job is computed again

    threading.Thread(target=end, daemon=True).start()


@contextmanager
def _ray(settings: DictConfig, config: DictConfig) -> Iterator[None]:
    """Initialises Ray for the block: on the cluster that the user names, else on this machine."""
    ray: Any = import_module("ray")
    init: Any = OmegaConf.to_container(settings.init, resolve=True)
    if init.get("address") is None and "RAY_ADDRESS" not in os.environ:
        init = LOCAL_RAY | init | {"address": "local"}
    try:
        with handlers_kept():
            ray.init(**(QUIET_RAY | init))
        with signals_as_keyboard_interrupt():
            has = ray.cluster_resources()
            asks = {"num_cpus": min(config.threads, has["CPU"]), "max_retries": 0}
            if "GPU" in has and config.trainer.accelerator != "cpu":
                asks["num_gpus"] = 1
            with open_dict(settings):
                settings.remote = OmegaConf.merge(asks, settings.remote)
            yield
    finally:
        ray.shutdown()


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Defers signals to the end of the block and keeps it from setting handlers: ray.init's may lose a SIGTERM."""
    with signals_held_back():
        set_handler = signal.signal
        sets_nothing: Any = lambda number, _: signal.getsignal(number)  # noqa: E731
        signal.signal = sets_nothing
        try:
            yield
        finally:
            signal.signal = set_handler


@contextmanager
def signals_as_keyboard_interrupt() -> Iterator[None]:
    """Turns what a signal handler raises into KeyboardInterrupt, all that Ray lets pass, and back after the block."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    raised: list[BaseException] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        handler = handlers[signal.Signals(number)]
        try:
            if callable(handler):
                handler(number, frame)
        except BaseException as stop:
            raised.append(stop)
            raise KeyboardInterrupt from stop

    try:
        for number in SIGNALS:
            signal.signal(number, interrupt)
        yield
    except KeyboardInterrupt as stop:
        raise (raised or [stop])[0] from None
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
