"""What is said of arms whose truth is known, by both engines, and what must never be said."""

from dataclasses import replace

import numpy as np
import pytest

from synthmix.analysis.verdicts.arms import ArmConfigured, ArmScores
from synthmix.analysis.verdicts.engine import judge
from synthmix.analysis.verdicts.sequential import judge_sequential
from synthmix.errors import InvalidInput

SEEDS, MARGIN = 24, 0.05
BOTH = pytest.mark.parametrize("engine", [judge, judge_sequential])


def _scores(effect: float, seed: int, sd: float = 0.01) -> np.ndarray:
    """Scores of real points alone at .5, plus an effect; every seed of the random generator is an arm of its own."""
    return 0.5 + effect + sd * np.random.default_rng(seed).standard_normal(SEEDS)


def _arm(effect: float, placebo: float | None = 0.0, smote: float = 0.0, *, sd: float = 0.01, **more) -> ArmScores:
    return ArmScores(
        name="gan",
        scores=_scores(effect, 1, sd),
        baseline=_scores(0, 2, sd),
        placebo={} if placebo is None else {"duplicate": _scores(placebo, 3, sd)},
        controls={"smote": ("noise", _scores(smote, 4, sd))},
        **more,
    )


def _one(engine, arm, margin=MARGIN):
    (verdict,) = engine([arm], margin=margin)
    return verdict


@BOTH
@pytest.mark.parametrize(
    ("arm", "kind", "like"),
    [
        (_arm(0.2), "helps", ""),
        (_arm(-0.2), "harms", ""),
        (_arm(0.0), "equivalent", ""),
        (_arm(0.2, placebo=0.2), "as_copies", "duplicate"),
        (_arm(0.2, smote=0.2), "as_noise", "smote"),
        (_arm(0.2, placebo=0.2, smote=0.2), "as_copies", "duplicate"),
        (replace(_arm(0.0), scores=_scores(0.0, 12, sd=0.12)), "undecided", ""),
    ],
)
def test_an_arm_is_called_what_it_is(engine, arm, kind, like):
    verdict = _one(engine, arm)
    assert (verdict.kind, verdict.like) == (kind, like)
    assert bool(verdict.reason) == (kind == "undecided")
    assert [contrast.against for contrast in verdict.contrasts] == ["baseline", "duplicate", "smote"]
    assert verdict.contrasts[0].mean == pytest.approx(np.mean(arm.scores - arm.baseline))


@BOTH
def test_bootstrap_counts_as_copies(engine):
    arm = replace(_arm(0.2), controls={"bootstrap": ("copies", _scores(0.2, 5))})
    assert (_one(engine, arm).kind, _one(engine, arm).like) == ("as_copies", "bootstrap")


@BOTH
def test_a_gain_without_a_placebo_or_over_an_untuned_learner_is_not_help(engine):
    without = _one(engine, _arm(0.2, placebo=None))
    untuned = _one(engine, _arm(0.2, tuned=False))
    assert (without.kind, untuned.kind) == ("undecided", "undecided")
    assert without.reason == "the gain has no placebo beside it"
    assert untuned.reason == "the gain is one over a learner that was not tuned"


@BOTH
def test_harm_that_copies_do_too_is_not_the_generators(engine):
    verdict = _one(engine, _arm(-0.2, placebo=-0.2))
    assert verdict.kind == "undecided"
    assert "not shown to be more than that of the placebo duplicate" in verdict.reason
    assert _one(engine, _arm(-0.2, placebo=None)).kind == "undecided"
    assert _one(engine, _arm(-0.3, placebo=-0.1)).kind == "harms"


@BOTH
def test_an_arm_that_is_level_where_copies_lose_is_said_to_be_ahead_of_them(engine):
    verdict = _one(engine, _arm(0.0, placebo=-0.2))
    assert verdict.kind == "equivalent"
    assert any("ahead of duplicate" in note for note in verdict.notes)


@BOTH
def test_a_gain_of_less_than_the_margin_is_equivalence_and_says_so(engine):
    verdict = _one(engine, _arm(0.03, sd=0.005))
    assert verdict.kind == "equivalent"
    assert any("above real points alone, by less than the margin" in note for note in verdict.notes)


