from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import Birch
from sklearn.utils.validation import has_fit_parameter

from synthmix.config.cell import check, check_member
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.members import ClustererConfig
from synthmix.config.nodes import build, check_node, member_types, with_settings
from synthmix.config.plain import plain
from synthmix.spec import DataSpec, Outline
from synthmix.tasks.clustering.task import Clustering

UNSUPERVISED = SimpleNamespace(supervised=False)

WITHOUT_WEIGHTS = ["agglomerative", "birch", "hdbscan", "kmedoids", "spectral"]
DEEP = ["dec", "idec", "n2d", "vade"]
WITH_WEIGHTS = ["dbscan", "gmm", "kmeans", "minibatch_kmeans", "som", "dec", "idec", "vade"]
K_CLUSTERS = ["agglomerative", "birch", "gmm", "kmeans", "kmedoids", "minibatch_kmeans", "som", "spectral"]
MEMBERS = sorted([*WITH_WEIGHTS, *WITHOUT_WEIGHTS, "n2d"])


def node(member: str, **changes: object) -> dict[str, Any]:
    return composed(member) | changes


def with_few_steps(values: dict[str, Any]) -> dict[str, Any]:
    """The same with two gradient steps of each net in it."""
    values = {key: with_few_steps(value) if isinstance(value, dict) else value for key, value in values.items()}
    return values | ({"limit_steps": 2} if "limit_steps" in values else {})


@cache
def composed(member: str) -> dict[str, Any]:
    with composer() as compose:
        return plain(compose([f"clusterer={member}"]).clusterer)


def faults(
    member: str,
    *,
    n_train: int | None = 100,
    n_classes: int | None = 10,
    weight: float = 1,
    ratio: float = 1,
    **changes: object,
) -> list[str]:
    """The lines that a cell on a table of 64 columns with 1,200 points to learn from would get."""
    values = node(member, **changes)
    kind = member_types()[values["_target_"]]
    lines = check_node(kind, values, "clusterer")
    if lines:
        return lines
    outline = Outline(DataSpec("t", "table", (64,), None, n_classes), 1200)
    size = (1200, "points to learn from") if n_train is None else (n_train, "data.n_train")
    cell: Any = SimpleNamespace(
        outline=outline, train_size=size, task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=weight, ratio=ratio)
    )
    return list(build(kind, values).faults(cell))


@pytest.mark.parametrize("member", MEMBERS)
def test_the_yaml_has_no_fault(member: str) -> None:
    assert faults(member) == []


@pytest.mark.parametrize("member", MEMBERS)
def test_the_config_knows_whether_fit_takes_weights(member: str) -> None:
    config = check_member(node(member), "clusterer")
    assert isinstance(config, ClustererConfig)
    assert config.takes_weights == has_fit_parameter(instantiate(config), "sample_weight")


@pytest.mark.parametrize("member", WITH_WEIGHTS)
def test_these_clusterers_take_weights(member: str) -> None:
    assert faults(member, weight=2) == []


@pytest.mark.parametrize("member", WITHOUT_WEIGHTS)
def test_the_others_say_why_they_take_none(member: str) -> None:
    (line,) = faults(member, weight=2)
    assert line.startswith(f"mix.synthetic_weight=2: clusterer.name={member} takes no sample weights, as ")


@pytest.mark.parametrize("member", MEMBERS)
def test_the_config_knows_whether_the_clusterer_has_a_loss(member: str) -> None:
    config = check_member(with_few_steps(node(member)), "clusterer")
    assert isinstance(config, ClustererConfig)
    points = np.random.default_rng(0).normal(size=(60, 2))
    task = Clustering(estimator=instantiate(config), spec=DataSpec("t", "table", (2,), None, 4)).fit(points, None, 0)
    assert config.has_loss == (task.losses(points) is not None)


