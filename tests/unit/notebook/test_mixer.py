"""A mixer: real points with a generator's samples behind them, in the form in which the real ones came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from synthmix import InvalidInput, SyntheticMixer, make_generator
from synthmix.data.base import assemble
from synthmix.errors import GateStarved
from synthmix.seeds import derive_seed, pool_seed
from synthmix.spec import DataSpec


@pytest.fixture(scope="module")
def table() -> NDArray[np.float64]:
    """Three columns of very different units."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 3)) * [1, 1000, 0.01] + [0, 1e6, -5]


def test_real_points_come_first_unchanged_and_synthetic_ones_behind_them(table: NDArray[np.float64]) -> None:
    mixed, is_synthetic = SyntheticMixer("gaussian", ratio=0.29).fit_resample(table[:50])
    assert mixed[:50].tobytes() == table[:50].tobytes()
    assert is_synthetic.tolist() == [False] * 50 + [True] * 14  # ⌊.29 · 50⌋
    assert not (mixed[50:, None] == table[None, :50]).all(axis=2).any()


def test_its_samples_are_those_of_the_generator_fitted_on_the_standardised_points(table: NDArray[np.float64]) -> None:
    mixed, is_synthetic = SyntheticMixer("vae", 2, random_state=3, overrides=["model.steps=20"]).fit_resample(table)
    scaler = StandardScaler().fit(table)
    standardised = torch.from_numpy(scaler.transform(table)).float()
    dataset = assemble(DataSpec("X", "table", (3,), None, None), standardised, None)
    vae = make_generator("vae", steps=20).fit(dataset, seed=derive_seed(3, "generator"))
    expected = scaler.inverse_transform(vae.sample(120, pool_seed(3)).double().numpy())
    np.testing.assert_allclose(mixed[is_synthetic], expected, rtol=1e-4, atol=1e-4 * table.std(axis=0).max())


def test_samples_are_in_the_units_of_the_columns(table: NDArray[np.float64]) -> None:
    mixed, is_synthetic = SyntheticMixer("gaussian", ratio=50).fit_resample(table)
    synthetic = mixed[is_synthetic]
    assert (np.abs(synthetic.mean(axis=0) - table.mean(axis=0)) < 0.1 * table.std(axis=0)).all()
    np.testing.assert_allclose(synthetic.std(axis=0), table.std(axis=0), rtol=0.1)


def test_a_smaller_ratio_is_the_beginning_of_a_larger_one_and_a_seed_gives_the_same_bits(
    table: NDArray[np.float64],
) -> None:
    one, _ = SyntheticMixer("gmm", ratio=1).fit_resample(table)
    four, _ = SyntheticMixer("gmm", ratio=4).fit_resample(table)
    other, _ = SyntheticMixer("gmm", ratio=1, random_state=1).fit_resample(table)
    assert four[:120].tobytes() == one.tobytes()
    assert not np.array_equal(other[60:], one[60:])


def test_a_random_state_gives_seeds_in_turn(table: NDArray[np.float64]) -> None:
    def two(state: Any) -> list[bytes]:
        mixer = SyntheticMixer("jitter", random_state=state)
        return [mixer.fit_resample(table)[0].tobytes() for _ in range(2)]

    first = two(np.random.RandomState(0))
    assert first == two(np.random.RandomState(0))
    assert first[0] != first[1]
    assert len(set(two(None))) == 2


def test_the_types_of_an_array_are_kept() -> None:
    rng = np.random.default_rng(0)
    for array in (rng.integers(0, 3, (40, 2), dtype=np.uint8), rng.random((40, 2), dtype=np.float32)):
        mixed, _ = SyntheticMixer("gaussian", ratio=5).fit_resample(array)
        assert mixed.dtype == array.dtype
        assert mixed[40:].min() >= np.iinfo(np.uint8).min if array.dtype.kind == "u" else True
    assert set(np.unique(SyntheticMixer("gaussian").fit_resample(rng.random((40, 2)) > 0.5)[0])) == {False, True}
    assert SyntheticMixer("duplicate").fit_resample([[1, 2], [3, 5]])[0].tolist()[:2] == [[1, 2], [3, 5]]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    columns = {
        "age": rng.integers(18, 90, 40),
        "income": rng.normal(30000, 5000, 40),
        "member": rng.random(40) > 0.5,
        "visits": pd.array(rng.integers(0, 9, 40), dtype="Int64"),
        "share": rng.random(40).astype(np.float32),
    }
    return pd.DataFrame(columns)


