"""The sentences: each kind of verdict from numbers that call for it, gain and harm both in the headline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.words.answer import ArmLine, SettingAnswer, answers, headline
from synthmix.analysis.words.next_step import next_steps

Make = Callable[..., tuple[StudyResult, Analysis]]
CONTROLS = {"duplicate": (0.0, 0.0), "jitter": (0.0, 0.0), "real": (0.1, 0.2)}


def study(make: Make, effects: Mapping[str, tuple[float, float]], **fields: Any) -> Analysis:
    """k-means with these effects at ratios 1 and 4, and controls without one where none is given."""
    return make({("kmeans", arm): both for arm, both in {**CONTROLS, **effects}.items()}, **fields)[1]


def lines(analysis: Analysis) -> dict[tuple[str, str], ArmLine]:
    (answer,) = answers(analysis)
    return {(line.arm, line.ratio): line for line in answer.lines}


def text(answer: SettingAnswer) -> str:
    return " ".join(answer.sentences)


def test_a_gain_beyond_every_control_helps(make: Make) -> None:
    analysis = study(make, {"vae": (0.1, 0.2)})
    line = lines(analysis)["vae", "1"]
    assert (line.kind, line.label) == ("helps", "helps")
    assert line.effect.startswith("+0.100 [+0.0")
    assert "against duplicate" in line.evidence
    assert "against jitter" in line.evidence
    assert headline(analysis) == "vae helped kmeans on identity, more than copies, noise and tuning do."


def test_the_headline_names_gain_and_harm_of_one_generator(make: Make) -> None:
    analysis = study(make, {"gan": (0.1, -0.15)})
    assert headline(analysis) == (
        "gan (ratio 4) harmed kmeans on identity. "
        "gan (ratio 1) helped kmeans on identity, more than copies, noise and tuning do."
    )


def test_the_headline_names_gain_and_harm_of_two(make: Make) -> None:
    analysis = study(make, {"gan": (-0.2, -0.2), "vae": (0.1, 0.1)})
    assert headline(analysis).startswith("gan harmed kmeans on identity. vae helped kmeans on identity")


def test_a_gain_that_copies_have_is_theirs_where_that_is_shown(make: Make) -> None:
    analysis = study(make, {"vae": (0.3, 0.3), "duplicate": (0.3, 0.3)}, margin=0.05)
    line = lines(analysis)["vae", "1"]
    assert line.label == "helps as copies do"
    assert "helped kmeans on identity only as copies of the real points do" in headline(analysis)


def test_a_gain_that_may_or_may_not_be_that_of_copies_is_undecided(make: Make) -> None:
    """The interval of the lead over copies reaches beyond the margin: nothing is said of it, and why is."""
    analysis = study(make, {"vae": (0.1, 0.1), "duplicate": (0.09, 0.09)})
    line = lines(analysis)["vae", "1"]
    assert line.kind == "undecided"
    assert "neither is it shown to be more than that of" in line.evidence
    assert "duplicate" in line.evidence
    assert "helped" not in headline(analysis)


def test_harm_that_copies_have_is_not_the_generators(make: Make) -> None:
    analysis = study(make, {"vae": (-0.1, -0.1), "duplicate": (-0.1, -0.1)})
    assert lines(analysis)["vae", "1"].kind == "undecided"
    assert "harmed" not in headline(analysis)


def test_undecided_is_never_called_no_effect_and_says_what_would_decide(make: Make) -> None:
    analysis = study(make, {"vae": (0.01, 0.01)})
    line = lines(analysis)["vae", "1"]
    assert line.label == "undecided"
    assert "; a new study planned with " in line.evidence
    assert " seeds would decide with a power of .8, if mean and spread were exactly those of these few" in line.evidence
    assert "no effect" not in headline(analysis)
    assert headline(analysis) == "Undecided: vae on kmeans on identity."


def test_a_difference_within_the_margin_is_equivalent(make: Make) -> None:
    analysis = study(make, {"vae": (0.0, 0.0)}, margin=0.2)
    assert headline(analysis) == "vae made no difference that matters to kmeans on identity."


def test_without_a_placebo_nothing_helps(make: Make) -> None:
    _, analysis = make({("kmeans", "vae"): (0.1, 0.1)})
    assert lines(analysis)["vae", "1"].kind == "undecided"
    assert "placebo" in lines(analysis)["vae", "1"].evidence


def test_a_learner_that_was_not_tuned_is_not_helped(make: Make) -> None:
    analysis = study(make, {"vae": (0.1, 0.1)}, untuned=frozenset({"kmeans"}))
    assert lines(analysis)["vae", "1"].kind == "undecided"
    assert "not tuned" in lines(analysis)["vae", "1"].evidence
    assert any("tuning=none" in warning for warning in analysis.warnings)


def test_a_gain_that_tuning_brings_too_is_that_of_tuning(make: Make) -> None:
    """As configured the VAE gains .2; tuned, real points alone have as much, and it adds nothing."""
    result, _ = make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.0, 0.0)}.items()})
    configured = result.cells.copy()
    gained = (configured["model.name"] == "vae") & (configured["mix.ratio"] > 0)
    configured["cluster/ari"] += np.where(gained, 0.0, -0.2)
    analysis = study(make, {"vae": (0.0, 0.0)}, configured=configured, margin=0.06)
    line = lines(analysis)["vae", "1"]
    assert line.label == "helps as tuning does"
    assert "+0.200" in line.evidence
    (answer,) = answers(analysis)
    assert "Real points alone have ari 0.335 with the learner as configured" in text(answer)
    assert "tuning alone brings 100% of that" in text(answer)
    row = analysis.summary.query("arm == 'vae' and `mix.ratio` == 1").iloc[0]
    assert round(row["tuned_share"], 6) == 1


def test_what_tuning_brings_is_told_of_a_mean_gain_that_is_not_shown(make: Make) -> None:
    """As configured the VAE is .01 above real points alone, jitter .03, and tuning brings .2."""
    result, _ = make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.0, 0.0)}.items()})
    configured = result.cells.copy()
    for arm, gain in {"vae": 0.01, "jitter": 0.03}.items():
        configured["cluster/ari"] += gain * ((configured["model.name"] == arm) & (configured["mix.ratio"] > 0))
    configured["cluster/ari"] -= 0.2
    (answer,) = answers(study(make, {"vae": (0.0, 0.0)}, configured=configured))
    assert "As configured, vae at ratio 1 brings +0.010 [" in text(answer)
    assert "which the test does not show to be a gain; tuning alone brings 2000% of that, and jitter at " in text(
        answer
    )
    assert "which has no model in it, brings +0.030 [" in text(answer)


def test_a_gain_is_told_beside_tuning_that_brings_none(make: Make) -> None:
    result, _ = make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.1, 0.1)}.items()})
    worse = result.cells.assign(**{"cluster/ari": result.cells["cluster/ari"] + 0.05})
    (answer,) = answers(study(make, {"vae": (0.1, 0.1)}, configured=worse))
    assert "tuning alone brings no gain" in text(answer)


def test_the_lead_over_copies_is_on_the_line(make: Make) -> None:
    found = lines(study(make, {"vae": (0.1, 0.2), "duplicate": (0.04, 0.0)}))
    assert found["vae", "1"].beyond_copies.startswith("beyond copies +0.060 [")
    assert lines(make({("kmeans", "vae"): (0.1, 0.1)})[1])["vae", "1"].beyond_copies == ""


def test_an_undecided_study_ends_with_what_it_could_find_and_the_seeds_it_takes(make: Make) -> None:
    analysis = study(make, {"vae": (0.012, 0.2), "gan": (0.02, 0.1)})
    line, rests_on = next_steps(analysis)
    more = {(one.arm, one.ratio): one.verdict.more_seeds for one in analysis.verdicts if one.verdict.more_seeds}
    assert set(more) == {("vae", 1.0), ("gan", 1.0)}
    assert "show a difference to real points alone of ±" in line
    for (arm, _), seeds in more.items():
        assert f"{arm} at ratio 1 with {8 + seeds} seeds" in line
    assert "the truth may take several times as many" in rests_on
    assert not list(next_steps(study(make, {"vae": (0.1, 0.2)})))


def test_controls_alone_have_no_verdict(make: Make) -> None:
    _, analysis = make({("kmeans", "duplicate"): (0.1, 0.1), ("kmeans", "real"): (0.2, 0.2)})
    assert headline(analysis) == "No generator has been compared: there is no verdict."


def test_a_study_that_is_not_over_has_no_verdict(make: Make) -> None:
    result, _ = make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.1, 0.1)}.items()})
    late = (result.cells["seed"] == 7) & (result.cells["model.name"] == "vae") & (result.cells["mix.ratio"] > 0)
    cells = result.cells.assign(status=result.cells["status"].mask(late, "missing"))
    cells["cluster/ari"] = cells["cluster/ari"].mask(late)
    analysis = study(make, {"vae": (0.1, 0.1)}, cells=cells, planned_seeds=range(8))
    assert not analysis.verdicts
    assert headline(analysis).startswith("Interim: 2 of 96 cells of the 8 planned seeds are not computed yet")
    assert (analysis.summary["verdict"] == "").all()


def test_seeds_that_come_later_change_no_verdict(make: Make) -> None:
    """With all eight the gain would be shown; the study was planned with five, and five show nothing."""
    planned = study(make, {"vae": (0.1, 0.1)}, planned_seeds=range(5))
    assert set(planned.summary["seeds"]) == {5}
    assert any("3 seeds were added to the 5 that were planned" in warning for warning in planned.warnings)
    assert lines(study(make, {"vae": (0.1, 0.1)}))["vae", "1"].kind == "helps"


def test_an_exploratory_selection_has_no_verdict_and_no_p(make: Make) -> None:
    analysis = study(make, {"vae": (0.1, 0.1)}, exploratory=True)
    assert not analysis.verdicts
    assert analysis.summary["p_adjusted"].isna().all()


def test_trainings_that_failed_count_at_the_worst_score(make: Make) -> None:
    result, _ = make({("kmeans", arm): both for arm, both in {**CONTROLS, "vae": (0.1, 0.1)}.items()}, seeds=8)
    lost = (result.cells["seed"] < 2) & (result.cells["model.name"] == "vae") & (result.cells["mix.ratio"] > 0)
    cells = result.cells.assign(status=result.cells["status"].mask(lost, "failed"))
    cells["cluster/ari"] = cells["cluster/ari"].mask(lost)
    analysis = study(make, {"vae": (0.1, 0.1)}, cells=cells)
    line = lines(analysis)["vae", "1"]
    assert line.kind == "undecided"
    assert "With the 2 diverged trainings of 8 at the worst score" in line.evidence


def test_exchange_rates_and_the_oracle_are_in_the_sentences(make: Make) -> None:
    (answer,) = answers(study(make, {"vae": (0.1, 0.2)}))
    assert "What one synthetic point is worth in real ones: " in text(answer)
    assert "As many real points instead: +0.200 [" in text(answer)


def test_a_score_that_is_better_the_lower_it_is_gains_by_falling(make: Make) -> None:
    result, _ = make({("kmeans", arm): (-one, -four) for arm, (one, four) in {**CONTROLS, "vae": (0.1, 0.1)}.items()})
    name = {"cluster/ari": "cluster/davies_bouldin"}
    cells, curve = (table.rename(columns=name) for table in (result.cells, result.curve))
    analysis = study(make, {"vae": (0.1, 0.1)}, cells=cells, curve=curve, score="cluster/davies_bouldin")
    line = lines(analysis)["vae", "1"]
    assert line.kind == "helps"
    assert line.effect.startswith("−0.100 [−0.1")


def test_many_arms_are_counted(make: Make) -> None:
    effects = {f"gan{number}": (0.1, 0.1) for number in range(6)}
    assert headline(study(make, effects)) == (
        "6 of 6 generators helped kmeans on identity at some ratio, more than copies, noise and tuning do."
    )


def test_of_many_generators_gains_and_harms_are_named_and_the_rest_is_counted(make: Make) -> None:
    effects = {f"gan{number}": (0.0, 0.0) for number in range(7)}
    both = {(learner, arm): some for learner in ("kmeans", "gmm") for arm, some in {**CONTROLS, **effects}.items()}
    said = headline(make(both | {("gmm", "gan3"): (0.15, 0.0)})[1])
    assert said.startswith(
        "gan3 (ratio 1) helped gmm on identity, more than copies, noise and tuning do. Of 28 verdicts"
    )


def test_of_many_settings_gains_and_harms_are_named_and_the_rest_is_counted(make: Make) -> None:
    learners = ("kmeans", "gmm", "som", "dbscan", "birch")
    nothing = {(learner, arm): both for learner in learners for arm, both in {**CONTROLS, "vae": (0.0, 0.0)}.items()}
    said = headline(make(nothing)[1])
    assert said.startswith("No generator is shown to help or to harm. Of 10 verdicts on 5 settings: ")
    assert "kmeans" not in said
    said = headline(make(nothing | {("som", "vae"): (0.15, 0.0)})[1])
    assert said.startswith(
        "vae (ratio 1) helped som on identity, more than copies, noise and tuning do. Of 10 verdicts"
    )


def test_a_margin_is_no_share_of_a_gain_that_the_oracle_may_not_have(make: Make) -> None:
    (answer,) = answers(study(make, {"vae": (0.0, 0.0)}))
    assert "of the oracle's gain" in text(answer)
    (answer,) = answers(study(make, {"vae": (0.0, 0.0), "real": (0.0, 0.0001)}))
    assert "of the oracle's gain" not in text(answer)


def test_the_family_is_the_whole_study(make: Make) -> None:
    """A second learner of the same study makes the interval of the first wider, and its p no smaller."""
    effects = {**CONTROLS, "vae": (0.02, 0.02)}
    one = make({("kmeans", arm): both for arm, both in effects.items()})[1]
    two = make({(learner, arm): both for learner in ("kmeans", "gmm") for arm, both in effects.items()})[1]
    rows = [
        analysis.summary.query("`clusterer.name` == 'kmeans' and arm == 'vae' and `mix.ratio` == 1").iloc[0]
        for analysis in (one, two)
    ]
    assert rows[1]["p_adjusted"] >= rows[0]["p_adjusted"] - 1e-12
    assert rows[1]["simultaneous_high"] >= rows[0]["simultaneous_high"] - 1e-12
    assert rows[1]["p_setting"] == rows[0]["p_adjusted"]
