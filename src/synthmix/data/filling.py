"""What is missing in a user's table, filled by what is known from train."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from synthmix.data.base import Dataset
from synthmix.data.incomplete_mixture import IncompleteMixture, fit_by_bic
from synthmix.errors import InvalidInput

NUMERIC = ("numeric", "integer", "date")
WHOLE = ("integer", "boolean", "ordinal", "categorical")


@dataclass(frozen=True)
class Filling:
    """The value of each column that stands for a missing one, or a model of the numeric columns that finds it.

    Attributes:
        typical: (D,): the median of train, of categories its most frequent one.
        shift, scale: (M,), of the M numeric columns, under which the model sees them.
        model: of scikit-learn, or of its verbs; None for the typical value.
    """

    typical: NDArray[np.float64]
    shift: NDArray[np.float64]
    scale: NDArray[np.float64]
    model: Any

    @classmethod
    def fit(cls, train: Dataset) -> Self:
        """What train tells.

        Raises:
            InvalidInput: a column has no value in train.
        """
        x, columns = train.x.double().numpy(), train.spec.columns
        empty = [column.name for column, cells in zip(columns, x.T, strict=True) if np.isnan(cells).all()]
        if empty:
            raise InvalidInput(
                f"data.missing=impute: column {empty[0]} has no value in the {len(x)} points of train; "
                f"name it in data.drop_columns, or take a larger data.n_train"
            )
        typical = np.array([
            np.nanmedian(cells) if column.kind in NUMERIC else _most_frequent(cells)
            for column, cells in zip(columns, x.T, strict=True)
        ])  # fmt: skip
        numeric = x[:, [column.kind in NUMERIC for column in columns]]
        if train.impute not in ("knn", "iterative", "mixture") or numeric.shape[1] < 2:
            return cls(typical, np.zeros(0), np.zeros(0), None)
        shift, deviation = np.nanmean(numeric, axis=0), np.nanstd(numeric, axis=0)
        scale = np.where(deviation > 0, deviation, 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # ten rounds are the method, not a failure
            return cls(typical, shift, scale, _model(str(train.impute)).fit((numeric - shift) / scale))

    def __call__(self, part: Dataset) -> Dataset:
        """The points, with no value missing. Whole numbers stay whole."""
        x, columns = part.x.double().numpy(), part.spec.columns
        gaps = np.isnan(x)
        if not gaps.any():
            return part
        filled = np.where(gaps, self.typical, x)
        if self.model is not None:
            numeric = np.array([column.kind in NUMERIC for column in columns])
            found = self.model.transform((x[:, numeric] - self.shift) / self.scale) * self.scale + self.shift
            filled[:, numeric] = np.where(gaps[:, numeric], found, x[:, numeric])
        whole = np.array([column.kind in WHOLE for column in columns])
        filled[:, whole] = np.rint(filled[:, whole])
        return replace(part, x=torch.from_numpy(filled))


def _model(method: str) -> Any:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the class importable)
    from sklearn.impute import IterativeImputer, KNNImputer

    if method == "mixture":
        return MixtureImputer()
    return KNNImputer() if method == "knn" else IterativeImputer(random_state=0)


class MixtureImputer:
    """The conditional mean under a mixture of Gaussians that EM fits to incomplete rows, of a size chosen by BIC."""

    mixture: IncompleteMixture

    def fit(self, x: NDArray[np.float64]) -> Self:
        """Rows (N, D) with NaN where a value is missing."""
        self.mixture = fit_by_bic(torch.from_numpy(x), seed=0)
        return self

    def transform(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same rows, or others, with no value missing."""
        return self.mixture.conditional_mean(torch.from_numpy(x)).numpy()


def _most_frequent(cells: NDArray[np.float64]) -> float:
    values, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    return float(values[counts.argmax()])