@pytest.mark.parametrize("rule", ["silhouette", "prediction_strength", "gap"])
@pytest.mark.parametrize("member", K_CLUSTERS)
def test_a_rule_may_stand_in_for_the_number_even_where_no_classes_are_known(member: str, rule: str) -> None:
    assert faults(member, n_classes=None, n_clusters=rule) == []
    assert faults(member, n_clusters=rule, n_train=14) == ["clusterer.k_max=15: must be ≤ 14 (data.n_train)"]
    assert faults(member, n_clusters=rule, n_train=14, k_max=9) == []


@pytest.mark.parametrize("member", K_CLUSTERS)
def test_bic_is_for_mixtures(member: str) -> None:
    allowed = "allowed: a number, null, silhouette, prediction_strength, gap"
    line = f"clusterer.n_clusters=bic: clusterer.name={member} has no likelihood; {allowed}"
    assert faults(member, n_clusters="bic") == ([] if member == "gmm" else [line])


@pytest.mark.parametrize("member", ["dbscan", "hdbscan"])
def test_what_finds_its_number_of_clusters_itself_has_no_rule(member: str) -> None:
    assert faults(member, n_clusters="gap")[0].startswith("clusterer.n_clusters=gap: unknown key; ")


def test_a_rule_is_spelt_as_it_is_known() -> None:
    (line,) = faults("kmeans", n_clusters="elbow")
    rules = "allowed: bic, silhouette, prediction_strength, gap"
    assert line.startswith("clusterer.n_clusters=elbow: must be an integer or ")
    assert rules in line


def test_a_class_without_a_config_is_given_a_number() -> None:
    config = check_member({"_target_": "sklearn.cluster.Birch", "name": "mine", "n_clusters": "gap"}, "clusterer")
    cell: Any = SimpleNamespace(task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=1))
    assert list(config.faults(cell)) == [
        "clusterer.n_clusters=gap: rules are for members of clusterer with that key; must be a number"
    ]


