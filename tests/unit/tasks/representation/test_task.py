"""What the task puts out, and what of a cell does not suit it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.kernel_approximation import Nystroem

from synthmix.config.cell import check
from synthmix.config.composing.composer import composer
from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.representations.base import Representation
from synthmix.representations.identity import IdentityRepresentation
from synthmix.representations.pca import PcaRepresentation
from synthmix.representations.pca_config import PcaConfig
from synthmix.representations.transformer import TransformerRepresentation
from synthmix.spec import DataSpec
from synthmix.tasks.clustering.task import Clustering
from synthmix.tasks.held_out import outputs_for
from synthmix.tasks.representation.task import RepresentationLearning

SPEC = DataSpec("four", "table", (4,), None, 3)
X = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))


def outputs(representation: Representation, kind: type[Clustering] = RepresentationLearning) -> dict[str, Any]:
    representation.fit(Dataset(X, None, SPEC), seed=0)
    task = kind(estimator=KMeans(None), spec=SPEC).fit(representation.transform(X), None, 0)
    return outputs_for(task, representation, X[:20])


def test_codes_clusters_and_reconstructions_are_put_out() -> None:
    representation = PcaRepresentation(PcaConfig(n_components=2))
    found = outputs(representation)
    np.testing.assert_array_equal(found["code"], representation.transform(X[:20]))
    assert set(found["assignments"]) <= {0, 1, 2}
    centred = (X - X.mean(dim=0)).double().numpy()
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    expected = (centred @ axes[:2].T @ axes[:2])[:20] + X.mean(dim=0).numpy()
    np.testing.assert_allclose(found["reconstruction"], expected, atol=1e-5)


def test_identity_reconstructs_the_points_themselves() -> None:
    np.testing.assert_array_equal(outputs(IdentityRepresentation())["reconstruction"], X[:20].numpy())


class OneWay:
    """A user's own representation, which knows nothing of a way back."""

    def fit(self, dataset: Dataset, *, seed: int) -> OneWay:
        return self

    def transform(self, x: torch.Tensor) -> Any:
        return x.flatten(1).numpy()[:, :2]


@pytest.mark.parametrize("representation", [OneWay(), TransformerRepresentation(Nystroem(n_components=7))])
def test_without_a_way_back_there_is_no_reconstruction(representation: Representation) -> None:
    assert {"code", "assignments"} <= set(outputs(representation)) <= {"code", "assignments", "held_out_loss"}


def test_another_task_stores_no_reconstruction() -> None:
    assert set(outputs(IdentityRepresentation(), Clustering)) == {"assignments", "held_out_loss"}


def faults(*overrides: str) -> tuple[str, ...]:
    with composer() as compose, pytest.raises(InvalidInput) as caught:
        check(compose(["task=representation", *overrides]))
    return caught.value.faults


def test_by_default_the_representation_sees_the_mixture_and_kmeans_is_the_learner() -> None:
    with composer() as compose:
        cell = check(compose(["task=representation", "representation=autoencoder"]))
    assert (cell.representation.name, cell.representation.fit_on) == ("autoencoder", "mixture")
    assert cell.learner.name == "kmeans"


def test_a_representation_that_does_not_see_the_mixture_or_weights_is_refused() -> None:
    assert faults("representation.fit_on=train", "mix.synthetic_weight=0.5") == (
        "representation.fit_on=train: task.name=representation judges one of the mixture; must be mixture",
        "mix.synthetic_weight=0.5: task.name=representation: representations take no weights; must be 1",
    )


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        (
            "contrastive",
            "representation.name=contrastive: data.name=pendigits has 16 columns; must be square",
        ),
        ("conv_autoencoder", "representation.generator.name=conv_autoencoder: data.name=pendigits has 16 columns"),
    ],
)
def test_what_is_for_images_refuses_a_table(member: str, fault: str) -> None:
    (found,) = faults("data=pendigits", f"representation={member}")
    assert found.startswith(fault)


def test_an_optional_package_that_is_not_there_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthmix.representations.neighbours.config.find_spec", lambda _: None)
    assert faults("representation=umap") == ("representation.name=umap: needs umap; pip install 'synthmix[umap]'",)
    assert faults("representation=tsne") == ("representation.name=tsne: needs openTSNE; pip install 'synthmix[tsne]'",)
    (few,) = (fault for fault in faults("representation=tsne", "data.n_train=4") if "n_components" in fault)
    assert few == "representation.n_components=2: must be ≤ 1 (data.n_train - 3)"
