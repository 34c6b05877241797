"""The store of stages, asked by real processes that race, die and find damage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock

from synthmix.stages.key import key_of
from synthmix.stages.store import Entry, Store

DEPENDS_ON = {"model": {"name": "gan", "steps": 100}, "seed": 3}

# A process that is ready, then computes one stage as told: each computation leaves a line in `computed`.
PROCESS = """
import os, signal, sys, time
from pathlib import Path
import torch
from synthmix.stages.store import Store

way, wanted = sys.argv[1], {"model": {"name": "gan", "steps": 100}, "seed": 3}

class KillsWhileItIsSaved:
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGKILL)

def compute():
    with open("computed", "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep({"fast": 0.3, "hang": 300, "bomb": 0}[way])
    return {"x": torch.arange(3.0), "by": os.getpid()} | ({"bomb": KillsWhileItIsSaved()} if way == "bomb" else {})

Path(f"ready-{os.getpid()}").touch()
while not Path("go").exists():
    time.sleep(0.001)
entry = Store(Path("store")).get_or_compute("generator", wanted, compute, producer=lambda: str(os.getpid()))
print(entry.reused, entry.producer, entry.payload["by"], entry.payload["x"].tolist())
"""


def start(way: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROCESS, way], stdout=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited a minute"
        time.sleep(0.005)


def payload() -> dict[str, Any]:
    return {"weights": {"a": torch.arange(6.0).reshape(2, 3)}, "losses": [1.5, 0.25], "name": "gan", "best": None}


def recompute(store: Store) -> Entry:
    return store.get_or_compute("generator", DEPENDS_ON, payload, producer=lambda: "run-2")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def folder(store: Store) -> Path:
    """The folder of an entry that run-1 has stored."""
    store.get_or_compute("generator", DEPENDS_ON, payload, producer=lambda: "run-1")
    key = key_of("generator", DEPENDS_ON)
    return store.root / "generator" / key[:2] / key


def test_what_was_computed_once_is_read_afterwards(store: Store) -> None:
    first = store.get_or_compute("generator", DEPENDS_ON, payload, producer=lambda: "run-1")
    again = store.get_or_compute("generator", DEPENDS_ON, lambda: pytest.fail("computed twice"))

    assert (first.reused, first.producer) == (False, "run-1")
    assert (again.reused, again.producer) == (True, "run-1")
    for entry in (first, again):
        torch.testing.assert_close(entry.payload["weights"]["a"], torch.tensor([[0.0, 1, 2], [3, 4, 5]]))
        assert {name: entry.payload[name] for name in ("losses", "name", "best")} == {
            "losses": [1.5, 0.25],
            "name": "gan",
            "best": None,
        }


def test_another_seed_or_stage_is_another_entry(store: Store) -> None:
    asked = [("generator", 1), ("generator", 2), ("pool", 1)]
    assert not any(store.get_or_compute(stage, {"seed": seed}, lambda: {"x": 1}).reused for stage, seed in asked)
    assert sorted((entry.stage, entry.depends_on["seed"]) for entry in store.entries()) == asked


def test_a_person_can_read_the_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    checksum = subprocess.run(["sha256sum", "payload.pt"], cwd=folder, capture_output=True, text=True, check=True)
    assert manifest["depends_on"] == DEPENDS_ON
    assert manifest["sha256"] == checksum.stdout.split()[0]
    assert manifest["bytes"] == (folder / "payload.pt").stat().st_size
    assert (manifest["stage"], manifest["key"], manifest["producer"]) == ("generator", folder.name, "run-1")
    assert abs(datetime.fromisoformat(manifest["created"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert 0 <= manifest["seconds"] < 60


def test_processes_that_race_for_a_stage_compute_it_once(tmp_path: Path) -> None:
    processes = [start("fast") for _ in range(4)]
    wait_for(lambda: len(list(tmp_path.glob("ready-*"))) == 4)
    Path("go").touch()
    answers = [process.communicate(timeout=60)[0].split(maxsplit=3) for process in processes]

    computed = Path("computed").read_text().split()
    assert len(computed) == 1
    assert sorted(reused for reused, *_ in answers) == ["False", "True", "True", "True"]
    assert {(producer, by, x) for _, producer, by, x in answers} == {(computed[0], computed[0], "[0.0, 1.0, 2.0]\n")}


@pytest.mark.parametrize("way", ["hang", "bomb"], ids=["while computing", "while writing"])
def test_a_killed_process_leaves_no_entry_and_no_lock(way: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    Path("go").touch()
    process = start(way)
    wait_for(Path("computed").exists)
    if way == "hang":
        process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL

    assert list(store.entries()) == []
    assert list(store.verify()) == []
    assert len(list(tmp_path.rglob("*.partial"))) == (way == "bomb")

    started = time.monotonic()
    entry = recompute(store)
    assert time.monotonic() - started < 5
    assert (entry.reused, entry.producer) == (False, "run-2")
    assert recompute(store).reused
    assert list(tmp_path.rglob("*.partial")) == []


def test_a_process_waits_for_the_one_that_computes_and_takes_over_when_it_is_killed(tmp_path: Path) -> None:
    Path("go").touch()
    first = start("hang")
    wait_for(Path("computed").exists)
    second = start("fast")
    wait_for(lambda: len(list(tmp_path.glob("ready-*"))) == 2)
    time.sleep(0.5)
    assert second.poll() is None
    assert len(Path("computed").read_text().split()) == 1
    first.kill()
    assert second.communicate(timeout=60)[0].startswith("False")
    first.wait()


@pytest.mark.parametrize("position", [0, 0.3, 0.6, 0.999])
def test_a_flipped_byte_is_noticed_and_mended(
    position: float, store: Store, folder: Path, warned: Callable[[str], Any]
) -> None:
    file = folder / "payload.pt"
    content = bytearray(file.read_bytes())
    content[int(position * len(content))] ^= 1
    file.write_bytes(content)

    assert [path for path, _ in store.verify()] == [folder]
    with warned(r"generator is computed again.*SHA-256"):
        mended = recompute(store)
    assert (mended.reused, mended.producer) == (False, "run-2")
    with warned(""):
        assert recompute(store).reused
    assert list(store.verify()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "payload.pt").unlink(),
        lambda folder: os.truncate(folder / "payload.pt", 100),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("[]"),
        lambda folder: (folder / "manifest.json").write_bytes(b"\xff"),
        lambda folder: edit(folder, seed=4),
        lambda folder: edit(folder, seed=[float("nan")]),
    ],
    ids=["no payload", "short payload", "no manifest", "no json", "no object", "no text", "other seed", "nan"],
)
def test_any_damage_is_told_and_mended(
    damage: Callable[[Path], object], store: Store, folder: Path, warned: Callable[[str], Any]
) -> None:
    damage(folder)
    assert [path for path, _ in store.verify()] == [folder]
    with warned("computed again"):
        assert not recompute(store).reused
    assert list(store.verify()) == []
    assert recompute(store).producer == "run-2"


def edit(folder: Path, seed: object) -> None:
    """Makes the manifest that of another result."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["depends_on"]["seed"] = seed
    file.write_text(json.dumps(manifest))


def test_an_entry_moved_under_another_key_is_no_hit(store: Store, folder: Path, warned: Callable[[str], Any]) -> None:
    other = key_of("generator", DEPENDS_ON | {"seed": 4})
    target = store.root / "generator" / other[:2] / other
    target.parent.mkdir(exist_ok=True)
    folder.rename(target)
    with warned("not that of this entry"):
        assert not store.get_or_compute("generator", DEPENDS_ON | {"seed": 4}, payload).reused


@pytest.mark.parametrize("value", [object(), torch.nn.Linear(1, 1)], ids=["object", "module"])
def test_a_payload_that_could_not_be_read_back_is_refused(value: object, store: Store) -> None:
    with pytest.raises(TypeError, match="stage generator: the payload must hold tensors and plain values only"):
        store.get_or_compute("generator", DEPENDS_ON, lambda: {"x": value})
    assert not recompute(store).reused


def test_a_computation_that_fails_stores_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        store.get_or_compute("generator", DEPENDS_ON, lambda: {"x": 1 / 0})
    assert list(store.entries()) == []
    assert not recompute(store).reused


def test_a_stage_may_compute_another_on_the_way(store: Store) -> None:
    def pool() -> dict[str, Any]:
        return {"upstream": store.get_or_compute("generator", DEPENDS_ON, payload).manifest.key}

    assert store.get_or_compute("pool", {"n": 10}, pool).payload["upstream"] == key_of("generator", DEPENDS_ON)
    assert [entry.stage for entry in store.entries()] == ["generator", "pool"]


def test_readers_of_a_stored_stage_need_no_lock(store: Store, folder: Path) -> None:
    with FileLock(folder.with_suffix(".lock")):
        assert recompute(store).reused


def test_remove_takes_one_entry_and_leaves_the_rest(store: Store, folder: Path) -> None:
    store.get_or_compute("pool", {"n": 10}, lambda: {"x": 1})
    store.remove("generator", folder.name)
    store.remove("generator", folder.name)
    assert [entry.stage for entry in store.entries()] == ["pool"]
    assert not recompute(store).reused


def test_remove_unfinished_takes_what_a_killed_writer_left(store: Store, folder: Path, tmp_path: Path) -> None:
    Path("go").touch()
    store.remove("generator", folder.name)
    assert start("bomb").wait(timeout=60) == -signal.SIGKILL
    assert [store.remove_unfinished(), store.remove_unfinished()] == [1, 0]
    assert list(tmp_path.rglob("*.partial")) == []


def test_an_empty_store_needs_no_folder(store: Store) -> None:
    assert list(store.entries()) == list(store.verify()) == []
    assert not store.root.exists()


def test_the_producer_is_asked_for_once_the_result_is_there(store: Store) -> None:
    events: list[str] = []

    def producer() -> str:
        events.append("producer")
        return "run-1"

    def compute() -> dict[str, Any]:
        events.append("computed")
        return {"x": 1}

    for _ in range(2):
        assert store.get_or_compute("generator", DEPENDS_ON, compute, producer).producer == "run-1"
    assert events == ["computed", "producer"]
    assert store.get_or_compute("pool", {"n": 1}, lambda: {"x": 1}).producer is None


def test_an_entry_is_found_by_its_key(store: Store, folder: Path) -> None:
    entry = store.find("generator", folder.name)
    assert entry is not None
    assert (entry.reused, entry.producer, entry.payload["losses"]) == (True, "run-1", [1.5, 0.25])
    assert store.has("generator", folder.name)
    for stage, key in (("pool", folder.name), ("generator", key_of("generator", {}))):
        assert store.find(stage, key) is None
        assert not store.has(stage, key)


@pytest.mark.parametrize("file", ["payload.pt", "manifest.json"])
@pytest.mark.parametrize("damage", ["removed", "cut off"])
def test_what_is_found_damaged_is_none_and_told(
    file: str, damage: str, store: Store, folder: Path, warned: Callable[[str], Any]
) -> None:
    if damage == "removed":
        (folder / file).unlink()
    else:
        os.truncate(folder / file, (folder / file).stat().st_size - 1)
        if file == "manifest.json":
            os.truncate(folder / file, 10)
    with warned(r"stage generator will be computed again, .* is damaged"):
        assert store.find("generator", folder.name) is None
    with warned("computed again"):
        recompute(store)
    assert store.find("generator", folder.name) is not None


def test_the_entries_of_one_stage_are_its_own(store: Store, folder: Path) -> None:
    for n in range(3):
        store.get_or_compute("pool", {"n": n}, lambda: {"x": 1})
    pools = list(store.entries("pool"))
    assert sorted(entry.depends_on["n"] for entry in pools) == [0, 1, 2]
    assert [entry.key for entry in pools] == sorted(entry.key for entry in pools)
    assert [entry.key for entry in store.entries("generator")] == [folder.name]
    assert len(list(store.entries())) == 4
    assert list(store.entries("quality")) == []


def test_what_lies_beside_the_entries_is_none_of_them(store: Store, folder: Path) -> None:
    (store.root / "studies" / "ab" / "s-1").mkdir(parents=True)
    (folder.parent / "notes.txt").touch()
    assert [entry.key for entry in store.entries()] == [folder.name]
    assert list(store.verify()) == []
