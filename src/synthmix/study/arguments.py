"""The command line of `run` and `validate`: overrides and Hydra's flags, in any order."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import Quote, QuotedString

from synthmix.errors import InvalidInput

ALLOWED = (
    "-m, --dry-run, --all, --cfg, --resolve, --package, --info, --config-dir, --help, --hydra-help, --version, -sc"
)

OWN = ("--dry-run", "--all")  # switches that are not Hydra's


@dataclass(frozen=True)
class Arguments:
    """A parsed command line.

    Attributes:
        overrides: those of the plan; the folder of --config-dir is one of them.
        for_hydra: the arguments that are passed on to Hydra.
        multirun: whether to sweep.
        shows_config: whether the config is to be printed, and nothing to be run.
        asks_hydra: whether Hydra answers alone, such as --help.
        asks_help: whether it is --help.
        config_dir: the folder of --config-dir.
        dry_run: whether to stop at the plan.
        everything: whether a cell prints all of its scores.
    """

    overrides: Sequence[str]
    for_hydra: Sequence[str]
    multirun: bool
    shows_config: bool
    asks_hydra: bool
    asks_help: bool
    config_dir: Path | None
    dry_run: bool
    everything: bool


def read_arguments(words: Sequence[str]) -> Arguments:
    """Parses the command line.

    Raises:
        InvalidInput: a flag that is unknown, lacks its value, or excludes another.
    """
    given = _parse(words)
    switches = [word for word in words if word not in given.overrides and word not in OWN]
    overrides = list(given.overrides)
    if given.config_dir:
        overrides.append(f"hydra.searchpath=[{quoted(f'file://{Path(given.config_dir).absolute()}')}]")
    return Arguments(
        overrides=overrides,
        for_hydra=[*switches, *given.overrides],
        multirun=given.multirun,
        shows_config=given.cfg is not None,
        asks_hydra=given.help or given.hydra_help or given.info is not None or given.shell_completion,
        asks_help=given.help,
        config_dir=Path(given.config_dir) if given.config_dir else None,
        dry_run=given.dry_run,
        everything=given.all,
    )


def quoted(value: str) -> str:
    """A text quoted for Hydra's override grammar."""
    return QuotedString(value, Quote.single).with_quotes()


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = get_args_parser()
    for switch in OWN:
        parser.add_argument(switch, action="store_true")
    parser.allow_abbrev = parser.exit_on_error = False
    try:
        given, unknown = parser.parse_known_intermixed_args(list(words))
    except argparse.ArgumentError as error:
        raise InvalidInput(str(error)) from error
    faults = [f"{word}: no such switch; allowed: {ALLOWED}" for word in unknown]
    # The plan is made of conf/run.yaml and checked; these would have Hydra run something else.
    elsewhere = [name for name in ("config_name", "config_path", "experimental_rerun") if getattr(given, name)]
    faults += [f"--{name.replace('_', '-')}: not available; allowed: {ALLOWED}" for name in elsewhere]
    if given.run + given.multirun + given.shell_completion + (given.cfg is not None) + (given.info is not None) > 1:
        faults.append("only one of --run, --multirun, --cfg, --info and --shell-completion can be given")
    if given.resolve and not (given.cfg or given.help):
        faults.append("--resolve: must be given together with --cfg or --help")
    if faults:
        raise InvalidInput(*faults)
    return given
