"""Documents as points by wordllama: the mean of its words' embeddings, and no network is needed for it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.data.sources.text import wordllama_config
from synthmix.data.sources.text.wordllama import load_text_wordllama
from synthmix.data.sources.text.wordllama_config import TextWordllamaConfig
from synthmix.errors import InvalidInput

INSTALLED = pytest.mark.skipif(find_spec("wordllama") is None, reason="no wordllama")
TEXTS = {
    "money": ["The bank raised its interest rates.", "Shares fell as profits at the lender shrank, and so on and on."],
    "sport": ["A late goal won the cup final.", "The striker scored twice before the referee ended the match."],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for topic, texts in TEXTS.items():
        (tmp_path / topic).mkdir()
        for i, text in enumerate(texts):
            (tmp_path / topic / f"{i}.txt").write_text(text)
    return tmp_path


@INSTALLED
def test_a_point_is_the_mean_of_the_embeddings_of_its_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As read off the package's files by hand, with every way out of this machine shut."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("it asks for an address"))
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    (place,) = find_spec("wordllama").submodule_search_locations  # type: ignore[union-attr]
    (table,) = load_file(Path(place) / "weights" / "l2_supercat_256.safetensors").values()
    content = json.loads((Path(place) / "tokenizers" / "l2_supercat_tokenizer_config.json").read_text())
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.no_padding()
    texts = [text for topic in sorted(TEXTS) for text in TEXTS[topic]]
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    means = np.array([table[row].astype(np.float64).mean(axis=0)[:64] for row in ids])
    dataset = load_text_wordllama(TextWordllamaConfig(path=str(folder)))
    assert dataset.x.numpy() == pytest.approx(means / np.linalg.norm(means, axis=1, keepdims=True), abs=2e-3)
    assert (dataset.spec.shape, dataset.spec.n_classes, dataset.y.tolist()) == ((64,), 2, [0, 0, 1, 1])


@INSTALLED
def test_documents_of_one_topic_are_nearest_to_each_other(folder: Path) -> None:
    x = load_text_wordllama(TextWordllamaConfig(path=str(folder), n_components=256)).x
    near = (x @ x.T).fill_diagonal_(-1).argmax(dim=1)
    assert near.tolist() == [1, 0, 3, 2]


@INSTALLED
def test_other_lengths_and_other_texts_are_other_data(folder: Path) -> None:
    def digest(**keys: int) -> str:
        return load_text_wordllama(TextWordllamaConfig(path=str(folder), **keys)).spec.digest

    first = digest()
    assert digest() == first != digest(n_components=128)
    (folder / "money" / "0.txt").write_text("Another text.")
    assert digest() != first


@INSTALLED
def test_the_package_sets_up_no_logging(folder: Path) -> None:
    """Which it does when it is imported, so that Hydra and MLflow would begin to talk."""
    code = f"""
import logging
from synthmix.data.sources.text.wordllama import load_text_wordllama
from synthmix.data.sources.text.wordllama_config import TextWordllamaConfig
load_text_wordllama(TextWordllamaConfig(path={str(folder)!r}))
print(logging.getLogger().handlers, logging.getLogger().level)
"""
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (answer.stdout, answer.stderr) == (f"[] {logging.WARNING}\n", "")


def test_a_package_that_is_missing_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordllama_config, "find_spec", lambda _: None)
    with composer() as compose:
        config = compose(["data=text_wordllama", f"data.path={folder}", "clusterer.n_clusters=2"])
    with pytest.raises(InvalidInput) as raised:
        check(config)
    line = "data.name=text_wordllama: needs wordllama; pip install 'synthmix[wordllama]'"
    assert line in raised.value.faults
