"""What a condition of MLflow compares: outcomes, and parameters with the values that they are stored with."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping

# What MLflow calls the parts of a run, and what a name in a condition is of where it names none.
ENTITIES = {
    **dict.fromkeys(("metric", "metrics"), "metrics"),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "params"),
    **dict.fromkeys(("tag", "tags"), "tags"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attributes"),
}
NAME = r"`[^`]*`|\"[^\"]*\"|[\w./-]+"
# A name stands before a comparison, so that none is found in the texts that are compared with.
COMPARISON = re.compile(rf"(?:(\w+)\s*\.\s*)?({NAME})\s*(?:[=<>!]|(?:NOT\s+)?(?:I?LIKE|IN)\b|IS\b)", re.IGNORECASE)
TEXTS = re.compile(r"'[^']*'|(?<!\.)\"[^\"]*\"")
OUTCOMES = {
    "metrics": (".*",),
    "attributes": ("status", "end_time"),
    "tags": (r"synthmix\.alarm\..*", r"synthmix\.unavailable", r"synthmix\.exception", r"mlflow\.note\.content"),
    "params": (r"tuned\..*", r"tuning\.criterion"),
}
# A parameter and the text that it must equal, or any other text, so that nothing is found within one.
EQUALITY = re.compile(
    rf"(?<![\w.`])(?P<before>param(?:eter)?s?\s*\.\s*(?P<name>{NAME})\s*!?=\s*)(?P<text>'[^']*'|\"[^\"]*\")"
    r"|'[^']*'|\"[^\"]*\"",
    re.IGNORECASE,
)
MOST_VALUES = 8  # that are named

Values = Mapping[str, Collection[str]]


def outcomes_in(condition: str) -> Iterator[str]:
    """The outcomes that a condition of MLflow compares, as it names them.

    Example:
        >>> list(outcomes_in("params.seed = '1' and metrics.`cluster/ari` > 0.5"))
        ['metrics.cluster/ari']
    """
    for entity, name in COMPARISON.findall(TEXTS.sub("''", condition)):
        kind, bare = ENTITIES.get(entity.lower(), entity.lower()) if entity else "attributes", name.strip('`"')
        if any(re.fullmatch(pattern, bare) for pattern in OUTCOMES.get(kind, ())):
            yield f"{kind}.{bare}"


def with_stored_numbers(condition: str, values: Values) -> str:
    """The condition with each number written as the store has it, as MLflow compares texts.

    Args:
        condition: of MLflow.
        values: the texts that each parameter is stored with.

    Example:
        >>> with_stored_numbers("params.`mix.ratio` = '1'", {"mix.ratio": ["0.0", "1.0"]})
        "params.`mix.ratio` = '1.0'"
    """

    def stored(found: re.Match[str]) -> str:
        if found["name"] is None:
            return found[0]
        quote, text = found["text"][0], found["text"][1:-1]
        known = values.get(found["name"].strip('`"'), ())
        equal = [value for value in known if _number(value) == _number(text)]
        return f"{found['before']}{quote}{equal[0]}{quote}" if len(equal) == 1 and text not in known else found[0]

    return EQUALITY.sub(stored, condition)


def unknown_values(condition: str, values: Values) -> Iterator[str]:
    """What the parameters have whose text in a condition no cell has, a few words each."""
    for found in EQUALITY.finditer(condition):
        if found["name"] is None:
            continue
        name = found["name"].strip('`"')
        known = sorted(values.get(name, ()), key=lambda value: (_number(value), value))
        if not known:
            yield f"no study has a key {name}"
        elif found["text"][1:-1] not in known:
            more = f" and {len(known) - MOST_VALUES} more" if len(known) > MOST_VALUES else ""
            yield f"{name} has {', '.join(known[:MOST_VALUES])}{more}"


def _number(text: str) -> float:
    """NaN, which equals nothing, for a text that is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
