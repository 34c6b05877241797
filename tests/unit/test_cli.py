"""Verbs, exit codes, and how little is imported to answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synthmix import cli
from synthmix.errors import Interrupted

VERBS = ["run", "validate", "report", "sample", "store", "ui", "doctor"]
HEAVY = ("torch", "sklearn", "scipy", "mlflow", "pytorch_lightning", "torchmetrics", "pandas", "matplotlib")


@pytest.fixture(autouse=True)
def _handlers_of_signals() -> Iterator[None]:
    """`main` takes over Ctrl-C and SIGTERM; pytest needs its own back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    told = capsys.readouterr()
    assert [verb for verb in VERBS if f"\n  {verb} " in told.out] == VERBS
    assert told.err == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--version"], "synthmix 0."),
        (["store", "--help"], "usage: synthmix store VERB"),
        (["validate", "--help"], "usage: synthmix validate "),
        (["validate", "-h"], "usage: synthmix validate "),
    ],
)
def test_help_and_version_are_no_error(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    told = capsys.readouterr()
    assert told.out.startswith(says)
    assert told.err == ""


def test_without_a_verb_the_usage_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert capsys.readouterr().out.startswith("usage: synthmix VERB")


def test_an_unknown_verb_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runn", "seed=1"]) == 2
    allowed = "run, validate, report, rerun, reproduce, export, verify, sample, store, ui, doctor"
    assert capsys.readouterr().err == f"runn: unknown verb; allowed: {allowed}\n"


def test_validate_counts_the_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate"]) == 0
    assert cli.main(["validate", "model=gan", "-m", "seed=0,1", "mix.ratio=0,1,4"]) == 0
    assert capsys.readouterr().out == "valid: 1 cell\nvalid: 6 cells\n"


@pytest.mark.parametrize("switch", ["--cfg=job", "--dry-run", "--info"])
def test_validate_has_no_switches_of_run(switch: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", switch]) == 2
    assert capsys.readouterr().err.startswith("validate: takes overrides, -m, --describe and --config-dir")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--port", "x"], "ui: argument --port: invalid int value: 'x'"),
        (["--prt=1"], "ui: unrecognized arguments: --prt=1; usage: synthmix ui [-h] [--port PORT]"),
        ([], "sqlite:///{folder}/mlflow.db: no such file; run a cell here first, or set MLFLOW_TRACKING_URI"),
    ],
)
def test_there_must_be_something_to_look_at(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["ui", *words]) == 2
    assert capsys.readouterr().err == line.format(folder=tmp_path) + "\n"
    assert list(tmp_path.iterdir()) == []


def test_a_server_has_a_ui_of_its_own(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert cli.main(["ui"]) == 2
    assert capsys.readouterr().err.startswith("MLFLOW_TRACKING_URI=http://localhost:5000: a server, which has a UI of ")


def test_a_fault_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "model._target_='a\nb'"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("model._target_=a b: not in the allowlist")
    assert told.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_work_and_a_second_one_does_not_disturb_the_end(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed: list[bool] = []

    def work(words: list[str]) -> int:
        try:
            os.kill(os.getpid(), number)
        finally:
            for impatient in (signal.SIGINT, signal.SIGTERM):
                os.kill(os.getpid(), impatient)
            closed.append(True)
        return 0

    monkeypatch.setattr(cli, "_validate", work)
    assert cli.main(["validate"]) == code == Interrupted(number).exit_code
    assert closed == [True]
    assert capsys.readouterr().err == "stopped\n"


@pytest.fixture(scope="module")
def imported() -> Callable[[str], tuple[int, set[str]]]:
    """Runs a fresh process; returns its exit code and which heavy packages it had imported at its end."""

    def run(code: str) -> tuple[int, set[str]]:
        script = (
            f"import sys\ncode = None\n{code}\n"
            f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
            "print('LOADED', *loaded)\nsys.exit(code)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
        return done.returncode, set(done.stdout.splitlines()[-1].split()[1:])

    return run


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["validate"], 0),
        (["validate", "-m", "data=toy,digits", "model=vae,smote", "clusterer=gmm,som", "hydra/launcher=joblib"], 0),
        (["validate", "model=gan", "model.stepz=3"], 2),
        (["validate", "model._target_=torch.load"], 2),
        (["validate", "clusterer.n_clusters=1000"], 2),
        (["run", "mix.ratio=-1"], 2),
        (["run", "--cfg", "job", "--resolve", "model=gan"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)  # fmt: skip
def test_what_starts_no_training_imports_nothing_heavy(
    words: list[str], code: int, imported: Callable[[str], tuple[int, set[str]]]
) -> None:
    assert imported(f"from synthmix.cli import main\ncode = main({words!r})") == (code, set())


def test_the_package_imports_nothing_before_it_is_asked(imported: Callable[[str], tuple[int, set[str]]]) -> None:
    assert imported("import synthmix") == (0, set())
    assert imported("import synthmix\nsynthmix.InvalidInput") == (0, set())
    code, loaded = imported("import synthmix\nsynthmix.SelfOrganizingMap")
    assert code == 0
    assert {"torch", "sklearn"} <= loaded


def test_a_config_is_shown_before_its_file_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--cfg", "job", "--package", "data", "data=table", "data.label_column=kind"]) == 0
    assert "label_column: kind" in capsys.readouterr().out
    assert cli.main(["run", "--cfg", "job", "data=table", "data.n_train=0"]) == 2
    assert "data.n_train=0: must be ≥ 1" in capsys.readouterr().err
