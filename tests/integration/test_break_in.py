"""What a stranger's experiment file tries: each attempt is refused before anything of it runs, and named.

The attempts that need no config (checkpoints, stores, names in tables) are at the end.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

MARK = Path("broken_in")  # what each payload would leave behind
OWN = "hydra.searchpath=[file://{folder}/conf]"


class Payload:
    """Leaves its mark when it is unpickled."""

    def __reduce__(self) -> Any:
        return Path.touch, (MARK.absolute(),)


# Name, what the experiment says beside `hydra: mode`, more words of the command, and the beginning of the answer.
ATTEMPTS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "a callback that loads a pickle",
        {"hydra": {"callbacks": {"x": {"_target_": "torch.load", "f": "evil.pkl", "weights_only": False}}}},
        "",
        "hydra.callbacks.x._target_=torch.load: allowed: hydra.experimental.callbacks.",
    ),
    (
        "a callback through a module that an allowed one has imported",
        {"hydra": {"callbacks": {"x": {"_target_": "hydra.experimental.callbacks.pickle.load"}}}},
        "",
        "hydra.callbacks.x._target_=hydra.experimental.callbacks.pickle.load: allowed: ",
    ),
    (
        "a callback's argument that is built first",
        {
            "hydra": {
                "callbacks": {
                    "x": {
                        "_target_": "hydra.experimental.callbacks.LogJobReturnCallback",
                        "y": {"_target_": "joblib.load", "filename": "evil.pkl"},
                    }
                }
            }
        },
        "",
        "hydra.callbacks.x.y._target_=joblib.load: nothing is built within hydra.callbacks.x",
    ),
    (
        "a log handler that is a factory",
        {
            "hydra": {
                "job_logging": {
                    "handlers": {"x": {"()": "joblib.load", "filename": "evil.pkl"}},
                    "root": {"handlers": ["x"]},
                }
            }
        },
        "",
        "hydra.job_logging.handlers.x.()=joblib.load: allowed: logging.FileHandler, ",
    ),
    (
        "the same before --help",
        {
            "hydra": {
                "hydra_logging": {
                    "handlers": {"x": {"()": "joblib.load", "filename": "evil.pkl"}},
                    "root": {"handlers": ["x"]},
                }
            }
        },
        "--help",
        "hydra.hydra_logging.handlers.x.()=joblib.load: allowed: logging.FileHandler, ",
    ),
    (
        "a log handler that sends pickles to a server",
        {
            "hydra": {
                "job_logging": {
                    "handlers": {"x": {"class": "logging.handlers.SocketHandler", "host": "localhost", "port": 9}},
                    "root": {"handlers": ["x"]},
                }
            }
        },
        "",
        "hydra.job_logging.handlers.x.class=logging.handlers.SocketHandler: allowed: ",
    ),
    (
        "a log handler that imports what it names",
        {
            "hydra": {
                "job_logging": {
                    "handlers": {"x": {"class": "logging.StreamHandler", "stream": "ext://evil.stream"}},
                    "root": {"handlers": ["x"]},
                }
            }
        },
        "",
        "hydra.job_logging.handlers.x.stream=ext://evil.stream: allowed: ext://sys.stdout, ext://sys.stderr",
    ),
    (
        "a log file in another's folder",
        {
            "hydra": {
                "job_logging": {
                    "handlers": {"x": {"class": "logging.FileHandler", "filename": "../broken_in"}},
                    "root": {"handlers": ["x"]},
                }
            }
        },
        "",
        "hydra.job_logging.handlers.x.filename=../broken_in: must lie in the working folder",
    ),
    (
        "a launcher of its own",
        {"hydra": {"launcher": {"_target_": "joblib.load"}}},
        "-m seed=0,1",
        "hydra.launcher._target_=joblib.load: must be one of Hydra's plugins; allowed: ",
    ),
    (
        "a sweeper of its own",
        {"hydra": {"sweeper": {"_target_": "joblib.load"}}},
        "-m seed=0,1",
        "hydra.sweeper._target_=joblib.load: must be one of Hydra's plugins; allowed: ",
    ),
    (
        "a setting of the launcher that another part of the config says how to build",
        {
            "quality": {"alarms": {"coverage": {"_target_": "joblib.load", "filename": "evil.pkl"}}},
            "hydra": {"launcher": {"additional_parameters": {"x": "${quality.alarms.coverage}"}}},
        },
        "-m hydra/launcher=submitit_slurm seed=0,1",
        "hydra.launcher.additional_parameters.x._target_=joblib.load: nothing is built within ",
    ),
    (
        "the allowlist of later jobs",
        {"hydra": {"job": {"env_set": {"SYNTHMIX_ALLOW": "evil."}}}},
        "",
        "hydra.job.env_set.SYNTHMIX_ALLOW: no config may set it; allowed: ",
    ),
    (
        "a library for every later process",
        {"hydra": {"job": {"env_set": {"LD_PRELOAD": "evil.so", "CUDA_INJECTION64_PATH": "evil.so"}}}},
        "",
        "hydra.job.env_set.LD_PRELOAD: no config may set it; allowed: ",
    ),
    (
        "a package in the search path, which would be imported",
        {},
        "hydra.searchpath=[file://{folder}/conf,pkg://evil]",
        "hydra.searchpath=pkg://evil: looking into a package imports it; allowed: file://FOLDER, ",
    ),
    (
        "a search path of the file's own",
        {"hydra": {"searchpath": ["file://elsewhere"]}},
        "",
        "In 'experiment/evil': Overriding hydra.searchpath is only supported from the primary config",
    ),
    (
        "an output folder in another's folder",
        {"hydra": {"run": {"dir": "../broken_in"}, "sweep": {"dir": "/broken_in"}}},
        "",
        "hydra.run.dir=../broken_in: must lie in the working folder, unless the command line says so",
    ),
    (
        "an output folder that a variable leads out of the working folder",
        {"hydra": {"sweep": {"subdir": "${oc.env:HOME}/broken_in"}}},
        "-m seed=0,1",
        "hydra.sweep.subdir=",
    ),
    (
        "shell commands in a job's script",
        {"hydra": {"launcher": {"setup": ["touch broken_in"]}}},
        "-m hydra/launcher=submitit_slurm seed=0,1",
        "hydra.launcher.setup=[touch broken_in]: runs commands, which only the command line may give",
    ),
    (
        "a second line in a job's script",
        {"hydra": {"launcher": {"partition": "cpu\ntouch broken_in\n"}}},
        "-m hydra/launcher=submitit_slurm seed=0,1",
        "hydra.launcher.partition='cpu\\ntouch broken_in\\n': must be one line without control characters",
    ),
    (
        "a member that is another package's, under a name that begins well",
        {"model": {"_target_": "synthmix.stages.store.pickle.load"}},
        "",
        "model._target_=synthmix.stages.store.pickle.load: not a member of model; allowed: ",
    ),
]


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Path]:
    """Writes the files of a stranger: an experiment, a pickle, a module, a checkpoint; gives the working folder."""

    def write(experiment: dict[str, Any]) -> Path:
        folder = tmp_path / "work"
        (folder / "conf" / "experiment").mkdir(parents=True)
        text = "# @package _global_\n" + yaml.safe_dump(experiment, allow_unicode=True)
        (folder / "conf" / "experiment" / "evil.yaml").write_text(text)
        monkeypatch.chdir(folder)
        (folder / "evil.pkl").write_bytes(pickle.dumps(Payload()))
        package = folder / "evil"
        package.mkdir()
        (package / "__init__.py").write_text(f"import pathlib\npathlib.Path({str(MARK.absolute())!r}).touch()\n")
        monkeypatch.syspath_prepend(str(folder))
        return folder

    yield write  # type: ignore[misc]
    sys.modules.pop("evil", None)


@pytest.mark.parametrize(("said", "words", "line"), [pytest.param(*rest, id=name) for name, *rest in ATTEMPTS])
def test_a_strangers_experiment_runs_nothing(
    said: dict[str, Any], words: str, line: str, evil: Callable[..., Path], command: Callable[..., Any]
) -> None:
    folder = evil(said)
    before = {path for path in folder.parent.rglob("*") if "__pycache__" not in path.parts}
    own = [] if "searchpath" in words else [OWN]
    given = [word.format(folder=folder) for word in [*own, *words.split(), "experiment=evil"]]
    answer = command("run", *given)
    assert (answer.code, answer.out) == (2, "")
    assert any(told.startswith(line) for told in answer.err.splitlines()), answer.err
    assert {path for path in folder.parent.rglob("*") if "__pycache__" not in path.parts} == before


def test_the_payload_of_these_attempts_would_leave_its_mark(evil: Callable[..., Path]) -> None:
    evil({})
    pickle.loads(Path("evil.pkl").read_bytes())  # noqa: S301  written above
    assert MARK.exists()


def test_what_a_user_types_may_still_lead_elsewhere(evil: Callable[..., Path], command: Callable[..., Any]) -> None:
    folder = evil({"hydra": {"run": {"dir": "../broken_in"}}})
    own = OWN.format(folder=folder)
    assert command("validate", own, "experiment=evil", f"hydra.run.dir={folder.parent}/out").code == 0
    answer = command(
        "validate", "-m", "hydra/launcher=submitit_slurm", "hydra.launcher.setup=[module load x]", "seed=0,1"
    )
    assert answer.code == 0
    assert command("validate", "hydra/job_logging=default", "hydra/hydra_logging=default").code == 0


def test_a_checkpoint_to_resume_from_is_weights_alone(evil: Callable[..., Path], command: Callable[..., Any]) -> None:
    evil({})
    torch.save({"state_dict": Payload()}, "evil.ckpt")
    answer = command("run", "trainer.resume_from=evil.ckpt", "model.steps=5", "tracking=none")
    assert answer.code == 2
    assert answer.err.startswith("trainer.resume_from=evil.ckpt: ")
    assert not MARK.exists()


def test_a_variable_that_looks_secret_is_not_read_into_a_config(
    evil: Callable[..., Path], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = evil({"tracking": {"experiment": "${oc.env:MY_API_TOKEN}"}})
    monkeypatch.setenv("MY_API_TOKEN", "hunter2-hunter2")
    answer = command("validate", OWN.format(folder=folder), "experiment=evil")
    assert (answer.code, answer.out) == (2, "")
    assert "oc.env:MY_API_TOKEN looks like a secret, and a config is written down" in answer.err
    assert "hunter2" not in answer.err
    for hidden in ("hydra.run.dir=${oc.env:MY_API_TOKEN}", "model.name=${oc.env:${data.name},${oc.env:MY_API_TOKEN}}"):
        answer = command("validate", hidden)
        assert answer.code == 2
        assert "hunter2" not in answer.err


def test_a_password_of_a_server_is_told_nobody(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = "postgresql+psycopg2://me:swordfish@127.0.0.1:1/db"
    answer = command("validate", f"tracking.uri={whole}")
    assert answer.code == 2
    assert answer.err.startswith(
        "tracking.uri=postgresql+psycopg2://me:***@127.0.0.1:1/db: must hold no password; set "
    )
    for address in (whole, "http://me:swordfish@127.0.0.1:1", "foo://me:swordfish@host"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        answer = command("run", "model=duplicate")
        assert answer.code == 2
        assert "me:***@" in answer.err
        assert "swordfish" not in answer.err


def test_a_forged_store_entry_is_computed_again_and_runs_nothing(
    evil: Callable[..., Path], command: Callable[..., Any]
) -> None:
    evil({})
    words = ["run", "model=duplicate", "tracking=none", "mix.ratio=1", "quality.n_samples=20"]
    first = command(*words)
    assert first.code == 0
    (entry,) = Path(".synthmix/cell").glob("??/*/manifest.json")
    payload = entry.with_name("payload.pt")
    torch.save({"status": "finished", "outputs": Payload()}, payload)
    manifest = json.loads(entry.read_text())
    content = payload.read_bytes()
    manifest |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    entry.write_text(json.dumps(manifest))
    again = command(*words)
    assert again.code == 0
    assert again.out == first.out
    assert not MARK.exists()


def test_a_strangers_record_names_no_folder_and_no_class_outside(
    evil: Callable[..., Path], command: Callable[..., Any]
) -> None:
    evil({})
    record = Path(".synthmix/studies/mine/study.json")
    record.parent.mkdir(parents=True)
    tracking = {"_target_": "sklearn.cluster.KMeans", "uri": None, "experiment": "x"}
    record.write_text(
        json.dumps({"name": "mine", "tracking": tracking, "report": str(Path("../broken_in").absolute())})
    )
    answer = command("report", "mine")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "tracking._target_=sklearn.cluster.KMeans: must be a tracker, a class with open_study\n"
    record.write_text(json.dumps({"name": "../../broken_in", "tracking": tracking}))
    assert command("report", "mine").code == 2
    assert not Path("../broken_in").exists()
