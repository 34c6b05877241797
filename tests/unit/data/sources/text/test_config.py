"""What train's documents cannot give is known before any training: for each seed's own train."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.errors import InvalidInput


def faults(*words: str) -> list[str]:
    with composer() as compose:
        config = compose(["data=text", "clusterer.n_clusters=2", *words])
    try:
        check(config)
    except InvalidInput as error:
        return list(error.faults)
    return []


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Thirty documents, of which the first five alone share a term."""
    texts = ["shared only" + "abcdefghijklmnopqrstuvwxyzäöüß"[i] for i in range(5)]
    texts += [f"lonely{'abcdefghijklmnopqrstuvwxyz'[i]}" for i in range(25)]
    (tmp_path / "t.csv").write_text("text\n" + "\n".join(texts) + "\n")
    return f"data.path={tmp_path / 't.csv'}"


def test_the_terms_of_each_seeds_train_are_counted(path: str) -> None:
    words = (path, "data.text_column=text", "data.n_components=1", "data.max_df=1", "data.n_train=6")
    for seed in range(4):
        (line,) = faults(*words, "data.min_df=6", f"seed={seed}")
        assert line.startswith("data.min_df=6: leaves none of the ")
        assert " terms in the 6 documents of train, " in line
    assert faults(*words, "data.min_df=1") == []


def test_documents_are_not_polluted(path: str) -> None:
    words = (path, "data.text_column=text", "data.pollute=duplicates")
    assert faults(*words) == ["data.pollute=duplicates: documents cannot be polluted; must be none"]
