"""The sentences: each kind of answer from numbers that call for it, and none that overclaims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.answer import Verdict, headline, verdicts
from synthmix.analysis.result import StudyResult

Make = Callable[..., tuple[StudyResult, Analysis]]


def answered(make: Make, effects: dict[str, float], p: float = 0.01, seeds: int = 8) -> Verdict:
    """The verdict on k-means where each arm has the given effect at ratios 1 and 4, the generators with this p."""
    both = {("kmeans", arm): (effect, effect) for arm, effect in effects.items()}
    significant = {("kmeans", arm, ratio): p for arm in effects for ratio in (1.0, 4.0)}
    (verdict,) = verdicts(*make(both, significant, seeds))
    return verdict


def text(verdict: Verdict) -> str:
    return " ".join(verdict.sentences)


def test_a_gain_beyond_the_placebo_helps(make: Make) -> None:
    verdict = answered(make, {"vae": 0.1, "duplicate": 0.01})
    assert verdict.kind == "helps"
    assert "vae helps: +0.100" in text(verdict)
    assert "adjusted p = 0.010" in text(verdict)
    assert "It is ahead of the placebo: +0.090 [" in text(verdict)
    assert headline([verdict]) == "Synthetic data helped kmeans on identity."


def test_a_gain_that_the_placebo_has_too_is_none(make: Make) -> None:
    verdict = answered(make, {"vae": 0.1, "duplicate": 0.1})
    assert verdict.kind == "copies"
    assert "vae gains, but no more than copies" in text(verdict)
    assert "cannot be told from that of the placebo" in text(verdict)
    assert headline([verdict]) == "Synthetic data helped kmeans on identity no more than copies of the real points do."


def test_a_gain_without_a_placebo_beside_it_says_so(make: Make) -> None:
    verdict = answered(make, {"vae": 0.1})
    assert verdict.kind == "gain"
    assert "no placebo" in headline([verdict])
    assert "helped" not in headline([verdict])


def test_a_control_that_does_as_well_is_named(make: Make) -> None:
    verdict = answered(make, {"vae": 0.1, "duplicate": 0.0, "jitter": 0.1})
    assert verdict.kind == "matched"
    assert "not ahead of what needs no model: jitter (+0.100)" in text(verdict)
    assert headline([verdict]).endswith("but was not shown to do more than controls without a model.")
    ahead = answered(make, {"vae": 0.1, "duplicate": 0.0, "jitter": 0.01})
    assert ahead.kind == "helps"
    assert "jitter" not in text(ahead)


def test_harm_is_called_harm(make: Make) -> None:
    verdict = answered(make, {"vae": -0.1, "duplicate": 0.0})
    assert verdict.kind == "harms"
    assert "vae harms: −0.100" in text(verdict)


def test_no_significance_is_no_proof_of_absence(make: Make) -> None:
    verdict = answered(make, {"vae": 0.02, "duplicate": 0.0}, p=0.2)
    assert verdict.kind == "open"
    assert "none of it is significant (smallest adjusted p 0.200)" in text(verdict)
    assert "Not shown is not absent: the intervals leave room for [" in text(verdict)
    assert "helped" not in headline([verdict])


def test_too_few_seeds_claim_nothing_however_large_the_effect(make: Make) -> None:
    verdict = answered(make, {"vae": 0.4, "duplicate": 0.0}, p=0.5, seeds=4)
    assert verdict.kind == "few"
    assert "4 seeds are too few for 2 tests: no adjusted p can be under 0.250" in text(verdict)
    assert "It takes 7 seeds." in text(verdict)
    assert headline([verdict]) == "Synthetic data cannot be judged on kmeans on identity: too few seeds."


def test_controls_alone_are_no_answer(make: Make) -> None:
    verdict = answered(make, {"duplicate": 0.1, "real": 0.2})
    assert verdict.kind == "none"
    assert "helped" not in headline([verdict])


def test_an_oracle_without_gain_is_told(make: Make) -> None:
    assert "Not even they show a gain" in text(answered(make, {"vae": 0.0, "real": 0.0}, p=1.0))
    assert "Not even they" not in text(answered(make, {"vae": 0.0, "real": 0.2}, p=1.0))


def test_exchange_rates_are_told_with_their_bounds(make: Make) -> None:
    result, analysis = make()
    gmm, kmeans = verdicts(result, analysis)
    assert "One synthetic point is worth ≥ 0.60 real ones." in text(gmm)
    assert "What one synthetic point is worth is not identified: the curve is flat." in text(kmeans)


def test_the_placebo_is_compared_seed_by_seed(make: Make) -> None:
    """Both arms swing together by far more than they differ: pairs see it, separate intervals would not."""
    result, analysis = make(
        {("kmeans", "vae"): (0.1, 0.1), ("kmeans", "duplicate"): (0.08, 0.08)},
        {("kmeans", "vae", ratio): 0.01 for ratio in (1.0, 4.0)},
    )
    swing = np.where(result.cells["mix.ratio"] > 0, 0.3 * (result.cells["seed"] - 3.5), 0.0)
    base = result.cells.groupby(["mix.ratio", "seed"])["cluster/ari"].transform("mean")
    gap = np.where(result.cells["mix.ratio"] > 0, np.where(result.cells["model.name"] == "vae", 0.01, -0.01), 0.0)
    cells = result.cells.assign(**{"cluster/ari": base + gap + swing + 1e-4 * result.cells["seed"]})
    (verdict,) = verdicts(replace(result, cells=cells), analysis)
    assert verdict.kind == "helps"
    assert "+0.020 [+0.020, +0.020] against duplicate" in text(verdict)


def test_many_settings_are_counted() -> None:
    settings = [Verdict(f"setting {number}", "open", "", []) for number in range(5)]
    assert headline(settings) == "Synthetic data had no effect that could be shown on all 5 settings."
    mixed = [*settings, Verdict("gmm", "helps", "", [])]
    assert headline(mixed) == ("Synthetic data helped gmm. It had no effect that could be shown on 5 of 6 settings.")


def test_a_score_that_is_better_the_lower_it_is_gains_by_falling(make: Make) -> None:
    effects = {("kmeans", "vae"): (-0.1, -0.1), ("kmeans", "duplicate"): (0.0, 0.0)}
    result, analysis = make(effects, {("kmeans", "vae", ratio): 0.01 for ratio in (1.0, 4.0)})
    name = "cluster/davies_bouldin"
    renamed = result.cells.rename(columns={"cluster/ari": name})
    (verdict,) = verdicts(replace(result, cells=renamed, score=name), replace(analysis, score=name))
    assert verdict.kind == "helps"
    assert "vae helps: −0.100" in text(verdict)
    assert "It is ahead of the placebo: +0.100 [" in text(verdict)


def test_the_headline_names_the_generators_that_it_is_about() -> None:
    found = [Verdict("kmeans", "harms", "", [], ["gan"]), Verdict("gmm", "open", "", [])]
    assert headline(found) == (
        "Synthetic data of gan harmed kmeans. Synthetic data had no effect that could be shown on gmm."
    )


def test_the_headline_blames_no_generator_for_what_others_did() -> None:
    found = [Verdict("kmeans", "harms", "", []), Verdict("gmm", "harms", "", [], ["gan"])]
    assert headline(found) == "Synthetic data harmed kmeans. Synthetic data of gan harmed gmm."
