"""Files of torch from anywhere: tensors and plain values, and no more of them than the file holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from synthmix.weights import NoWeightsError, read_weights


def test_what_torch_has_written_is_read(tmp_path: Path) -> None:
    torch.save({"a": torch.arange(5.0), "b": [1, "x", None]}, tmp_path / "x.pt")
    content = read_weights(tmp_path / "x.pt")
    assert torch.equal(content["a"], torch.arange(5.0))
    assert content["b"] == [1, "x", None]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(NoWeightsError, match=r"x\.pt: not a file of torch"):
        read_weights(tmp_path / "x.pt")


def test_a_file_that_grows_as_it_is_read_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(200_000)}, tmp_path / "plain.pt")
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
    assert (tmp_path / "bomb.pt").stat().st_size < 20_000
    with pytest.raises(NoWeightsError, match=r"bomb\.pt: has compressed parts, which torch does not write"):
        read_weights(tmp_path / "bomb.pt")


def test_a_file_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1000)}, tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        entry = max(archive.infolist(), key=lambda entry: entry.file_size)
    content = (tmp_path / "x.pt").read_bytes()
    declared = entry.file_size.to_bytes(4, "little")
    assert declared in content
    (tmp_path / "x.pt").write_bytes(content.replace(declared, (2**31).to_bytes(4, "little")))
    with pytest.raises((NoWeightsError, RuntimeError)):
        read_weights(tmp_path / "x.pt")
