"""AIC, BIC and k-fold likelihood: those of scikit-learn, and the right number where it is known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import KFold, cross_val_score
from torch import Tensor

from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.generators.mixture.config import GaussianMixtureConfig
from synthmix.generators.mixture.gaussian import GaussianMixtureGenerator
from synthmix.generators.mixture.selection import is_determined
from synthmix.generators.selection import Candidate, Criterion, Selection
from synthmix.seeds import derive_seed
from synthmix.spec import DataSpec

ALL = ("full", "tied", "diag", "spherical")


def table(points: Tensor) -> Dataset:
    return Dataset(points.float(), None, DataSpec("t", "table", (points.shape[1],), None, None))


@pytest.fixture(scope="module")
def three() -> Dataset:
    """300 points of three elongated clusters, ten apart, in two dimensions."""
    rng = torch.Generator().manual_seed(0)
    means = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    noise = torch.randn(300, 2, generator=rng) @ torch.tensor([[1.0, 1.5], [0.0, 0.5]])
    return table(means[torch.randint(3, (300,), generator=rng)] + noise)


def fit(data: Dataset, seed: int = 0, **options: Any) -> GaussianMixtureGenerator:
    settings = {"n_components": [1, 2, 3, 4, 6], "covariance": ALL, "pca_variance": None, "n_init": 2}
    return GaussianMixtureGenerator(GaussianMixtureConfig(**(settings | options))).fit(data, seed=seed)


def selection(generator: GaussianMixtureGenerator) -> Selection:
    assert generator.selection is not None
    return generator.selection


@pytest.mark.parametrize("covariance", ALL)
def test_the_criteria_are_those_of_scikit_learn(covariance: str, three: Dataset) -> None:
    generator = fit(three, covariance=[covariance], n_components=[1, 3], covariance_regularization=1e-9, tolerance=1e-6)
    points = three.x.double().numpy()
    cut = KFold(5, shuffle=True, random_state=derive_seed(0, "folds") % 2**32)
    for candidate in selection(generator).candidates:
        model = GaussianMixture(
            candidate.n_components,
            covariance_type=covariance,
            reg_covar=1e-9,
            n_init=2,
            max_iter=200,
            tol=1e-6,
            random_state=derive_seed(0, "em") % 2**32,
        )
        held_out = cross_val_score(model, points, cv=cut).mean()
        model.fit(points)
        assert candidate.aic == pytest.approx(model.aic(points), rel=1e-5)
        assert candidate.bic == pytest.approx(model.bic(points), rel=1e-5)
        assert candidate.cv_log_likelihood == pytest.approx(held_out, rel=1e-4)


def test_the_known_number_and_shape_are_found(three: Dataset) -> None:
    generator = fit(three, select_by="bic")
    found = selection(generator)
    assert (found.best().n_components, found.best().shape) == (3, "tied")
    assert len(generator.fitted.density.weights) == 3
    for criterion in ("aic", "cv_log_likelihood"):  # which ask less of a parameter
        assert found.best(criterion).n_components in (3, 4)
        assert found.best(criterion).shape in ("tied", "full")


def test_what_each_criterion_prefers() -> None:
    one, two = Candidate(1, "full", 3.0, 1.0, -5.0), Candidate(2, "diag", 2.0, 4.0, -4.0)
    found = Selection((one, two), "bic")
    assert found.best() is one
    assert (found.best("aic"), found.best("cv_log_likelihood")) == (two, two)


def test_the_k_fold_likelihood_sees_no_held_out_point() -> None:
    # Principal components of a fold's own points: of 30 directions, fifteen points fill half.
    data = table(torch.randn(15, 30, generator=torch.Generator().manual_seed(0)))
    settings: dict[str, Any] = {"n_components": [1], "covariance": ["diag"], "pca_variance": 0.5}
    (candidate,) = selection(fit(data, folds=5, **settings)).candidates
    cut = KFold(5, shuffle=True, random_state=derive_seed(0, "folds") % 2**32)
    scores = [fit(data.take(rest), folds=2, **settings).score_samples(data.x[held]) for rest, held in cut.split(data.x)]
    assert candidate.cv_log_likelihood == pytest.approx(float(torch.cat(scores).mean()), rel=1e-9)


def test_candidates_without_points_enough_are_left_out() -> None:
    points = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    found = fit(table(points), n_components=[1, 2, 4, 5, 10, 30], folds=4)
    numbers = {shape: [c.n_components for c in selection(found).candidates if c.shape == shape] for shape in ALL}
    assert max(numbers["full"]) <= 4
    assert max(numbers["diag"]) <= 10
    assert all(1 in of_shape for of_shape in numbers.values())


@pytest.mark.parametrize("criterion", ["aic", "bic", "cv_log_likelihood"])
def test_fifty_points_of_one_cloud_are_not_memorised(criterion: Criterion) -> None:
    points = torch.randn(50, 8, generator=torch.Generator().manual_seed(3))
    generator = fit(table(points), n_components=[1, 2, 5, 10, 25, 50], select_by=criterion)
    assert float(generator.fitted.density.weights.min()) * 50 > 1.5
    distance = torch.cdist(generator.sample(500, 0), points).min(1).values
    typical = torch.cdist(points, points).fill_diagonal_(torch.inf).min(1).values.median()
    assert distance.median() > 0.5 * typical


def test_one_component_needs_no_points_and_others_do() -> None:
    assert is_determined(torch.ones(1), 3, 100)
    assert is_determined(torch.tensor([0.2, 0.8]), 10, 2)
    assert not is_determined(torch.tensor([0.1, 0.9]), 10, 2)


def test_no_candidate_at_all_is_named_in_one_line() -> None:
    points = torch.cat([torch.zeros(19, 2), torch.full((1, 2), 9.0)])
    with pytest.raises(InvalidInput, match=r"^model.n_components=\[2\]: 20 points leave some component .*$"):
        fit(table(points), n_components=[2])


def test_the_same_seed_gives_the_same_choice(three: Dataset) -> None:
    few = {"n_components": [2, 3], "covariance": ["full"]}
    assert selection(fit(three, seed=4, **few)) == selection(fit(three, seed=4, **few))
