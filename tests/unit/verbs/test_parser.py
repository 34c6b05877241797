"""The words behind the small verbs: complaints of one line, and the folder of the stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from synthmix.config.cell import PathsConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.sections.study import StudyConfig
from synthmix.config.sections.tracking import TrackingConfig
from synthmix.errors import InvalidInput
from synthmix.verbs.parser import VerbParser, store_folder


def parser() -> VerbParser:
    words = VerbParser("greet", "Greets.")
    words.add_argument("name")
    words.add_argument("--times", type=int, default=1)
    words.add_store()
    return words


def test_words_are_read_in_any_order() -> None:
    for words in (["ann", "--times", "3"], ["--times=3", "ann"]):
        given = parser().read(words)
        assert (given.name, given.times, given.store) == ("ann", 3, None)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "greet: the following arguments are required: name"),
        (["ann", "bob"], "greet: unrecognized arguments: bob"),
        (["ann", "--tim", "3"], "greet: unrecognized arguments: --tim 3"),
        (["ann", "--times", "x"], "greet: argument --times: invalid int value: 'x'"),
        (["ann", "--times"], "greet: argument --times: expected one argument"),
    ],
)
def test_a_complaint_is_wrong_input_that_starts_with_the_verb(words: list[str], complaint: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parser().read(words)
    (fault,) = error.value.faults
    assert fault.startswith(complaint)


def test_verbs_without_a_config_have_the_settings_of_a_plain_cell() -> None:
    with composer() as compose:
        config = from_plain(compose([]))
    assert (config.study, config.tracking, config.paths) == (StudyConfig(), TrackingConfig(), PathsConfig())
    assert (config.data.name, config.learner.name, config.representation.name) == ("digits", "kmeans", "identity")


def test_the_store_is_the_one_that_a_cell_here_would_use(tmp_path: Path) -> None:
    (tmp_path / ".synthmix").mkdir()
    assert store_folder(None).resolve() == tmp_path / ".synthmix"
    (tmp_path / "elsewhere").mkdir()
    assert store_folder("elsewhere") == Path("elsewhere")


@pytest.mark.parametrize("given", [None, "nowhere", "a_file"])
def test_a_store_that_is_not_there_is_told(given: str | None, tmp_path: Path) -> None:
    (tmp_path / "a_file").touch()
    with pytest.raises(InvalidInput, match=r"--store=.*: no such folder; run a cell here first"):
        store_folder(given)
