"""Columns as a net sees them: numbers by mode and place within it, levels by number (Xu et al. 2019)."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from torch import Tensor, nn

from synthmix.data.columns import typed_columns
from synthmix.spec import Column, DataSpec

LEVELLED = ("categorical", "boolean", "ordinal")
WIDTH = 4.0  # standard deviations of a mode that are mapped to 1
LEAST_WEIGHT = 0.005  # of a mode
ATOM = 0.05  # share of train: a value that so many points have is a mode of its own
MOST_ATOMS = 10
MOST_POINTS = 10_000  # that modes are fitted on


class Levels(nn.Module):
    """One column of levels.

    Attributes:
        table: what each level is in a point, (K, W).
        there: which of them train has, (K,).
    """

    table: Tensor
    there: Tensor

    def __init__(self, column: Column, place: slice) -> None:
        super().__init__()
        self.place, self.is_hot, n = place, column.kind == "categorical", len(column.levels)
        self.register_buffer("table", torch.zeros(n, column.width))
        self.register_buffer("there", torch.zeros(n, dtype=torch.bool))

    def fit(self, x: Tensor) -> None:
        """Takes the levels of train, (N, D)."""
        block = x[:, self.place]
        if self.is_hot:
            self.table.copy_(block.max() * torch.eye(len(self.table)))
            self.there.copy_(block.max(dim=0).values > 0)
            return
        known = torch.unique(block)
        self.table[: len(known), 0] = known
        self.there[: len(known)] = True

    def encode(self, x: Tensor) -> Tensor:
        """Points (N, D) → the number of the level, (N,)."""
        distance = torch.cdist(x[:, self.place], self.table)
        return distance.masked_fill(~self.there, torch.inf).argmin(1)


class Numbers(nn.Module):
    """All columns of numbers, whole numbers and dates: modes of a variational Gaussian mixture, and atoms.

    A value that a twentieth of train or more has, such as 0 of a column that is mostly 0, is an atom: a mode of its
    own, which comes back to the last bit.

    Attributes:
        mean, deviation, log_weight: of the modes, (J, M); of one that is not there the weight is -inf.
        low, high: of train, (J,).
    """

    mean: Tensor
    deviation: Tensor
    log_weight: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, starts: list[int], max_modes: int) -> None:
        super().__init__()
        self.starts, self.max_modes = starts, max_modes
        for name in ("mean", "deviation", "log_weight"):
            self.register_buffer(name, torch.zeros(len(starts), max_modes + MOST_ATOMS))
        for name in ("low", "high"):
            self.register_buffer(name, torch.zeros(len(starts)))

    def fit(self, x: Tensor, seed: int) -> None:
        """Finds the modes of each column of train, (N, D)."""
        self.log_weight.fill_(-torch.inf)
        for number, start in enumerate(self.starts):
            values = x[:, start]
            self.low[number], self.high[number] = values.min(), values.max()
            known, counts = torch.unique(values, return_counts=True)
            atoms = known[counts >= max(2, ATOM * len(values))]
            atoms = atoms[counts[counts >= max(2, ATOM * len(values))].argsort(descending=True)][:MOST_ATOMS]
            place = slice(self.max_modes, self.max_modes + len(atoms))
            self.mean[number, place], self.log_weight[number, place] = atoms, 0.0
            rest = values[~torch.isin(values, atoms)][:MOST_POINTS]
            if len(rest):
                self._fit_modes(number, rest.double().numpy(), seed)

    def _fit_modes(self, number: int, values: np.ndarray, seed: int) -> None:
        n = min(self.max_modes, len(np.unique(values)))
        shift, scale = values.mean(), values.std() or 1.0
        mixture = BayesianGaussianMixture(n_components=n, weight_concentration_prior=1e-3, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its modes are as good as they need be
            mixture.fit(((values - shift) / scale)[:, None]) if n > 1 else None
        weights = mixture.weights_ if n > 1 else np.ones(1)
        means = mixture.means_[:, 0] if n > 1 else np.zeros(1)
        deviations = np.sqrt(mixture.covariances_[:, 0, 0]) if n > 1 else np.ones(1)
        weights = np.where(weights > LEAST_WEIGHT, weights, 0.0)
        with np.errstate(divide="ignore"):
            log_weights = np.log(weights)
        for name, found in (
            ("mean", shift + scale * means),
            ("deviation", scale * deviations),
            ("log_weight", log_weights),
        ):
            getattr(self, name)[number, :n] = torch.from_numpy(found).float()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Points (N, D) → a mode of each number, drawn by its probability, and the place in it in [-1, 1]: (N, J)."""
        values = x[:, self.starts, None]
        distance = (values - self.mean) / self.deviation.clamp(min=1e-12)
        modes = slice(0, self.max_modes)
        logs = self.log_weight - 0.5 * distance.square() - self.deviation.clamp(min=1e-12).log()
        logs[..., self.max_modes :] = -torch.inf
        is_atom = (values == self.mean) & (self.log_weight > -torch.inf)
        is_atom[..., modes] = False
        logs = torch.where(is_atom, 1e9, logs)
        nowhere = logs.max(dim=-1, keepdim=True).values == -torch.inf  # a column of atoms alone, and none of them
        logs = torch.where(nowhere & (self.log_weight > -torch.inf), 0.0, logs)
        mode = torch.multinomial(logs.softmax(-1).flatten(0, 1), 1).view(logs.shape[:2])
        place = distance.gather(2, mode[..., None])[..., 0] / WIDTH
        return mode, torch.where(mode < self.max_modes, place.clamp(-1, 1), 0.0)

    def decode(self, mode: Tensor, place: Tensor) -> Tensor:
        """Modes and places in them, (N, J) → numbers in the range of train, (N, J)."""
        columns = torch.arange(len(self.starts), device=mode.device)
        value = self.mean[columns, mode] + WIDTH * self.deviation[columns, mode] * place.clamp(-1, 1)
        return torch.minimum(torch.maximum(value, self.low), self.high)


