"""The configs of the data sets: what they promise before loading is what loading delivers."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from synthmix.config.cell import CellConfig
from synthmix.config.composing.composer import composer
from synthmix.config.data import FILLED, READ_BY_SPLIT, DataConfig
from synthmix.config.nodes import build, check_node
from synthmix.config.plain import plain
from synthmix.data.base import Dataset
from synthmix.data.sources.adbench_config import AdbenchConfig
from synthmix.data.sources.bbc_news_config import BbcNewsConfig
from synthmix.data.sources.cifar10_config import Cifar10Config
from synthmix.data.sources.digits_config import DigitsConfig
from synthmix.data.sources.idx_config import FashionMnistConfig, KmnistConfig, MnistConfig
from synthmix.data.sources.image_folder.config import ImageFolderConfig
from synthmix.data.sources.openml_config import OpenmlConfig
from synthmix.data.sources.pendigits_config import PendigitsConfig
from synthmix.data.sources.table.config import TableConfig
from synthmix.data.sources.table.sample_config import TableSampleConfig
from synthmix.data.sources.text.config import TextConfig
from synthmix.data.sources.text.wordllama_config import TextWordllamaConfig
from synthmix.data.sources.toy_config import ToyConfig
from synthmix.data.sources.usps_config import UspsConfig
from synthmix.data.split import split

CONF = Path(__file__).resolve().parents[3] / "conf" / "data"
CONFIGS: dict[str, type[DataConfig]] = {
    "digits": DigitsConfig,
    "mnist": MnistConfig,
    "fashion_mnist": FashionMnistConfig,
    "kmnist": KmnistConfig,
    "usps": UspsConfig,
    "adbench": AdbenchConfig,
    "cifar10": Cifar10Config,
    "pendigits": PendigitsConfig,
    "image_folder": ImageFolderConfig,
    "openml": OpenmlConfig,
    "table": TableConfig,
    "table_sample": TableSampleConfig,
    "text": TextConfig,
    "text_wordllama": TextWordllamaConfig,
    "bbc_news": BbcNewsConfig,
    "toy": ToyConfig,
}
SIZES = ("n_train", "n_val", "n_test", "n_reserve")


def node_of(name: str, **changes: Any) -> dict[str, Any]:
    return {**composed(name), **changes}


@cache
def composed(name: str) -> dict[str, Any]:
    with composer() as compose:
        node: dict[str, Any] = plain(compose([f"data={name}"]).data)
    return node


def config_of(node: dict[str, Any]) -> DataConfig:
    return build(CONFIGS[node["name"]], node)


def cell_of(config: DataConfig) -> CellConfig:
    """A cell with this data set, which does not look at the rest."""
    rest: Any = dict.fromkeys(("model", "gate", "representation", "task"))
    return CellConfig(data=config, **rest)


def loader_of(node: dict[str, Any]) -> Callable[..., Dataset]:
    module, _, function = node["_target_"].rpartition(".")
    loader: Callable[..., Dataset] = getattr(importlib.import_module(module), function)
    return loader


def loader_keys(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in (*READ_BY_SPLIT, *FILLED, "name", "_target_")}


def test_every_yaml_has_a_config() -> None:
    assert {path.stem for path in CONF.glob("*.yaml")} == set(CONFIGS)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_has_the_keys_of_its_schema_and_of_its_loader(name: str) -> None:
    node = node_of(name)
    assert check_node(CONFIGS[name], node, "data") == []
    parameters = set(inspect.signature(loader_of(node)).parameters)
    assert parameters in ({"config"}, set(loader_keys(node)))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CONFIGS
        if name not in ("table", "table_sample", "openml", "image_folder", "kmnist", "adbench")
        and name not in ("text", "text_wordllama", "bbc_news")
    ],
)
def test_the_outline_is_what_loading_delivers(name: str, data_root: Path) -> None:
    node = node_of(name)
    node |= {"root": str(data_root)} if "root" in node else {}
    config = config_of(node)
    cell = cell_of(config)
    assert list(config.faults(cell)) == []
    dataset = loader_of(node)(**loader_keys(node))
    outline = cell.outline
    assert dataset.spec.digest
    assert outline.spec == replace(dataset.spec, digest="")
    splits = split(dataset, seed=0, **{key: node[key] for key in SIZES})
    assert len(splits.train) == node["n_train"]
    assert len(splits.train) + len(splits.pool) == outline.n_learn


def test_the_outline_of_documents_is_what_the_split_delivers(data_root: Path) -> None:
    config = config_of(node_of("bbc_news", root=str(data_root)))
    cell = cell_of(config)
    dataset = loader_of(node_of("bbc_news"))(config)
    splits = split(dataset, seed=0, **{key: getattr(config, key) for key in SIZES})
    assert cell.outline.spec == replace(splits.train.spec, digest="")
    assert len(splits.train) + len(splits.pool) == cell.outline.n_learn


def test_the_outline_of_a_table_is_what_loading_delivers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,label\n" + "".join(f"{i},{i % 7},{'xyz'[i % 3]}\n" for i in range(50)))
    node = node_of("table", path=str(path), label_column="label")
    config = config_of(node)
    cell = cell_of(config)
    dataset = loader_of(node)(config)
    assert cell.outline.spec == replace(dataset.spec, digest="")
    assert cell.outline.n_learn == 30
    assert list(config.faults(cell)) == []


@pytest.mark.parametrize(
    ("name", "changes", "fault"),
    [
        (
            "digits",
            {"n_train": 5000},
            "data.n_train=5000: must be ≤ 1000 (1797 points less 497 test and 300 val)",
        ),
        (
            "mnist",
            {"n_train": 60_000},
            "data.n_train=60000: must be ≤ 40000 (60000 points less 10000 val and 10000 reserve)",
        ),
        (
            "mnist",
            {"n_test": 100},
            "data.n_test=100: must be null (the official test set of 10000 points is used whole)",
        ),
        ("table", {}, "data.path=null: must name a file, such as a .csv, .xlsx, .parquet or .npz"),
        ("image_folder", {}, "data.path=null: must name a folder of png, jpg or tif files"),
        ("text", {}, "data.path=null: must name a folder or a zip of texts, or a table with a column of them"),
        (
            "table_sample",
            {"path": "absent.csv"},
            "data.path=absent.csv: must end in .npy or .parquet; data=table reads other files whole",
        ),
        ("table", {"path": "absent.csv"}, "data.path=absent.csv: no such file"),
        (
            "toy",
            {"n_points": 3000},
            "data.n_test=2000: leaves no point to learn from (3000 points less 2000 test and 1000 val)",
        ),
    ],
)
def test_what_the_data_cannot_give_is_one_line(name: str, changes: dict[str, Any], fault: str) -> None:
    node = node_of(name, **changes)
    assert check_node(CONFIGS[name], node, "data") == []
    config = config_of(node)
    assert list(config.faults(cell_of(config))) == [fault]


@pytest.mark.parametrize(
    ("name", "changes", "fault"),
    [
        ("digits", {"n_train": 0}, "data.n_train=0: must be ≥ 1"),
        ("digits", {"n_reserve": -1}, "data.n_reserve=-1: must be ≥ 0"),
        ("toy", {"shape": "rings"}, "data.shape=rings: allowed: blobs, moons, gaussian_mixture"),
        ("toy", {"n_clusters": 1}, "data.n_clusters=1: must be ≥ 2"),
        ("toy", {"separation": 0.0}, "data.separation=0.0: must be > 0"),
    ],
)
def test_what_no_data_can_give_is_one_line(name: str, changes: dict[str, Any], fault: str) -> None:
    (line,) = check_node(CONFIGS[name], node_of(name, **changes), "data")
    assert line.startswith(fault)


def test_configs_import_nothing_heavy() -> None:
    modules = sorted({kind.__module__ for kind in CONFIGS.values()})
    code = (
        f"import importlib, sys; [importlib.import_module(name) for name in {modules}]; "
        "print([name for name in ('torch', 'sklearn', 'pyarrow', 'pandas', 'mlflow', 'tqdm') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"
