"""synthmix: does data made by a generative model help unsupervised learning, and what is a synthetic point worth?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmix.api import load_dataset, load_generator, make_generator
    from synthmix.clusterers.dbscan import DBSCAN
    from synthmix.clusterers.som import SelfOrganizingMap
    from synthmix.errors import InvalidInput
    from synthmix.metrics.diversity import vendi
    from synthmix.metrics.downstream import tstr
    from synthmix.metrics.frechet import FrechetDistance
    from synthmix.metrics.kernels import KernelDistance, MaximumMeanDiscrepancy
    from synthmix.metrics.memorisation import Authenticity, ClosestRecords
    from synthmix.metrics.neighbours import PrecisionRecallDensityCoverage
    from synthmix.metrics.two_sample import c2st

__version__ = "0.1.0"
__all__ = [
    "DBSCAN",
    "Authenticity",
    "ClosestRecords",
    "FrechetDistance",
    "InvalidInput",
    "KernelDistance",
    "MaximumMeanDiscrepancy",
    "PrecisionRecallDensityCoverage",
    "SelfOrganizingMap",
    "c2st",
    "load_dataset",
    "load_generator",
    "make_generator",
    "tstr",
    "vendi",
]

# Where each public name lives; imported when it is first asked for, so that `import synthmix` costs nothing.
_HOMES = {
    "Authenticity": "synthmix.metrics.memorisation",
    "ClosestRecords": "synthmix.metrics.memorisation",
    "DBSCAN": "synthmix.clusterers.dbscan",
    "FrechetDistance": "synthmix.metrics.frechet",
    "InvalidInput": "synthmix.errors",
    "KernelDistance": "synthmix.metrics.kernels",
    "MaximumMeanDiscrepancy": "synthmix.metrics.kernels",
    "PrecisionRecallDensityCoverage": "synthmix.metrics.neighbours",
    "SelfOrganizingMap": "synthmix.clusterers.som",
    "c2st": "synthmix.metrics.two_sample",
    "load_dataset": "synthmix.api",
    "load_generator": "synthmix.api",
    "make_generator": "synthmix.api",
    "tstr": "synthmix.metrics.downstream",
    "vendi": "synthmix.metrics.diversity",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'synthmix' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
