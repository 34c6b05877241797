"""Known answers (DESIGN.md, rule 8): studies of real components whose outcome theory tells, and sabotage that shows.

Learners that take weights on two Gaussians in a hundred dimensions, n=60: their score rises steadily from n/4 to 10n,
so that an exchange rate can be read off. Points of weights w are worth (Σw)²/Σw² of weight 1 (Kish 1965): hence the
rates of copies and of points of weight one half. Not among them: minibatch_kmeans, which makes more steps on more
points, so that copies help it by themselves (exchange rate of copies at r=4: .058 [.018, .126] with 120 seeds), and
DBSCAN, whose clusters are a matter of density, which a weight raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn import config_context
from sklearn.base import clone
from torch import Tensor

from synthmix import load_dataset, make_generator
from synthmix.analysis.analysis import analyse
from synthmix.analysis.result import StudyResult
from synthmix.analysis.statistics import sign_flip_p
from synthmix.analysis.verdicts.simultaneous import sign_flip_tests
from synthmix.config.cell import from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.sections.mix import synthetic_count
from synthmix.data.base import Dataset, Splits
from synthmix.data.split import split
from synthmix.generators.base import Generator
from synthmix.generators.controls import Truth
from synthmix.mixing import mix
from synthmix.role import Role
from synthmix.seeds import derive_seed, generator_for, pool_seed
from synthmix.tasks.clustering.agreement import AdjustedRandScore, ClusterAccuracy
from synthmix.tasks.clustering.metrics import METRICS
from synthmix.tasks.clustering.task import Clustering

N = 60
SEEDS = range(160)
SABOTAGED_SEEDS = range(60)
BELOW = (15, 30, 45)  # n/4, n/2 and 3n/4, as a study adds them
ORACLE = (0.5, 1.0, 2.0, 4.0, 9.0)  # up to 10n, which is 2n(1 + r) at r=4
ARMS = {"truth": (1.0, 4.0), "duplicate": (0.5, 1.0, 4.0), "bootstrap": (1.0,)}
HALVED = {"truth": (1.0, 4.0), "duplicate": (0.5, 1.0)}  # the ratios of points of weight one half
WEIGHTED_SEEDS = range(120)
LEARNERS = {
    "kmeans": ("clusterer=kmeans", "clusterer.n_init=5"),
    "gmm": ("clusterer=gmm", "clusterer.covariance_type=diag"),
    "som": ("clusterer=som",),
}
AA_STUDIES, AA_SEEDS, LEAKED_STUDIES = 200, 10, 60
ROLES: Mapping[str, Role] = {"duplicate": "placebo", "bootstrap": "placebo", "real": "oracle", "truth": "oracle"}
Draw = Callable[[Splits, int, int], Tensor]


class Bench:
    """Cells without a config, a store or a run: the same components in the same order as in cell.py."""

    def __init__(self, dataset: Dataset, *overrides: str) -> None:
        self.dataset = dataset
        with composer() as compose:
            config = from_plain(compose(overrides))
        self.clusterer = instantiate(config.clusterer)
        self.representation = instantiate(config.representation)

    def splits(self, seed: int, n: int, n_test: int) -> Splits:
        return split(self.dataset, seed=seed, n_train=n, n_val=1, n_test=n_test, n_reserve=0)

    def predicted(self, splits: Splits, synthetic: Tensor, seed: int, weight: float = 1.0) -> Tensor:
        mixture = mix(splits.train, synthetic, weight)
        representation = self.representation.fit(splits.train.unlabelled(), seed=seed)
        task = Clustering(estimator=clone(self.clusterer), spec=splits.train.spec)
        task.fit(representation.transform(mixture.dataset.x), mixture.sample_weight, seed)
        return torch.as_tensor(task.outputs(representation.transform(splits.test.x))["assignments"])

    def score(self, splits: Splits, synthetic: Tensor, seed: int, weight: float = 1.0) -> float:
        return float(AdjustedRandScore()(self.predicted(splits, synthetic, seed, weight), labels(splits)))

    def accuracy(self, splits: Splits, synthetic: Tensor, seed: int) -> float:
        """What nothing may choose by."""
        return float(ClusterAccuracy()(self.predicted(splits, synthetic, seed), labels(splits)))


def labels(splits: Splits) -> Tensor:
    assert splits.test.y is not None
    return splits.test.y


def pool_of(generator: Generator) -> Draw:
    """The pool of a generator that is fitted anew for each seed."""

    def draw(splits: Splits, count: int, seed: int) -> Tensor:
        return generator.fit(generator.material(splits.unlabelled()), seed=seed).sample(count, pool_seed(seed))

    return draw


class ByComponent(Truth):
    """The truth in the order in which scikit-learn's GaussianMixture returns its sample: component after component."""

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        points, component = self.density.draw(n, rng)  # type: ignore[attr-defined]
        return points[component.argsort(stable=True)]


