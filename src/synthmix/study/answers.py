"""What people have answered on a study's page: real or synthetic? Kept beside the study's record, each file once."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synthmix.errors import InvalidInput

MOST_BYTES = 10**6  # of a file of answers
FOLDER = "answers"


@dataclass(frozen=True)
class Judged:
    """The answers over an arm's pictures: so many were given, and so many of them are wrong."""

    wrong: int
    given: int

    @property
    def rate(self) -> float:
        """Share of wrong answers: near .5 where nobody can tell synthetic from real."""
        return self.wrong / self.given

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate (Wilson 1927), as if the answers were independent."""
        from scipy.stats import binomtest

        found = binomtest(self.wrong, self.given).proportion_ci(method="wilson")
        return float(found.low), float(found.high)


def keep_answers(file: Path, study: Path) -> None:
    """Copies a file of answers, which the page has made, to the folder of its study; the same one once.

    Raises:
        InvalidInput: it is not there, is no such file, or is of another study.
    """
    if not file.is_file():
        raise InvalidInput(f"--answers={file}: no such file")
    if file.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"--answers={file}: must be a file of answers, which has less than {MOST_BYTES} bytes")
    content = file.read_bytes()
    name, _, _ = _read(content, f"--answers={file}")
    if name != study.name:
        raise InvalidInput(f"--answers={file}: has answers on the page of study {name!r}; must be {study.name!r}")
    kept = study / FOLDER / f"{hashlib.sha256(content).hexdigest()[:16]}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)


def answers_of(study: Path) -> Mapping[str, Judged]:
    """By arm, what was answered in all files of a study. Raises InvalidInput where one is damaged."""
    wrong, given = Counter[str](), Counter[str]()
    for file in sorted((study / FOLDER).glob("*.json")):
        _, arm, answers = _read(file.read_bytes(), str(file))
        given[arm] += len(answers)
        wrong[arm] += sum(is_real != said for is_real, said in answers)
    return {arm: Judged(wrong[arm], given[arm]) for arm in sorted(given)}


def _read(content: bytes, where: str) -> tuple[str, str, list[tuple[bool, bool]]]:
    """Study, arm, and for each picture whether it is real and whether it was said to be."""
    try:
        found = json.loads(content)
        study, arm, answers = found["study"], found["arm"], found["answers"]
        pairs = [(one["is_real"], one["said_real"]) for one in answers]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidInput(f"{where}: must be a file that the page of a study has saved ({error!r})") from error
    fits = isinstance(study, str) and isinstance(arm, str) and all(type(it) is bool for pair in pairs for it in pair)
    if not fits or not pairs:
        raise InvalidInput(f"{where}: must have study, arm, and at least one answer with is_real and said_real")
    return study, arm, pairs
