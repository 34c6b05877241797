"""The keys that every data set has, and what is known of a set before loading it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from synthmix.config.cross_checks import Cell
from synthmix.config.parts import Parts
from synthmix.config.schema import Count, Member, NonNegativeInt, shown
from synthmix.errors import InvalidInput
from synthmix.spec import Extent

SIZES = ("n_train", "n_val", "n_test", "n_reserve")
READ_BY_SPLIT = (*SIZES, "normal_class")  # and by no loader


@dataclass(kw_only=True, frozen=True)
class DataConfig(Member):
    """A data set. Sizes of the parts of a split, which `split` reads; all other keys of a data set go to its loader.

    Attributes:
        n_train: points of train; null takes all that is left.
        n_val: points of val; null takes a fifth.
        n_test: points of test; null takes the official test set, or a fifth where there is none.
        n_reserve: points set apart for training the classifier features.
        normal_class: for anomaly detection, the class whose points are normal; all others are anomalies.
    """

    of_the_cell: ClassVar[tuple[str, ...]] = ("name", *READ_BY_SPLIT)

    n_train: Count | None = None
    n_val: Count | None = None
    n_test: Count | None = None
    n_reserve: NonNegativeInt = 0
    normal_class: NonNegativeInt | None = None

    def extent(self) -> Extent | None:
        """What the set holds, found without loading it; None where it has to be loaded for that.

        Raises:
            InvalidInput: the set cannot be used, whatever the sizes; one line for each reason.
        """
        return None

    def notes(self) -> Iterator[str]:
        """Yields what was found of the set and not said by the user, a line each."""
        yield from ()

    def describe(self) -> Iterator[str]:
        """Yields what `validate --describe` says of the set, a line each."""
        extent = self.extent()
        if extent is not None:
            shape = "×".join(map(str, extent.spec.shape))
            yield f"{extent.n_points} points of {shape} values ({extent.spec.kind})"

    def parts(self, extent: Extent) -> Parts:
        """The sizes asked for against those that the set has."""
        return Parts(
            n_points=extent.n_points,
            n_official_test=extent.n_official_test,
            n_train=self.n_train,
            n_val=self.n_val,
            n_test=self.n_test,
            n_reserve=self.n_reserve,
        )

    def faults(self, cell: Cell) -> Iterator[str]:
        """Yields why the set cannot be used, which of its sizes it cannot give, or what the task does not read."""
        default = type(self).normal_class  # that of a set of anomalies is no fault where another task looks at the set
        if self.normal_class not in (None, default) and cell.anomaly_protocol is None:
            yield (
                f"data.normal_class={self.normal_class}: task.name={cell.task.name} does not read it; "
                f"must be {shown(default)}"
            )
        try:
            parts = cell.parts
        except InvalidInput as error:
            yield from error.faults
        else:
            yield from parts.faults()


@dataclass(kw_only=True, frozen=True)
class FileSetConfig(DataConfig):
    """A known set that lies in files.

    Attributes:
        root: folder of the data folders; null takes $SYNTHMIX_DATA or the cache of the user.
    """

    root: str | None = None
