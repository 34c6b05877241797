"""Where and with what a result was computed, beside where and with what it is computed now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from synthmix.tracking.environment import environment_tags

COMMIT = "synthmix.git_commit"
PROCESSOR = "processor"
GPU = "gpu"
# What says whether numbers may differ in their last bits; who ran it, and the commit by itself, do not.
PREFIXES = ("version.", PROCESSOR)


def differences(
    recorded: Mapping[str, str],
    *,
    key: str | None,
    key_here: str,
    threads: int,
    threads_here: int,
    accelerator: str,
) -> list[str]:
    """What differs of all that a result may depend on beside its config and its data, a line each; none: all is equal.

    Args:
        recorded: the tags of the environment then.
        key: of the cell then, into which code and versions go; None where it is not known.
        key_here: of the cell now.
        threads: that it was computed with.
        threads_here: that torch has now.
        accelerator: what the config trains on; of cpu the GPUs of a machine make no difference.
    """
    prefixes = PREFIXES if accelerator == "cpu" else (*PREFIXES, GPU)
    found = [*_of_tags(recorded, prefixes)]
    if threads != threads_here:
        found.append(f"threads: {threads} then, {threads_here} here")
    if key != key_here and not any(line.startswith("version.") for line in found):
        found.append(
            f"code: {recorded.get(COMMIT, 'not known')} then, {environment_tags().get(COMMIT, 'no commit')} here"
        )
    return found


def _of_tags(recorded: Mapping[str, str], prefixes: tuple[str, ...]) -> Iterator[str]:
    here = environment_tags()
    for name in sorted({*recorded, *here}):
        if name.startswith(prefixes) and recorded.get(name) != here.get(name):
            yield f"{name}: {recorded.get(name) or 'not recorded'} then, {here.get(name) or 'none'} here"


def described() -> str:
    """This processor in a few words."""
    here = environment_tags()
    return ", ".join(here[name] for name in sorted(here) if name.startswith(PROCESSOR) and here[name])


def other_distributions(recorded: str, here: str) -> list[str]:
    """Names of the installed distributions that differ between two texts about an environment, version and all."""
    then, now = ({line for line in text.splitlines() if "==" in line} for text in (recorded, here))
    return sorted({line.partition("==")[0] for line in then ^ now}, key=str.lower)