class Ordered(ByComponent):
    """Sabotage: prefixes as they were drawn, not permuted."""

    def draw_block(self, index: int, seed: int) -> Tensor:
        return self.draw(self.block_size, generator_for(seed, "pool", index))


def noise(splits: Splits, count: int, seed: int) -> Tensor:
    """Sabotage: in place of the truth, points with the mean and the variance of the data and none of its shape."""
    return torch.randn(count, *splits.train.x.shape[1:], generator=generator_for(seed, "noise"))


@pytest.fixture(scope="module")
def two_gaussians() -> Dataset:
    return load_dataset("toy", shape="blobs", n_clusters=2, dimension=100, separation=4.0, n_points=5000)


@pytest.fixture(scope="module")
def toy(two_gaussians: Dataset) -> Bench:
    return Bench(two_gaussians, "data=toy", *LEARNERS["kmeans"])


@pytest.fixture(scope="module")
def draws(toy: Bench) -> Mapping[str, Draw]:
    """How each arm gets its points."""
    bootstrap = make_generator("bootstrap")

    def leaked(splits: Splits, count: int, seed: int) -> Tensor:
        """Sabotage: of five pools that with which the test points are classified best."""
        fitted = bootstrap.fit(splits.train.unlabelled(), seed=seed)
        pools = [fitted.sample(count, derive_seed(seed, "pool", number)) for number in range(5)]
        return max(pools, key=lambda pool: toy.accuracy(splits, pool, seed))

    named = {name: pool_of(make_generator(name)) for name in (*ARMS, "real")}
    return (
        named
        | {"by component": pool_of(ByComponent()), "ordered": pool_of(Ordered()), "noise": noise}
        | {"leaked": leaked}
    )


@pytest.fixture(scope="module")
def rates(toy: Bench, draws: Mapping[str, Draw]) -> pd.DataFrame:
    """The summary of k-means' study of all arms, honest, of half weight and sabotaged, by arm and ratio."""
    return summary_of(*study_of(toy, draws, SEEDS, SABOTAGED_SEEDS))


def summary_of(cells: list[dict[str, Any]], added: list[dict[str, Any]]) -> pd.DataFrame:
    result = StudyResult(
        name="known answers",
        cells=pd.DataFrame(cells),
        curve=pd.DataFrame(added),
        runs=pd.DataFrame(),
        score="cluster/ari",
        choose_by="silhouette",
        learner="clusterer",
        metrics=METRICS,
        roles={model: ROLES.get(model, "generator") for model in {cell["model.name"] for cell in cells}},
        config="",
        commands=[],
        tracking_uri="",
    )
    return analyse(result).summary.set_index(["model.name", "mix.ratio"]).sort_index()


@pytest.fixture(scope="module", params=LEARNERS)
def weighted_rates(request: pytest.FixtureRequest, two_gaussians: Dataset, draws: Mapping[str, Draw]) -> pd.DataFrame:
    """The summary of one learner's study of arms at weight one and one half, by arm and ratio."""
    if request.param == "kmeans":
        summary: pd.DataFrame = request.getfixturevalue("rates")
        return summary
    bench = Bench(two_gaussians, "data=toy", *LEARNERS[request.param])
    return summary_of(*study_of(bench, draws, WEIGHTED_SEEDS))


def real_only(toy: Bench, n: int, seed: int) -> float:
    splits = toy.splits(seed, n, n_test=1000)
    return toy.score(splits, splits.train.x[:0], seed)


