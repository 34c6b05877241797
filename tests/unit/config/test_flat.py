"""Dotted keys."""

from __future__ import annotations

from synthmix.config.flat import flatten


def test_a_nested_config_becomes_dotted_keys() -> None:
    nested = {"mix": {"ratio": 1}, "model": {"networks": {"hidden": [1]}, "empty": {}}, "seed": 0}
    assert flatten(nested) == {"mix.ratio": 1, "model.networks.hidden": [1], "seed": 0}