@BOTH
def test_a_lead_over_copies_of_less_than_the_margin_is_no_lead(engine):
    verdict = _one(engine, _arm(0.2, placebo=0.17, sd=0.005))
    assert verdict.kind == "as_copies"
    assert any("ahead of duplicate, by less than the margin" in note for note in verdict.notes)


@BOTH
def test_a_lead_that_is_small_on_average_is_not_shown_to_be_small(engine):
    """The false "no more than copies" of a study without power."""
    arm = replace(_arm(0.4), placebo={"duplicate": _scores(0.39, 3, sd=0.25)})
    verdict = _one(engine, arm)
    assert verdict.contrasts[1].mean < MARGIN
    assert verdict.kind == "undecided"
    assert "neither is it shown to be more than that of duplicate" in verdict.reason


@BOTH
def test_a_gain_that_tuning_has_too_is_that_of_tuning(engine):
    configured = ArmConfigured(_scores(-0.15, 6), _scores(-0.35, 7))
    verdict = _one(engine, _arm(0.0, configured=configured))
    assert verdict.kind == "as_tuning"
    assert [contrast.role for contrast in verdict.contrasts[-2:]] == ["default_baseline", "tuned_baseline"]
    assert verdict.contrasts[-2].mean == pytest.approx(np.mean(configured.scores - configured.baseline))


@BOTH
def test_what_is_behind_copies_does_not_help_as_tuning_does(engine):
    configured = ArmConfigured(_scores(-0.15, 6), _scores(-0.35, 7))
    verdict = _one(engine, _arm(0.0, placebo=0.15, configured=configured))
    assert verdict.kind == "equivalent"  # its own effect is 0; the same arm beside copies that do nothing is as_tuning
    assert any("behind duplicate" in note for note in verdict.notes)


@BOTH
def test_a_gain_at_defaults_beyond_a_poorly_tuned_baseline_is_not_that_of_tuning(engine):
    """Tuning picked worse settings than the defaults: real points alone .5 tuned, .6 by default, the arm there .8."""
    verdict = _one(engine, _arm(0.0, configured=ArmConfigured(_scores(0.3, 6), _scores(0.1, 7))))
    assert verdict.kind == "equivalent"
    assert any("tuning without labels chose poorly" in note for note in verdict.notes)


@BOTH
def test_no_gain_at_defaults_leaves_nothing_to_explain(engine):
    assert _one(engine, _arm(0.0, configured=ArmConfigured(_scores(-0.3, 6), _scores(-0.3, 7)))).kind == "equivalent"


@BOTH
def test_harm_at_tuned_settings_is_harm_whatever_the_defaults_gain(engine):
    assert _one(engine, _arm(-0.2, configured=ArmConfigured(_scores(-0.2, 6), _scores(-0.4, 7)))).kind == "harms"


@BOTH
def test_neither_help_nor_equivalence_rests_on_leaving_diverged_trainings_out(engine):
    for effect, would_be in ((0.2, "helps"), (0.0, "equivalent")):
        scores = _scores(effect, 1)
        scores[[3, 5, 8, 13, 17, 20]] = np.nan
        left_out = replace(_arm(effect), scores=scores)
        assert _one(engine, left_out).kind == would_be
        verdict = _one(engine, replace(left_out, diverged=6, worst=0.0))
        assert verdict.kind == "undecided"
        assert "6 diverged trainings of 24" in verdict.reason
        assert verdict.worst_case.mean == pytest.approx(np.mean(np.nan_to_num(scores) - left_out.baseline))


def test_help_that_holds_at_the_worst_stays_help():
    scores = _scores(0.2, 1)
    scores[3] = np.nan
    assert _one(judge, replace(_arm(0.2), scores=scores, diverged=1, worst=0.49)).kind == "helps"


def test_of_seeds_without_a_score_those_with_the_best_baseline_count_as_diverged():
    arm = _arm(0.2)
    scores, best = arm.scores.copy(), int(np.argmax(arm.baseline))
    scores[[best, (best + 1) % SEEDS]] = np.nan
    verdict = _one(judge, replace(arm, scores=scores, diverged=1, worst=0.0))
    filled = scores - arm.baseline
    filled[best] = -arm.baseline[best]
    assert verdict.worst_case.mean == pytest.approx(np.nanmean(filled))


