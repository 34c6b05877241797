"""synthmix: does data made by a generative model help unsupervised learning, and what is a synthetic point worth?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmix.api import load_dataset, load_generator, make_generator
    from synthmix.clusterers.dbscan import DBSCAN
    from synthmix.clusterers.som import SelfOrganizingMap
    from synthmix.errors import InvalidInput

__version__ = "0.1.0"
__all__ = ["DBSCAN", "InvalidInput", "SelfOrganizingMap", "load_dataset", "load_generator", "make_generator"]

# Where each public name lives; imported when it is first asked for, so that `import synthmix` costs nothing.
_HOMES = {
    "DBSCAN": "synthmix.clusterers.dbscan",
    "InvalidInput": "synthmix.errors",
    "SelfOrganizingMap": "synthmix.clusterers.som",
    "load_dataset": "synthmix.api",
    "load_generator": "synthmix.api",
    "make_generator": "synthmix.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'synthmix' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
