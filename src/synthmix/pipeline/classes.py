"""Whether each class of train has points enough for a generator of its own, known before any of them is trained."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace

from torch import Tensor

from synthmix.config.cell import CellConfig
from synthmix.errors import Unavailable


@dataclass(kw_only=True, frozen=True)
class _CellOfClass(CellConfig):
    """A cell as a generator sees it that is given one class of its train."""

    @property
    def train_size(self) -> tuple[int, str]:
        """The points of the class."""
        assert self.data.n_train is not None
        return self.data.n_train, "its points"


def check_classes(config: CellConfig, labels: Tensor) -> None:
    """Asks the generator of each class what it asks a whole cell for.

    Args:
        config: of the cell.
        labels: of train, int64, (n,).

    Raises:
        Unavailable: one line for each class that has too few points.
    """
    parts = {field.name: getattr(config, field.name) for field in fields(config)}
    whole, lines = set(config.model.faults(config)), []
    for label, n in sorted(Counter(labels.tolist()).items()):
        of_class = _CellOfClass(**{**parts, "data": replace(config.data, n_train=n)})
        faults = [fault for fault in config.model.faults(of_class) if fault not in whole]
        lines += [
            f"task.labels=per_class: class {label} has {n} of the {len(labels)} points of train: {fault}; "
            f"give more points (data.n_train), another seed, or task.labels=self_training"
            for fault in faults[:1]
        ]
    if lines:
        raise Unavailable("\n".join(lines))
