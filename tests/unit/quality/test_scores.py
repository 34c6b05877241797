"""Fréchet distances against closed forms, scipy and published floors; the scores of a sample, and its failures."""

from __future__ import annotations

import doctest
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor

from synthmix.data.base import Dataset, Splits
from synthmix.data.sources.digits import load_digits
from synthmix.data.sources.idx import load_mnist
from synthmix.data.split import split
from synthmix.quality import scores as quality
from synthmix.quality.features import extractors as features
from synthmix.quality.features.extractors import PcaFeatures, PixelFeatures, default_names, make_extractors
from synthmix.quality.kernels import kid
from synthmix.quality.memorisation import authenticity, closest_records
from synthmix.quality.neighbours import precision_recall_density_coverage
from synthmix.quality.scores import frechet_distance, log_likelihood, quality_scores, reconstruction_error
from synthmix.spec import DataSpec


def table(n_features: int) -> DataSpec:
    return DataSpec("table", "table", (n_features,), None, None)


def exactly_gaussian(n: int, mean: Tensor, root: Tensor, seed: int) -> Tensor:
    """`n` points whose own mean and covariance are exactly `mean` and root·rootᵀ."""
    noise = torch.randn(n, len(mean), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    noise -= noise.mean(0)
    whitened = torch.linalg.solve_triangular(torch.linalg.cholesky(noise.T.cov()), noise.T, upper=False).T
    return (whitened @ root.T + mean).float()


def by_scipy(real: Tensor, synthetic: Tensor) -> float:
    a, b = real.flatten(1).double().numpy(), synthetic.flatten(1).double().numpy()
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    shift = np.square(a.mean(0) - b.mean(0)).sum()
    return float(shift + np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real))


# What has a floor beside it whatever the extractors, and what has none.
WITH_FLOOR = (
    *("kid", "mmd", "precision", "recall", "density", "coverage", "c2st", "vendi"),
    *("duplicate_share", "holes", "modes_reached", "authenticity"),
)
ALONE = ("n", "dcr_share", "dcr_ratio")


def refuse() -> PixelFeatures:
    raise AssertionError("no classifier was asked for")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_digits()


@pytest.fixture(scope="module")
def splits(digits: Dataset) -> Splits:
    return split(digits, seed=0, n_train=100, n_val=300, n_test=497, n_reserve=0)


@pytest.mark.parametrize("module", [features, quality])
def test_examples_in_docstrings_run(module: ModuleType) -> None:
    results = doctest.testmod(module, extraglobs={"torch": torch})
    assert results.attempted > 0
    assert results.failed == 0


def test_gaussians_with_a_known_distance() -> None:
    real = exactly_gaussian(
        500, torch.tensor([0.0, 1.0, 2.0]).double(), torch.diag(torch.tensor([1.0, 2.0, 3.0])).double(), 0
    )
    other = torch.diag(torch.tensor([2.0, 2.0, 0.5])).double()
    synthetic = exactly_gaussian(300, torch.tensor([1.0, 1.0, 4.0]).double(), other, 1)
    # Squared shift 1 + 4; squared differences of the standard deviations 1 + 0 + 6.25.
    assert frechet_distance(PixelFeatures(table(3)), real, synthetic) == pytest.approx(12.25, rel=1e-5)


def test_gaussians_whose_covariances_do_not_commute() -> None:
    # tr (A B)^1/2 of 2×2 matrices is √(tr AB + 2 √det AB).
    first, second = torch.tensor([[2.0, 0.0], [1.0, 1.0]]).double(), torch.tensor([[1.0, 0.0], [-2.0, 3.0]]).double()
    a, b = first @ first.T, second @ second.T
    cross = torch.sqrt(torch.trace(a @ b) + 2 * torch.sqrt(torch.det(a @ b)))
    expected = (torch.trace(a) + torch.trace(b) - 2 * cross).item()
    real, synthetic = (
        exactly_gaussian(200, torch.zeros(2).double(), first, 0),
        exactly_gaussian(200, torch.zeros(2).double(), second, 1),
    )
    assert frechet_distance(PixelFeatures(table(2)), real, synthetic) == pytest.approx(expected, rel=1e-5)


def test_well_conditioned_features_agree_with_scipy(digits: Dataset) -> None:
    axes = PcaFeatures.fit(digits.x[:600], digits.spec)
    real, synthetic = digits.x[:600], digits.x[600:1200] + 0.1
    expected = by_scipy(axes(real), axes(synthetic))
    assert frechet_distance(axes, real, synthetic) == pytest.approx(expected, rel=1e-4)


