"""For notebooks: data sets and generators by name, without a Hydra application or an MLflow run."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from synthmix.config.cell import check_member
from synthmix.config.composing.composer import composer
from synthmix.config.data import READ_BY_SPLIT
from synthmix.config.instantiate import instantiate
from synthmix.config.plain import plain
from synthmix.config.readable import readable
from synthmix.config.schema import Member
from synthmix.data.base import Dataset
from synthmix.errors import InvalidInput
from synthmix.generators.base import Generator
from synthmix.generators.checkpoint import read_checkpoint
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.per_class import PerClass


def load_dataset(name: str, **options: Any) -> Dataset:
    """The data set of conf/data/<name>.yaml, e.g. ``load_dataset("mnist", root="data")``.

    A table of one's own comes as it stands, in float64; `split` standardises it, which its generators count on.

    Raises:
        InvalidInput: an unknown name or option, or a file that is missing or damaged.
    """
    faults = [
        f"data.{key}={options[key]}: the whole set is loaded; split() cuts it"
        for key in READ_BY_SPLIT
        if key in options
    ]
    if faults:
        raise InvalidInput(*faults)
    dataset: Dataset = instantiate(member("data", name, options))
    return dataset


def make_generator(name: str, **options: Any) -> Generator:
    """The unfitted generator of conf/model/<name>.yaml, e.g. ``make_generator("gan", networks={"hidden": [128]})``.

    Raises:
        InvalidInput: an unknown name or option, or a value out of range.
    """
    generator: Generator = instantiate(member("model", name, options))
    return generator


def make_clusterer(name: str, *, random_state: int | None = 0, **options: Any) -> Any:
    """The unfitted clusterer of conf/clusterer/<name>.yaml, an estimator of scikit-learn's kind.

    It has `fit` and `predict`, and its keys are its parameters, so that it works in a `Pipeline` and a `GridSearchCV`.
    A representation that the file names (`gmm_on_pca`) is no part of it.

    Args:
        name: of the member.
        random_state: set where it has one.
        options: keys of its config; `n_clusters` where it has that key, since nothing here knows classes.

    Raises:
        InvalidInput: an unknown name or option, a value out of range, or a number of clusters that is left open.
    """
    config = member("clusterer", name, options)
    if not isinstance(given := getattr(config, "n_clusters", 2), int):
        reason = "no classes are known here" if given is None else "a rule is for a study"
        raise InvalidInput(f"clusterer.n_clusters={'null' if given is None else given}: {reason}; must be a number ≥ 2")
    clusterer = instantiate(config)
    if random_state is not None and "random_state" in clusterer.get_params():
        clusterer.set_params(random_state=random_state)
    return clusterer


def load_generator(run: str, tracking_uri: str | None = None) -> LearnedGenerator:
    """The trained generator of an MLflow run (of the training itself or of a cell), or of a checkpoint file.

    Raises:
        InvalidInput: there is no such file or run, the run has no trained generator, or the file holds none.
    """
    if Path(run).is_file():
        return _load_checkpoint(Path(run))
    from synthmix.tracking.mlflow.checkpoint import download_checkpoint
    from synthmix.tracking.uri import resolve_uri

    with TemporaryDirectory() as folder:
        return _load_checkpoint(download_checkpoint(resolve_uri(tracking_uri), run, Path(folder)))


def _load_checkpoint(path: Path) -> LearnedGenerator:
    content = read_checkpoint(path)
    model = check_member(content["model"], "model")
    if "classes" in content:
        return PerClass(lambda: instantiate(model), content["labels"]).load_state(content)
    generator: LearnedGenerator = instantiate(model)
    return generator.load_state(content)


def clusterer_keys(name: str) -> Collection[str]:
    """The keys of conf/clusterer/<name>.yaml. Raises InvalidInput for an unknown name."""
    return frozenset(vars(member("clusterer", name, {})))


def member(group: str, name: str, options: Mapping[str, Any]) -> Member:
    """The config of conf/<group>/<name>.yaml with other values of some keys.

    Raises:
        InvalidInput: an unknown name or key, or a value out of range.
    """
    texts = {key: os.fspath(value) if isinstance(value, os.PathLike) else value for key, value in options.items()}
    with composer() as compose:
        defaults = plain(compose([f"{group}={name}"])[group])
    try:
        node: dict[str, Any] = plain(OmegaConf.merge(defaults, texts))
    except OmegaConfBaseException as error:  # a value of a type that no config holds
        raise InvalidInput(f"{group}: {readable(error)}") from error
    return check_member(node, group)