@pytest.mark.parametrize(
    ("member", "setting", "most", "bounded"),
    [
        ("agglomerative", {"n_neighbors": None}, 23170, {"n_neighbors": 10}),
        ("kmedoids", {"sample_size": None}, 32768, {"sample_size": 2000}),
    ],
)
def test_the_distances_of_all_pairs_must_fit_into_memory(
    member: str, setting: dict[str, Any], most: int, bounded: dict[str, Any]
) -> None:
    (key,) = setting
    assert faults(member, n_train=most // 2, **setting) == []  # as many synthetic points beside them
    (line,) = faults(member, n_train=most, ratio=0.5, **setting)
    memory = f"the distances of all pairs of {most + most // 2} points take 9 GiB"
    assert line.startswith(
        f"clusterer.{key}=null: {memory}; must be ≤ {most} points at mix.ratio=0.5, or give a number"
    )
    assert faults(member, n_train=60_000, ratio=8, **bounded) == []


def test_a_sample_must_hold_the_medoids_and_the_package_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "clusterer.n_clusters=null: 10 known classes: must be ≤ 9 (clusterer.sample_size)"
    assert faults("kmedoids", sample_size=9) == [line]
    monkeypatch.setattr("synthmix.tasks.clustering.learners.prototypes.kmedoids_config.find_spec", lambda name: None)
    needed = "clusterer.name=kmedoids: needs the package kmedoids; pip install 'synthmix[kmedoids]'"
    assert faults("kmedoids") == [needed]


def test_umap_takes_no_weights_and_needs_points_and_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "as UMAP's graph of neighbours has none; must be 1"
    assert faults("n2d", weight=2) == [f"mix.synthetic_weight=2: clusterer.name=n2d takes no sample weights, {reason}"]
    (line,) = faults("n2d", n_train=11)
    assert line == "clusterer.n_components=null: 10 dimensions: must be ≤ 9 (data.n_train less 2)"
    monkeypatch.setattr("synthmix.tasks.clustering.deep.config.find_spec", lambda name: None)
    assert faults("n2d") == ["clusterer.name=n2d: needs umap-learn; pip install 'synthmix[umap]'"]


@pytest.mark.parametrize("member", DEEP)
@pytest.mark.parametrize("rule", ["bic", "gap"])
def test_no_rule_trains_a_net_for_each_number(member: str, rule: str) -> None:
    reason = f"clusterer.name={member} is trained anew for each number"
    assert faults(member, n_clusters=rule) == [f"clusterer.n_clusters={rule}: {reason}; must be a number or null"]
    assert faults(member, k_max=4)[0].startswith("clusterer.k_max=4: unknown key; ")


def test_a_fault_of_the_net_that_a_clusterer_begins_with_has_its_key() -> None:
    nets = composed("dec")["pretraining"]
    (line,) = faults("dec", pretraining=nets | {"steps": 0})
    assert line == "clusterer.pretraining.steps=0: must be ≥ 1"
    (line,) = faults("vade", pretraining=nets | {"hiden": [3]})
    assert line.startswith("clusterer.pretraining.hiden=[3]: unknown key; did you mean hidden?")


@pytest.mark.parametrize("member", [*K_CLUSTERS, "dec", "idec", "vade"])
def test_the_number_of_clusters_must_be_known_and_no_larger_than_the_points(member: str) -> None:
    unknown = ["clusterer.n_clusters=null: the data has no known classes; give a number ≥ 2"]
    assert faults(member, n_classes=None) == unknown
    assert faults(member, n_classes=None, n_clusters=3) == []
    assert faults(member, n_clusters=21, n_train=20) == ["clusterer.n_clusters=21: must be ≤ 20 (data.n_train)"]
    assert faults(member, n_train=5) == ["clusterer.n_clusters=null: 10 known classes: must be ≤ 5 (data.n_train)"]
    assert faults(member, n_train=None, n_classes=1201)[0].endswith("must be ≤ 1200 (points to learn from)")
    assert faults(member, n_clusters=1)[0].startswith("clusterer.n_clusters=1: must be ≥ 2")


def test_a_map_needs_as_many_nodes_as_clusters() -> None:
    line = "clusterer.n_clusters=20: must be ≤ 12 (clusterer.rows × clusterer.columns)"
    assert faults("som", n_clusters=20, rows=3, columns=4) == [line]


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("dbscan", {"eps": 0}),
        ("dbscan", {"eps": "knee"}),
        ("dbscan", {"min_samples": 0}),
        ("gmm", {"covariance_type": "round"}),
        ("gmm", {"reg_covar": -1.0}),
        ("som", {"neighbourhood": "hexagon"}),
        ("som", {"sigma_end": 0}),
        ("kmeans", {"n_init": 0}),
        ("kmeans", {"k_max": 1}),
        ("hdbscan", {"min_cluster_size": 1}),
        ("hdbscan", {"cluster_selection_method": "best"}),
        ("agglomerative", {"linkage": "median"}),
        ("birch", {"threshold": 0}),
        ("spectral", {"n_neighbors": 0}),
        ("minibatch_kmeans", {"batch_size": 1.5}),
    ],
)
def test_a_value_out_of_range_is_one_line_with_its_key(member: str, change: Mapping[str, object]) -> None:
    (key, value), *_ = change.items()
    lines = faults(member, **change)
    assert len(lines) == 1
    assert lines[0].startswith(f"clusterer.{key}={value}: ")


