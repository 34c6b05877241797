"""A generator, a gate and a ratio on points in memory, as imbalanced-learn names it: `fit_resample`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.composing.composer import composer
from synthmix.config.instantiate import instantiate
from synthmix.config.nodes import field_faults
from synthmix.config.plain import plain
from synthmix.config.sections.mix import MixConfig, synthetic_count
from synthmix.data.base import Dataset, Splits
from synthmix.data.scaling import Scaling
from synthmix.errors import InvalidInput
from synthmix.gates.base import Candidates, Gate, accepted_points
from synthmix.gates.config import AcceptAllConfig, DistanceGateConfig, TopKConfig
from synthmix.generators.base import Generator
from synthmix.generators.learned import LearnedGenerator
from synthmix.generators.options import TrainerOptions
from synthmix.generators.roles import role_of
from synthmix.notebook.points import Points, config_of, read_points
from synthmix.notebook.seed import seed_of
from synthmix.seeds import derive_seed, generator_for, pool_seed

READ_OF_TRAINER = ("accelerator", "precision", "limit_steps")
WITHOUT_VAL = (AcceptAllConfig, DistanceGateConfig, TopKConfig)  # gates that are fitted on train alone


class SyntheticMixer(BaseEstimator):
    """Fits a generator on real points and appends its samples to them.

    A table is standardised for the generator, and its samples come back in the units, columns and types of the table.
    The samples are those of a cell of a study with the same train and seed: a smaller ratio gives the beginning of what
    a larger one gives.

    Args:
        generator: a member of the group `model`: vae, gan, gmm, smote, jitter, ... (`synthmix run --help` lists them).
        ratio: synthetic points for each real one, above 0.
        gate: a member of the group `gate`: authentic, typicality, discriminator, top_k; None lets every point pass.
            `discriminator` and gates of one's own are calibrated on a fifth of X, which the generator then never sees.
        random_state: a seed from 0 to 2^32 - 1, a RandomState to draw one from, or None for a fresh one.
        overrides: further keys, as the command line writes them: ``["model.steps=500", "gate.factor=1"]``.

    Attributes:
        generator_: the fitted generator; a table's samples come standardised from it.
        acceptance_rate_: share of the samples that the gate lets pass.
        n_features_in_: columns of X, or values of an image.
        feature_names_in_: names of the columns of a DataFrame whose names are all texts.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(50, 3))
        >>> X_mixed, is_synthetic = SyntheticMixer("gaussian", ratio=2).fit_resample(X)
        >>> X_mixed.shape, int(is_synthetic.sum())
        ((150, 3), 100)
    """

    def __init__(
        self,
        generator: str = "vae",
        ratio: float = 1.0,
        gate: str | None = None,
        random_state: int | RandomState | None = 0,
        overrides: Sequence[str] = (),
    ) -> None:
        self.generator = generator
        self.ratio = ratio
        self.gate = gate
        self.random_state = random_state
        self.overrides = overrides

    def fit_resample(self, X: Any) -> tuple[Any, NDArray[np.bool_]]:
        """The points of X, unchanged and first, and ⌊ratio · N⌋ synthetic ones behind them.

        Args:
            X: an array (N, D), images (N, C, H, W) with values in [0, 1], or a DataFrame of numbers.

        Returns:
            The mixture in the form of X, and whether each of its points is synthetic, (N + M,).

        Raises:
            InvalidInput: before anything is fitted, one line for each fault.
            TrainingDiverged: a loss of the generator is not finite.
            GateStarved: the gate rejects nearly everything.
        """
        seed, points = seed_of(self.random_state), read_points(X)
        n_real = len(points.values)
        n_synthetic = synthetic_count(self._checked_ratio(n_real), n_real)
        config = self._config(points)
        splits = _splits(points, config.parts.val, seed)
        self.generator_ = _fitted(config, splits, seed)
        candidates = Candidates(self.generator_, pool_seed(seed), lambda: self.generator_)
        gate: Gate = instantiate(config.gate).fit(splits, candidates)
        synthetic, _, self.acceptance_rate_ = accepted_points(candidates, gate, n_synthetic)
        self.n_features_in_ = points.spec.size
        names = list(getattr(X, "columns", []))
        if names and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        in_units = synthetic.double() if splits.scaling is None else splits.scaling.undone(synthetic)
        return points.followed_by(in_units.numpy()), np.repeat([False, True], [n_real, n_synthetic])

    def _checked_ratio(self, n_real: int) -> float:
        given = self.ratio
        is_number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
        if not is_number or not 0 < given < np.inf:
            raise InvalidInput(f"ratio={given!r}: must be a number > 0")
        if synthetic_count(float(given), n_real) < 1:
            raise InvalidInput(f"ratio={given:g}: of {n_real} points that is none; must be ≥ {1 / n_real:.4g}")
        return float(given)

    def _config(self, points: Points) -> CellConfig:
        """Generator, gate and training, checked against these points as those of a cell are."""
        gate = "none" if self.gate is None else self.gate
        faults = list(_argument_faults(self.generator, gate, self.overrides))
        if faults:
            raise InvalidInput(*faults)
        with composer() as compose:
            try:
                node = plain(compose([f"model={self.generator}", f"gate={gate}", *self.overrides]))
            except InvalidInput as error:
                start = f"model={self.generator}: "
                raise InvalidInput(
                    *(f.replace(start, f"generator={self.generator}: ", 1) for f in error.faults)
                ) from error
        faults = [f for key in ("model", "gate", "trainer") for f in field_faults(CellConfig, key, node[key], "")]
        if faults:
            raise InvalidInput(*faults)
        config = from_plain(node)
        if role_of(config.model._target_) == "oracle":
            raise InvalidInput(f"generator={self.generator}: has more real points than those of X; a mixer has none")
        n_points = len(points.values)
        n_val = 0 if isinstance(config.gate, WITHOUT_VAL) else max(1, n_points // 5)
        config = replace(config_of(config, points, n_val), mix=MixConfig(ratio=float(self.ratio)))
        parts = (config.data, config.model, config.gate, config.mix)
        faults = [fault for part in parts for fault in part.faults(config)]
        if faults:
            raise InvalidInput(*dict.fromkeys(faults))
        return config


def _argument_faults(generator: Any, gate: Any, overrides: Any) -> Iterator[str]:
    for name, member in (("generator", generator), ("gate", gate)):
        if not isinstance(member, str) or not member.isidentifier():
            yield f"{name}={member!r}: must be the name of a member; synthmix run --help lists them"
    if isinstance(overrides, str) or not all(isinstance(text, str) for text in overrides):
        yield f"overrides={overrides!r}: must be a list of texts such as model.steps=500"
        return
    read = ("model.", "gate.", *(f"trainer.{key}=" for key in READ_OF_TRAINER))
    allowed = ", ".join(["model.…", "gate.…", *(f"trainer.{key}" for key in READ_OF_TRAINER)])
    for text in overrides:
        if not text.startswith(read):
            yield f"{text}: no key that a mixer reads; allowed: {allowed}"


def _splits(points: Points, n_val: int, seed: int) -> Splits:
    """All points as train, but for the seeded few of val."""
    x = torch.tensor(points.values, dtype=torch.float32 if points.spec.kind == "image" else torch.float64)
    order = torch.randperm(len(x), generator=generator_for(seed, "split"))
    is_val = torch.zeros(len(x), dtype=torch.bool)
    is_val[order[:n_val]] = True
    whole = Dataset(x, None, points.spec)
    train, val, empty = (whole.take(places) for places in (~is_val, is_val, slice(0)))
    if points.spec.kind == "image":
        return Splits(train, empty, val, empty, None, 0)
    scaling = Scaling.fit(train.x)
    train, val, empty = (part.scaled(scaling) for part in (train, val, empty))
    return Splits(train, empty, val, empty, None, 0, scaling)


def _fitted(config: CellConfig, splits: Splits, seed: int) -> Generator:
    """The generator of a config, fitted as a cell of this seed fits it."""
    model: Generator = instantiate(config.model)
    material, seed = model.material(splits), derive_seed(seed, "generator")
    if not isinstance(model, LearnedGenerator):
        return model.fit(material, seed=seed)
    model.scaling = splits.scaling
    options: dict[str, Any] = {
        key: getattr(config.trainer, key) for key in READ_OF_TRAINER if key in model.trainer_keys
    }
    return model.fit(material, seed=seed, options=TrainerOptions(**options))
