"""What a study that leaves a generator undecided could find, and how many seeds a new one would take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.judging import Judged
from synthmix.analysis.settings import settings
from synthmix.analysis.verdicts.planning import MOST_SEEDS
from synthmix.analysis.words.sentences import listed, power
from synthmix.notation import general

# In experiments/digits_demo sixteen fresh seeds left undecided what twelve would have decided by the first eight.
AS_THEY_STAND = "mean and spread were exactly those of these few seeds; the truth may take several times as many"


def next_steps(analysis: Analysis) -> Iterator[str]:
    """A line for each setting with an undecided generator, and what the numbers of seeds rest on."""
    found, counted = settings(analysis), False
    for place, setting in enumerate(found):
        undecided = [one for one in analysis.verdicts if one.setting == place and one.verdict.kind == "undecided"]
        if undecided:
            title = f"{setting.title}: " if len(found) > 1 else ""
            yield title + " ".join([*power(setting, analysis.sign), _seeds(undecided, analysis.sequential)])
            counted |= any(one.verdict.more_seeds for one in undecided)
    if counted:
        yield f"Such numbers of seeds decide with a power of .8, if {AS_THEY_STAND}."


def enough(one: Judged, sequential: bool) -> str:
    """How many seeds would decide an undecided arm, a fragment; empty where that is not known.

    Those that are added to a study of planned seeds enter no verdict of it.
    """
    more = one.verdict.more_seeds
    if not more:
        return ""
    if sequential:
        return f"about {more} more seed{'s' if more > 1 else ''} would decide, if {AS_THEY_STAND}"
    seeds = one.effect.seeds + more
    return f"a new study planned with {seeds} seeds would decide with a power of .8, if {AS_THEY_STAND}"


def _seeds(undecided: Sequence[Judged], sequential: bool) -> str:
    """The seeds that would decide the first and the last of a setting's undecided arms."""
    known = sorted((one for one in undecided if one.verdict.more_seeds), key=_total)
    told = [f"{_named(one)} with {_count(one, sequential)}" for one in known[:: max(1, len(known) - 1)]]
    texts = [f"{'The study' if sequential else 'A new study'} would decide {', and at the last '.join(told)}."]
    hopeless = [_named(one) for one in undecided if not one.verdict.more_seeds]
    if hopeless:
        texts.append(f"Up to {general(MOST_SEEDS)} more seeds are not expected to decide {listed(hopeless)}.")
    return " ".join(texts if known else texts[1:])


def _count(one: Judged, sequential: bool) -> str:
    more = one.verdict.more_seeds or 0
    if sequential:
        return f"about {more} more seed{'s' if more > 1 else ''}"
    return f"{_total(one)} seeds"


def _total(one: Judged) -> int:
    return one.effect.seeds + (one.verdict.more_seeds or 0)


def _named(one: Judged) -> str:
    return f"{one.arm} at ratio {general(one.ratio)}"