@pytest.mark.parametrize(
    ("member", "search", "line"),
    [
        ("gmm", {"reg_covar": [0.1, -1.0]}, "clusterer.search.reg_covar=[0.1, -1.0]: -1.0 must be ≥ 0"),
        ("gmm", {"covariance_type": ["round"]}, "clusterer.search.covariance_type=[round]: round allowed: full, tied,"),
        ("gmm", {"tol": []}, "clusterer.search.tol=[]: must be at least one value"),
        ("gmm", {"tol": 0.1}, "clusterer.search.tol=0.1: must be a list"),
        ("som", {"row": [4]}, "clusterer.search.row=[4]: unknown key; did you mean rows? allowed: columns, epochs,"),
        ("kmeans", {"n_clusters": [4, 5]}, "clusterer.search.n_clusters=[4, 5]: unknown key; "),
        ("dbscan", {"name": ["x"]}, "clusterer.search.name=[x]: unknown key; "),
        ("dbscan", {"search": [{}]}, "clusterer.search.search=[{}]: unknown key; "),
        ("dbscan", {"eps_quantile": [None, 1]}, "clusterer.search.eps_quantile=[null, 1]: 1 must be > 0 and < 1"),
        ("dbscan", 3, "clusterer.search=3: must be a group of keys"),
    ],
)
def test_a_search_has_keys_of_its_learner_with_values_in_their_range(member: str, search: Any, line: str) -> None:
    (found,) = faults(member, search=search)
    assert found.startswith(line)
    assert "_target_" not in found.partition("allowed: ")[2]


@pytest.mark.parametrize("member", MEMBERS)
def test_the_search_space_is_small_and_the_clusterer_is_not_given_it(member: str) -> None:
    config = check_member(node(member), "clusterer")
    assert isinstance(config, ClustererConfig)
    size = math.prod(len(values) for values in config.search.values()) if config.search else 0
    assert (0 if "kme" in member or member in DEEP else 5 if member in ("birch", "spectral") else 9) <= size <= 16
    assert "search" not in instantiate(config).get_params()


def test_the_search_of_a_class_without_a_config_has_its_parameters() -> None:
    def lines(**search: Any) -> list[str]:
        birch = {"_target_": "sklearn.cluster.Birch", "name": "mine", "search": search}
        cell: Any = SimpleNamespace(task=UNSUPERVISED, mix=SimpleNamespace(synthetic_weight=1))
        return list(check_member(birch, "clusterer").faults(cell))

    assert lines(threshold=[0.1, 0.5]) == []
    assert lines(treshold=[0.1])[0].startswith("clusterer.search.treshold=[0.1]: unknown key; did you mean threshold?")


def test_settings_take_the_place_of_those_of_the_config() -> None:
    config = check_member(node("gmm"), "clusterer")
    assert isinstance(config, ClustererConfig)
    changed: Any = with_settings(config, {"reg_covar": 1, "covariance_type": "diag"})
    assert (changed.reg_covar, changed.covariance_type, changed.n_init) == (1.0, "diag", 5)
    assert isinstance(changed.reg_covar, float)


def test_a_quantile_is_for_a_radius_that_is_read_off_the_curve() -> None:
    assert faults("dbscan", eps_quantile=0.9) == []
    line = "clusterer.eps_quantile=0.9: must be null (clusterer.eps=0.5)"
    assert faults("dbscan", eps_quantile=0.9, eps=0.5) == [line]


def test_a_clusterer_of_scikit_learn_by_its_name_is_given_its_parameters_and_the_known_classes() -> None:
    named = ["clusterer._target_=sklearn.cluster.Birch", "+clusterer.threshold=.3", "+clusterer.n_clusters=null"]
    with composer() as compose:
        config = check(compose(["clusterer=sklearn", *named]))
    points = np.random.default_rng(0).normal(size=(80, 2))
    task = Clustering(estimator=instantiate(config.learner), spec=DataSpec("t", "table", (2,), None, 4))
    expected = Birch(threshold=0.3, n_clusters=4).fit(points).predict(points)
    assert np.array_equal(task.fit(points, None, 0).outputs(points)["assignments"], expected)
    assert len({*expected}) == 4


def test_gmm_on_pca_is_gmm_and_brings_its_representation_unless_another_is_asked_for() -> None:
    with composer() as compose:
        alone, overruled = (
            compose(["clusterer=gmm_on_pca", *more]) for more in ([], ["representation=identity", "clusterer.n_init=2"])
        )
    assert (alone.clusterer.name, alone.representation.name) == ("gmm", "pca")
    assert (overruled.clusterer.n_init, overruled.representation.name) == (2, "identity")
