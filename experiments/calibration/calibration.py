"""How often verdicts are wrong, and how often they are found, in simulated studies whose truth is known."""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from studies import GAIN, MARGIN, Design, collapsing, differences, first_seeds, heavy, skewed, study

from synthmix.analysis.data_sets.pooled import pool
from synthmix.analysis.verdicts.engine import judge
from synthmix.analysis.verdicts.sequential import judge_sequential
from synthmix.analysis.verdicts.simultaneous import intervals

HERE = Path(__file__).parent
ALPHA, COVERAGE, POWER = 0.05, 0.93, 0.8
LAST = 30  # seeds up to which a sequential study is looked at after each
COPIES = {"duplicate": GAIN, "jitter": 0.0}
DEMO = Design(ratios=2, controls={"duplicate": 0.0, "jitter": 0.0, "smote": 0.0}, effects={0: GAIN})


@dataclass(frozen=True)
class Row:
    """A line of the table: what was simulated, and the share of studies in which something was said.

    `bound` is what the share must not exceed, or must reach; the simulation's own error is allowed for (1.96 standard
    errors at the bound). Without a bound the share is told and nothing is claimed.
    """

    simulation: str
    design: str
    said: str
    studies: int
    share: float
    bound: str = ""

    @property
    def holds(self) -> str:
        if not self.bound:
            return ""
        side, at = self.bound[0], float(self.bound[1:])
        error = 1.96 * math.sqrt(at * (1 - at) / self.studies)
        return "yes" if (self.share <= at + error if side == "≤" else self.share >= at - error) else "NO"


Task = Callable[[int], list[Row]]  # of the number of studies


def said(design: Design, kinds: tuple[str, ...], title: str, what: str, bound: str, studies: int) -> list[Row]:
    """How often any arm of a study of fixed size is called each of these."""
    counts, rng = dict.fromkeys(kinds, 0), np.random.default_rng(0)
    for _ in range(studies):
        found = {verdict.kind for verdict in judge(study(design, rng), margin=MARGIN)}
        for kind in kinds:
            counts[kind] += kind in found
    return [Row(title, what, kind, studies, count / studies, bound) for kind, count in counts.items()]


def said_at_any_time(design: Design, kinds: tuple[str, ...], title: str, what: str, studies: int) -> list[Row]:
    """How often any arm is called each of these at any of the looks, one after each seed."""
    counts, rng = dict.fromkeys(kinds, 0), np.random.default_rng(0)
    for _ in range(studies):
        arms, found = study(replace(design, seeds=LAST), rng), set()
        for seeds in range(2, LAST + 1):
            found |= {verdict.kind for verdict in judge_sequential(first_seeds(arms, seeds), margin=MARGIN)}
        for kind in kinds:
            counts[kind] += kind in found
    return [Row(title, what, kind, studies, count / studies, f"≤{ALPHA}") for kind, count in counts.items()]


def found_at(seeds: int, bound: str, studies: int) -> list[Row]:
    """How often each arm with a true gain is said to help, in a family like that of digits_demo."""
    hits, rng = 0, np.random.default_rng(0)
    for _ in range(studies):
        verdicts = judge(study(replace(DEMO, seeds=seeds), rng), margin=MARGIN)
        hits += sum(verdict.kind == "helps" for verdict in verdicts[: DEMO.ratios])
    return [Row("true gain of .10", f"{seeds} seeds", "helps", studies, hits / studies / DEMO.ratios, bound)]


def found_sequentially(looks: dict[int, str], studies: int) -> list[Row]:
    """The same by a sequential study, by the seed after which it is said first."""
    first, rng, last = [], np.random.default_rng(0), max(looks)
    for _ in range(studies):
        arms, waiting = study(replace(DEMO, seeds=last), rng), set(range(DEMO.ratios))
        for seeds in range(5, last + 1):
            verdicts = judge_sequential(first_seeds(arms, seeds), margin=MARGIN) if waiting else []
            helped = {arm for arm in waiting if verdicts[arm].kind == "helps"}
            first += [seeds] * len(helped)
            waiting -= helped
    times = np.array(first)

    def share(seeds: int) -> float:
        return float((times <= seeds).sum()) / (studies * DEMO.ratios)

    return [
        Row(
            "true gain of .10, sequential",
            f"by seed {seeds}",
            "helps",
            studies,
            share(seeds),
            bound,
        )
        for seeds, bound in looks.items()
    ]