def test_fewer_points_than_features(digits: Dataset) -> None:
    """The covariance has rank 19 in 64 dimensions; on the 19 axes it has full rank and an exact square root."""
    real, synthetic = digits.x[:900].flatten(1).double(), digits.x[900:920].flatten(1).double()
    cov_real, centred = real.T.cov(), (synthetic - synthetic.mean(0)) / 19**0.5
    # tr (A B)^1/2 with B = XᵀX is the sum of the singular values of A^1/2 Xᵀ.
    values, vectors = torch.linalg.eigh(cov_real)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.svdvals(root @ centred.T).sum()
    shift = (real.mean(0) - synthetic.mean(0)).square().sum()
    expected = (shift + cov_real.trace() + centred.square().sum() - 2 * cross).item()
    distance = frechet_distance(PixelFeatures(digits.spec), digits.x[:900], digits.x[900:920])
    assert distance == pytest.approx(expected, rel=1e-4)


def test_a_set_is_at_no_distance_from_itself(digits: Dataset) -> None:
    assert frechet_distance(PixelFeatures(digits.spec), digits.x, digits.x) == pytest.approx(0, abs=1e-4)


def test_order_and_batches_make_no_difference(digits: Dataset) -> None:
    extractor = PixelFeatures(digits.spec)
    real, synthetic = digits.x[:900], digits.x[900:]
    order = torch.randperm(len(synthetic), generator=torch.Generator().manual_seed(0))
    distance = frechet_distance(extractor, real, synthetic)
    assert frechet_distance(extractor, real.flip(0), synthetic[order], batch_size=70) == pytest.approx(
        distance, rel=1e-6
    )


def test_all_principal_axes_are_a_rotation(digits: Dataset) -> None:
    points = digits.x.flatten(1)[:, 20:30].contiguous()
    spec = table(10)
    rotated = frechet_distance(PcaFeatures.fit(points[:900], spec, n_components=10), points[:900], points[900:])
    assert rotated == pytest.approx(frechet_distance(PixelFeatures(spec), points[:900], points[900:]), rel=1e-4)


def test_the_range_of_the_data_makes_no_difference(digits: Dataset) -> None:
    wide = DataSpec("digits", "image", (1, 8, 8), (-1.0, 1.0), 10)
    for narrow_features, wide_features in (
        (PixelFeatures(digits.spec), PixelFeatures(wide)),
        (PcaFeatures.fit(digits.x[:900], digits.spec), PcaFeatures.fit(2 * digits.x[:900] - 1, wide)),
    ):
        narrow = frechet_distance(narrow_features, digits.x[:900], digits.x[900:])
        assert frechet_distance(wide_features, 2 * digits.x[:900] - 1, 2 * digits.x[900:] - 1) == pytest.approx(
            narrow, rel=1e-4
        )


@pytest.mark.parametrize(("n", "n_features", "expected"), [(1000, 64, 32), (1000, 5, 5), (150, 64, 15), (8, 64, 1)])
def test_number_of_principal_axes(n: int, n_features: int, expected: int) -> None:
    x = torch.randn(n, n_features, generator=torch.Generator().manual_seed(0))
    extractor = PcaFeatures.fit(x, table(n_features))
    assert extractor.num_features == extractor(x).shape[1] == expected


def test_which_features_suit_which_data(splits: Splits) -> None:
    assert default_names(splits) == ["pca", "pixels"]
    assert [extractor.name for extractor in make_extractors(None, splits, refuse)] == ["pca", "pixels"]
    assert [extractor.name for extractor in make_extractors(["pixels"], splits, refuse)] == ["pixels"]
    big = DataSpec("cifar10", "image", (3, 32, 32), (0.0, 1.0), 10)
    colour = Dataset(torch.zeros(20, 3, 32, 32), None, big)
    assert default_names(Splits(colour, colour, colour, colour, None, 0)) == ["pca"]
    assert default_names(Splits(colour, colour, colour, colour, colour, 0)) == ["pca", "classifier"]
    rows = Dataset(torch.zeros(20, 3), None, table(3))
    assert default_names(Splits(rows, rows, rows, rows, None, 0)) == ["pca"]


def test_real_points_are_at_the_floor(splits: Splits) -> None:
    extractors = make_extractors(None, splits, refuse)
    independent = torch.cat([splits.train.x, splits.pool.x])
    scores = quality_scores(independent, splits, extractors, n_samples=10_000)
    pairs = ["fd_pca", "fd_pixels", *WITH_FLOOR]
    names = {*pairs, *(f"{name}_floor" for name in pairs), *ALONE}
    assert scores.keys() == names | {"fd_inf_pca", "fd_inf_pixels"}  # of a thousand points
    assert scores["n"] == len(splits.train) + len(splits.pool) == 1000
    for name in pairs:
        if name not in ("authenticity", "modes_reached"):  # whose floor is that of val, as these are train itself
            assert scores[name] == scores[f"{name}_floor"]


