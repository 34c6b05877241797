"""What may be built from a config, and what is found out before anything is built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from synthmix.config.cell import CellConfig, check, check_member, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.plain import plain, to_plain
from synthmix.config.schema import Member
from synthmix.errors import InvalidInput

MYLAB = """
class MyGan:
    def __init__(self, *, width, parts=None, depth=2):
        self.width, self.parts, self.depth = width, parts, depth

    def fit(self, dataset, *, seed): ...
    def sample(self, n, seed): ...
    def material(self, splits): ...

class Anything(MyGan):
    def __init__(self, **settings):
        self.settings = settings

class Whiten:
    def fit(self, dataset, *, seed): ...
    def transform(self, x): ...

def make(): ...
def refuse(): raise __import__("synthmix.errors").errors.InvalidInput("data.x=1: refused")
class Fails:
    def __init__(self): raise ZeroDivisionError("no luck")
"""


@pytest.fixture
def mylab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's own that the environment admits; its name is new for every test."""
    name = f"mylab_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(MYLAB)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SYNTHMIX_ALLOW", f"other., {name}.")
    return name


def compose(*overrides: str) -> DictConfig:
    with composer() as compose:
        return compose(overrides)


def faults_of(node: dict[str, Any], group: str = "model") -> Sequence[str]:
    try:
        check_member(node, group)
    except InvalidInput as error:
        return error.faults
    return []


def test_the_typed_config_has_those_of_its_members() -> None:
    cell = check(compose("model=gan", "data=toy", "representation=pca", "representation.n_components=2"))
    assert isinstance(cell, CellConfig)
    assert (cell.mix.ratio, cell.seed) == (1.0, 0)
    assert type(cell.model).__name__ == "GanConfig"
    assert type(cell.model.networks).__name__ == "MlpNetworksConfig"  # type: ignore[attr-defined]
    assert (cell.outline.n_learn, cell.outline.spec.shape) == (20_000 - 1000 - 2000, (2,))


def test_faults_of_all_nodes_are_told_at_once() -> None:
    config = compose("seed=-1", "model.steps=0", "trainer.log_every=0", "mix.synthetic_weight=0")
    with pytest.raises(InvalidInput) as error:
        check(config)
    assert sorted(error.value.faults) == [
        "mix.synthetic_weight=0: must be > 0",
        "model.steps=0: must be ≥ 1",
        "seed=-1: must be ≥ 0 and ≤ 4294967295",
        "trainer.log_every=0: must be ≥ 1",
    ]


def test_the_fifth_that_val_takes_where_its_size_is_left_open_is_enough_to_choose_by(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"

    def checked(rows: int) -> CellConfig:
        path.write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(rows)))
        words = ("data=table", f"data.path={path}", "clusterer.n_clusters=3", "model=gan", "trainer.choose=kid")
        return check(compose(*words))

    assert checked(50).data.n_val is None
    with pytest.raises(InvalidInput) as error:
        checked(9)
    assert error.value.faults == ("trainer.choose=kid: needs data.n_val ≥ 2",)


def test_a_config_is_the_same_once_it_was_recorded_as_plain_values() -> None:
    cell = check(compose("model=gan", "representation=vae", "mix.ratio=2", "model.learning_rate=1"))
    recorded = to_plain(cell)
    assert from_plain(json.loads(json.dumps(recorded))) == cell
    assert (recorded["mix"]["ratio"], recorded["model"]["learning_rate"]) == (2.0, 1.0)
    assert [type(recorded[key]) for key in ("seed", "threads")] == [int, int]
    assert isinstance(recorded["mix"]["ratio"], float)


def test_what_was_recorded_with_other_keys_is_refused() -> None:
    recorded = to_plain(check(compose()))
    recorded["mix"]["share"] = 1
    with pytest.raises(InvalidInput, match=r"share=1: unknown key"):
        from_plain(recorded)


def test_what_a_class_without_config_is_given_is_kept_and_built(mylab: str) -> None:
    node = {"_target_": f"{mylab}.MyGan", "name": "my", "width": 3}
    node |= {"parts": {"_target_": "sklearn.preprocessing.StandardScaler", "name": "scaler", "with_std": False}}
    config = OmegaConf.create(plain(compose()) | {"model": node})
    cell = check(config)
    assert to_plain(cell)["model"] == node
    assert to_plain(from_plain(to_plain(cell))) == to_plain(cell)
    assert instantiate(cell.model).parts.with_std is False


def test_an_interpolation_that_leads_nowhere_is_one_line() -> None:
    with pytest.raises(InvalidInput) as error:
        plain(OmegaConf.create({"a": {"b": "${c.d}"}}))
    assert error.value.faults == ("a.b: Interpolation key 'c.d' not found",)


