"""What a study remembers over its commands, and that one process at a time works at it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.errors import InvalidInput
from synthmix.pipeline.dependencies import Dependencies
from synthmix.study.asked import Asked, asked_of
from synthmix.study.combination import combination_id
from synthmix.study.record import Record, Studies


def depends_on(*overrides: str, n_train: int = 100) -> Dependencies:
    with composer() as compose:
        return Dependencies(from_plain(compose(overrides)), "digest", n_train)


def asked(key: str, **config: Any) -> Asked:
    config = {"seed": 0} | config
    return Asked(config=config, n_train=100, key=key, generator_key=None, quality_key=None, digest="digest")


SETTINGS = {"score": None, "choose_by": "silhouette", "learning_curve": [0.5]}


def asked_twice(record: Record) -> Record:
    record.ask({"a": asked("1"), "b": asked("2")}, {"x": asked("9")}, "synthmix run -m seed=0,1", SETTINGS)
    record.ask({"b": asked("2"), "c": asked("3")}, {"y": asked("8")}, "synthmix run -m seed=1,2", SETTINGS)
    return record


def test_a_record_is_the_union_of_what_was_asked_for() -> None:
    record = asked_twice(Record("s"))
    assert {name: cell.key for name, cell in record.cells.items()} == {"a": "1", "b": "2", "c": "3"}
    assert set(record.curve) == {"x", "y"}
    assert record.commands == ["synthmix run -m seed=0,1", "synthmix run -m seed=1,2"]


def test_the_same_command_is_kept_once() -> None:
    record = asked_twice(asked_twice(Record("s")))
    assert len(record.commands) == 2
    assert len(record.cells) == 3


def test_what_is_asked_for_last_goes_before() -> None:
    record = asked_twice(Record("s"))
    record.ask({"a": asked("new code")}, {}, "synthmix run -m seed=0", SETTINGS | {"score": "nmi"})
    assert record.cells["a"].key == "new code"
    assert record.settings["score"] == "nmi"
    assert set(record.cells) == {"a", "b", "c"}


def test_a_real_only_cell_that_is_asked_for_belongs_to_the_curve_no_more() -> None:
    record = asked_twice(Record("s"))
    record.ask({"x": asked("9")}, {"x": asked("9")}, "synthmix run -m mix.ratio=0", SETTINGS)
    assert set(record.curve) == {"y"}
    record.ask({}, {"a": asked("1")}, "another", SETTINGS)  # nor does one that was asked for before
    assert set(record.curve) == {"y"}


def seeded(*seeds: int) -> dict[str, Asked]:
    return {f"{seed} {ratio}": asked(f"{seed} {ratio}", seed=seed) for seed in seeds for ratio in (0, 1)}


def planned_after(settings: dict[str, Any], *commands: tuple[int, ...], record: Record | None = None) -> list[int]:
    record = record or Record("s")
    for seeds in commands:
        record.ask(seeded(*seeds), {}, f"synthmix run -m seed={seeds}", SETTINGS | settings)
    return record.seeds_planned


def test_the_seeds_of_the_first_command_are_those_that_were_planned() -> None:
    assert planned_after({}, (3, 1, 2)) == [3, 1, 2]
    assert planned_after({}, (3, 1, 2), (0, 1, 2, 3, 4), (9,)) == [3, 1, 2]


def test_as_many_seeds_as_are_stated_are_planned_in_the_order_in_which_they_were_asked_for() -> None:
    stated = {"seeds_planned": 4}
    assert planned_after(stated, (3, 1)) == [3, 1]
    assert planned_after(stated, (3, 1), (0, 1, 2, 5)) == [3, 1, 0, 2]
    assert planned_after(stated, (3, 1), (0, 1, 2, 5), (4,)) == [3, 1, 0, 2]


def test_of_a_sequential_study_no_seeds_are_planned() -> None:
    assert planned_after({"sequential": True}, (0, 1), (2,)) == []


def test_in_a_record_of_an_earlier_version_all_seeds_that_it_has_were_planned(tmp_path: Path) -> None:
    record = Record("s", cells=seeded(5, 6), commands=["synthmix run -m seed=5,6"], settings=dict(SETTINGS))
    record.write(tmp_path / "study.json")
    content = json.loads((tmp_path / "study.json").read_text())
    del content["configured"], content["seeds_planned"]
    (tmp_path / "study.json").write_text(json.dumps(content))
    again = Record.read(tmp_path / "study.json")
    assert again == record
    assert planned_after({}, (6, 7), record=again) == [5, 6]


def test_cells_as_configured_are_a_part_of_their_own(tmp_path: Path) -> None:
    record = Record("s")
    for number in (0, 1):
        added = {f"u{number}": asked(f"u{number}", seed=number)}
        record.ask(seeded(number), {"x": asked("9")}, "synthmix run -m", SETTINGS, added)
    assert {name: record.part_of(name) for name in record.all_cells} == {
        **dict.fromkeys(seeded(0, 1), "sweep"),
        "x": "curve",
        **dict.fromkeys(("u0", "u1"), "configured"),
    }
    record.write(tmp_path / "study.json")
    assert Record.read(tmp_path / "study.json") == record


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["task=anomaly_detection"], "its task is clustering; task=anomaly_detection needs another study"),
        (["tuning=held_out"], "its tuning is none; tuning=held_out needs another study"),
        (["study.margin=0.1"], "its study.margin is null; study.margin=0.1 needs another study"),
        (["study.seeds_planned=9"], "its study.seeds_planned is null; study.seeds_planned=9 needs another study"),
        (["study.sequential=true"], "its study.sequential is false; study.sequential=true needs another study"),
    ],
)
def test_what_a_study_has_one_of_cannot_be_changed_under_its_name(overrides: list[str], line: str) -> None:
    def config_of(*words: str) -> CellConfig:
        with composer() as compose:
            return from_plain(compose(words))

    record = Record("s")
    record.check(config_of(*overrides))  # there is nothing yet
    record.ask({"a": asked_of(depends_on())}, {}, "synthmix run -m", SETTINGS)
    record.check(config_of("study.score=nmi", "tuning=none"))
    with pytest.raises(InvalidInput, match=f"^tracking.study=s: {re.escape(line)}$"):
        record.check(config_of(*overrides))


def test_it_tells_when_it_was_made_and_changed() -> None:
    record = asked_twice(Record("s"))
    created = record.created
    assert created
    record.created = record.updated = "2020-01-01T00:00:00+00:00"
    asked_twice(record)
    assert record.created == "2020-01-01T00:00:00+00:00"
    assert record.updated >= created


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    record = asked_twice(Record("s"))
    record.cells["d"] = asked("4", model={"name": "gän", "beta": 1.0, "hidden": [1, 2], "ema": None}, seed=2**32 - 1)
    record.failures, record.report = {"d": "ValueError: a\nline"}, "/somewhere/report"
    record.tracking = {"uri": "sqlite:////m.db", "experiment": "e"}
    file = tmp_path / "deep" / "study.json"
    record.write(file)
    assert Record.read(file) == record
    assert [path.name for path in file.parent.iterdir()] == ["study.json"]
    assert json.loads(file.read_text())["cells"]["a"]["key"] == "1"


@pytest.mark.parametrize(
    ("overrides", "trained"),
    [
        (["model=gan", "mix.ratio=1"], True),
        (["model=gan", "mix.ratio=0"], False),
        (["model=gan", "mix.ratio=0.001"], False),
        (["model=duplicate", "mix.ratio=1"], False),
        (["model=real", "mix.ratio=4"], False),
    ],
)
def test_a_cell_is_asked_for_with_the_keys_of_its_stages(overrides: list[str], trained: bool, tmp_path: Path) -> None:
    stages = depends_on(*overrides, "data.root=somewhere", "data=mnist", n_train=300)
    cell = asked_of(stages)
    assert (cell.key, cell.n_train, cell.digest) == (stages.cell.key, 300, "digest")
    assert cell.quality_key == (stages.quality.key if overrides[1] in ("mix.ratio=1", "mix.ratio=4") else None)
    assert cell.generator_key == (stages.generator.key if trained else None)
    assert not {"tracking", "paths", "study"} & cell.config.keys()
    assert "root" not in cell.config["data"]
    record = Record("s", cells={"a": cell})
    record.write(tmp_path / "study.json")
    again = Record.read(tmp_path / "study.json").cells["a"]
    assert again.depends_on().cell.depends_on == stages.cell.depends_on
    assert again.depends_on().generator.depends_on == stages.generator.depends_on


ELSEWHERE = ["tracking.uri=sqlite:///x.db", "tracking.study=s", "paths.store=x", "study.score=nmi", "data.root=x"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_where_a_cell_runs_tells_no_combinations_apart(where: str) -> None:
    here, there = (asked_of(depends_on("data=mnist", *words)) for words in ([], [where]))
    assert combination_id(here.config) == combination_id(there.config)


@pytest.mark.parametrize(
    "what", ["seed=1", "mix.ratio=0", "model=gan", "data.n_train=50", "clusterer=som", "threads=2"]
)
def test_arms_are_told_apart_even_where_they_are_one_cell(what: str) -> None:
    one, other = (asked_of(depends_on("data=mnist", "mix.ratio=2", *words)) for words in ([], [what]))
    assert combination_id(one.config) != combination_id(other.config)


def test_what_is_searched_matters_to_a_tuned_cell_alone() -> None:
    def told(*words: str) -> str:
        cell = asked_of(depends_on("clusterer=gmm", *words))
        assert from_plain(cell.whole_config).clusterer == depends_on("clusterer=gmm", *words).config.clusterer
        return combination_id(cell.config)

    search, tuned = "clusterer.search.reg_covar=[5.0]", "tuning=held_out"
    assert told() == told("tuning=none") == told(search) != told(tuned) != told(tuned, search)


def test_studies_are_named_in_the_order_of_their_last_command(tmp_path: Path) -> None:
    studies = Studies(tmp_path)
    assert list(studies.names()) == []
    for name, updated in (("b", "2026-01-02"), ("a", "2026-01-03"), ("c", "2026-01-01")):
        Record(name, updated=updated).write(studies.file(name))
    (studies.root / "empty").mkdir()
    assert list(studies.names()) == ["c", "b", "a"]
    assert studies.read("b").updated == "2026-01-02"
    assert studies.read("new") == Record("new")


# A process that works at a study, or writes its record for ever.
WORKS = """
import sys, time
from pathlib import Path
from synthmix.study.asked import Asked
from synthmix.study.record import Record, Studies

