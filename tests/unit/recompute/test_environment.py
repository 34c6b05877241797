"""What may change the last bits is told, and nothing else."""

from __future__ import annotations

import pytest

from synthmix.recompute.environment import differences, other_distributions
from synthmix.tracking.environment import environment_tags

SAME = {"key": "k", "key_here": "k", "threads": 1, "threads_here": 1, "accelerator": "cpu"}


def test_nothing_differs_from_itself() -> None:
    assert differences(environment_tags(), **SAME) == []


def test_who_ran_it_and_a_commit_that_leaves_the_code_of_the_cell_make_no_difference() -> None:
    recorded = {**environment_tags(), "user": "somebody else", "synthmix.git_commit": "0" * 40}
    assert differences(recorded, **SAME) == []


def test_version_processor_threads_and_code_are_told() -> None:
    here = environment_tags()
    recorded = {**here, "version.torch": "1.0", "processor.instructions": "SSE", "synthmix.git_commit": "f" * 40}
    found = differences(recorded, key="k", key_here="k", threads=2, threads_here=1, accelerator="cpu")
    assert found == [
        f"processor.instructions: SSE then, {here['processor.instructions']} here",
        f"version.torch: 1.0 then, {here['version.torch']} here",
        "threads: 2 then, 1 here",
    ]
    changed = differences({**here, "synthmix.git_commit": "f" * 40}, **{**SAME, "key": "other"})
    assert len(changed) == 1
    assert changed[0].startswith(f"code: {'f' * 40} then, ")


def test_a_run_that_says_nothing_of_its_processor_is_no_evidence_of_the_same_one() -> None:
    recorded = {name: text for name, text in environment_tags().items() if not name.startswith("processor")}
    assert [line.partition(":")[0] for line in differences(recorded, **SAME)] == [
        "processor",
        "processor.instructions",
        "processor.kernels",
    ]


@pytest.mark.parametrize(("accelerator", "is_told"), [("cpu", False), ("gpu", True), ("auto", True)])
def test_another_gpu_is_told_where_the_cell_may_have_used_one(accelerator: str, is_told: bool) -> None:
    here = environment_tags()
    found = differences({**here, "gpu": "an older one"}, **{**SAME, "accelerator": accelerator})
    assert found == [f"gpu: an older one then, {here.get('gpu', 'none')} here"] * is_told


def test_distributions_that_differ_are_named_once() -> None:
    then, now = "# Python\na==1\nb==1\nC==1\n", "# other\na==1\nb==2\nd==1\n"
    assert other_distributions(then, now) == ["b", "C", "d"]