def test_floor_and_sample_are_cut_to_one_size(splits: Splits) -> None:
    extractors = make_extractors(["pixels"], splits, refuse)
    short = quality_scores(splits.test.x[:50], splits, extractors, n_samples=10_000)
    asked = quality_scores(splits.test.x, splits, extractors, n_samples=50)
    assert short == asked
    assert short["n"] == 50
    first = torch.cat([splits.train.x, splits.pool.x])[:50]
    assert short["fd_pixels_floor"] == frechet_distance(extractors[0], splits.val.x, first)
    assert short["fd_pixels"] == frechet_distance(extractors[0], splits.val.x, splits.test.x[:50])
    longer = quality_scores(splits.test.x, splits, extractors, n_samples=400)
    assert longer["fd_pixels_floor"] < 0.5 * short["fd_pixels_floor"]


def test_copies_of_a_small_train_set_are_no_better_than_fresh_points(splits: Splits) -> None:
    copies = splits.train.x.repeat(9, 1, 1, 1)
    scores = quality_scores(copies, splits, make_extractors(["pca"], splits, refuse), n_samples=10_000)
    assert scores["fd_pca"] > 2 * scores["fd_pca_floor"]


def test_lost_classes_show(splits: Splits) -> None:
    some = torch.cat([part.x[part.y < 5] for part in (splits.train, splits.pool) if part.y is not None])
    scores = quality_scores(some, splits, make_extractors(["pca"], splits, refuse), n_samples=10_000)
    assert scores["fd_pca"] > 3 * scores["fd_pca_floor"]


@pytest.fixture(scope="module")
def fresh(splits: Splits) -> dict[str, float]:
    """Scores of real points that nothing else has seen."""
    return quality_scores(splits.test.x, splits, make_extractors(["pca"], splits, refuse), n_samples=400)


def test_scores_are_those_of_the_functions_in_the_space_of_principal_axes(
    splits: Splits, fresh: dict[str, float]
) -> None:
    space = PcaFeatures.fit(splits.val.x, splits.val.spec)
    val, train, sample = (space(x) for x in (splits.val.x, splits.train.x, splits.test.x[:400]))
    expected = {
        "kid": kid(val, sample),
        "authenticity": authenticity(train, sample),
        "authenticity_floor": authenticity(train, val),
        **precision_recall_density_coverage(val, sample),
        **closest_records(train, val, sample),
    }
    assert {name: fresh[name] for name in expected} == expected


@pytest.mark.parametrize("names", [["pixels"], []])
def test_that_space_is_there_whatever_the_extractors(names: list[str], splits: Splits, fresh: dict[str, float]) -> None:
    scores = quality_scores(splits.test.x, splits, make_extractors(names, splits, refuse), n_samples=400)
    shared = [name for name in (*WITH_FLOOR, *ALONE) if name in scores]
    assert len(shared) == len(WITH_FLOOR) + len(ALONE)
    assert [scores[name] for name in shared] == [fresh[name] for name in shared]


def test_fresh_real_points_pass(fresh: dict[str, float]) -> None:
    for name in ("precision", "recall", "density", "coverage", "authenticity", "c2st", "modes_reached"):
        assert fresh[name] == pytest.approx(fresh[f"{name}_floor"], abs=0.12), name
    assert fresh["duplicate_share"] == 0
    assert fresh["dcr_share"] == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("n_val", [10, 30, 100])