class TableColumns(nn.Module):
    """All columns of a table, as a net is given them and as it gives them back.

    Attributes:
        numbers: those of numbers.
        levels: those of levels.
        n_modes: places for modes of a column of numbers.
    """

    def __init__(self, spec: DataSpec, max_modes: int) -> None:
        super().__init__()
        columns = typed_columns(spec, parts=True)
        self.numbers = Numbers([place.start for column, place in columns if column.kind not in LEVELLED], max_modes)
        found = [Levels(column, place) for column, place in columns if column.kind in LEVELLED]
        self.levels = nn.ModuleList(found)
        self.n_modes, self.size = max_modes + MOST_ATOMS, spec.size
        self.widths = [len(column.table) for column in found]

    @property
    def n_values(self) -> int:
        """Values of an encoded point: of a number its place and its mode, of levels one each."""
        return len(self.numbers.starts) * (1 + self.n_modes) + sum(self.widths)

    def fit(self, x: Tensor, seed: int) -> None:
        """Learns what there is of modes and levels in train, (N, D)."""
        self.numbers.fit(x, seed)
        for column in self.levels:
            assert isinstance(column, Levels)
            column.fit(x)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Points (N, D) → modes and places (N, J) each, and the number of the level of each other column, (N,)."""
        mode, place = self.numbers.encode(x)
        return mode, place, self.levels_of(x)

    def levels_of(self, x: Tensor) -> list[Tensor]:
        """Points (N, D) → the number of the level of each column of levels, (N,)."""
        return [column.encode(x) for column in self.levels if isinstance(column, Levels)]

    def as_input(self, mode: Tensor, place: Tensor, levels: list[Tensor]) -> Tensor:
        """What a net is given, (N, `n_values`)."""
        hot = nn.functional.one_hot
        shown = [hot(level, width).float() for level, width in zip(levels, self.widths, strict=True)]
        return torch.cat([place, hot(mode, self.n_modes).float().flatten(1), *shown], dim=1)

    def heads(self, out: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """What a net gives, (N, `n_values`) → places (N, J) in (-1, 1), and logarithms of probabilities.

        They are those of the modes, (N, J, M), and of the levels of each other column, (N, K); what train has not is
        impossible.
        """
        j = len(self.numbers.starts)
        place, modes, *levels = torch.split(out, [j, j * self.n_modes, *self.widths], dim=1)
        modes = modes.view(len(out), j, self.n_modes).masked_fill(self.numbers.log_weight == -torch.inf, -1e9)
        there = [column.there for column in self.levels if isinstance(column, Levels)]
        pairs = zip(levels, there, strict=True)
        known = [logits.masked_fill(~each, -1e9).log_softmax(-1) for logits, each in pairs]
        return torch.tanh(place), modes.log_softmax(-1), known

    def decode(self, mode: Tensor, place: Tensor, levels: list[Tensor]) -> Tensor:
        """Points (N, D)."""
        points = torch.zeros(len(mode), self.size)
        points[:, self.numbers.starts] = self.numbers.decode(mode, place)
        for column, level in zip(self.levels, levels, strict=True):
            assert isinstance(column, Levels)
            points[:, column.place] = column.table[level]
        return points
