"""Data sets and generators by name, as in a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf
from sklearn.datasets import load_digits

import synthmix
from synthmix import InvalidInput, load_dataset, load_generator, make_generator
from synthmix.data.base import Dataset
from synthmix.generators.checkpoint import save_generator
from synthmix.generators.training.trained import TrainedGenerator


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_a_data_set_is_loaded_whole(digits: Dataset) -> None:
    reference = load_digits()
    assert digits.x.shape == (1797, 1, 8, 8)
    assert digits.y is not None
    assert digits.y.tolist() == reference.target.tolist()
    torch.testing.assert_close(digits.x[:, 0], torch.from_numpy(reference.images / 16).float())
    assert not GlobalHydra.instance().is_initialized()


def test_options_are_those_of_the_yaml(tmp_path: Path) -> None:
    toy = load_dataset("toy", shape="moons", n_clusters=2, n_points=40)
    assert toy.x.shape == (40, 2)
    (tmp_path / "t.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n5,7,x\n")
    table = load_dataset("table", path=tmp_path / "t.csv", label_column="kind")
    assert (table.x.tolist(), table.spec.n_classes) == ([[1, 2], [3, 4], [5, 7]], 2)


@pytest.mark.parametrize("name", ["vae", "gmm", "gmm_sgd", "smote"])
def test_a_table_that_nobody_has_split_can_be_fitted(name: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.random.default_rng(0).normal(size=(60, 3)))
    table = load_dataset("table", path=tmp_path / "t.npz")
    generator = make_generator(name, **({"steps": 2} if name in ("vae", "gmm_sgd") else {}))
    assert generator.fit(table, seed=0).sample(10, seed=0).dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"name": "mnits"}, "data=mnits: no such member; allowed: adbench, bbc_news, cifar10, "),
        ({"name": "toy", "n_point": 3}, "data.n_point=3: unknown key; did you mean n_points? allowed: "),
        ({"name": "toy", "n_points": 0}, "data.n_points=0: must be ≥ 1"),
        ({"name": "digits", "n_train": 50}, "data.n_train=50: the whole set is loaded; split() cuts it"),
        ({"name": "table", "path": "missing.csv"}, "data.path=missing.csv: no such file"),
        ({"name": "pendigits", "root": "nowhere"}, "data.root=nowhere: "),
    ],
)
def test_a_wrong_option_of_a_data_set_is_one_line(options: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        load_dataset(**options)
    (fault,) = error.value.faults
    assert fault.startswith(line)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"name": "vea"}, "model=vea: no such member; allowed: "),
        ({"name": "vae", "latent": 3}, "model.latent=3: unknown key; "),
        ({"name": "vae", "beta": -1}, "model.beta=-1: must be ≥ 0"),
        ({"name": "gan", "networks": 3}, "model.networks=3: must be a group of keys"),
        ({"name": "gan", "networks": {"hiden": [8]}}, "model.networks.hiden=[8]: unknown key; did you mean hidden?"),
        ({"name": "gan", "latent_dim": torch.tensor(3)}, "model: latent_dim: Value 'Tensor' is not a supported "),
    ],
)
def test_a_wrong_option_of_a_generator_is_one_line(options: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        make_generator(**options)
    (fault,) = error.value.faults
    assert fault.startswith(line)


def trained(digits: Dataset, name: str, **options: Any) -> TrainedGenerator:
    generator = make_generator(name, steps=5, batch_size=16, **options)
    assert isinstance(generator, TrainedGenerator)
    return generator.fit(digits.take(slice(60)), seed=1)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gan", {"ema_decay": 0.9}),
        ("vae", {"networks": {"hidden": [16]}, "mixture_components": 2}),
        ("vae", {"latent_density": "prior"}),
    ],
)
def test_a_generator_on_disk_samples_as_the_one_that_was_trained(
    digits: Dataset, name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    from synthmix.config.composing.composer import composer
    from synthmix.config.plain import plain

    generator = trained(digits, name, **options)
    with composer() as compose:
        defaults = compose([f"model={name}"]).model
    node = plain(OmegaConf.merge(defaults, options, {"steps": 5, "batch_size": 16}))
    path = save_generator(generator, node, tmp_path / "g.pt")
    loaded = load_generator(str(path))
    assert torch.equal(loaded.sample(600, seed=3), generator.sample(600, seed=3))
    assert loaded.spec == generator.spec


@pytest.mark.parametrize("content", [b"", b"text\n" * 100, b"\x80\x02}q\x00."])
def test_a_file_that_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"x.pt: not a checkpoint of torch"):
        load_generator(str(tmp_path / "x.pt"))


class Touches:
    """What a pickle could do: an object that runs code when it is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, ("touched", "w")


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    torch.save({"model": Touches(), "spec": {}, "seed": 0, "state": {}}, tmp_path / "x.pt")
    with pytest.raises(InvalidInput, match=r"x.pt: not a checkpoint of weights and settings alone"):
        load_generator(str(tmp_path / "x.pt"))
    assert not Path("touched").exists()


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"state": {}}, tmp_path / "x.pt")
    with pytest.raises(InvalidInput, match=r"x.pt: not a checkpoint of a finished training"):
        load_generator(str(tmp_path / "x.pt"))


def test_a_run_is_not_looked_for_in_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"tracking.uri=sqlite:///{tmp_path}/mlflow.db: no such file"):
        load_generator("0123456789abcdef")
    assert list(tmp_path.iterdir()) == []


def test_every_public_name_is_there() -> None:
    assert all(getattr(synthmix, name) is not None for name in synthmix.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = synthmix.nothing
