"""Generators that do not fit the rest of a cell are refused in one line, before any training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from synthmix.api import load_dataset, make_generator
from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.data.split import split
from synthmix.errors import InvalidInput


def faults(*overrides: str) -> list[str]:
    with composer() as compose:
        config = compose(overrides)
    try:
        check(config)
    except InvalidInput as error:
        return list(error.faults)
    return []


SIZES = "square images of 28 pixels or a multiple of 8 up to 64"


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["model=dcgan", "data=toy"], f"model.name=dcgan: data.name=toy has 2 columns; must be {SIZES}"),
        (
            ["model=dcgan", "model.batch_size=1"],
            "model.batch_size=1: must be ≥ 2 for the batch norm of dcgan",
        ),
        (
            ["model=gan", "data=toy", "model.output=tanh"],
            "model.output=tanh: data.name=toy has no bounds; allowed: auto, none",
        ),
        (["model=gan", "model.output=relu"], "model.output=relu: allowed: auto, none, tanh, sigmoid"),
        (
            ["model=gan", "data=toy", "model.augment=[translation,cutout]"],
            "model.augment=[translation, cutout]: data.name=toy has no images; allowed: []",
        ),
        (["model=gan", "model.penalty=r3"], "model.penalty=r3: allowed: none, gradient, r1_r2"),
        (["model=gan", "model.steps=0"], "model.steps=0: must be ≥ 1"),
        (["model=gan", "model.ema_decay=1"], "model.ema_decay=1: must be ≥ 0 and < 1 or null"),
        (["model=gan", "model.networks.hidden=[128,0]"], "model.networks.hidden=[128, 0]: each element must be ≥ 1"),
        (
            ["model=flow_matching", "model.evaluations=5"],
            "model.evaluations=5: must be even for model.solver=midpoint, two a step",
        ),
        (["model=flow_matching", "model.evaluations=0"], "model.evaluations=0: must be ≥ 1"),
        (["model=flow_matching", "model.solver=rk4"], "model.solver=rk4: allowed: euler, midpoint, heun"),
        (["model=flow_matching", "model.max_gradient_norm=0"], "model.max_gradient_norm=0: must be > 0"),
        (["model=flow_matching", "model.networks.width=0"], "model.networks.width=0: must be ≥ 1"),
        (
            ["model=vae", "data=toy", "model.likelihood=bernoulli"],
            "model.likelihood=bernoulli: data.name=toy has no bounds; allowed: auto, gaussian",
        ),
        (["model=vae", "model.beta=-1"], "model.beta=-1: must be ≥ 0"),
        *(
            ([f"model={name}", "data=toy"], f"model.name={name}: data.name=toy has 2 columns; must be {SIZES}")
            for name in ("conv_autoencoder", "conv_vae")
        ),
        (["model=conv_vae", "model.networks.width=0"], "model.networks.width=0: must be ≥ 1"),
        (
            [
                *("model=vae", "model.networks._target_=synthmix.generators.gan.networks.MlpNetworks"),
                "+model.networks.spectral_norm=false",
            ],
            "model.networks._target_=synthmix.generators.gan.networks.MlpNetworks: allowed: "
            "synthmix.generators.autoencoder.coders.ConvCoders, synthmix.generators.autoencoder.coders.MlpCoders",
        ),
        (["model=autoencoder", "model.corruption=salt"], "model.corruption=salt: allowed: none, masking, gaussian"),
        (
            ["model=denoising_autoencoder", "model.corruption_level=1.0"],
            "model.corruption_level=1.0: must be < 1 (model.corruption=masking)",
        ),
        (["model=denoising_autoencoder", "model.corruption_level=0"], "model.corruption_level=0: must be > 0"),
        (["model=autoencoder", "model.sparsity=l0"], "model.sparsity=l0: allowed: none, kl, l1"),
        (["model=sparse_autoencoder", "model.sparsity_weight=0"], "model.sparsity_weight=0: must be > 0"),
        (["model=sparse_autoencoder", "model.sparsity_target=1"], "model.sparsity_target=1: must be > 0 and < 1"),
        (
            ["model=vae", "+model.corruption=none"],
            "model.corruption=none: unknown key; "
            "allowed: batch_size, beta, ema_decay, latent_density, latent_dim, learning_rate, likelihood, "
            "mixture_components, mixture_regularization, name, networks, steps",
        ),
        (
            ["model=smote", "data.n_train=5", "clusterer.n_clusters=2"],
            "model.n_neighbors=5: must be < 5 (data.n_train)",
        ),
        (
            ["model=gmm", "model.n_components=[51,300]"],
            "model.n_components=[51, 300]: the least must be ≤ 50, half of 100 (data.n_train)",
        ),
        (["model=gmm", "model.n_components=[]"], "model.n_components=[]: must name at least one number"),
        (["model=gmm", "model.n_components=[2,0]"], "model.n_components=[2, 0]: each element must be ≥ 1"),
        (
            ["model=gmm", "model.covariance=[]"],
            "model.covariance=[]: must name at least one of full, tied, diag, spherical",
        ),
        (
            ["model=gmm", "model.covariance=[round]"],
            "model.covariance=[round]: each element allowed: full, tied, diag, spherical",
        ),
        (["model=gmm", "model.select_by=hqc"], "model.select_by=hqc: allowed: aic, bic, cv_log_likelihood"),
        (["model=gmm", "model.folds=1"], "model.folds=1: must be ≥ 2"),
        (["model=gmm", "model.folds=101"], "model.folds=101: must be ≤ 100 (data.n_train)"),
        (["model=gmm", "model.pca_variance=1"], "model.pca_variance=1: allowed: auto or must be > 0 and < 1 or null"),
        (["model=gmm", "model.covariance_regularization=0"], "model.covariance_regularization=0: must be ≥ 1e-09"),
        (
            ["model=bernoulli_mixture", "data=toy"],
            "model.name=bernoulli_mixture: data.name=toy has no bounds; must be images",
        ),
        (["model=bernoulli_mixture", "model.smoothing=0"], "model.smoothing=0: must be > 0"),
        (["model=gmm_sgd", "model.n_components=101"], "model.n_components=101: must be ≤ 100 (data.n_train)"),
        (["model=gmm_sgd", "model.covariance=tied"], "model.covariance=tied: allowed: full, diag"),
        (
            ["model=gaussian_copula", "model.shrinkage=1.5"],
            "model.shrinkage=1.5: allowed: auto or must be ≥ 0 and ≤ 1",
        ),
        (["model=gaussian_copula", "model.shrinkage=none"], "model.shrinkage=none: allowed: auto or must be a number"),
        (["model=tvae"], "model.name=tvae: data.name=digits has no columns; must be a table"),
        (["model=ctgan"], "model.name=ctgan: data.name=digits has no columns; must be a table"),
        (
            ["model=ctgan", "data=toy", "model.pac=10", "model.batch_size=64"],
            "model.batch_size=64: must be ≥ 2 and a multiple of model.pac=10",
        ),
        (["model=tvae", "data=toy", "model.max_modes=0"], "model.max_modes=0: must be ≥ 1"),
        (["model=jitter", "model.noise=0"], "model.noise=0: must be > 0"),
        (["model=truth"], "model.name=truth: data.name=digits has no known distribution; allowed: data=toy"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_misfit_is_named_in_one_line(overrides: list[str], line: str) -> None:
    assert faults(*overrides) == [line]


def test_an_ex_post_mixture_needs_two_points() -> None:
    line = "data.n_train=1: must be ≥ 2 for the ex-post mixture of model.name=autoencoder"
    assert line in faults("model=autoencoder", "data.n_train=1")


@pytest.mark.parametrize("name", ["gmm", "gaussian", "bernoulli_mixture", "gaussian_naive_bayes_mixture"])
def test_a_mixture_needs_points_for_its_folds(name: str) -> None:
    line = f"data.n_train=2: must be ≥ 3 for the folds of model.name={name}"
    assert line in faults(f"model={name}", "data.n_train=2", "clusterer.n_clusters=2")


def test_two_folds_leave_two_points_each() -> None:
    words = ["model=gmm", "model.folds=2", "model.n_components=[1]", "clusterer.n_clusters=2"]
    assert faults(*words, "data.n_train=3") == ["data.n_train=3: must be ≥ 4 for the folds of model.name=gmm"]
    assert faults(*words, "data.n_train=4") == []
    splits = split(load_dataset("digits"), seed=0, n_train=4, n_val=10, n_test=0, n_reserve=0)
    model = make_generator("gmm", folds=2, n_components=[1]).fit(splits.unlabelled().train, seed=0)
    assert model.sample(5, 0).isfinite().all()


@pytest.mark.parametrize(("name", "how"), [("gmm", "by EM"), ("gaussian_copula", "at once")])
def test_what_is_not_trained_continues_no_checkpoint(name: str, how: str, tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({}, path)
    line = f"trainer.resume_from={path}: model.name={name} is fitted {how}; must be null"
    assert faults(f"model={name}", f"trainer.resume_from={path}") == [line]


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=gmm", "model.pca_variance=0.5"],
        ["model=gmm", "model.pca_variance=null", "data.n_train=20"],
        ["model=gmm_sgd", "data=toy"],
        ["model=dcgan"],
        ["model=gan", "data=toy", "model.output=none"],
        ["model=vae", "data=toy", "model.likelihood=gaussian"],
        ["model=truth", "data=toy"],
        ["model=flow_matching", "data=toy"],
        ["model=flow_matching", "model.solver=euler", "model.evaluations=5"],
        ["model=gan", "model.ema_decay=0.999"],
        ["model=conv_vae"],
        ["model=denoising_autoencoder", "data=toy"],
        ["model=denoising_autoencoder", "model.corruption=gaussian", "model.corruption_level=1.5"],
        ["model=sparse_autoencoder", "data=toy", "model.sparsity=l1"],
    ],
    ids=" ".join,
)
def test_what_fits_has_no_fault(overrides: list[str]) -> None:
    assert faults(*overrides) == []
