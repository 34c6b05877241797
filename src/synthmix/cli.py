"""The verbs, nothing else; heavy imports only inside the verb that needs them."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synthmix import __version__
from synthmix.errors import Interrupted, InvalidInput
from synthmix.secrets import masked, without_password
from synthmix.signals import signals_taken_over

if TYPE_CHECKING:
    from synthmix.study.plan import Plan

LONGEST_LINE = 2000  # characters of a fault

USAGE = """usage: synthmix VERB ...

  run [overrides] [-m]   one cell, or with -m a study; Hydra's switches work here: --help, --cfg job --resolve, -sc
      --dry-run          what would run, and nothing more
  validate [overrides]   check everything that can be checked before a training; --describe shows the columns of a table
  report STUDY           tables, figures and page of a study (last: the newest; or a filter of MLflow)
  rerun RUN_ID           computes a finished cell once more, and compares (last: the newest)
  reproduce NAME         computes an experiment once more and compares it with its tables: --sample 5%
  export STUDY FILE.zip  a study's claim as one file: configs, digests, versions, cells and report, no data
  verify FILE.zip        computes a random part of a claim once more: --sample 5%
  sample RUN_ID          points from the generator of a finished run: -n 1000 --out x.npz
  store VERB             the stages: list, verify, prune, retry, rebuild-tracking
  ui [--port N]          the MLflow UI over the same store
  doctor                 versions, processor, GPU, store, tracking and data sets: what is there of what a run needs

examples
  synthmix run model=gan mix.ratio=1 clusterer=kmeans
  synthmix run -m model=vae,duplicate mix.ratio=0,1,4 'seed=range(10)'
  synthmix run experiment=digits_demo
"""


VALIDATE_USAGE = """usage: synthmix validate [overrides] [-m] [--describe] [--config-dir DIR]

Composes a cell, or with -m all cells of a study, and checks everything that can be checked before a training: exit
code 0, or 2 with one line for each fault. The overrides are those of synthmix run, whose --help lists them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong input, 130 and 143 for Ctrl-C and SIGTERM, 141 where nobody reads on.
    """
    gc.set_threshold(10_000)  # what is imported stays, and is looked through less often: a tenth of a verb's start
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if arguments else 2
    if arguments == ["--version"]:
        print(f"synthmix {__version__}")
        return 0
    verb, rest = arguments[0], arguments[1:]
    if verb in ("-sc", "--shell-completion"):
        return _completion(rest)
    verbs = {
        **{"run": _run, "validate": _validate, "report": _report, "rerun": _rerun, "reproduce": _reproduce},
        **{"export": _export, "verify": _verify, "sample": _sample, "store": _store, "ui": _ui, "doctor": _doctor},
    }
    try:
        if verb not in verbs:
            raise InvalidInput(f"{verb}: unknown verb; allowed: {', '.join(verbs)}")
        with signals_taken_over():
            code = verbs[verb](rest)
            sys.stdout.flush()  # here, so that a reader that has gone is noticed here
            return code
    except InvalidInput as error:
        for fault in error.faults:
            print(_one_line(fault), file=sys.stderr)
        return 2
    except BrokenPipeError:
        if not _nobody_reads():
            raise  # another pipe
        # As `| head` does it. Python would complain of it once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Interrupted as interrupted:
        print("stopped", file=sys.stderr)
        return interrupted.exit_code


def _one_line(fault: str) -> str:
    """A fault without line ends, and without the middle of what is too long to be read."""
    line = masked(" ".join(fault.splitlines()))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE // 2]} … {line[-LONGEST_LINE // 2 :]}"


def _nobody_reads() -> bool:
    """Whether the other end of stdout is closed."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _run(words: list[str]) -> int:
    from synthmix.verbs.run import run

    return run(words)


