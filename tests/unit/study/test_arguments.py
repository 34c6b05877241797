"""Hydra's switches and overrides, in any order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from synthmix.errors import InvalidInput
from synthmix.study.arguments import quoted, read_arguments


def test_switches_and_overrides_may_be_mixed() -> None:
    asked = read_arguments(["model=gan", "-m", "seed=0,1", "--dry-run", "mix.ratio=1"])
    assert asked.overrides == ["model=gan", "seed=0,1", "mix.ratio=1"]
    assert asked.for_hydra == ["-m", "model=gan", "seed=0,1", "mix.ratio=1"]
    assert (asked.multirun, asked.dry_run, asked.shows_config, asked.asks_hydra) == (True, True, False, False)


def test_all_scores_are_asked_for_by_a_switch_that_hydra_never_sees() -> None:
    asked = read_arguments(["--all", "model=gan"])
    assert asked.everything
    assert asked.for_hydra == ["model=gan"]
    assert not read_arguments(["model=gan"]).everything


@pytest.mark.parametrize(
    ("words", "attribute"),
    [
        (["--help"], "asks_hydra"),
        (["-h", "model=gan"], "asks_hydra"),
        (["--hydra-help"], "asks_hydra"),
        (["--info"], "asks_hydra"),
        (["-sc", "query=bash"], "asks_hydra"),
        (["--cfg", "job", "--resolve", "model=gan", "--package", "mix"], "shows_config"),
        (["-c", "hydra"], "shows_config"),
    ],
)
def test_hydras_own_switches_are_known(words: list[str], attribute: str) -> None:
    asked = read_arguments(words)
    told = {name for name in ("multirun", "dry_run", "shows_config", "asks_hydra") if getattr(asked, name)}
    assert told == {attribute}
    assert sorted(asked.for_hydra) == sorted(words)


def test_a_folder_of_configs_is_part_of_the_plan(tmp_path: Path) -> None:
    asked = read_arguments(["--config-dir", "my conf", "model=gan"])
    assert asked.overrides == ["model=gan", f"hydra.searchpath=['file://{tmp_path}/my conf']"]
    assert asked.for_hydra == ["--config-dir", "my conf", "model=gan"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--foo"], "--foo: no such switch; allowed: -m, --dry-run, --all, --cfg, "),
        (["seed=1", "-x"], "-x: no such switch; allowed: "),
        (["--multi"], "--multi: no such switch; allowed: "),
        (["--config-name=other"], "--config-name: not available; allowed: "),
        (["--config-path", "/tmp"], "--config-path: not available; allowed: "),
        (["--experimental-rerun", "x.pickle"], "--experimental-rerun: not available; allowed: "),
        (["--resolve"], "--resolve: must be given together with --cfg or --help"),
        (["--cfg"], "argument --cfg/-c: expected one argument"),
        (["--cfg", "jobs"], "argument --cfg/-c: invalid choice: 'jobs' (choose from "),
        (["--cfg", "job", "-m"], "only one of --run, --multirun, --cfg, --info and --shell-completion can be given"),
    ],
)
def test_a_wrong_switch_is_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput) as error:
        read_arguments(words)
    (fault,) = error.value.faults
    assert fault.startswith(line)
    assert capsys.readouterr() == ("", "")


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
def test_a_quoted_text_is_read_as_it_was(text: str) -> None:
    (override,) = OverridesParser.create().parse_overrides([f"a={quoted(text)}"])
    assert override.value() == text
