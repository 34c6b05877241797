"""Codecs against answers found in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import check_estimator

from synthmix.spec import unit_images
from synthmix.tasks.compression.learners.neural import AutoencoderCodec, ConvAutoencoderCodec, VaeCodec
from synthmix.tasks.compression.learners.vector_quantisation import VectorQuantisation

DIGITS = (load_digits().data / 16).astype(np.float32)
TRAIN, NEW = DIGITS[:200], DIGITS[200:400]
SPEC = unit_images("digits", (1, 8, 8))
NEURAL = [AutoencoderCodec, ConvAutoencoderCodec, VaeCodec]


def error(codec: Any, points: Any = NEW) -> float:
    return float(np.square(points - codec.inverse_transform(codec.transform(points))).sum(axis=1).mean())


def test_vector_quantisation_is_an_estimator_of_scikit_learn() -> None:
    with_weights = "check_sample_weight_equivalence_on_dense_data"  # its k-means fails it too, by the order of starts
    check_estimator(VectorQuantisation(), expected_failed_checks={with_weights: "as KMeans"})


def test_one_part_is_k_means() -> None:
    codec = VectorQuantisation(1, 12, n_init=3, random_state=0).fit(TRAIN)
    kmeans = KMeans(12, n_init=3, random_state=np.random.RandomState(0)).fit(TRAIN.astype(np.float64))
    assert codec.transform(NEW)[:, 0].tolist() == kmeans.predict(NEW.astype(np.float64)).tolist()
    assert codec.inverse_transform(codec.transform(TRAIN)) == pytest.approx(kmeans.cluster_centers_[kmeans.labels_])


def test_each_part_has_the_nearest_of_its_own_codewords() -> None:
    codec = VectorQuantisation(5, 4, random_state=0).fit(TRAIN)  # 64 columns: parts of 13 and of 12
    symbols = codec.transform(NEW)
    assert (symbols.shape, symbols.dtype, codec.n_symbols_) == ((200, 5), np.int32, 4)
    starts = np.cumsum([0, 13, 13, 13, 13])
    for number, (start, book) in enumerate(zip(starts, codec.codebooks_, strict=True)):
        part = NEW[:, start : start + book.shape[1]]
        distances = np.square(part[:, None].astype(float) - book).sum(axis=2)
        assert symbols[:, number].tolist() == distances.argmin(axis=1).tolist()
    assert len(codec.codebooks_[0]) == 4


def test_a_part_has_no_more_codewords_than_values() -> None:
    points = np.stack([np.zeros(20), np.arange(20) % 3], axis=1)
    codec = VectorQuantisation(2, 8, random_state=0).fit(points)
    assert [len(book) for book in codec.codebooks_] == [1, 3]
    assert codec.inverse_transform(codec.transform(points)) == pytest.approx(points)


def test_a_codeword_is_the_weighted_mean() -> None:
    codec = VectorQuantisation(1, 1).fit([[0.0], [4.0]], sample_weight=[1, 3])
    assert codec.codebooks_[0].tolist() == [[3.0]]


@pytest.mark.parametrize("parts", [0, 65])
def test_more_parts_than_columns_are_refused(parts: int) -> None:
    with pytest.raises(ValueError, match=f"n_parts={parts}: must be ≥ 1 and ≤ 64"):
        VectorQuantisation(parts).fit(TRAIN)


@pytest.mark.parametrize("kind", NEURAL)
def test_a_trained_net_beats_the_mean_of_train_and_knows_shape_and_range(kind: Any) -> None:
    codec = kind(latent_dim=6, steps=120, spec=SPEC, random_state=0).fit(TRAIN)
    assert codec.transform(NEW).shape == (200, 6)
    rebuilt = codec.inverse_transform(codec.transform(NEW))
    assert (rebuilt.shape, rebuilt.min() >= 0, rebuilt.max() <= 1) == ((200, 64), True, True)
    assert error(codec) < 0.75 * float(np.square(NEW - TRAIN.mean(axis=0)).sum(axis=1).mean())


def test_the_same_random_state_gives_the_same_codec_and_leaves_the_global_one_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = (AutoencoderCodec(3, steps=20, random_state=state).fit(TRAIN) for state in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(one.transform(NEW), two.transform(NEW))
    assert not np.array_equal(one.transform(NEW), other.transform(NEW))


def test_a_linear_autoencoder_comes_to_the_principal_components() -> None:
    """Without hidden layers the best that it can do is PCA (Baldi and Hornik 1989)."""
    centred = TRAIN - TRAIN.mean(axis=0)
    codec = AutoencoderCodec(4, hidden=(), steps=1500, learning_rate=1e-2, batch_size=200, random_state=0).fit(centred)
    assert error(codec, centred) == pytest.approx(error(PCA(4).fit(centred), centred), rel=0.02)


def test_a_training_can_be_cut_short() -> None:
    codec = AutoencoderCodec(3, steps=1000, limit_steps=7, random_state=0).fit(TRAIN)
    assert codec.generator_.steps_done == 7


def test_points_of_another_size_than_the_spec_says_are_refused() -> None:
    with pytest.raises(ValueError, match=r"spec.shape=\(1, 8, 8\): must have 10 values"):
        AutoencoderCodec(3, steps=1, spec=SPEC).fit(TRAIN[:, :10])
