"""How a sequential study goes on: what it adds after each look, when it stops, and what it does once it was killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from synthmix.analysis.scheduling.look import Look
from synthmix.config.plain import to_plain
from synthmix.study.asked import Asked
from synthmix.study.combination import arm_id
from synthmix.study.plan import Plan, make_plan
from synthmix.study.record import Record
from synthmix.verbs import sequential

TOY = ["data=toy", "data.n_points=500", "data.n_train=40", "data.n_val=50", "data.n_test=50"]
SWEEP = ["model=gan,vae,duplicate", "mix.ratio=0,1", "seed=range(3)", "study.sequential=true", "study.max_seeds=8"]


@dataclass
class Scripted:
    """A study whose looks are written down: the generators that are undecided at each, by number of seeds."""

    undecided: Callable[[int], set[str]]
    plan: Plan = field(default_factory=lambda: make_plan([*TOY, *SWEEP], multirun=True))
    record: Record = field(default_factory=lambda: Record("s"))
    computed: list[dict[str, list[int]]] = field(default_factory=list)
    looks: int = 0
    breaks_at: int | None = None

    def compute(self, plan: Plan) -> bool:
        """Asks for the cells as `run_study` does; says whether it went well."""
        seeds: dict[str, set[int]] = {}
        for config in plan.configs:
            seeds.setdefault(config.model.name, set()).add(config.seed)
            node = to_plain(config)
            self.record.cells[f"{arm_id(node)} {config.seed}"] = Asked(node, 40, "", None, None, "d")
        self.computed.append({model: sorted(of_model) for model, of_model in seeds.items()})
        return len(self.computed) != self.breaks_at

    def look(self, record: Record, resources: Any) -> Look:
        self.looks += 1
        arms: dict[str, set[str]] = {}
        for asked in record.cells.values():
            arms.setdefault(asked.config["model"]["name"], set()).add(arm_id(asked.config))
        still = self.undecided(len(record.seeds))
        gone_on = {*still, "duplicate"} if still else set()
        ids = [frozenset(arm for model in models for arm in arms.get(model, ())) for models in (still, gone_on)]
        return Look(2, len(still), *ids)

    def run(self, monkeypatch: pytest.MonkeyPatch) -> Record:
        monkeypatch.setattr(sequential, "look_at", self.look)
        resources: Any = None
        if self.compute(self.plan):
            sequential.go_on(self.plan, self.record, resources, self.compute)
        return self.record


def test_it_stops_at_the_first_look_that_decides_every_arm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = Scripted(lambda seeds: {"gan", "vae"} if seeds < 5 else {"gan"} if seeds < 7 else set())
    record = study.run(monkeypatch)
    assert study.computed == [
        {"gan": [0, 1, 2], "vae": [0, 1, 2], "duplicate": [0, 1, 2]},
        {"gan": [3, 4], "vae": [3, 4], "duplicate": [3, 4]},
        {"gan": [5, 6], "duplicate": [5, 6]},
    ]
    assert [list(batch.seeds) for batch in record.batches] == [[3, 4], [5, 6]]
    assert record.stopped == "stopped after 7 seeds, all arms decided"
    assert capsys.readouterr().err.splitlines() == [
        "seeds 0 to 2: 2 of 2 arms undecided",
        "seeds 3, 4: 1 of 2 arms undecided",
        "seeds 5, 6: 0 of 2 arms undecided",
    ]


def test_where_the_first_seeds_decide_no_more_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Scripted(lambda seeds: set())
    assert study.run(monkeypatch).stopped == "stopped after 3 seeds, all arms decided"
    assert (len(study.computed), study.record.batches) == (1, [])


def test_it_stops_at_the_most_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Scripted(lambda seeds: {"vae"} if seeds > 3 else {"gan", "vae"})
    record = study.run(monkeypatch)
    assert record.seeds == [*range(8)]
    assert study.computed[-1] == {"vae": [7], "duplicate": [7]}
    assert record.stopped == "stopped at study.max_seeds=8 with 1 arm undecided"


def test_a_command_goes_on_with_its_own_arms_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Scripted(lambda seeds: {"gan"} if seeds < 9 else set())
    study.compute(study.plan)
    study.plan = make_plan([*TOY, *SWEEP, "model=vae,duplicate"], multirun=True)
    record = study.run(monkeypatch)
    assert record.stopped == "1 arm undecided, of which the last command asks for none"
    assert record.batches == []


def test_batches_that_were_begun_are_completed_before_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it was killed, the batches are those of the study that was not."""

    def undecided(seeds: int) -> set[str]:
        return {"gan", "vae"} if seeds < 5 else {"gan"} if seeds < 7 else set()

    whole = Scripted(undecided)
    expected = whole.run(monkeypatch)
    for killed_at in (1, 2, 3):
        study = Scripted(undecided, breaks_at=killed_at)
        study.run(monkeypatch)
        assert study.record.stopped == ""
        study.looks, begun = 0, len(study.record.batches)
        record = study.run(monkeypatch)
        assert (record.batches, record.stopped) == (expected.batches, expected.stopped)
        assert set(record.cells) == set(expected.cells)
        resumed = study.computed[killed_at:]
        assert {seed for part in resumed for seed in part["gan"]} == {*expected.seeds}
        assert {seed for part in resumed for seed in part.get("vae", ())} == {*range(5)}
        assert study.looks == 1 + len(expected.batches) - begun


def test_a_batch_that_comes_to_nothing_is_not_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Scripted(lambda seeds: {"gan"}, breaks_at=2)
    record = study.run(monkeypatch)
    assert (len(study.computed), record.stopped) == (2, "")
