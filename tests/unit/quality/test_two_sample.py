"""Whether sets can be told apart, where it is known whether they can; and what labels by a teacher are worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from torch import Tensor

from synthmix import c2st, tstr
from synthmix.quality import downstream, two_sample


def gaussian(n: int, dimension: int, seed: int, shift: float = 0.0) -> Tensor:
    return shift + torch.randn(n, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def groups(n: int, seed: int, distance: float = 6.0) -> tuple[Tensor, Tensor]:
    """Three labelled groups."""
    labels = torch.arange(n) % 3
    return gaussian(n, 3, seed) + distance * torch.eye(3)[labels], labels


def test_folds_scored_by_hand() -> None:
    real, synthetic = gaussian(120, 4, 0), gaussian(100, 4, 1, 0.5)
    points = np.concatenate([real[:100].numpy(), synthetic.numpy()])
    truth = np.repeat([0, 1], 100)
    accuracies = []
    for learnt, held_out in StratifiedKFold(5, shuffle=True, random_state=3).split(points, truth):
        classifier = SVC(kernel="rbf", C=1.0, gamma=1 / (4 * points[learnt].var()))
        predicted = classifier.fit(points[learnt], truth[learnt]).predict(points[held_out])
        accuracies.append((predicted == truth[held_out]).mean())
    assert c2st(real, synthetic, seed=3) == pytest.approx(np.mean(accuracies), rel=1e-9)


def test_equal_distributions_are_a_coin_toss() -> None:
    values = [c2st(gaussian(200, 4, seed), gaussian(200, 4, seed + 1000)) for seed in range(10)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.04)


def test_the_accuracy_is_near_that_of_the_best_classifier() -> None:
    """Φ(δ / 2) for unit Gaussians whose means are δ apart."""
    best = 0.5 * (1 + torch.erf(torch.tensor(2.0 / 2 / 2**0.5))).item()
    shift = 2.0 / 3**0.5
    assert c2st(gaussian(1000, 3, 0), gaussian(1000, 3, 1, shift)) == pytest.approx(best, abs=0.03)


def test_what_means_and_covariances_do_not_show_is_seen() -> None:
    signs = torch.randint(2, (800, 4), generator=torch.Generator().manual_seed(0)) * 2.0 - 1
    assert c2st(gaussian(800, 4, 1), signs + 0.1 * gaussian(800, 4, 2)) > 0.75


def test_no_more_points_than_stated_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_sample, "MOST_POINTS", 60)
    real, synthetic = gaussian(200, 3, 0), gaussian(100, 3, 1, 1.0)
    assert c2st(real, synthetic) == c2st(real[:60], synthetic[:60])


@pytest.mark.parametrize("n", [2, 3, 4])
def test_few_points_have_as_many_folds(n: int) -> None:
    assert c2st(gaussian(n, 2, 0), gaussian(n, 2, 1, 50.0)) == 1.0
    with pytest.raises(ValueError, match="at least 2 real points, got 1"):
        c2st(gaussian(1, 2, 0), gaussian(n, 2, 1))


def test_good_points_teach_what_real_ones_do() -> None:
    (train, labels), (test, truth) = groups(90, 0), groups(600, 1)
    scores = tstr(train, labels, groups(90, 2)[0], test, truth)
    assert scores["trtr"] == (SVC().fit(train, labels).predict(test) == truth.numpy()).mean()
    assert scores["tstr"] == pytest.approx(scores["trtr"], abs=0.02)
    assert abs(scores["augmentation_gain"]) < 0.02


def test_points_of_one_group_teach_that_group_alone() -> None:
    (train, labels), (test, truth) = groups(90, 0, 20.0), groups(600, 1, 20.0)
    scores = tstr(train, labels, groups(300, 2, 20.0)[0][::3], test, truth)
    assert scores == {"tstr": pytest.approx(1 / 3), "trtr": 1.0, "augmentation_gain": 0.0}


def test_the_gain_is_that_of_both_sets_together() -> None:
    (train, labels), (test, truth) = groups(30, 0, 1.5), groups(900, 1, 1.5)
    synthetic = groups(30, 2, 1.5)[0]
    both = torch.cat([train, synthetic])
    taught = np.concatenate([labels.numpy(), SVC().fit(train, labels).predict(synthetic)])
    on_both, on_real = (
        (SVC().fit(x, y).predict(test) == truth.numpy()).mean() for x, y in ((both, taught), (train, labels))
    )
    assert on_both != on_real
    assert tstr(train, labels, synthetic, test, truth)["augmentation_gain"] == pytest.approx(on_both - on_real)


def test_as_many_synthetic_points_as_real_ones_and_no_more_than_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    (train, labels), (test, truth), (synthetic, _) = groups(60, 0, 2.0), groups(300, 1, 2.0), groups(200, 2, 2.0)
    assert tstr(train, labels, synthetic, test, truth) == tstr(train, labels, synthetic[:60], test, truth)
    monkeypatch.setattr(downstream, "MOST_POINTS", 30)
    few = tstr(train, labels, synthetic, test, truth)
    assert few == tstr(train[:30], labels[:30], synthetic[:30], test, truth)


def test_labels_must_match_their_points() -> None:
    (train, labels), (test, truth) = groups(30, 0), groups(30, 1)
    with pytest.raises(ValueError, match="label for each point, got 29 for 30"):
        tstr(train, labels, test, test, truth[:29])