def _validate(words: list[str]) -> int:
    from synthmix.study.arguments import read_arguments
    from synthmix.study.plan import make_plan

    if words and words[0] in ("-h", "--help"):
        print(VALIDATE_USAGE, end="")
        return 0
    describes = "--describe" in words
    asked = read_arguments([word for word in words if word != "--describe"])
    if asked.asks_hydra or asked.shows_config or asked.dry_run:
        raise InvalidInput("validate: takes overrides, -m, --describe and --config-dir; synthmix run has all switches")
    try:
        plan = make_plan(asked.overrides, multirun=asked.multirun)
    except InvalidInput:
        if describes and not any(word.startswith("data.missing=") for word in asked.overrides):
            _describe_filled(asked.overrides, multirun=asked.multirun)
        raise
    for note in plan.notes:
        print(note, file=sys.stderr)
    if describes:
        _describe(plan)
    print(f"valid: {len(plan.configs)} cell{'s' if len(plan.configs) != 1 else ''}")
    return 0


def _describe(plan: Plan) -> None:
    sets = {tuple(config.data.describe()) for config in plan.configs}
    print("\n\n".join("\n".join(lines) for lines in sorted(sets)))


def _describe_filled(overrides: Sequence[str], *, multirun: bool) -> None:
    """Describes a table that is refused for nothing but its missing values, as it would be with these filled."""
    from synthmix.study.plan import make_plan

    filled = "data.missing=impute"
    try:
        plan = make_plan([*overrides, filled], multirun=multirun)
    except InvalidInput:
        return  # it has other faults, which are told with these
    print(f"with {filled}:")
    _describe(plan)


def _report(words: list[str]) -> int:
    from synthmix.verbs.report import report

    return report(words)


def _rerun(words: list[str]) -> int:
    from synthmix.verbs.rerun import rerun

    return rerun(words)


def _reproduce(words: list[str]) -> int:
    from synthmix.verbs.reproduce import reproduce

    return reproduce(words)


def _export(words: list[str]) -> int:
    from synthmix.verbs.export import export

    return export(words)


def _verify(words: list[str]) -> int:
    from synthmix.verbs.verify import verify

    return verify(words)


def _sample(words: list[str]) -> int:
    from synthmix.verbs.sample import sample

    return sample(words)


def _store(words: list[str]) -> int:
    from synthmix.verbs.store import store

    return store(words)


def _doctor(words: list[str]) -> int:
    from synthmix.verbs.doctor.doctor import doctor

    return doctor(words)


def _ui(words: list[str]) -> int:
    from pathlib import Path

    from synthmix.tracking.uri import SQLITE, resolve_uri
    from synthmix.verbs.parser import VerbParser

    parser = VerbParser("ui", "Opens the MLflow UI over the store that runs are logged to.")
    parser.add_argument("--port", type=int, default=5000)
    given = parser.read(words)
    uri, port = resolve_uri(None), given.port
    if uri.startswith("http"):
        raise InvalidInput(
            f"MLFLOW_TRACKING_URI={without_password(uri)}: a server, which has a UI of its own; open it in a browser"
        )
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).is_file():
        raise InvalidInput(f"{uri}: no such file; run a cell here first, or set MLFLOW_TRACKING_URI")
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--port", str(port), "--workers", "1"]
    # MLflow opens on its pages for language models unless the address says otherwise.
    print(f"open http://127.0.0.1:{port}/#/experiments?workflowType=machine_learning", flush=True)
    os.execv(sys.executable, command)  # noqa: S606  Python's own program, with a list of words


def _completion(rest: list[str]) -> int:
    """Hydra completes the words behind a verb as if the verb were not there."""
    line, point = os.environ.get("COMP_LINE"), os.environ.get("COMP_POINT")
    if line is not None and point is not None:
        program, _, words = line.partition(" ")
        verb, _, kept = words.lstrip().partition(" ")
        shift = len(line) - len(f"{program} {kept}")
        os.environ |= {"COMP_LINE": f"{program} {kept}", "COMP_POINT": str(max(0, int(point) - shift))}
        if verb not in ("run", "validate"):
            return 0
    from synthmix.verbs.run import hydra_main

    hydra_main(["-sc", *rest])
    return 0
