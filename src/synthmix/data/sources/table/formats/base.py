"""What a reader of a file is asked for, and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from synthmix.errors import InvalidInput

Cells = Any  # numpy's arrays, or arrays and chunked arrays of pyarrow, which ships no types
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})  # however a cell is written


@dataclass(frozen=True)
class Reading:
    """How a file is to be read.

    Attributes:
        path: as the user has given it, for messages.
        label_column: labels are an array of their own in an npz.
        separator, decimal, encoding, header: of a text; None is found.
        max_bytes: the most that a file may hold once it is unpacked.
        max_rows: the most rows that are read, of a larger file a random sample; None reads them all.
    """

    path: str
    label_column: str | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    header: bool | None = None
    max_bytes: int = 4_000_000_000
    max_rows: int | None = None

    def refusal(self, why: str) -> InvalidInput:
        """The error of a file that cannot be used."""
        return InvalidInput(f"data.path={self.path}: {why}")

    @contextmanager
    def parsing(self, otherwise: str) -> Iterator[None]:
        """Around a library that parses bytes: on damaged ones each raises what it likes, which is a refusal here.

        Args:
            otherwise: what is said of the file then, such as `not a parquet file`.
        """
        try:
            yield
        except InvalidInput:
            raise
        except Exception as error:
            raise self.refusal(f"{otherwise} ({first_line(error)})") from error

    def refuse_size(self, n_bytes: int) -> None:
        """Raises InvalidInput where a file says that it holds more than is allowed."""
        if n_bytes > self.max_bytes:
            raise InvalidInput(
                f"data.max_bytes={self.max_bytes}: data.path={self.path} holds {n_bytes} bytes; allow them, or cut it"
            )

    def refuse_repeated(self, names: Sequence[str]) -> None:
        """Raises InvalidInput where two columns have one name."""
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise self.refusal(f"more than one column is called {repeated[0]!r}")


@dataclass(frozen=True)
class RawTable:
    """Columns of equal length, by name.

    Attributes:
        columns: the cells of each column: numbers, truth values, dates, texts or categories, missing ones null.
        n_rows: length of each column.
        place: names the place of row i in the file, for an error.
        text: the cell of row i in a column, as it stands in the file; None where the file has no texts.
        notes: what was found and not said by the user.
        test: the official test set, where the file has one.
    """

    columns: dict[str, Cells]
    n_rows: int
    place: Callable[[int], str]
    text: Callable[[int, str], str] | None = None
    notes: tuple[str, ...] = ()
    test: RawTable | None = None


@dataclass(frozen=True)
class RawImages:
    """Images, their labels where they were asked for, and those of an official test set.

    Attributes:
        pixels: (N, C, H, W), whole numbers from 0 to 255 or numbers from 0 to 1.
        labels: (N,).
    """

    pixels: NDArray[Any]
    labels: NDArray[Any] | None
    notes: tuple[str, ...] = ()
    test: RawImages | None = None


def numbered_row(row: int) -> str:
    """The place of a row in a file without lines."""
    return f"row {row}"


def first_line(error: Exception) -> str:
    """What an error says first; where it says nothing, its name."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
