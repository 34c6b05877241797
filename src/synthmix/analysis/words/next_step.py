"""What a study that leaves a generator undecided could find, and the seeds or data sets that a new one would take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scipy.special import stdtrit

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.data_sets.over import PooledVerdict
from synthmix.analysis.judging import Judged
from synthmix.analysis.settings import settings
from synthmix.analysis.verdicts.planning import ALPHA, MOST_SEEDS, seeds_to_find
from synthmix.analysis.words.sentences import listed, power
from synthmix.notation import general, with_short_keys

# In experiments/digits_demo sixteen fresh seeds left undecided what twelve would have decided by the first eight.
AS_THEY_STAND = "mean and spread were exactly those of these few seeds; the truth may take several times as many"
NAME = 40  # letters of an arm, as far as its keys can be shortened
MOST_SETS = 100
LIKE_THESE = "if effects on others had the mean and spread of those on these"


def next_steps(analysis: Analysis) -> Iterator[str]:
    """A line for each setting with an undecided generator, and what the numbers of seeds rest on."""
    found, counted = settings(analysis), False
    for place, setting in enumerate(found):
        undecided = [one for one in analysis.verdicts if one.setting == place and one.verdict.kind == "undecided"]
        if undecided:
            undecided = _briefly(undecided)
            title = f"{setting.title}: " if len(found) > 1 else ""
            yield title + " ".join([*power(setting, analysis.sign), _seeds(undecided, analysis.sequential)])
            counted |= any(one.verdict.more_seeds for one in undecided)
    yield from _more_data_sets(analysis)
    if counted:
        yield f"Such numbers of seeds decide with a power of .8, if {AS_THEY_STAND}."


def _briefly(undecided: Sequence[Judged]) -> list[Judged]:
    """The same with short keys in the names of their arms."""
    names = with_short_keys([one.arm for one in undecided], NAME)
    return [replace(one, arm=name) for one, name in zip(undecided, names, strict=True)]


def _more_data_sets(analysis: Analysis) -> Iterator[str]:
    """For each group of data sets, how many of them would decide its undecided generators."""
    for place, title in enumerate(analysis.groups):
        of_group = [one for one in analysis.over if one.judged.setting == place]
        undecided = [one for one in of_group if one.judged.verdict.kind == "undecided"]
        if not undecided:
            continue
        named = _briefly([one.judged for one in undecided])
        counts = [_data_sets_to_find(one, len(analysis.over)) for one in undecided]
        fewest = max(len(one.data_sets) for one in undecided)
        known = sorted((max(count, fewest + 1), _named(one)) for one, count in zip(named, counts, strict=True) if count)
        text = f"over data sets, {title}: more seeds cannot stand in for more data sets than these {fewest}. "
        if known:
            told = [f"{name} with about {count}" for count, name in known[:: max(1, len(known) - 1)]]
            text += f"A new study would decide {', and at the last '.join(told)} of them, {LIKE_THESE}."
        else:
            text += f"Up to {MOST_SETS} of them are not expected to decide any generator, {LIKE_THESE}."
        yield text


def _data_sets_to_find(one: PooledVerdict, tests: int) -> int | None:
    """The data sets that show the effect that there is; None where not even many do."""
    pooled = one.pooled
    quantile = float(stdtrit(pooled.data_sets - 1, 1 - ALPHA / 2))
    sd = (pooled.interval.high - pooled.interval.low) / 2 / quantile * math.sqrt(pooled.data_sets)
    count = seeds_to_find(abs(pooled.mean), sd, tests)
    return count if count is not None and count <= MOST_SETS else None


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