def covered(kind: str, seeds: int, m: int, rho: float, bound: str, studies: int) -> list[Row]:
    """How often all of a family's intervals cover the true means at once."""
    hits, rng = 0, np.random.default_rng(0)
    number = studies if m < 40 else studies // 2
    for _ in range(number):
        d, mean = differences(kind, rng, seeds, m, rho)
        found = intervals(d)
        hits += bool((found.low <= mean).all() and (mean <= found.high).all())
    what = f"{kind}, seeds: {seeds}, contrasts: {m}" + (f", correlation {rho:g}" if m > 1 else "")
    return [Row("coverage", what, "all covered", number, hits / number, bound)]


def over_data_sets(k: int, between: float, arms: int, studies: int) -> list[Row]:
    """How often a pooled effect of mean zero is called one, for any arm, and a new data set's effect is covered.

    The true effects on `k` data sets scatter by `between`; each is measured by ten seeds of standard deviation .05,
    and its error estimated from them. Arms are independent.
    """
    rejected, covers, rng = 0, 0, np.random.default_rng(0)
    for _ in range(studies):
        true = rng.normal(0, between, (arms, k + 1))
        seeds = true[:, :k, None] + rng.normal(0, 0.05, (arms, k, 10))
        means, errors = seeds.mean(axis=2), seeds.std(axis=2, ddof=1) / math.sqrt(10)
        found = [pool(*each, level=1 - ALPHA / arms) for each in zip(means, errors, strict=True)]
        rejected += any(not each.interval.low <= 0 <= each.interval.high for each in found)
        covers += (prediction := pool(means[0], errors[0]).prediction).low <= true[0, k] <= prediction.high
    what = f"data sets: {k}, their effects' sd {between:g}, generators: {arms}"
    return [
        Row("pooled over data sets, null", what, "not zero", studies, rejected / studies, f"≤{ALPHA}"),
        Row("pooled over data sets, null", what, "new one covered", studies, covers / studies, ""),
    ]


