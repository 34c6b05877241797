"""Simulated studies: scores of arms and of what they are compared with, the truth known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtr

from synthmix.analysis.verdicts.arms import ArmConfigured, ArmScores, ControlKind, Scores

Noise = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
Others = Mapping[str, tuple[ControlKind, Scores]]
MARGIN = 0.02
SD = 0.05  # of paired differences over seeds: of k-means on 100 digits the oracle's is .05, its gain .10
GAIN = 0.10


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """t with 3 degrees, of standard deviation 1."""
    return rng.standard_t(3, shape) / np.sqrt(3)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Exponential, of mean 0 and standard deviation 1."""
    return rng.exponential(size=shape) - 1


def collapsing(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """One in five falls by six standard deviations of the others; of mean 0."""
    return 0.4 * (rng.standard_normal(shape) - 6 * (rng.random(shape) < 0.2) + 6 * 0.2)


@dataclass(frozen=True)
class Design:
    """A study of L learners, G generators and R ratios, each arm beside real points alone and the controls given.

    Attributes:
        seeds: of the study.
        generators: at each ratio.
        learners: each with noise of its own.
        ratios: each with controls of its own.
        controls: effect of each control; "duplicate" is the placebo.
        effects: of generators by index, at every ratio and learner; of the others, `effect`.
        effect: of generators that `effects` does not name.
        sd: of paired differences.
        noise: of generators; of real points and controls it is normal.
        configured: what real points alone, and generators, have at default settings more than real points alone have
            tuned; without it the learner has nothing to tune.
    """

    seeds: int = 10
    generators: int = 2
    learners: int = 1
    ratios: int = 1
    controls: Mapping[str, float] = field(default_factory=lambda: {"duplicate": 0.0, "jitter": 0.0})
    effects: Mapping[int, float] = field(default_factory=dict)
    effect: float = 0.0
    sd: float = SD
    noise: Noise = normal
    configured: tuple[float, float] | None = None


def study(design: Design, rng: np.random.Generator) -> list[ArmScores]:
    """The scores of a study; arms of generator 0 come first."""
    each, seeds, arms = design.sd / np.sqrt(2), design.seeds, []
    of_seed = 0.5 + 0.05 * rng.standard_normal(seeds)
    for learner in range(design.learners):
        baseline = of_seed + each * rng.standard_normal(seeds)
        for ratio in range(design.ratios):
            beside = {
                name: of_seed + effect + each * rng.standard_normal(seeds) for name, effect in design.controls.items()
            }
            placebo = {"duplicate": beside.pop("duplicate")}
            for generator in range(design.generators):
                effect = design.effects.get(generator, design.effect)
                scores = of_seed + effect + each * design.noise(rng, (seeds,))
                name = f"generator {generator}, ratio {ratio}, learner {learner}"
                others: Others = {control: ("noise", s) for control, s in beside.items()}
                default = at_default_settings(design, of_seed, rng)
                arms.append(ArmScores(name, scores, baseline, placebo, others, default))
    return sorted(arms, key=lambda arm: int(arm.name.split()[1].rstrip(",")))


def at_default_settings(design: Design, of_seed: np.ndarray, rng: np.random.Generator) -> ArmConfigured | None:
    """The scores of an arm, of real points alone and of copies, which have no effect there."""
    if design.configured is None:
        return None
    alone, generators = design.configured
    scores, baseline, copies = (
        of_seed + effect + design.sd / np.sqrt(2) * rng.standard_normal(design.seeds)
        for effect in (generators, alone, alone)
    )
    return ArmConfigured(scores, baseline, {"duplicate": copies})


def first_seeds(arms: list[ArmScores], seeds: int) -> list[ArmScores]:
    """The same study, of learners with nothing to tune, when it had fewer seeds."""
    return [
        replace(
            arm,
            scores=arm.scores[:seeds],
            baseline=arm.baseline[:seeds],
            placebo={name: scores[:seeds] for name, scores in arm.placebo.items()},
            controls={name: (kind, scores[:seeds]) for name, (kind, scores) in arm.controls.items()},
        )
        for arm in arms
    ]


def differences(kind: str, rng: np.random.Generator, seeds: int, m: int, rho: float) -> tuple[np.ndarray, float]:
    """Correlated paired differences (S, m) and their true mean: normal, t(3), exponential, lognormal, or collapsing.

    Correlation is that of the normal variables beneath. "collapse": a fifth of the seeds of a contrast by itself;
    "collapse, shared": the same seeds for all contrasts.
    """

    def latent() -> np.ndarray:
        own, shared = rng.standard_normal((seeds, m)), rng.standard_normal((seeds, 1))
        return np.sqrt(rho) * shared + np.sqrt(1 - rho) * own

    z = latent()
    if kind == "normal":
        return z, 0.0
    if kind == "t(3)":
        return z / np.sqrt(rng.chisquare(3, (seeds, 1 if rho else m)) / 3), 0.0
    if kind == "exponential":
        return -np.log1p(-ndtr(z)), 1.0
    if kind == "lognormal":
        return np.exp(0.75 * z), float(np.exp(0.75**2 / 2))
    fallen = rng.random((seeds, 1)) < 0.2 if kind == "collapse, shared" else ndtr(latent()) < 0.2
    return 0.02 * z - 0.3 * fallen, -0.06
