from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from synthmix.errors import TrainingDiverged
from synthmix.tasks.clustering.deep.autoencoder import Autoencoder

X = (load_digits().data[:300] / 8 - 1).astype(np.float32)


def small(**more: object) -> Autoencoder:
    return Autoencoder([32], **{"latent_dim": 5, "steps": 60, "batch_size": 64, "random_state": 0, **more})


def test_a_linear_one_comes_near_the_principal_components_and_never_below_them() -> None:
    linear = Autoencoder([], latent_dim=4, steps=600, learning_rate=1e-2, random_state=0).fit(X)
    rest = np.linalg.svd(X - X.mean(0), full_matrices=False)[1][4:]
    best = float(np.square(rest, dtype=np.float64).sum() / len(X))
    assert best * (1 - 1e-4) <= linear.losses(X).mean() <= 1.1 * best


def test_the_loss_is_in_squared_units_of_the_points() -> None:
    one, other = small().fit(X), small().fit(4 * X + 2)  # exact in floating point but for the shift
    np.testing.assert_allclose(other.losses(4 * X + 2), 16 * one.losses(X), rtol=1e-2)


def test_a_point_of_weight_0_is_not_seen() -> None:
    weight = np.repeat([1.0, 0.0], 150)
    other = np.concatenate([X[:150], -7 * X[150:]])
    one, two = (small().fit(points, sample_weight=weight) for points in (X, other))
    np.testing.assert_allclose(one.transform(X), two.transform(X), atol=1e-3)
    np.testing.assert_allclose(one.mean_, X[:150].mean(0), atol=1e-6)
    with pytest.raises(ValueError, match="at least one non-zero"):
        small().fit(X, sample_weight=np.zeros(300))


def test_weights_draw_the_net_to_the_points_that_have_them() -> None:
    upper = small().fit(X, sample_weight=np.repeat([20.0, 1.0], 150))
    lower = small().fit(X, sample_weight=np.repeat([1.0, 20.0], 150))
    assert upper.losses(X[:150]).mean() < lower.losses(X[:150]).mean()
    assert upper.losses(X[150:]).mean() > lower.losses(X[150:]).mean()


def test_what_is_stored_of_it_does_what_it_does() -> None:
    fitted = small().fit(X)
    again = small(random_state=9).load_state(fitted.state())
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    np.testing.assert_array_equal(again.losses(X), fitted.losses(X))


def test_as_many_steps_as_asked_for_whatever_the_number_of_points_and_the_limit_holds() -> None:
    assert small().fit(X[:20]).net_.steps_done == small().fit(X).net_.steps_done == 60
    assert small(limit_steps=7).fit(X).net_.steps_done == 7


def test_two_fits_are_equal_and_leave_the_global_random_states_alone() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    one, two, other = (small(random_state=seed).fit(X).transform(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert not np.allclose(one, other)
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])


def test_a_loss_that_is_not_finite_is_told() -> None:
    with pytest.raises(TrainingDiverged, match="AutoencoderNet: the loss is"):
        small(learning_rate=1e30).fit(X)
