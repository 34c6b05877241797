"""Inception: the score by scipy, the faults of a file, and the network itself where torch-fidelity is there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.config.sections import inception_weights
from synthmix.config.sections.inception_weights import FILE, weights_fault
from synthmix.data.base import Dataset
from synthmix.data.sources.digits import load_digits
from synthmix.data.split import split
from synthmix.errors import InvalidInput
from synthmix.quality.features.inception import InceptionFeatures, inception_score
from synthmix.quality.scores import quality_scores
from synthmix.spec import DataSpec, unit_images

GREY = unit_images("digits", (1, 8, 8))


def logits_of(n: int, n_classes: int = 20) -> torch.Tensor:
    return 3 * torch.randn(n, n_classes, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("n", "splits"), [(200, 1), (203, 10), (7, 10)])
def test_the_score_is_a_mean_over_parts_of_relative_entropies(n: int, splits: int) -> None:
    logits = logits_of(n)
    shuffled = logits.double().numpy()[np.random.RandomState(2020).permutation(n)]
    probabilities = np.exp(shuffled) / np.exp(shuffled).sum(1, keepdims=True)
    splits_taken = min(splits, n)
    parts = [probabilities[i * n // splits_taken : (i + 1) * n // splits_taken] for i in range(splits_taken)]
    expected = np.mean([np.exp(np.mean([entropy(p, part.mean(0)) for p in part])) for part in parts])
    assert inception_score(logits, splits=splits) == pytest.approx(expected, rel=1e-9)


def test_the_score_agrees_with_torch_fidelity() -> None:
    reason = "torch-fidelity is not installed; its formula is tested above"
    reference = pytest.importorskip("torch_fidelity.metric_isc", reason=reason)
    expected = reference.isc_features_to_metric(logits_of(203), splits=10, shuffle=True, rng_seed=2020)
    assert inception_score(logits_of(203)) == pytest.approx(expected["inception_score_mean"], rel=1e-4)


@pytest.mark.parametrize(("logits", "expected"), [(50 * torch.eye(8).repeat(20, 1), 8), (torch.zeros(40, 8), 1)])
def test_bounds_of_the_score(logits: torch.Tensor, expected: float) -> None:
    assert inception_score(logits, splits=1) == pytest.approx(expected, rel=1e-6)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only whether the package is there is pretended."""
    monkeypatch.setattr(inception_weights, "find_spec", lambda name: object())


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception_weights, "find_spec", lambda name: None)
    assert weights_fault("w.pth", GREY) == "needs the package torch-fidelity (pip install torch-fidelity)"


@pytest.mark.usefixtures("installed")
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / FILE
    assert str(weights_fault(str(file), GREY)).startswith("no such file; it is https://github.com/toshas/")
    file.write_bytes(b"other weights")
    assert weights_fault(str(file), GREY) == f"must be {FILE}, whose SHA-256 starts with 6726825d"
    with pytest.raises(ValueError, match="whose SHA-256 starts with"):
        InceptionFeatures(file, GREY)
    monkeypatch.setattr(inception_weights, "SHA256_STARTS", hashlib.sha256(b"other weights").hexdigest()[:8])
    assert weights_fault(str(file), GREY) is None
    file.write_bytes(b"changed since then")
    assert weights_fault(str(file), GREY) is not None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "spec", [DataSpec("toy", "table", (2,), None, 5), DataSpec("two", "image", (2, 8, 8), (0.0, 1.0), None)]
)
def test_only_images_have_such_features(spec: DataSpec) -> None:
    assert weights_fault("w.pth", spec) == f"data.name={spec.name} has no images of 1 or 3 channels"


@pytest.mark.usefixtures("installed")
def test_a_cell_with_a_missing_file_is_refused_before_any_training() -> None:
    with composer() as compose:
        config = compose(["quality.inception_weights=nowhere.pth"])
    with pytest.raises(InvalidInput, match=r"^quality.inception_weights=nowhere.pth: no such file; it is https://\S+$"):
        check(config)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the format of torch-fidelity's, of a network that nobody has trained."""
    reason = "torch-fidelity is not installed"
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3", reason=reason)
    file, architecture = tmp_path / FILE, module.FeatureExtractorInceptionV3
    with torch.random.fork_rng(), monkeypatch.context() as patch:
        torch.manual_seed(0)
        patch.setattr(architecture, "load_state_dict", lambda self, state: None)
        patch.setattr(module.torch, "load", lambda path, **_: {})
        torch.save(architecture("any", ["2048"], str(file)).state_dict(), file)
    start = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    monkeypatch.setattr(inception_weights, "SHA256_STARTS", start)
    return file


def test_images_of_one_channel_get_it_three_times(weights: Path) -> None:
    extractor = InceptionFeatures(weights, GREY)
    digits = load_digits().x[:4]
    features, logits = extractor.features_and_logits(digits)
    assert (features.shape, logits.shape) == ((4, 2048), (4, 1008))
    colour = InceptionFeatures(weights, DataSpec("wide", "image", (3, 8, 8), (-1.0, 1.0), None))
    assert torch.equal(colour(2 * digits.expand(-1, 3, -1, -1) - 1), features)
    assert not any(parameter.requires_grad for parameter in extractor.parameters())


def test_scores_of_a_sample(weights: Path) -> None:
    digits: Dataset = load_digits()
    splits = split(digits, seed=0, n_train=20, n_val=20, n_test=497, n_reserve=0)
    scores = quality_scores(splits.test.x[:12], splits, [InceptionFeatures(weights, GREY)], n_samples=12)
    assert {"fid", "fid_floor", "inception_score", "inception_score_floor", "kid"} <= scores.keys()
    assert scores["fid"] > 0
    assert not [name for name in scores if name.startswith("fd_")]
