"""What the task puts out, against the same steps done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torchmetrics.image import StructuralSimilarityIndexMeasure

from synthmix.metric import HeldOut, scores_of
from synthmix.spec import DataSpec, unit_images
from synthmix.tasks.compression.learners.neural import AutoencoderCodec
from synthmix.tasks.compression.learners.vector_quantisation import VectorQuantisation
from synthmix.tasks.compression.metrics import METRICS
from synthmix.tasks.compression.task import Compression
from synthmix.tasks.compression.task_config import CompressionConfig

DIGITS = (load_digits().data / 16).astype(np.float32)
TRAIN, NEW = DIGITS[:200], DIGITS[200:300]
SPEC = unit_images("digits", (1, 8, 8))
TABLE = DataSpec("rows", "table", (64,), None, None)


def fitted(estimator: Any, spec: DataSpec = SPEC, weight: Any = None, **keys: Any) -> Compression:
    return Compression(CompressionConfig(**keys), estimator=estimator, spec=spec).fit(TRAIN, weight, 0)


def scores(outputs: Any, points: Any = NEW, spec: DataSpec = SPEC) -> dict[str, float]:
    return scores_of(METRICS, HeldOut(outputs, torch.from_numpy(points).view(-1, *spec.shape), None, 0))


def test_pca_by_hand() -> None:
    found = fitted(PCA(5), bits=3, clipped_share=0.0).outputs(NEW)
    mean = TRAIN.mean(axis=0, dtype=float)
    axes = np.linalg.svd(TRAIN - mean, full_matrices=False)[2][:5]
    axes *= np.sign(axes[np.arange(5), np.abs(axes).argmax(axis=1)])[:, None]
    seen, new = (TRAIN - mean) @ axes.T, (NEW - mean) @ axes.T
    low, step = seen.min(axis=0), np.ptp(seen, axis=0) / 8
    symbols, of_train = (np.floor((z - low) / step).clip(0, 7).astype(int) for z in (new, seen))
    rebuilt = ((low + (symbols + 0.5) * step) @ axes + mean).clip(0, 1)
    assert np.array_equal(found["symbols"], symbols)
    assert found["reconstruction"].astype(float) == pytest.approx(rebuilt, abs=1e-3)
    bits = sum(
        -np.log2((np.bincount(column, minlength=8)[new] + 1) / 208)
        for column, new in zip(of_train.T, symbols.T, strict=True)
    )
    mse = float(np.square(NEW - rebuilt).mean())
    score = scores(found)
    assert score["bits_per_dimension"] == pytest.approx(bits.mean() / 64)
    assert score["mse"] == pytest.approx(mse)
    assert score["psnr"] == pytest.approx(-10 * np.log10(mse))
    assert score["rate_distortion_cost"] == pytest.approx(100 * mse + bits.mean() / 64)
    untouched = np.square(NEW - (new @ axes + mean).clip(0, 1)).sum(axis=1)
    assert found["held_out_loss"] == pytest.approx(untouched)


def test_more_bits_cost_rate_and_save_error_down_to_what_the_codec_loses_itself() -> None:
    found = [scores(fitted(PCA(6), bits=bits, clipped_share=0.0).outputs(NEW)) for bits in (1, 3, 5, 16)]
    assert np.all(np.diff([score["bits_per_dimension"] for score in found]) > 0)
    assert np.all(np.diff([score["mse"] for score in found]) < 0)
    assert 64 * found[-1]["mse"] == pytest.approx(found[-1]["held_out_loss"], rel=0.02)


def test_codebooks_are_as_large_as_a_symbol_and_are_not_quantised_again() -> None:
    task = fitted(VectorQuantisation(4), bits=3)
    found = task.outputs(NEW)
    assert (task.estimator.n_symbols_, task.quantiser) == (8, None)
    assert np.array_equal(found["symbols"], task.estimator.transform(NEW))
    assert found["squared_error"] == pytest.approx(found["held_out_loss"])
    assert scores(found)["bits_per_dimension"] < 4 * 3 / 64 * 1.1


def test_codebooks_of_a_size_of_their_own_keep_it() -> None:
    assert fitted(VectorQuantisation(4, 5), bits=3).estimator.n_symbols_ == 5


def test_nets_are_told_what_the_points_are() -> None:
    task = fitted(AutoencoderCodec(3, steps=5))
    assert task.estimator.generator_.spec == SPEC


def test_weights_reach_the_codec_and_the_frequencies() -> None:
    twice = np.repeat(TRAIN, 2, axis=0)
    whole = Compression(CompressionConfig(bits=2), estimator=VectorQuantisation(2, 1), spec=SPEC).fit(twice, None, 0)
    weighted = fitted(VectorQuantisation(2, 1), bits=2, weight=np.full(len(TRAIN), 2.0))
    assert weighted.outputs(NEW)["code_length"] == pytest.approx(whole.outputs(NEW)["code_length"])
    assert weighted.frequencies.bits == pytest.approx(whole.frequencies.bits)


def test_a_table_has_no_peak_and_no_structure() -> None:
    found = fitted(PCA(5), TABLE).outputs(NEW)
    assert found["reconstruction"].dtype == np.float32
    score = scores(found, spec=TABLE)
    assert set(METRICS) - set(score) == {"psnr", "ssim"}
    assert score["rate_distortion_cost"] == pytest.approx(100 * score["mse"] + score["bits_per_dimension"])


def test_the_price_of_a_bit_is_a_key() -> None:
    one, ten = (scores(fitted(PCA(5), rate_weight=weight).outputs(NEW)) for weight in (1.0, 10.0))
    assert ten["rate_distortion_cost"] - one["rate_distortion_cost"] == pytest.approx(9 * one["bits_per_dimension"])


def test_a_peak_of_255_changes_neither_psnr_nor_cost_nor_similarity() -> None:
    spec = DataSpec("greys", "image", (1, 8, 8), (0.0, 255.0), None)
    task = Compression(CompressionConfig(), estimator=PCA(5), spec=spec).fit(255 * TRAIN, None, 0)
    one, other = scores(fitted(PCA(5)).outputs(NEW)), scores(task.outputs(255 * NEW), 255 * NEW, spec)
    for name in ("psnr", "rate_distortion_cost", "ssim"):
        assert other[name] == pytest.approx(one[name], rel=1e-3)


@pytest.mark.parametrize(("size", "gaussian"), [(8, False), (16, True)])
def test_structural_similarity_is_that_of_torchmetrics_with_a_window_that_fits(size: int, gaussian: bool) -> None:
    rng = np.random.default_rng(0)
    points = rng.random((5, size * size), dtype=np.float32)
    rebuilt = (0.8 * points + 0.1).astype(np.float16)
    outputs = fitted(PCA(2)).outputs(NEW[:5]) | {"reconstruction": rebuilt}
    spec = unit_images("noise", (1, size, size))
    metric = StructuralSimilarityIndexMeasure(gaussian_kernel=gaussian, kernel_size=7, data_range=1.0)
    images = [torch.from_numpy(x.astype(np.float32)).view(-1, 1, size, size) for x in (rebuilt, points)]
    assert scores(outputs, points, spec)["ssim"] == pytest.approx(float(metric(*images)), abs=1e-6)


class Padded(PCA):  # type: ignore[misc]
    """A codec whose latents are longer than its points."""

    def transform(self, X: Any) -> Any:
        return np.repeat(super().transform(X), 20, axis=1)


def test_a_codec_that_makes_points_longer_is_refused() -> None:
    with pytest.raises(ValueError, match="100 latent values of a point; must be ≤ 64, its own"):
        fitted(Padded(5))
