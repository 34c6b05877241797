"""The keys that every data set has, and the outline that is known before loading it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from synthmix.config.instantiate import instantiate
from synthmix.config.parts import Parts
from synthmix.config.plain import to_plain
from synthmix.config.schema import Count, Member, NonNegativeInt
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent, Outline

if TYPE_CHECKING:
    from synthmix.config.cell import CellConfig

SIZES = ("n_train", "n_val", "n_test", "n_reserve")
READ_BY_SPLIT = (*SIZES, "normal_class")  # and by no loader
_LOADED: dict[str, Extent] = {}  # of sets found by loading: each check of each cell of a sweep asks


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

    def extent(self) -> Extent:
        """What the set holds, found without loading it where its own config says how, else by loading it.

        Raises:
            InvalidInput: the set cannot be used, whatever the sizes; one line for each reason.
        """
        node = {key: value for key, value in to_plain(self).items() if key not in READ_BY_SPLIT}
        text = json.dumps(node, sort_keys=True)
        if text not in _LOADED:
            _LOADED[text] = _extent_of_loaded(self)
        return _LOADED[text]

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

    def faults(self, cell: CellConfig) -> Iterator[str]:
        """Yields why the set cannot be used, or which of its sizes it cannot give."""
        try:
            parts = self.parts()
        except InvalidInput as error:
            yield from error.faults
        else:
            yield from parts.faults()


def _extent_of_loaded(config: DataConfig) -> Extent:
    """What a set of the user's own holds."""
    try:
        dataset = instantiate(config)
    except InvalidInput:
        raise
    except Exception as error:  # a function of the user's own may raise anything
        raise InvalidInput(f"data.name={config.name}: cannot be loaded ({type(error).__name__}: {error})") from error
    spec = getattr(dataset, "spec", None)
    if not isinstance(spec, DataSpec) or not spec.digest:  # the digest is what the store knows a set by
        made_by = "must return a Dataset made by synthmix.data.base.assemble"
        raise InvalidInput(f"data._target_={config._target_}: {made_by}")
    return Extent(spec, len(dataset), None if dataset.test is None else len(dataset.test))


@dataclass(kw_only=True, frozen=True)
class FileSetConfig(DataConfig):
    """A known set that lies in files.

    Attributes:
        root: folder of the data folders; null takes $SYNTHMIX_DATA or the cache of the user.
    """

    root: str | None = None
