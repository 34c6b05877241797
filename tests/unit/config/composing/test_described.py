"""What a member is, from the head of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthmix.config.composing.described import described, described_groups


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# A tree. Of apples.\na: 1\n", "A tree"),
        ("# @package _global_\n# Is it\n# a tree? It is.\na: 1\n", "Is it a tree?"),
        ("# Trees (Ash et al. 2018). More.\n", "Trees (Ash et al. 2018)"),
        ("# representation=... wins. Always.\n", "representation=... wins"),
        ("# k-means\nb: 2\n# Not this one.\n", "k-means"),
        ("a: 1\n", ""),
    ],
)
def test_the_first_sentence_tells(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "member.yaml"
    path.write_text(text)
    assert described(path) == told


def test_a_folder_of_ones_own_adds_members_and_replaces_them(tmp_path: Path) -> None:
    texts = {
        "a/model/x.yaml": "# One.",
        "b/model/x.yaml": "# Two.",
        "b/model/yy.yaml": "",
        "a/hydra/default.yaml": "# No.",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(described_groups([tmp_path / "a", tmp_path / "b"])) == ["model=", "  x   Two", "  yy", ""]


def test_a_file_in_another_encoding_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "member.yaml"
    path.write_bytes("# Bäume. Viele.\n".encode("latin-1"))
    assert described(path) == "B\N{REPLACEMENT CHARACTER}ume"
