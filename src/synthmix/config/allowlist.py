"""Which classes and functions a config may name."""

from __future__ import annotations

import importlib
import inspect
import os
from typing import Any

from synthmix.errors import InvalidInput

ALLOWED_PREFIXES = (
    "synthmix.",
    "pyod.models.",
    "sklearn.cluster.",
    "sklearn.covariance.",
    "sklearn.decomposition.",
    "sklearn.ensemble.",
    "sklearn.linear_model.",
    "sklearn.mixture.",
    "sklearn.neighbors.",
    "sklearn.neural_network.",
    "sklearn.preprocessing.",
    "sklearn.random_projection.",
    "sklearn.kernel_approximation.",
    "sklearn.svm.",
)

OPTIONAL = ("pyod",)  # packages that members name and synthmix does not bring


def _allowed() -> tuple[str, ...]:
    own = os.environ.get("SYNTHMIX_ALLOW", "")
    return (*ALLOWED_PREFIXES, *(prefix.strip() for prefix in own.split(",") if prefix.strip()))


def import_target(target: str) -> Any:
    """Imports a class or function of an allowed package.

    The name alone is not enough: ``synthmix.stages.store.torch.load`` begins well, but is torch's. So what was found
    must be defined in the package that the prefix names.

    Raises:
        InvalidInput: the target is not in the allowlist, is not there, or is no class or function of its package.
    """
    prefixes = [prefix for prefix in _allowed() if target.startswith(prefix)]
    if not prefixes:
        raise InvalidInput(
            f"_target_={target}: not in the allowlist; allowed: {', '.join(_allowed())} (SYNTHMIX_ALLOW adds to it)"
        )
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        hint = f"; pip install {package}" if package in OPTIONAL else ""
        raise InvalidInput(f"_target_={target}: cannot be imported ({error}){hint}") from error
    except Exception as error:  # a module of the user's own may raise anything
        raise InvalidInput(f"_target_={target}: cannot be imported ({error})") from error
    home = f"{getattr(found, '__module__', '')}."
    if not (inspect.isclass(found) or inspect.isfunction(found)) or not home.startswith(tuple(prefixes)):
        raise InvalidInput(f"_target_={target}: must be a class or function defined in {prefixes[0]}*")
    return found