def test_columns_and_types_of_a_frame_are_kept(frame: pd.DataFrame) -> None:
    mixer = SyntheticMixer("gaussian", ratio=2)
    mixed, is_synthetic = mixer.fit_resample(frame)
    pd.testing.assert_series_equal(mixed.dtypes, frame.dtypes)
    pd.testing.assert_frame_equal(mixed[~is_synthetic], frame)
    assert mixed.index.tolist() == list(range(120))
    assert mixed["member"][is_synthetic].nunique() == 2
    assert mixer.feature_names_in_.tolist() == [*frame]
    assert mixer.n_features_in_ == 5


@pytest.mark.parametrize(
    ("index", "behind"),
    [
        (pd.Index([7, 3, 5], name="customer"), [8, 9, 10]),
        (pd.Index(["a", "b", "c"]), ["synthetic 0", "synthetic 1", "synthetic 2"]),
        (pd.date_range("2026-01-01", periods=3), None),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), None),
    ],
)
def test_an_index_goes_on_where_it_can(index: pd.Index, behind: list[Any] | None) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0]}, index=index)
    mixed, _ = SyntheticMixer("jitter").fit_resample(frame)
    assert mixed.index.tolist() == (list(range(6)) if behind is None else [*index, *behind])
    assert mixed.index.name == (None if behind is None else index.name)


def test_images_stay_images() -> None:
    images = np.random.default_rng(0).random((30, 1, 8, 8))
    mixed, is_synthetic = SyntheticMixer("dcgan", overrides=["trainer.limit_steps=2"]).fit_resample(images)
    assert mixed.shape == (60, 1, 8, 8)
    assert 0 <= mixed.min() <= mixed.max() <= 1
    assert is_synthetic.sum() == 30


def test_the_gate_rejects_near_copies(table: NDArray[np.float64]) -> None:
    scaled = StandardScaler().fit(table)
    own = NearestNeighbors(n_neighbors=2).fit(scaled.transform(table))
    spacing = own.kneighbors()[0][:, 0]  # the nearest other point of each

    def too_near(gate: str | None) -> int:
        overrides = ["model.noise=0.3", *(["gate.factor=1"] if gate else [])]
        mixed, added = SyntheticMixer("jitter", 3, gate, overrides=overrides).fit_resample(table)
        distance, which = own.kneighbors(scaled.transform(mixed[added]), n_neighbors=1)
        return int((distance[:, 0] < 0.999 * spacing[which[:, 0]]).sum())

    assert too_near(None) > 50
    assert too_near("authentic") == 0
    with pytest.raises(GateStarved, match="loosen the limits"):
        SyntheticMixer("duplicate", gate="authentic").fit_resample(table)


def test_a_gate_that_is_calibrated_keeps_points_from_the_generator(table: NDArray[np.float64]) -> None:
    mixer = SyntheticMixer("gan", 2, "discriminator", overrides=["model.steps=10", "gate.acceptance=0.3"])
    mixed, is_synthetic = mixer.fit_resample(table)
    assert (len(mixed), is_synthetic.sum()) == (180, 120)
    assert 0.1 < mixer.acceptance_rate_ < 0.6
    held_back = SyntheticMixer("bootstrap", 30, "discriminator")
    with pytest.raises(Exception, match="needs a discriminator"):
        held_back.fit_resample(table)
    assert len(held_back.generator_.x) == 48


def test_it_is_an_estimator_that_can_be_cloned() -> None:
    mixer = SyntheticMixer("smote", ratio=2, overrides=("model.n_neighbors=3",))
    assert clone(mixer).set_params(ratio=3).get_params() == {**mixer.get_params(), "ratio": 3}


