"""How many points fall to each part of a split. Light: known before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The sizes that a split asks for, and those that it gets.

    Attributes:
        n_points: points of the set, without those of an official test set.
        n_official_test: points of the official test set; None where there is none.
        n_train: asked for; None takes all that is left.
        n_val: asked for; None takes a fifth of the points.
        n_test: asked for; None takes the official test set, or a fifth of the points where there is none.
        n_reserve: asked for.
    """

    n_points: int
    n_official_test: int | None
    n_train: int | None
    n_val: int | None
    n_test: int | None
    n_reserve: int

    @property
    def held_out(self) -> int:
        """Test points taken from the points themselves: none where there is an official test set."""
        if self.n_official_test is not None:
            return 0
        return self._fifth() if self.n_test is None else self.n_test

    @property
    def val(self) -> int:
        """Points of val."""
        return self._fifth() if self.n_val is None else self.n_val

    @property
    def learn(self) -> int:
        """Points of train and pool together; below 1 where the other parts ask for too much."""
        return self.n_points - self.held_out - self.val - self.n_reserve

    @property
    def train(self) -> int:
        """Points of train."""
        return self.learn if self.n_train is None else self.n_train

    def faults(self) -> Iterator[str]:
        """Yields one line for each size that the set cannot give."""
        if self.n_test is not None and self.n_official_test is not None:
            allowed = f"must be null (the official test set of {self.n_official_test} points is used whole)"
            yield f"data.n_test={self.n_test}: {allowed}"
        if self.learn < 1:
            asked = {"n_test": self.held_out, "n_val": self.val, "n_reserve": self.n_reserve}
            largest = max(asked, key=lambda key: asked[key])
            yield f"data.{largest}={asked[largest]}: leaves no point to learn from ({self._account()})"
        elif self.train > self.learn:
            yield f"data.n_train={self.n_train}: must be ≤ {self.learn} ({self._account()})"

    def _fifth(self) -> int:
        return max(1, self.n_points // 5)

    def _account(self) -> str:
        sizes = [(self.held_out, "test"), (self.val, "val"), (self.n_reserve, "reserve")]
        shown = [f"{size} {part}" for size, part in sizes if size]
        less = " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "nothing"
        return f"{self.n_points} points less {less}"
