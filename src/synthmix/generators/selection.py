"""The mixtures that a fit has compared, by AIC, BIC and k-fold likelihood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

Criterion = Literal["aic", "bic", "cv_log_likelihood"]
CRITERIA: tuple[Criterion, ...] = ("aic", "bic", "cv_log_likelihood")


@dataclass(frozen=True)
class Candidate:
    """One mixture and its criteria.

    Attributes:
        n_components: K.
        shape: of a component: full, tied, diag, spherical; bernoulli.
        aic: 2p − 2 log L (Akaike 1974), with p free parameters.
        bic: p log n − 2 log L (Schwarz 1978).
        cv_log_likelihood: held-out log-likelihood, mean over the points of all folds, in nats.
    """

    n_components: int
    shape: str
    aic: float
    bic: float
    cv_log_likelihood: float


@dataclass(frozen=True)
class Selection:
    """The candidates that were compared, by shape and number of components, and the criterion that chose."""

    candidates: tuple[Candidate, ...]
    select_by: Criterion

    def best(self, criterion: Criterion | None = None) -> Candidate:
        """The candidate that a criterion prefers; that of the choice, unless another one is named."""
        name = criterion or self.select_by
        sign = -1 if name == "cv_log_likelihood" else 1
        return min(self.candidates, key=lambda candidate: sign * getattr(candidate, name))

    def log(self, logger: Logger, curve: Iterable[float]) -> None:
        """Logs the criteria of all candidates, and the log-likelihood of the chosen one at each iteration of EM.

        ``train/log_likelihood`` has the iteration as its step, ``selection/<criterion>_<shape>`` the number of
        components.
        """
        for step, value in enumerate(curve):
            logger.log_metrics({"train/log_likelihood": value}, step)
        for candidate in self.candidates:
            metrics = {f"selection/{name}_{candidate.shape}": getattr(candidate, name) for name in CRITERIA}
            logger.log_metrics(metrics, candidate.n_components)
        logger.finalize("success")