def tasks() -> Iterator[Task]:
    """All simulations, long ones first."""
    level, both = f"≤{ALPHA}", ("helps", "harms")
    two = Design(sd=0.05)
    yield partial(said_at_any_time, two, both, "null, sequential", "generators: 2, looked at after every seed to 30")
    copies = replace(two, controls=COPIES, effect=GAIN)
    yield partial(
        said_at_any_time, copies, ("helps",), "copies, sequential", "generators: 2, looked at after every seed to 30"
    )
    at_margin = replace(two, effect=MARGIN, sd=0.01)
    yield partial(said_at_any_time, at_margin, ("equivalent",), "at the margin, sequential", "generators: 2, sd .01")
    for learners in (12, 8, 4, 2, 1):
        design = Design(learners=learners)
        yield partial(said, design, both, "null", f"learners: {learners}, generators: 2", level)
    for generators in (20, 10, 5, 1):
        design = Design(generators=generators)
        yield partial(said, design, both, "null", f"learners: 1, generators: {generators}", level)
        if generators != 10:
            as_copies = replace(design, controls=COPIES, effect=GAIN)
            what = f"generators: {generators}"
            times = 1 if generators == 20 else 4
            yield partial(_times, times, said, as_copies, ("helps",), "as good as copies", what, level)
    harm = Design(generators=5, controls={"duplicate": -GAIN, "jitter": 0.0}, effect=-GAIN)
    yield partial(_times, 4, said, harm, ("harms",), "as bad as copies", "generators: 5", level)
    for effect in (MARGIN, -MARGIN):
        design = Design(generators=5, effect=effect, sd=0.01)
        yield partial(said, design, ("equivalent",), f"effect {effect:+g}, the margin", "generators: 5, sd .01", level)
    design = Design(generators=5, effect=GAIN, sd=0.01, controls={"duplicate": GAIN - MARGIN, "jitter": 0.0})
    yield partial(said, design, ("as_copies",), "lead over copies of the margin", "generators: 5, sd .01", level)
    beyond = Design(generators=5, effect=MARGIN, sd=0.01, configured=(-GAIN, 0.0))
    yield partial(said, beyond, ("as_tuning",), "lead over tuned points of the margin", "generators: 5, sd .01", level)
    better = replace(beyond, effect=0.0, configured=(-GAIN, MARGIN))
    title = "the same at default settings"
    yield partial(said, better, ("as_tuning",), title, "generators: 5, sd .01", level)
    level_there = replace(beyond, effect=-MARGIN, configured=(-GAIN, -GAIN))
    title = "no gain at default settings"
    yield partial(said, level_there, ("as_tuning",), title, "generators: 5, sd .01", level)
    for name, noise in (("t(3)", heavy), ("exponential", skewed), ("one seed in five collapses", collapsing)):
        for generators in (2, 10):
            bound = level if noise is heavy else ""
            design = Design(generators=generators, noise=noise)
            yield partial(said, design, both, f"null, {name}", f"learners: 1, generators: {generators}", bound)
    for seeds, bound in ((6, ""), (8, ""), (10, f"≥{POWER}")):
        yield partial(found_at, seeds, bound)
    yield partial(found_sequentially, {8: "", 10: "", 13: f"≥{POWER}"})
    for between in (0.0, 0.02, 0.1):
        for k in (3, 4, 6, 10):
            yield partial(over_data_sets, k, between, 5)
    yield from _coverage_tasks()


def _times(times: int, simulate: Callable[..., list[Row]], *given: Any) -> list[Row]:
    """With more studies, where the true share is the level itself and a thousand are off by .01 now and then."""
    *design, studies = given
    return simulate(*design, times * studies)


def _coverage_tasks() -> Iterator[Task]:
    families = ((1, 0.0), (8, 0.0), (8, 0.5), (40, 0.0), (40, 0.5))
    for kind in ("normal", "t(3)", "exponential", "lognormal", "collapse", "collapse, shared"):
        for m, rho in families[:2] if kind.startswith("collapse") else families:
            yield partial(covered, kind, 10, m, rho, f"≥{COVERAGE}")
    for seeds in (5, 6):
        for kind in ("normal", "exponential"):
            yield partial(covered, kind, seeds, 8, 0.5, "")


def _run(task: Task, studies: int) -> tuple[list[Row], float]:
    before = time.process_time()
    return task(studies), time.process_time() - before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1_000, help="of each simulation")
    parser.add_argument("--quick", action="store_true", help="50 studies of each, to see that it runs")
    parser.add_argument("--workers", type=int, default=2, help="processes; the numbers do not depend on it")
    parser.add_argument("--out", type=Path, help="table to write; expected.csv beside this file without --quick")
    given = parser.parse_args()
    studies, out = 50 if given.quick else given.studies, given.out or (None if given.quick else HERE / "expected.csv")
    with ProcessPoolExecutor(given.workers) as pool:
        results = list(pool.map(partial(_run, studies=studies), list(tasks())))
    rows = [row for found, _ in results for row in found]
    for row in rows:
        print(f"{row.simulation:34} {row.design:56} {row.said:12} {row.share:.3f} {row.bound:6} {row.holds}")
    print(f"{sum(seconds for _, seconds in results) / 60:.1f} CPU minutes")
    if out:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["simulation", "design", "said", "studies", "share", "bound", "holds"])
            writer.writerows(
                [r.simulation, r.design, r.said, r.studies, f"{r.share:.4f}", r.bound, r.holds] for r in rows
            )
    return int(any(row.holds == "NO" and not row.design.startswith("collapse") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