def study_of(
    bench: Bench, draws: Mapping[str, Draw], seeds: range, sabotaged: range = range(0)
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The cells of a study, and those of its learning curve."""
    added, cells = [], []
    # Thousands of small fits, which scikit-learn's checks of parameters would make a sixth longer.
    with config_context(skip_parameter_validation=True, assume_finite=True):
        for seed in seeds:
            added += [row("real", size, 0.0, seed, real_only(bench, size, seed)) for size in BELOW]
            cells += [row(*cell) for cell in cells_of(bench, draws, seed, seed in sabotaged)]
    return cells, added


def cells_of(
    bench: Bench, draws: Mapping[str, Draw], seed: int, sabotaged: bool
) -> Iterator[tuple[str, int, float, int, float]]:
    splits = bench.splits(seed, N, n_test=1000)
    arms = {**ARMS, "real": (0.0, *ORACLE)}
    if sabotaged:
        arms |= {"by component": (1.0,), "ordered": (1.0,), "noise": (1.0,), "leaked": (1.0,)}
    for model, ratios in arms.items():
        pool = draws[model](splits, synthetic_count(max(ratios), N), seed)
        for ratio in ratios:
            points = pool[: synthetic_count(ratio, N)]
            yield model, N, ratio, seed, bench.score(splits, points, seed)
            if ratio in HALVED.get(model, ()):
                yield f"{model} of weight .5", N, ratio, seed, bench.score(splits, points, seed, 0.5)


def row(model: str, n: int, ratio: float, seed: int, score: float) -> dict[str, Any]:
    keys = {"model.name": model, "clusterer.name": "kmeans", "representation.name": "identity", "data.name": "toy"}
    return keys | {
        "data.n_train": n,
        "mix.ratio": ratio,
        "seed": seed,
        "status": "finished",
        "cluster/ari": score,
    }


def holds(rate: pd.Series[Any], answer: float) -> bool:
    return bool(rate["exchange_status"] == "identified" and rate["exchange_low"] <= answer <= rate["exchange_high"])


@pytest.mark.parametrize(
    ("arm", "ratio", "answer"),
    [
        ("truth", 1.0, 1.0),
        ("truth", 4.0, 1.0),
        ("duplicate", 1.0, 0.0),
        ("duplicate", 4.0, 0.0),
        # Half of the points twice: (1.5 n)² / (0.5 n + 0.5 · 4 n) = 0.9 n.
        ("duplicate", 0.5, -0.2),
        # Weights 1 + Poisson(r): (1 + r)² n / ((1 + r)² + r) = 0.8 n.
        ("bootstrap", 1.0, -0.2),
    ],
)
def test_the_exchange_rate_is_what_theory_says(rates: pd.DataFrame, arm: str, ratio: float, answer: float) -> None:
    rate = rates.loc[(arm, ratio)]
    assert rate["seeds"] == len(SEEDS) >= 120
    assert holds(rate, answer), rate["exchange":"exchange_reason"]


def kish(weights_and_shares: Mapping[float, float]) -> float:
    """The effective number of points, of n, where a share of n has each weight."""
    total = sum(weight * share for weight, share in weights_and_shares.items())
    return total**2 / sum(weight**2 * share for weight, share in weights_and_shares.items())


def test_every_learner_that_takes_weights_has_the_rates_that_theory_says(weighted_rates: pd.DataFrame) -> None:
    """Of eight rates one may be missed, as intervals of .95 are; those of the truth and of whole copies may not."""
    answers = {
        ("truth", 1.0): 1.0,
        ("truth", 4.0): 1.0,
        ("duplicate", 1.0): 0.0,
        ("duplicate", 4.0): 0.0,
        ("bootstrap", 1.0): -0.2,
        ("truth of weight .5", 1.0): kish({1.0: 1.0, 0.5: 1.0}) - 1,
        ("truth of weight .5", 4.0): (kish({1.0: 1.0, 0.5: 4.0}) - 1) / 4,
        ("duplicate of weight .5", 0.5): (kish({1.0: 0.5, 1.5: 0.5}) - 1) / 0.5,
        ("duplicate of weight .5", 1.0): 0.0,
    }
    missed = {arm for arm, answer in answers.items() if not near(weighted_rates.loc[arm], answer)}
    assert all(model.endswith("of weight .5") for model, _ in missed), missed
    assert len(missed) <= 1


def near(rate: pd.Series[Any], answer: float) -> bool:
    """The rate's interval holds the answer; where copies change nothing at all, it is a point, exact to rounding."""
    exact = abs(rate["exchange"] - answer) < 1e-9
    return bool(exact or holds(rate, answer))


def test_the_intervals_are_narrow_enough_to_tell(rates: pd.DataFrame) -> None:
    width = rates["exchange_high"] - rates["exchange_low"]
    assert width[("truth", 4.0)] <= 0.35
    for arm, ratio, other in (
        *(("truth", 1.0, 0.0), ("truth", 4.0, 0.0), ("duplicate", 1.0, 1.0), ("duplicate", 4.0, 1.0)),
        *(("duplicate", 0.5, 0.0), ("bootstrap", 1.0, 0.0)),
    ):
        assert not holds(rates.loc[(arm, ratio)], other)


def test_points_in_any_order_are_good_once_they_are_permuted(rates: pd.DataFrame) -> None:
    assert holds(rates.loc[("by component", 1.0)], 1.0)


@pytest.mark.parametrize(("sabotage", "answer"), [("ordered", 1.0), ("noise", 1.0), ("leaked", -0.2)])
def test_sabotage_shows(rates: pd.DataFrame, sabotage: str, answer: float) -> None:
    """Ordered prefixes and noise are not as good as real points; labels make a bootstrap better than it can be."""
    assert not holds(rates.loc[(sabotage, 1.0)], answer)
    honest = rates.loc[("bootstrap" if sabotage == "leaked" else "truth", 1.0)]
    gain = rates.loc[(sabotage, 1.0), "exchange"] - honest["exchange"]
    assert gain > 0 if sabotage == "leaked" else not gain >= 0  # a bound is a number too, an unidentified rate none


def test_the_mixture_on_ten_components_of_digits_has_no_rate() -> None:
    """At n=100 a component has about as many points as dimensions: the learning curve dips, and has no inverse."""
    bench = Bench(load_dataset("digits"), "clusterer=gmm_on_pca")
    oracle, jitter = pool_of(make_generator("real")), pool_of(make_generator("jitter"))
    cells, added = [], []
    for seed in range(10):
        for size in (25, 50, 75):
            part = bench.splits(seed, size, n_test=497)
            added.append(row("real", size, 0.0, seed, bench.score(part, part.train.x[:0], seed)))
        splits = bench.splits(seed, 100, n_test=497)
        more, copies = oracle(splits, 400, seed), jitter(splits, 400, seed)
        for ratio, count in ((0.0, 0), (1.0, 100), (4.0, 400)):
            cells.append(row("real", 100, ratio, seed, bench.score(splits, more[:count], seed)))
        cells.append(row("jitter", 100, 4.0, seed, bench.score(splits, copies, seed)))
    rate = summary_of(cells, added).loc[("jitter", 4.0)]
    assert rate["difference_low"] > 0  # it gains, and what that is worth cannot be said
    assert rate["exchange_status"] == "not identified"
    assert rate["exchange_reason"].startswith("the curve falls from")


def test_the_effect_of_the_oracle_on_digits_is_found() -> None:
    """+.1 with a spread of .05 at one of ten tests (two generators, five ratios), the others without an effect."""
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(studies := 500):
        differences = rng.normal(0, 0.05, (10, 10)) + 0.1 * np.eye(10)[0][:, None]
        found += 2 * sign_flip_tests(differences.T).p_above[0] < 0.05
    assert found >= 0.8 * studies


@pytest.fixture(scope="module")
def aa_scores() -> NDArray[np.float64]:
    """ARI of k-means on twenty points and as many noisy copies: (studies, seeds, independent pools).

    The third pool is that of the first LEAKED_STUDIES alone.
    """
    bench = Bench(
        load_dataset("toy", n_clusters=3, separation=2.5, n_points=500),
        "data=toy",
        "clusterer=kmeans",
        "clusterer.n_init=1",
    )
    jitter = make_generator("jitter")

    def scores(seed: int) -> Iterator[float]:
        splits = bench.splits(seed, 20, n_test=300)
        fitted = jitter.fit(splits.train.unlabelled(), seed=seed)
        for stream in range(3 if seed < LEAKED_STUDIES * AA_SEEDS else 2):
            yield bench.score(splits, fitted.sample(20, derive_seed(seed, "stream", stream)), seed)

    table = [[*scores(seed), np.nan][:3] for seed in range(AA_STUDIES * AA_SEEDS)]
    return np.array(table).reshape(AA_STUDIES, AA_SEEDS, 3)


def significant(differences: NDArray[np.float64]) -> int:
    return sum(sign_flip_p(study) <= 0.05 for study in differences)


def upper_limit(studies: int) -> float:
    return float(stats.binom.ppf(0.95, studies, 0.05))


def test_two_arms_of_one_configuration_seldom_differ(aa_scores: NDArray[np.float64]) -> None:
    assert significant(aa_scores[..., 1] - aa_scores[..., 0]) <= upper_limit(AA_STUDIES)


def test_a_choice_by_labels_makes_them_differ(aa_scores: NDArray[np.float64]) -> None:
    """Sabotage: of two pools the one that scores better on test, against a third."""
    some = aa_scores[:LEAKED_STUDIES]
    assert significant(some[..., :2].max(axis=-1) - some[..., 2]) > upper_limit(len(some))


def test_seeds_that_share_their_luck_make_them_differ(aa_scores: NDArray[np.float64]) -> None:
    """Sabotage: five seeds, each counted twice."""
    some = (aa_scores[..., 1] - aa_scores[..., 0])[:, :5].repeat(2, axis=1)
    assert significant(some) > upper_limit(AA_STUDIES)