def test_few_seeds_show_nothing_and_say_so():
    few = replace(
        _arm(0.2),
        scores=_scores(0.2, 1)[:5],
        baseline=_scores(0, 2)[:5],
        placebo={"duplicate": _scores(0, 3)[:5]},
        controls={},
    )
    verdict = _one(judge, few)
    assert verdict.kind == "undecided"
    assert verdict.reason == "5 seeds can show nothing; it takes 6"
    assert verdict.more_seeds == 1


@BOTH
def test_more_seeds_are_told_and_enough(engine):
    """With as many more seeds of the same kind most studies are decided."""

    def study(seeds: int, draw: int) -> ArmScores:
        rng = np.random.default_rng([draw, 7])
        base, copies, noise = (0.5 + 0.05 * rng.standard_normal(seeds) for _ in range(3))
        scores = 0.55 + 0.05 * rng.standard_normal(seeds)
        return ArmScores("gan", scores, base, {"duplicate": copies}, {"smote": ("noise", noise)})

    open_, decided = 0, 0
    for draw in range(20):
        verdict = _one(engine, study(8, draw), margin=0.01)
        if verdict.kind == "undecided" and verdict.more_seeds is not None:
            open_ += 1
            decided += _one(engine, study(8 + 2 * verdict.more_seeds, draw), margin=0.01).kind == "helps"
    assert open_ >= 10
    assert decided >= 0.7 * open_


def test_where_nothing_can_be_shown_no_number_of_seeds_is_told():
    assert _one(judge, _arm(0.2, placebo=None, sd=0.01, tuned=False)).more_seeds is None


def test_other_arms_make_an_arm_harder_to_judge_and_never_easier():
    arm = _arm(0.02, sd=0.02)
    alone = _one(judge, arm)
    others = [replace(arm, name=f"other {seed}", scores=_scores(0, seed, 0.02)) for seed in range(10, 20)]
    among = judge([arm, *others], margin=MARGIN)[0]
    for one, other in zip(alone.contrasts, among.contrasts, strict=True):
        assert one.p_above <= other.p_above
        assert one.high <= other.high


def test_skewed_differences_are_noted():
    scores = _scores(0.2, 1)
    scores[4] = 0.0
    verdict = _one(judge, replace(_arm(0.2), scores=scores))
    assert any(note.startswith("Skewed over seeds") for note in verdict.notes)


@BOTH
def test_no_arms_have_no_verdicts(engine):
    assert engine([], margin=MARGIN) == []


@BOTH
def test_faults_are_named(engine):
    with pytest.raises(InvalidInput, match=r"margin=0: must be > 0"):
        engine([_arm(0)], margin=0)
    with pytest.raises(InvalidInput, match="gan more than once"):
        engine([_arm(0), _arm(0)], margin=MARGIN)
    with pytest.raises(InvalidInput, match=r"\[12, 24\] seeds"):
        engine([_arm(0), ArmScores("vae", np.zeros(12), np.zeros(12))], margin=MARGIN)


def test_scores_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInput, match=r"duplicate has shape \(3,\)"):
        ArmScores("gan", np.zeros(4), np.zeros(4), {"duplicate": np.zeros(3)})
    with pytest.raises(InvalidInput, match="diverged=1: must be from 0 to 0"):
        ArmScores("gan", np.zeros(4), np.zeros(4), diverged=1, worst=0.0)
    with pytest.raises(InvalidInput, match="worst=nan"):
        ArmScores("gan", np.array([np.nan, 1]), np.zeros(2), diverged=1)


def test_a_sequential_study_is_the_same_whenever_it_is_looked_at():
    """What has been shown stays shown: help found after some seeds is not taken back by the test."""
    arm = _arm(0.05, sd=0.03)
    p = [
        judge_sequential([ArmScores("gan", arm.scores[:seeds], arm.baseline[:seeds])], margin=MARGIN)[0]
        .contrasts[0]
        .p_above
        for seeds in range(2, SEEDS)
    ]
    assert p == sorted(p, reverse=True)
