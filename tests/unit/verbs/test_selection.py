"""Which conditions of a selection are on outcomes."""

from __future__ import annotations

import pytest

from synthmix.verbs.selection import outcomes_in


@pytest.mark.parametrize(
    ("condition", "outcomes"),
    [
        ("params.seed = '1' and params.`data.n_train` = '50'", []),
        ("params.`model.name` IN ('gan', 'vae') AND tags.`synthmix.study` = 's'", []),
        ("metrics.`cluster/ari` > 0.5", ["metrics.cluster/ari"]),
        ("metric.\"cluster/ari\">0.5 and params.seed = '1'", ["metrics.cluster/ari"]),
        ("params.seed = '1' AND METRICS.x != 3", ["metrics.x"]),
        ("attributes.status = 'FINISHED'", ["attributes.status"]),
        ("status = 'FINISHED' and attribute.run_name LIKE 'gan%'", ["attributes.status"]),
        ("run.status != 'FAILED'", ["attributes.status"]),
        ("tags.`synthmix.alarm.mode_collapse` LIKE '%'", ["tags.synthmix.alarm.mode_collapse"]),
        ("tag.synthmix.unavailable ILIKE '%pool%'", ["tags.synthmix.unavailable"]),
        ("params.`tuned.reg_covar` = '0.1'", ["params.tuned.reg_covar"]),
        ("params.note = 'metrics.x > 1 and status = 1'", []),  # a text, and no condition
        ('params.note = "metrics.x > 1"', []),
        ("tags.mine = 'a' and metrics.a < 1 and metrics.b > 2", ["metrics.a", "metrics.b"]),
    ],
)
def test_the_outcomes_in_a_condition_are_found(condition: str, outcomes: list[str]) -> None:
    assert list(outcomes_in(condition)) == outcomes
