"""The classifier features: good enough, the same each time, and able to see what pixels miss."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch

from synthmix.data.base import Dataset
from synthmix.data.sources.digits import load_digits
from synthmix.data.sources.idx import load_mnist
from synthmix.quality.features.classifier import ClassifierFeatures, train_classifier
from synthmix.quality.features.extractors import FeatureExtractor, PixelFeatures
from synthmix.quality.scores import frechet_distance
from synthmix.spec import DataSpec


def shuffled(dataset: Dataset) -> Dataset:
    """Both sets are ordered by writer."""
    return dataset.take(torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0)))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return shuffled(load_digits())


@pytest.fixture(scope="module")
def small(digits: Dataset) -> ClassifierFeatures:
    return train_classifier(digits.take(slice(0, 1000)))


@pytest.fixture(scope="module")
def mnist(data_root: Path) -> Dataset:
    return shuffled(load_mnist(str(data_root)))


@pytest.fixture(scope="module")
def large(mnist: Dataset) -> ClassifierFeatures:
    return train_classifier(mnist.take(slice(0, 10_000)))


def test_the_same_seed_gives_the_same_bits(digits: Dataset, small: ClassifierFeatures) -> None:
    state = torch.get_rng_state()
    assert train_classifier(digits.take(slice(0, 1000))).digest == small.digest
    assert torch.equal(torch.get_rng_state(), state)
    assert train_classifier(digits.take(slice(0, 1000)), seed=1).digest != small.digest


def test_learns_small_images(digits: Dataset, small: ClassifierFeatures) -> None:
    assert small.accuracy(digits.take(slice(1000, 1797))) > 0.95


def test_survives_saving_without_pickled_code(digits: Dataset, small: ClassifierFeatures) -> None:
    file = io.BytesIO()
    torch.save(small.state(), file)
    file.seek(0)
    again = ClassifierFeatures.from_state(torch.load(file, weights_only=True))
    assert again.digest == small.digest
    assert torch.equal(again(digits.x), small(digits.x))
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_frozen_and_untouched_by_a_distance(digits: Dataset, small: ClassifierFeatures) -> None:
    digest = small.digest
    assert small(digits.x[:3]).shape == (3, 64)
    frechet_distance(small, digits.x[:900], digits.x[900:])
    assert small.digest == digest
    assert not small.training
    assert not any(parameter.requires_grad for parameter in small.parameters())


def test_the_range_of_the_data_makes_no_difference(small: ClassifierFeatures, digits: Dataset) -> None:
    wide = ClassifierFeatures.from_state({**small.state(), "value_range": (-1.0, 1.0)})
    torch.testing.assert_close(wide(2 * digits.x - 1), small(digits.x))


def test_needs_labelled_images(digits: Dataset) -> None:
    with pytest.raises(ValueError, match="labels"):
        train_classifier(Dataset(digits.x, None, digits.spec))
    with pytest.raises(ValueError, match="multiples of 4"):
        ClassifierFeatures(DataSpec("table", "table", (9,), None, 3))
    with pytest.raises(ValueError, match="multiples of 4"):
        ClassifierFeatures(DataSpec("odd", "image", (1, 9, 9), (0.0, 1.0), 3))


def test_reads_held_out_digits(mnist: Dataset, large: ClassifierFeatures) -> None:
    assert large.accuracy(mnist.take(slice(10_000, 20_000))) >= 0.97


def test_shows_a_lost_class_far_more_than_pixels_do(mnist: Dataset, large: ClassifierFeatures) -> None:
    val, fresh = mnist.x[20_000:24_000], mnist.x[30_000:34_000]
    assert mnist.y is not None
    complete = mnist.y[30_000:34_000] != 6

    def against_floor(extractor: FeatureExtractor) -> float:
        return frechet_distance(extractor, val, fresh[complete]) / frechet_distance(extractor, val, fresh)

    assert against_floor(large) > 8
    assert against_floor(large) > 5 * against_floor(PixelFeatures(mnist.spec))
