"""One cell, top to bottom: fit a generator, sample, gate, mix, represent, cluster, score.

dataset ─ split ─► train ─► generator.fit ─► pool ─► gate ─► mixture ─► representation ─► clusterer.fit
                     │                       │                                                │
                   val ──► quality ◄─────────┘                                             predict
                  test ──────────────────────────────────────────► scores on real, held-out points
"""

from __future__ import annotations

from omegaconf import DictConfig

from synthmix.config.cell import instantiate
from synthmix.config.mix import synthetic_count
from synthmix.gates.base import Candidates, accepted_points
from synthmix.mixing import mix
from synthmix.pipeline.pictures import log_pictures
from synthmix.pipeline.stages import Stages
from synthmix.seeds import pool_seed
from synthmix.tasks.clustering.preparing import prepared
from synthmix.tasks.clustering.scores import cluster_scores
from synthmix.tracking.base import OpenRun


def run_cell(config: DictConfig, stages: Stages, run: OpenRun) -> dict[str, float]:
    """Computes one cell and returns its metrics by their MLflow names; `run` gets the pictures.

    Labels appear in the line that scores, and in the pictures; nothing that learns is given them. `stages.quality` has
    them for classifier features, and for scores that the config calls supervised.

    Raises:
        Unavailable: the oracle's pool is too short for this ratio.
        GateStarved: the gate rejects nearly everything.
        TrainingDiverged: a loss of the generator is not finite.
    """
    splits = stages.splits()
    n_synthetic = synthetic_count(config.mix.ratio, len(splits.train))
    synthetic, quality = splits.train.x[:0], {}
    if n_synthetic:
        fitted = stages.generator(splits)
        candidates = Candidates(fitted.pool, pool_seed(config.seed), fitted.load)
        gate = instantiate(config.gate).fit(splits.unlabelled(), candidates)
        synthetic, accepted = accepted_points(candidates, gate, n_synthetic)
        quality = stages.quality(splits, fitted) | {"gate/acceptance_rate": accepted}
    mixture = mix(splits.train, synthetic, config.mix.synthetic_weight)

    with stages.timed("representation"):
        representation = stages.representation(splits, mixture)
        points = representation.transform(mixture.dataset.x)
    with stages.timed("clusterer"):
        clusterer = prepared(instantiate(config.clusterer), splits.train.spec, config.seed)
        clusterer.fit(points, **mixture.fit_arguments)

    metrics = {**quality, "data/duplicates_across_split": float(splits.duplicates_across)}
    for prefix, part in (("cluster", splits.test), ("val", splits.val)):
        predicted = clusterer.predict(representation.transform(part.x))
        scores = cluster_scores(part.x, predicted, part.y, seed=config.seed)
        metrics |= {f"{prefix}/{name}": score for name, score in scores.items()}
    if config.tracking.pictures:
        log_pictures(run, config, splits, mixture, clusterer, representation)
    return metrics