@pytest.mark.parametrize(
    "target",
    ["os.system", "torch.load", "joblib.load", "pandas.eval", "builtins.eval", "sklearn.datasets.fetch_openml", "x"],
)
def test_a_target_outside_of_the_allowlist_is_refused(target: str) -> None:
    line = f"model._target_={target}: not in the allowlist; allowed: synthmix., "
    assert [fault.startswith(line) for fault in faults_of({"_target_": target, "name": "x"})] == [True]
    with pytest.raises(InvalidInput, match="not in the allowlist"):
        instantiate(Member(_target_=target))


@pytest.mark.parametrize(
    "target",
    [
        "synthmix.stages.store.torch.load",
        "synthmix.config.nodes.importlib.import_module",
        "sklearn.cluster._kmeans.np.load",
    ],
)
def test_a_target_that_reaches_through_a_module_is_refused(target: str) -> None:
    (fault,) = faults_of({"_target_": target, "name": "x"})
    assert fault.startswith(f"model._target_={target}: ")
    with pytest.raises(InvalidInput, match=r"must be a class or function defined in|cannot be imported"):
        instantiate(Member(_target_=target))


@pytest.mark.parametrize(
    "target",
    [
        "synthmix.stages.store.Path",
        "synthmix.tracking.mlflow.store.MlflowClient",
        "sklearn.cluster._kmeans.check_array",
    ],
)
def test_what_a_package_has_only_imported_is_refused(target: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^_target_={target}: must be a class or function defined in "):
        instantiate(Member(_target_=target))


@pytest.mark.parametrize(
    "target", ["synthmix.errors", "synthmix.config.schema.Count", "sklearn.cluster.KMeanz", "synthmix."]
)
def test_what_is_no_class_or_function_cannot_be_built(target: str) -> None:
    with pytest.raises(InvalidInput, match=r"must be a class or function|cannot be imported"):
        instantiate(Member(_target_=target))


def test_a_target_deep_inside_is_refused_too() -> None:
    node = Member(_target_="sklearn.preprocessing.StandardScaler", arguments={"with_mean": [{"_target_": "os.system"}]})
    with pytest.raises(InvalidInput, match=r"os\.system: not in the allowlist"):
        instantiate(node)


def test_a_nested_node_is_built_and_names_are_not_passed_on() -> None:
    built = instantiate(check(compose("representation=standardize")).representation)
    assert type(built.estimator).__name__ == "StandardScaler"
    assert built.estimator.get_params() == {"copy": True, "with_mean": True, "with_std": True}


def test_the_error_of_what_is_built_is_the_users_if_he_caused_it(mylab: str) -> None:
    with pytest.raises(InvalidInput, match=r"^data.x=1: refused$"):
        instantiate(Member(_target_=f"{mylab}.refuse"))
    with pytest.raises(ZeroDivisionError, match=r"^no luck$"):
        instantiate(Member(_target_=f"{mylab}.Fails"))


def test_a_class_of_ones_own_is_admitted_by_the_environment_alone(mylab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = {"_target_": f"{mylab}.MyGan", "name": "my", "width": 3}
    assert faults_of(node) == []
    assert instantiate(check_member(node, "model")).width == 3
    monkeypatch.delenv("SYNTHMIX_ALLOW")
    assert "not in the allowlist" in faults_of(node)[0]


def own_faults(mylab: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    my = {"_target_": f"{mylab}.MyGan", "name": "my", "width": 3}
    yield (
        my | {"widht": 4},
        "model",
        "model.widht=4: unknown key; did you mean width? allowed: depth, name, parts, width",
    )
    yield {"_target_": f"{mylab}.MyGan", "name": "my"}, "model", "model.width: missing"
    yield {"_target_": f"{mylab}.MyGan", "width": 3}, "model", "model.name: missing"
    yield {"name": "my", "width": 3}, "model", "model: names no _target_"
    yield my | {"_target_": f"{mylab}.make"}, "model", "must be a class with fit, sample, material"
    yield my | {"_target_": f"{mylab}.Nothing"}, "model", "cannot be imported"
    yield my | {"parts": {"_target_": "os.system"}}, "model", "model.parts._target_=os.system: not in the allowlist"
    yield my | {"parts": [{"a": {"_target_": "os.system"}}]}, "model", "model.parts.0.a._target_=os.system: not in"
    yield {"_target_": f"{mylab}.Whiten", "name": "w"}, "clusterer", "must be a class with fit, predict"


def test_a_class_without_schema_is_checked_against_its_signature(mylab: str) -> None:
    for node, group, expected in own_faults(mylab):
        (fault,) = faults_of(node, group)
        assert expected in fault
    whiten = {"_target_": f"{mylab}.Whiten", "name": "w", "fit_on": "test"}
    assert list(faults_of(whiten, "representation")) == ["representation.fit_on=test: allowed: train, mixture"]
    assert faults_of({"_target_": f"{mylab}.Anything", "name": "x", "a": 1, "b": {"c": 2}}) == []
    assert faults_of({"_target_": f"{mylab}.Whiten", "name": "w", "fit_on": "train"}, "representation") == []


def test_a_module_of_ones_own_that_cannot_be_imported_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brokenlab.py").write_text("def make(:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SYNTHMIX_ALLOW", "brokenlab.")
    (fault,) = faults_of({"_target_": "brokenlab.make", "name": "x"})
    assert fault == "model._target_=brokenlab.make: cannot be imported (invalid syntax (brokenlab.py, line 1))"


def test_a_clusterer_of_scikit_learn_without_schema_needs_a_predict() -> None:
    birch = {"_target_": "sklearn.cluster.Birch", "name": "birch", "n_clusters": 3}
    assert faults_of(birch, "clusterer") == []
    agglomerative = birch | {"_target_": "sklearn.cluster.AgglomerativeClustering"}
    assert list(faults_of(agglomerative, "clusterer")) == [
        "clusterer._target_=sklearn.cluster.AgglomerativeClustering: must be a class with fit, predict"
    ]


@pytest.mark.parametrize(("target", "takes_weights"), [("Birch", False), ("BisectingKMeans", True)])
def test_a_weight_is_refused_by_a_clusterer_without_schema_that_takes_none(target: str, takes_weights: bool) -> None:
    config = compose("mix.synthetic_weight=0.5")
    config = OmegaConf.create(plain(config) | {"clusterer": {"_target_": f"sklearn.cluster.{target}", "name": "mine"}})
    if takes_weights:
        assert check(config).clusterer.name == "mine"
    else:
        with pytest.raises(InvalidInput, match=r"mix.synthetic_weight=0.5: clusterer.name=mine takes no sample weig"):
            check(config)


def test_a_component_of_another_group_is_no_member() -> None:
    node = plain(compose("clusterer=kmeans").clusterer)
    (fault,) = faults_of(node, "model")
    assert fault.startswith(
        "model._target_=sklearn.cluster.KMeans: not a member of model; allowed: synthmix.generators."
    )
    (fault,) = faults_of(plain(compose("model=gan").model), "gate")
    assert "not a member of gate; allowed: synthmix.gates.base.AcceptAll, synthmix.gates." in fault


def test_a_loader_of_ones_own_must_return_a_data_set(mylab: str) -> None:
    node = {"_target_": f"{mylab}.MyGan", "name": "my", "width": 3}
    with pytest.raises(InvalidInput) as error:
        check(OmegaConf.create(plain(compose()) | {"data": node}))
    (fault,) = error.value.faults
    assert fault == f"data._target_={mylab}.MyGan: must return a Dataset made by synthmix.data.base.assemble"
    foreign = plain(compose("model=gan").model)
    (fault,) = faults_of(foreign, "data")
    assert "not a member of data; allowed: synthmix.data.sources.adbench.load_adbench, " in fault


OWN_CONFIG = """
from dataclasses import dataclass
from synthmix.config.members import ModelConfig
from synthmix.config.schema import Count, Member

@dataclass(kw_only=True, frozen=True)
class NetConfig(Member):
    width: Count = 4

class Net:
    def __init__(self, config: NetConfig): self.width = config.width

@dataclass(kw_only=True, frozen=True)
class OwnGanConfig(ModelConfig):
    name: str = "own"
    depth: Count = 2
    net: Member

class OwnGan:
    def __init__(self, config: OwnGanConfig, net: Net): self.config, self.net = config, net
    def fit(self, dataset, *, seed): ...
    def sample(self, n, seed): ...
    def material(self, splits): ...
"""


def test_the_config_class_of_a_users_own_class_is_found_by_its_parameter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_nets.py").write_text(OWN_CONFIG)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SYNTHMIX_ALLOW", "own_nets.")
    node = {"_target_": "own_nets.OwnGan", "net": {"_target_": "own_nets.Net", "width": 7}}
    config = check_member(node, "model")
    assert (type(config).__name__, config.name) == ("OwnGanConfig", "own")
    built = instantiate(config)
    assert (built.config, built.net.width) == (config, 7)
    assert to_plain(config) == {"_target_": "own_nets.OwnGan", "name": "own", "depth": 2} | {
        "net": {"_target_": "own_nets.Net", "name": "", "width": 7}
    }
    assert list(faults_of(node | {"depth": 0, "dept": 1})) == [
        "model.depth=0: must be ≥ 1",
        "model.dept=1: unknown key; did you mean depth? allowed: depth, name, net",
    ]
    assert list(faults_of(node | {"net": {"_target_": "own_nets.Net", "width": 0}})) == [
        "model.net.width=0: must be ≥ 1"
    ]
    assert "not a member of gate" in faults_of(node, "gate")[0]
