"""The keys that every data set has, and the outline that is known before loading it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synthmix.config.schema import Count, Member, NonNegativeInt
from synthmix.data.parts import Parts
from synthmix.data.spec import Extent, Outline
from synthmix.errors import InvalidInput

SIZES = ("n_train", "n_val", "n_test", "n_reserve")  # the keys that `split` reads and no loader does


@dataclass(kw_only=True)
class DataSchema(Member, ABC):
    """Sizes of the parts of a split, which `split` reads; all other keys of a data set go to its loader.

    Attributes:
        n_train: points of train; null takes all that is left.
        n_val: points of val; null takes a fifth.
        n_test: points of test; null takes the official test set, or a fifth where there is none.
        n_reserve: points set apart for training the classifier features.
    """

    n_train: Count | None
    n_val: Count | None
    n_test: Count | None
    n_reserve: NonNegativeInt

    @abstractmethod
    def extent(self) -> Extent:
        """What the set holds, found without loading it.

        Raises:
            InvalidInput: the set cannot be used, whatever the sizes; one line for each reason.
        """

    def parts(self) -> Parts:
        """The sizes asked for against those that the set has. Raises InvalidInput as `extent` does."""
        extent = self.extent()
        return Parts(
            n_points=extent.n_points,
            n_official_test=extent.n_official_test,
            n_train=self.n_train,
            n_val=self.n_val,
            n_test=self.n_test,
            n_reserve=self.n_reserve,
        )

    def outline(self) -> Outline:
        """Spec and number of points to learn from. Raises InvalidInput as `extent` does."""
        return Outline(self.extent().spec, self.parts().learn)

    def faults(self, cell: Any) -> Iterator[str]:
        """Yields why the set cannot be used, or which of its sizes it cannot give."""
        try:
            parts = self.parts()
        except InvalidInput as error:
            yield from error.faults
        else:
            yield from parts.faults()


@dataclass(kw_only=True)
class FileSetSchema(DataSchema, ABC):
    """A known set that lies in files.

    Attributes:
        root: folder of the data folders; null takes $SYNTHMIX_DATA or the cache of the user.
    """

    root: str | None


def train_size(cell: Any) -> tuple[int, str]:
    """How many points train has, and where that number comes from."""
    if cell.data.n_train is None:
        return cell.outline.n_learn, "points to learn from"
    return cell.data.n_train, "data.n_train"
