"""What a condition of a selection compares."""

from __future__ import annotations

import pytest

from synthmix.verbs.condition import outcomes_in, unknown_values, with_stored_numbers

VALUES = {
    "mix.ratio": {"0.0", "1.0", "10.0"},
    "seed": {"0", "1"},
    "model.name": {"gan", "1e1"},
    "mixed": {"1", "1.0", "1.00"},
}


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


@pytest.mark.parametrize(
    ("condition", "stored"),
    [
        ('params.`mix.ratio` = "1"', 'params.`mix.ratio` = "1.0"'),
        ("params.`mix.ratio` = '1e1' AND seed = '1'", "params.`mix.ratio` = '10.0' AND seed = '1'"),
        (
            "PARAM.mix.ratio!='0' and params.\"mix.ratio\" = '10'",
            "PARAM.mix.ratio!='0.0' and params.\"mix.ratio\" = '10.0'",
        ),
        ("parameters.seed = '1.0'", "parameters.seed = '1'"),
        ("params.`mix.ratio` = '1.0'", "params.`mix.ratio` = '1.0'"),
        ("params.`mix.ratio` = '2'", "params.`mix.ratio` = '2'"),
        ("params.`mix.ratio` LIKE '1'", "params.`mix.ratio` LIKE '1'"),  # a pattern, and no number
        ("params.`model.name` = 'gan'", "params.`model.name` = 'gan'"),
        ("params.mixed = '1.000'", "params.mixed = '1.000'"),  # which of three?
        ("tags.`mix.ratio` = '1' and tags.params.seed = '1.0'", "tags.`mix.ratio` = '1' and tags.params.seed = '1.0'"),
        ("tags.a = 'params.seed = \"1.0\"'", "tags.a = 'params.seed = \"1.0\"'"),  # a text, and no condition
    ],
)
def test_numbers_are_compared_as_they_are_stored(condition: str, stored: str) -> None:
    assert with_stored_numbers(condition, VALUES) == stored


def test_the_values_that_there_are_are_named() -> None:
    condition = "params.`mix.ratio` = '2' and params.seed = '1' and params.ratio = '1' and tags.seed = '7'"
    assert list(unknown_values(condition, VALUES)) == ["mix.ratio has 0.0, 1.0, 10.0", "no study has a key ratio"]


def test_of_many_values_the_first_are_named() -> None:
    (words,) = unknown_values("params.seed = '99'", {"seed": {str(seed) for seed in range(12)}})
    assert words == "seed has 0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