X = np.random.default_rng(0).random((20, 2))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"ratio": 0}, "ratio=0: must be a number > 0"),
        ({"ratio": -1.5}, "ratio=-1.5: must be a number > 0"),
        ({"ratio": float("nan")}, "ratio=nan: must be a number > 0"),
        ({"ratio": "1"}, "ratio='1': must be a number > 0"),
        ({"ratio": 0.01}, "ratio=0.01: of 20 points that is none; must be ≥ 0.05"),
        ({"ratio": 1e12}, "mix.ratio=1e+12: must be ≤ "),
        ({"generator": "vea"}, "generator=vea: no such member; allowed: "),
        ({"generator": "vae,gan"}, "generator='vae,gan': must be the name of a member; "),
        ({"generator": None}, "generator=None: must be the name of a member; "),
        ({"generator": "real"}, "generator=real: has more real points than those of X; a mixer has none"),
        ({"generator": "truth"}, "generator=truth: has more real points than those of X"),
        ({"generator": "dcgan"}, "model.name=dcgan: data.name=X has 2 columns; must be square images of "),
        ({"gate": "discriminator"}, "gate.name=discriminator: model.name=vae has no discriminator; "),
        ({"gate": "authentik"}, "gate=authentik: no such member; allowed: "),
        ({"overrides": ["model.stebs=3"]}, "model.stebs=3: unknown key; did you mean steps? allowed: "),
        ({"overrides": ["model.steps=0"]}, "model.steps=0: must be ≥ 1"),
        ({"overrides": ["mix.ratio=2"]}, "mix.ratio=2: no key that a mixer reads; allowed: model.…, gate.…, trainer"),
        ({"overrides": "model.steps=5"}, "overrides='model.steps=5': must be a list of texts such as model.steps=500"),
        ({"random_state": -1}, "random_state=-1: must be a whole number from 0 to 4294967295, a RandomState or None"),
        ({"generator": "smote", "overrides": ["model.n_neighbors=20"]}, "model.n_neighbors=20: must be < 20 "),
    ],
)
def test_a_wrong_argument_is_one_line(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        SyntheticMixer(**arguments).fit_resample(X)
    (fault,) = error.value.faults
    assert fault.startswith(line)


@pytest.mark.parametrize(
    ("points", "line"),
    [
        ([[1.0, np.nan], [np.nan, 2.0]], "X: row 0, column 1: missing value (NaN); fill it, or drop the row (2 such"),
        ([[1.0, np.inf]], "X: row 0, column 1: inf is no 32-bit number"),
        ([1.0, 2.0], "X: has the shape (2,); must be (points, columns), or "),
        ([[1.0], [1.0, 2.0]], "X: is no array ("),
        ([["a", "b"]], "X: has the type <U1; must be an array of numbers or a DataFrame"),
        (np.empty((0, 3)), "X: has no rows"),
        (np.empty((3, 0)), "X: has no columns"),
        (255 * np.ones((2, 1, 8, 8)), "X: image values from 255 to 255; must be in [0, 1]"),
        (sparse.csr_array(X), "X: is a sparse matrix; must be dense: X.toarray()"),
        (pd.DataFrame({"a": [1.0, None]}), "X: row 1, column 'a': missing value (NaN)"),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), "X: row 1, column 'a': missing value (NaN)"),
        (pd.DataFrame(X, columns=["a", "a"]), "X: more than one column is called 'a'; rename or drop one"),
        (pd.DataFrame(X, columns=["a", " "]), "X: column 1 (counted from 0) has no name; name it"),
        (pd.DataFrame(X, columns=["a", None]), "X: column 1 (counted from 0) has no name; name it"),
        (pd.DataFrame(X, columns=[["a", "a"], ["b", "c"]]), "X: its columns have 2 levels; must have one"),
        (pd.DataFrame({"city": ["Ulm"]}), "X: column 'city' has the type "),
        (pd.DataFrame({"a": pd.Categorical([1, 2])}), "X: column 'a' has the type category; must be numbers: "),
        (pd.DataFrame(), "X: has no rows"),
        (pd.DataFrame(index=[1, 2]), "X: has no columns"),
    ],
)
def test_points_that_cannot_be_used_are_one_line(points: Any, line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        SyntheticMixer("jitter").fit_resample(points)
    (fault,) = error.value.faults
    assert fault.startswith(line)