way, studies = sys.argv[1], Studies(Path("store"))
if way == "works":
    with studies.only_one("s"):
        Path("working").touch()
        time.sleep(300)
n = 0
while True:
    n += 1
    cell = Asked(config={"text": "x" * 2000}, n_train=1, key=str(n), generator_key=None, quality_key=None, digest="")
    Record("s", cells={str(i): cell for i in range(200)}, updated=str(n)).write(studies.file("s"))
    Path("working").touch()
"""


def start(way: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", WORKS, way])
    deadline = time.monotonic() + 60
    while not Path("working").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline, "waited a minute"
        time.sleep(0.005)
    return process


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    studies, process = Studies(tmp_path / "store"), start("works")
    try:
        with pytest.raises(InvalidInput, match="study s: another process is running it"), studies.only_one("s"):
            pytest.fail("two at once")
        with studies.only_one("another"):
            pass
    finally:
        process.kill()
        process.wait()
    for _ in range(2):
        with studies.only_one("s"):
            pass


def test_a_second_command_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with Studies(tmp_path).only_one("s"), pytest.raises(InvalidInput), Studies(tmp_path).only_one("s"):
        pytest.fail("two at once")
    with pytest.raises(ZeroDivisionError), Studies(tmp_path).only_one("s"):
        raise ZeroDivisionError
    with Studies(tmp_path).only_one("s"):
        pass


def test_a_record_can_be_read_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    studies = Studies(tmp_path / "store")
    process = start("writes")
    for _ in range(50):  # a reader beside the writer
        record = studies.read("s")
        assert {cell.key for cell in record.cells.values()} == {record.updated}
    for pause in (0.0, 0.003, 0.011):
        time.sleep(pause)
        os.kill(process.pid, signal.SIGSTOP)
        assert len(studies.read("s").cells) == 200
        if pause < 0.01:
            os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.wait()
    assert len(studies.read("s").cells) == 200
    assert list(studies.names()) == ["s"]
