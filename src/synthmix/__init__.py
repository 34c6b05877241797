"""synthmix: does data made by a generative model help unsupervised learning, and what is a synthetic point worth?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmix.api import load_dataset, load_generator, make_clusterer, make_generator
    from synthmix.errors import InvalidInput
    from synthmix.notebook.mixer import SyntheticMixer
    from synthmix.notebook.representation import RepresentationTransformer
    from synthmix.notebook.study import Study
    from synthmix.quality.diversity import vendi
    from synthmix.quality.downstream import tstr
    from synthmix.quality.frechet import FrechetDistance
    from synthmix.quality.kernels import KernelDistance, MaximumMeanDiscrepancy
    from synthmix.quality.memorisation import Authenticity, ClosestRecords
    from synthmix.quality.neighbours import PrecisionRecallDensityCoverage
    from synthmix.quality.two_sample import c2st
    from synthmix.tasks.clustering.learners.dbscan import DBSCAN
    from synthmix.tasks.clustering.learners.som import SelfOrganizingMap

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
    "RepresentationTransformer",
    "SelfOrganizingMap",
    "Study",
    "SyntheticMixer",
    "c2st",
    "load_dataset",
    "load_generator",
    "make_clusterer",
    "make_generator",
    "tstr",
    "vendi",
]

# Where each public name lives; imported when it is first asked for, so that `import synthmix` costs nothing.
_HOMES = {
    "Authenticity": "synthmix.quality.memorisation",
    "ClosestRecords": "synthmix.quality.memorisation",
    "DBSCAN": "synthmix.tasks.clustering.learners.dbscan",
    "FrechetDistance": "synthmix.quality.frechet",
    "InvalidInput": "synthmix.errors",
    "KernelDistance": "synthmix.quality.kernels",
    "MaximumMeanDiscrepancy": "synthmix.quality.kernels",
    "PrecisionRecallDensityCoverage": "synthmix.quality.neighbours",
    "RepresentationTransformer": "synthmix.notebook.representation",
    "SelfOrganizingMap": "synthmix.tasks.clustering.learners.som",
    "Study": "synthmix.notebook.study",
    "SyntheticMixer": "synthmix.notebook.mixer",
    "c2st": "synthmix.quality.two_sample",
    "load_dataset": "synthmix.api",
    "load_generator": "synthmix.api",
    "make_clusterer": "synthmix.api",
    "make_generator": "synthmix.api",
    "tstr": "synthmix.quality.downstream",
    "vendi": "synthmix.quality.diversity",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'synthmix' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
