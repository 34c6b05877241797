"""The keys that every data set has, and what is known of a set before loading it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from synthmix.config.cross_checks import Cell
from synthmix.config.nodes import member_types
from synthmix.config.parts import Parts
from synthmix.config.polluted_share import least_share
from synthmix.config.schema import Count, Member, NonNegativeInt, Range, shown
from synthmix.errors import InvalidInput
from synthmix.spec import DataSpec, Extent, Hiding, Pollution

SIZES = ("n_train", "n_val", "n_test", "n_reserve")
# and by no loader
READ_BY_SPLIT = (*SIZES, "normal_class", "pollute", "pollute_share", "hide", "hide_mechanism")
FILLED = ("missing", "impute")


@dataclass(kw_only=True, frozen=True)
class DataConfig(Member):
    """A data set. Sizes of the parts of a split, which `split` reads; all other keys of a data set go to its loader.

    Attributes:
        has_cells: whether the values of a point are cells that may be missing, where points are a table's.
        n_train: points of train; null takes all that is left.
        n_val: points of val; null takes a fifth.
        n_test: points of test; null takes the official test set, or a fifth where there is none.
        n_reserve: points set apart for training the classifier features.
        normal_class: for anomaly detection, the class whose points are normal; all others are anomalies.
        pollute: what is done to train on purpose, and never to val or test: points all over the place, copies, points
            whose every value is that of another point, wrong labels.
        pollute_share: of the points of train; 0 leaves train clean.
        hide: share of the values of train, complete as they come, that is hidden and filled; 0 leaves train complete.
        hide_mechanism: by what it is decided which: by nothing, by a value of the row that stays, by the value itself.
        missing: refuse tells where values are missing; drop leaves out these rows; impute fills them by train; model
            does so for all that needs complete rows, and leaves the gaps to generators that fit incomplete ones.
        impute: how: the median or most frequent level, or for numeric columns the nearest neighbours, scikit-learn's
            iterative imputer or the conditional mean under a mixture; null takes the median, and with
            missing=model the mixture.
        classes: what its labels tell apart, in words that sets of the same classes share; None where a set has classes
            of its own.
    """

    of_the_cell: ClassVar[tuple[str, ...]] = ("name", *READ_BY_SPLIT, *FILLED)
    has_cells: ClassVar[bool] = True
    classes: ClassVar[str | None] = None

    n_train: Count | None = None
    n_val: Count | None = None
    n_test: Count | None = None
    n_reserve: NonNegativeInt = 0
    normal_class: NonNegativeInt | None = None
    pollute: Literal["none", "outliers", "duplicates", "shuffled", "mislabelled"] = "none"
    pollute_share: Annotated[float, Range(low=0, below=1)] = 0.1
    hide: Annotated[float, Range(low=0, high=0.5)] = 0.0
    hide_mechanism: Literal["completely_at_random", "at_random", "not_at_random"] = "completely_at_random"
    missing: Literal["refuse", "drop", "impute", "model"] = "refuse"
    impute: Literal["median", "knn", "iterative", "mixture"] | None = None

    @property
    def imputation(self) -> Literal["median", "knn", "iterative", "mixture"]:
        """What fills what is missing."""
        return self.impute or ("mixture" if self.missing == "model" else "median")

    @property
    def hiding(self) -> Hiding | None:
        """Which values of train are hidden on purpose; None where it is as it comes."""
        return Hiding(self.hide, self.hide_mechanism) if self.hide else None

    @property
    def name_in_keys(self) -> str:
        """What the keys of stages have beside the digest of the points."""
        return self.name

    @property
    def pollution(self) -> Pollution | None:
        """What is done to train on purpose; None where it is as it comes."""
        return None if self.pollute == "none" or not self.pollute_share else Pollution(self.pollute, self.pollute_share)

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

    def tested_on(self, cell: Cell) -> DataConfig | None:
        """The set whose held-out points are the test set of this cell; None where they are its own."""
        name = _test_data(cell)
        kind = None if name is None else known_sets().get(name)
        if kind is None:
            return None
        where = {"root": self.root} if isinstance(self, FileSetConfig) and issubclass(kind, FileSetConfig) else {}
        return _as_it_comes(kind, **where)

    def faults(self, cell: Cell) -> Iterator[str]:
        """Yields why the set cannot be used, which of its sizes it cannot give, or what the task does not read."""
        default = type(self).normal_class  # that of a set of anomalies is no fault where another task looks at the set
        if self.normal_class not in (None, default) and cell.anomaly_protocol is None:
            yield (
                f"data.normal_class={self.normal_class}: task.name={cell.task.name} does not read it; "
                f"must be {shown(default)}"
            )
        yield from self._pollution_faults(cell)
        yield from self._missing_faults(cell)
        if (name := _test_data(cell)) is not None and (reason := self._untestable(name)):
            allowed = ", ".join([*(other for other in known_sets() if not self._untestable(other)), "null"])
            yield f"task.test_data={name}: {reason}; allowed: {allowed}"
        try:
            parts = cell.parts
        except InvalidInput as error:
            yield from error.faults
        else:
            faults = [*parts.faults()]
            yield from faults or self._share_faults(parts.train)
            if not faults and self.hide:
                yield from self._hiding_faults(cell.outline.spec, parts.train)

    def _untestable(self, name: str) -> str:
        """Why what is learnt of this set cannot be tested on that one; empty where it can."""
        kind, own = known_sets().get(name), f"data.name={self.name}"
        if kind is None:
            return "is no data set that synthmix brings"
        if isinstance(self, kind):
            return f"{own} is that set, and null takes its own test set"
        if kind.classes is None:
            return "no other set is known to have its classes, if it has any"
        if kind.classes != self.classes:
            return f"its classes are {kind.classes}, those of {own} {self.classes or 'are its own'}"
        shapes = [_shape(_as_it_comes(kind)), _shape(self)]
        if shapes[0][:-2] != shapes[1][:-2] or not all(shape[:-2] for shape in shapes):
            texts = ["×".join(map(str, shape)) for shape in shapes]
            return (
                f"its points are of {texts[0]} values, those of {own} of {texts[1]}; must be images of as many channels"
            )
        return ""

    def _pollution_faults(self, cell: Cell) -> Iterator[str]:
        """Yields why train cannot be polluted so."""
        default = type(self).pollute_share
        if self.pollute == "none" and self.pollute_share not in (0, default):
            allowed = f"must be 0 or {default:g}, or name what pollutes (at data.pollute_share=0 it leaves train clean)"
            yield f"data.pollute_share={self.pollute_share:g}: data.pollute=none does not read it; {allowed}"
        if self.pollute == "mislabelled" and not cell.task.supervised:
            reason = f"task.name={cell.task.name} gives no label of train to anything that learns"
            yield f"data.pollute=mislabelled: {reason}; allowed: none, outliers, duplicates, shuffled"

    def _missing_faults(self, cell: Cell) -> Iterator[str]:
        """Yields why values cannot be hidden so, or which generator needs them."""
        if self.hide and self.missing in ("refuse", "drop"):
            reason = f"data.hide={self.hide:g} leaves values to be filled"
            yield f"data.missing={self.missing}: {reason}; must be impute or model"
        if self.hide and self.pollution is not None:
            yield f"data.pollute={self.pollute}: data.hide={self.hide:g} hides values of clean rows; must be none"
        if self.missing == "model" and cell.model.incomplete_rows == "refused":
            reason = f"model.name={cell.model.name} needs complete rows"
            yield f"data.missing=model: {reason}; must be impute, or a model that fits incomplete rows (gmm_incomplete)"
        if self.missing == "model" and cell.task.supervised and cell.task.per_class:
            yield "data.missing=model: task.labels=per_class fits generators to complete rows; must be impute"

    def _hiding_faults(self, spec: DataSpec, n_train: int) -> Iterator[str]:
        """Yields why values of such data cannot be hidden."""
        n_columns = len(spec.columns) or spec.size
        if spec.kind != "table" or not self.has_cells:
            yield f"data.hide={self.hide:g}: data.name={self.name} is no table; must be 0"
        elif self.hide_mechanism == "at_random" and n_columns == 1:
            allowed = "must be completely_at_random or not_at_random"
            yield f"data.hide_mechanism=at_random: needs two columns or more; {allowed}"
        elif self.hide * n_train * n_columns < 1:
            of = f"{n_train} × {n_columns} values of train"
            yield f"data.hide={self.hide:g}: hides none of the {of}; must be 0 or ≥ {1.005 / (n_train * n_columns):.3g}"

    def _share_faults(self, n_train: int) -> Iterator[str]:
        """Yields that the share is less than a point of train."""
        if self.pollution is not None and self.pollute_share <= (least := least_share(n_train)):
            reason = f"pollutes none of the {n_train} points of train"
            enough = f" or ≥ {1.005 * least:.3g}" if n_train > 1 else ""  # rounded up
            yield f"data.pollute_share={self.pollute_share:g}: {reason}; must be 0{enough}"


@dataclass(kw_only=True, frozen=True)
class FileSetConfig(DataConfig):
    """A known set that lies in files.

    Attributes:
        root: folder of the data folders; null takes $SYNTHMIX_DATA or the cache of the user.
    """

    root: str | None = None


def known_sets() -> Mapping[str, type[DataConfig]]:
    """The data sets that synthmix brings, by name."""
    kinds = (kind for kind in member_types().values() if issubclass(kind, DataConfig))
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def _test_data(cell: Cell) -> str | None:
    """The name of another set whose points test what the task has learnt; None where it has no such key."""
    name: str | None = getattr(cell.task, "test_data", None)
    return name


def _as_it_comes(kind: Callable[..., DataConfig], **keys: Any) -> DataConfig:
    """A set with the defaults of its config, which a class of the package has for all of its keys."""
    return kind(**keys)


def _shape(config: DataConfig) -> tuple[int, ...]:
    extent = config.extent()
    return () if extent is None else extent.spec.shape
