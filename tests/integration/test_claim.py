"""A study's claim: sound it holds bit for bit, and what was tampered with is found."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synthmix.recompute.sample import Sample

Command = Callable[..., Any]
WORDS = [
    *("-m", "model=vae,duplicate", "mix.ratio=0,1", "study.learning_curve=[0.5]", "clusterer=gmm_on_pca"),
    *("data.n_train=60", "quality.n_samples=60", "trainer.limit_steps=20", "tracking=none", "tracking.study=claimed"),
]
CELLS = 4 + 1 + 4  # asked for, of the learning curve, as configured


@pytest.fixture(scope="module")
def claim(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """The claim of a tuned study whose store is gone."""
    folder = tmp_path_factory.mktemp("claim")
    assert command("run", *WORDS, folder=folder).code == 0
    answer = command("export", "last", "claim.zip", folder=folder)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"claim.zip: {CELLS} cells of study claimed, ")
    assert "the data is not in it: digits, digest " in answer.out
    first = (folder / "claim.zip").read_bytes()
    assert command("export", "claimed", "claim.zip", folder=folder).code == 0
    assert (folder / "claim.zip").read_bytes() == first
    shutil.rmtree(folder / ".synthmix")
    return folder / "claim.zip"


def files_of(claim: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(claim) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(claim: Path, changes: dict[str, bytes], *, hide: bool, folder: Path) -> Path:
    """The claim with other files, whose digests are put right where somebody hides what was done."""
    files = files_of(claim) | changes
    if hide:
        manifest = json.loads(files["manifest.json"])
        for name, content in changes.items():
            manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(folder / "changed.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder / "changed.zip"


def better(table: bytes, column: str) -> bytes:
    """The table with one score a little better, that of its second row."""
    rows = list(csv.reader(io.StringIO(table.decode())))
    place = rows[0].index(column)
    rows[2][place] = repr(float(rows[2][place]) + 0.01)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def test_it_holds_configs_digests_versions_cells_and_report_and_no_data(claim: Path) -> None:
    files = files_of(claim)
    assert {"manifest.json", "cells.json", "cells.csv", "configured_cells.csv", "curve_cells.csv"} <= files.keys()
    assert {"requirements.lock", "report/index.html", "report/summary.csv", "report/summary.tex"} <= files.keys()
    assert not [name for name in files if name.endswith((".pt", ".db", ".npz", ".parquet"))]
    assert b"torch==" in files["requirements.lock"]
    told = json.loads(files["cells.json"])
    assert len(told["cells"]) == CELLS
    assert {len(cell["digest"]) for cell in told["cells"]} == {64}
    assert [tags["processor.instructions"] for tags in told["environments"]]
    assert str(claim.parent) not in "".join(content.decode("utf-8", "ignore") for content in files.values())


def test_a_sound_claim_holds_bit_for_bit(claim: Path, command: Command, tmp_path: Path) -> None:
    answer = command("verify", str(claim), "--sample", "100%", "--seed", "1", folder=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0] == f"claim of study claimed: every file is sound; {CELLS} of {CELLS} cells have a result"
    assert sum(line.startswith("equal bit for bit: ") for line in lines) == CELLS
    assert lines[-1] == f"{CELLS} of {CELLS} cells of the sample hold, {CELLS} of them bit for bit"
    assert list(tmp_path.iterdir()) == []  # neither store nor database


def test_a_table_that_is_not_that_of_the_manifest_is_found_at_once(
    claim: Path, command: Command, tmp_path: Path
) -> None:
    table = better(files_of(claim)["cells.csv"], "cluster/ari")
    file = changed(claim, {"cells.csv": table}, hide=False, folder=tmp_path)
    answer = command("verify", str(file))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"{file}: cells.csv: its SHA-256 is not the one in manifest.json\n"


def test_a_tampered_cell_is_found_where_it_is_in_the_sample(claim: Path, command: Command, tmp_path: Path) -> None:
    table = better(files_of(claim)["cells.csv"], "cluster/ari")
    file = changed(claim, {"cells.csv": table}, hide=True, folder=tmp_path)
    draws = {seed: Sample.of("1", seed).drawn(range(CELLS))[0] for seed in range(100)}
    hit, missed = (next(seed for seed, cell in draws.items() if (cell == 1) == wanted) for wanted in (True, False))
    for seed, code in ((hit, 1), (missed, 0)):
        answer = command("verify", str(file), "--sample", "1", "--seed", str(seed))
        assert answer.code == code
        assert len([x for x in answer.out.splitlines() if x.startswith("DOES NOT HOLD: cells.csv: ")]) == code
        assert ("cluster/ari: " in answer.out) == bool(code)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"model": {"_target_": "torch.load", "f": "evil.pt"}}, "model._target_=torch.load: not in the allowlist"),
        ({"seed": -1}, "seed=-1: must be "),
    ],
)
def test_a_config_of_a_claim_is_checked_as_any_strangers(
    change: dict[str, Any], fault: str, claim: Path, command: Command, tmp_path: Path
) -> None:
    told = json.loads(files_of(claim)["cells.json"])
    told["cells"][0]["config"] |= change
    file = changed(claim, {"cells.json": json.dumps(told).encode()}, hide=True, folder=tmp_path)
    answer = command("verify", str(file))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(fault)
    assert len(answer.err.splitlines()) == 1


def test_other_data_than_the_claims_is_refused(claim: Path, command: Command, tmp_path: Path) -> None:
    told = json.loads(files_of(claim)["cells.json"])
    for cell in told["cells"]:
        cell["digest"] = "0" * 64
    file = changed(claim, {"cells.json": json.dumps(told).encode()}, hide=True, folder=tmp_path)
    answer = command("verify", str(file))
    assert (answer.code, answer.out) == (2, "")
    assert f"data.name=digits: the claim's has the digest {'0' * 64}; the data here has " in answer.err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["export", "last", "claim.tar"], "claim.tar: must end in .zip"),
        (["export", "last", "nowhere/claim.zip"], "nowhere/claim.zip: must be a file in a folder that can be written"),
        (["export", "last", "claim.zip"], "--store=.synthmix: no such folder"),
        (["verify", "claim.zip"], "claim.zip: no such file"),
        (["verify", "claim.zip", "--sample", "0"], "--sample=0: must be "),
    ],
)
def test_a_fault_is_one_line(words: list[str], fault: str, command: Command) -> None:
    answer = command(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(fault)
    assert len(answer.err.splitlines()) == 1
