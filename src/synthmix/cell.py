"""One cell, top to bottom: fit a generator, sample, gate, mix, represent, cluster, score.

dataset ─ split ─► train ─► generator.fit ─► pool ─► gate ─► mixture ─► representation ─► clusterer.fit
                     │                       │                                                │
                   val ──► quality ◄─────────┘                                             predict
                  test ──────────────────────────────────────────► scores on real, held-out points
"""

from __future__ import annotations

from omegaconf import DictConfig

from synthmix.building import build_clusterer
from synthmix.config import instantiate
from synthmix.gates import accepted_points
from synthmix.metrics.clustering import cluster_scores
from synthmix.mixing import mix, synthetic_count
from synthmix.pictures import log_pictures
from synthmix.stages import Stages, pool_seed
from synthmix.tracking import Run


def run_cell(config: DictConfig, stages: Stages, run: Run) -> dict[str, float]:
    """Computes one cell, logs it to `run` and returns its metrics by their MLflow names.

    Labels appear in the line that scores, and in the pictures; nothing that learns is given them.

    Raises:
        Unavailable: the oracle's pool is too short for this ratio.
        TrainingDiverged: a loss of the generator is not finite.
    """
    splits = stages.splits(config)
    n_synthetic = synthetic_count(config.mix.ratio, len(splits.train))
    synthetic, quality = splits.train.x[:0], {}
    if n_synthetic:
        fitted = stages.generator(config, splits)
        gate = instantiate(config.gate)
        synthetic = accepted_points(fitted.generator, gate, splits.unlabelled(), n_synthetic, pool_seed(config.seed))
        quality = fitted.log_to(run)
    mixture = mix(splits.train, synthetic, config.mix.synthetic_weight)

    with run.timed("representation"):
        representation = stages.representation(config, splits, mixture)
        points, test_points = (representation.transform(x) for x in (mixture.dataset.x, splits.test.x))
    with run.timed("clusterer"):
        clusterer = build_clusterer(config, splits.train.spec)
        clusterer.fit(points, **mixture.fit_arguments)
        predicted = clusterer.predict(test_points)

    scores = cluster_scores(splits.test.x, predicted, splits.test.y, seed=config.seed)
    metrics = {**quality, **{f"cluster/{name}": score for name, score in scores.items()}}
    run.log_metrics(metrics)
    if config.tracking.pictures:
        log_pictures(run, config, splits, mixture, clusterer, predicted)
    return metrics