def test_noise_is_imprecise_however_few_the_real_points(n_val: int, digits: Dataset) -> None:
    few = split(digits, seed=0, n_train=100, n_val=n_val, n_test=100, n_reserve=0)
    noise = torch.rand(400, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    scores = quality_scores(noise, few, make_extractors(["pca"], few, refuse), n_samples=400)
    assert scores["precision"] < 0.1


def test_each_failure_shows_where_it_should(splits: Splits, fresh: dict[str, float]) -> None:
    def scores_of(x: Tensor) -> dict[str, float]:
        return quality_scores(x, splits, make_extractors(["pca"], splits, refuse), n_samples=400)

    copies = scores_of(splits.train.x.repeat(4, 1, 1, 1))
    assert (copies["authenticity"], copies["dcr_share"], copies["dcr_ratio"]) == (0, 1, 0)
    assert copies["duplicate_share"] == 1
    assert copies["coverage"] < fresh["coverage_floor"] - 0.1
    rng = torch.Generator().manual_seed(0)
    one_mode = scores_of(splits.test.x[:1] + 0.02 * torch.randn(400, 1, 8, 8, generator=rng))
    assert one_mode["modes_reached"] < 0.3
    assert one_mode["coverage"] < 0.1
    assert one_mode["vendi"] < 2
    noise = scores_of(torch.rand(400, 1, 8, 8, generator=rng))
    assert noise["precision"] < 0.1
    assert noise["c2st"] > 0.95
    assert noise["kid"] > 10 * abs(noise["kid_floor"])


def test_labels_are_asked_for_only_where_the_scores_are_supervised(splits: Splits) -> None:
    extractors = make_extractors(["pca"], splits, refuse)
    plain = quality_scores(splits.test.x, splits.unlabelled(), extractors, n_samples=100)
    supervised = quality_scores(splits.test.x, splits, extractors, n_samples=100, supervised=True)
    assert supervised.keys() - plain.keys() == {"tstr", "trtr", "augmentation_gain"}
    assert {name: supervised[name] for name in plain} == plain
    assert 0.8 < supervised["tstr"] <= supervised["trtr"] + 0.1
    with pytest.raises(ValueError, match="need labels"):
        quality_scores(splits.test.x, splits.unlabelled(), extractors, n_samples=100, supervised=True)


@pytest.mark.parametrize(("n", "n_val", "n_train"), [(2, 300, 100), (3, 2, 2), (5, 4, 1), (50, 300, 1)])
def test_few_points_leave_out_what_they_cannot_say(n: int, n_val: int, n_train: int, digits: Dataset) -> None:
    few = split(digits, seed=0, n_train=n_train, n_val=n_val, n_test=497, n_reserve=0)
    scores = quality_scores(few.test.x, few, make_extractors(None, few, refuse), n_samples=n)
    assert all(np.isfinite(value) for value in scores.values()), scores
    assert scores["n"] == n
    assert {"fd_pca", "kid", "coverage", "c2st", "dcr_share"} <= scores.keys()
    assert ("authenticity" in scores) == (n_train > 1)


@pytest.mark.parametrize(("n", "n_val"), [(0, 300), (1, 300), (50, 1)])
def test_fewer_than_two_points_say_nothing(n: int, n_val: int, digits: Dataset) -> None:
    few = split(digits, seed=0, n_train=100, n_val=n_val, n_test=497, n_reserve=0)
    assert quality_scores(few.test.x[:n], few, [PixelFeatures(digits.spec)], n_samples=50) == {"n": min(n, 50)}


def test_equal_points_leave_out_what_has_no_scale() -> None:
    rows = Dataset(torch.ones(40, 3), None, table(3))
    equal = Splits(rows, rows, rows, rows, None, 0)
    scores = quality_scores(rows.x, equal, [PixelFeatures(rows.spec)], n_samples=30)
    assert not {"mmd", "vendi", "dcr_ratio"} & scores.keys()
    assert all(np.isfinite(value) for value in scores.values()), scores


def test_held_out_log_likelihood() -> None:
    assert log_likelihood(torch.tensor([-1.0, -3.0])) == -2.0
    assert log_likelihood(torch.tensor([-1.0, -torch.inf])) is None
    with pytest.raises(ValueError, match="must be numbers"):
        log_likelihood(torch.tensor([-1.0, torch.nan]))


def test_synthetic_points_that_are_no_numbers_are_refused(digits: Dataset) -> None:
    broken = digits.x[:100].clone()
    broken[3] = torch.inf
    with pytest.raises(ValueError, match="finite"):
        frechet_distance(PixelFeatures(digits.spec), digits.x, broken)


def test_reconstruction_error_is_a_mean_over_values() -> None:
    original = torch.zeros(10, 1, 2, 2)
    assert reconstruction_error(original, original + 0.5) == 0.25
    with pytest.raises(ValueError, match="equal"):
        reconstruction_error(original, original.flatten(1))


def test_floors_on_mnist_are_the_known_ones(data_root: Path) -> None:
    mnist = load_mnist(str(data_root))
    order = torch.randperm(len(mnist), generator=torch.Generator().manual_seed(0))  # it is ordered by writer
    val, fresh = mnist.x[order[:10_000]], mnist.x[order[10_000:11_000]]
    assert frechet_distance(PixelFeatures(mnist.spec), val, fresh) == pytest.approx(1.75, rel=0.1)
    assert frechet_distance(PcaFeatures.fit(val, mnist.spec), val, fresh) == pytest.approx(0.32, rel=0.25)
