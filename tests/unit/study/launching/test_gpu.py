"""GPUs handed out among real processes, on an assumed number of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synthmix.study.launching.gpu import claim_gpu, use_one_gpu, visible_gpus

CLAIM = """
import sys
from pathlib import Path
from synthmix.study.launching.gpu import claim_gpu
print(claim_gpu(sys.argv[2:], Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
Worker = subprocess.Popen[str]


@pytest.fixture
def claiming(tmp_path: Path) -> Iterator[Callable[..., list[Worker]]]:
    """Starts processes at once that claim one of `devices` each, and hold it."""
    started: list[Worker] = []

    def start(count: int, *devices: str) -> list[Worker]:
        command = [sys.executable, "-c", CLAIM, str(tmp_path / "gpus"), *devices]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        workers = [subprocess.Popen(command, **pipes) for _ in range(count)]
        started.extend(workers)
        return workers

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def claimed(workers: list[Worker]) -> list[str]:
    return [worker.stdout.readline().strip() for worker in workers if worker.stdout]


def test_each_worker_has_a_gpu_of_its_own_while_there_are_enough(claiming: Callable[..., list[Worker]]) -> None:
    assert sorted(claimed(claiming(3, "0", "1", "2", "3"))) == ["0", "1", "2"]


def test_more_workers_than_gpus_share_them_evenly(claiming: Callable[..., list[Worker]]) -> None:
    counts = Counter(claimed(claiming(5, "0", "1")))
    assert sorted(counts.values()) == [2, 3]


def test_the_gpu_of_a_process_that_was_killed_is_free_again(claiming: Callable[..., list[Worker]]) -> None:
    workers = claiming(3, "0", "1", "2")
    lost = claimed(workers)[1]
    workers[1].kill()
    workers[1].wait()
    assert claimed(claiming(1, "0", "1", "2")) == [lost]


def test_processes_that_may_use_different_gpus_do_not_meet(claiming: Callable[..., list[Worker]]) -> None:
    assert claimed(claiming(1, "0", "1")) == ["0"]
    assert claimed(claiming(1, "1", "2")) == ["1"]
    assert claimed(claiming(1, "0", "1", "2")) == ["2"]


@pytest.mark.parametrize("names", ["0", "3", "", "-1", "GPU-8932f937"])
def test_what_a_scheduler_has_chosen_stays(names: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)
    use_one_gpu(tmp_path / "gpus")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == names
    assert not (tmp_path / "gpus").exists()


def test_of_several_that_a_scheduler_has_chosen_one_is_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-GPU-1/5/0, 6,-1,7")
    assert visible_gpus() == ["MIG-GPU-1/5/0", "6"]
    for _ in range(2):
        use_one_gpu(tmp_path)
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "MIG-GPU-1/5/0"


def test_without_a_gpu_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    if torch.cuda.device_count() > 1:
        pytest.skip("there are several GPUs here")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    use_one_gpu(tmp_path)
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_there_must_be_something_to_claim(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one GPU"):
        claim_gpu([], tmp_path)
