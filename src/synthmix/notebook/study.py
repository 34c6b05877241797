"""A study of points in memory: the machinery of the command line, and its results as DataFrames."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch

from synthmix.analysis.words.answer import headline
from synthmix.api import clusterer_keys
from synthmix.config.cell import PathsConfig
from synthmix.data.base import digest_of
from synthmix.errors import InvalidInput
from synthmix.notebook.points import Points, read_points
from synthmix.report.files import write_report
from synthmix.report.publishing import Report
from synthmix.study.arguments import quoted
from synthmix.study.launching.job import resources_of
from synthmix.study.plan import make_plan
from synthmix.verbs.study import compute_study

CONTROLS = ("duplicate", "jitter", "smote")
FOLDER = "tables"  # in the store: the points of studies in memory, each file named by its digest
JUDGED = ("arm", "mix.ratio", "verdict", "mean", "difference", "simultaneous_low", "simultaneous_high", "p_adjusted")


class Study:
    """Does data of these generators help these clusterers on these points, and at which ratio?

    The cells, their keys in the store, the tuning and the verdicts are those of `synthmix run -m data=table ...` on the
    same points, which are kept as a file in the store.

    Args:
        X: an array (N, D) or a DataFrame of numbers.
        y: labels of any type, for scoring alone; None where there are none.
        models: members of the group `model`; None for a VAE and its controls (and `real` where n_train is given).
        ratios: synthetic points for each real training point.
        clusterers: members of the group `clusterer`.
        seeds: whole numbers; verdicts need at least six.
        n_train: points of train; what is left beside test and val is the pool of the oracle. None takes all of it.
        n_clusters: a number or a rule; None for the number of classes in y, and without y for the rule silhouette.
        store: folder of the stages; None for .synthmix, as on the command line.
        overrides: further keys, as the command line writes them: ``["model.steps=500", "tuning=none"]``.
    """

    def __init__(
        self,
        X: Any,
        y: Any = None,
        models: Sequence[str] | None = None,
        ratios: Sequence[float] = (0, 1, 4),
        clusterers: Sequence[str] = ("kmeans", "gmm"),
        seeds: Iterable[int] = range(10),
        *,
        n_train: int | None = None,
        n_clusters: int | str | None = None,
        store: str | Path | None = None,
        overrides: Sequence[str] = (),
    ) -> None:
        points = read_points(X)
        if points.values.ndim != 2:
            raise InvalidInput(f"X: has the shape {points.values.shape}; must be (points, columns)")
        oracle = [] if n_train is None else ["real"]
        lists = {
            "model": ["vae", *CONTROLS, *oracle] if models is None else models,
            "mix.ratio": ratios,
            "clusterer": clusterers,
            "seed": seeds,
        }
        words = [f"{key}={','.join(map(str, _several(key, values)))}" for key, values in lists.items()]
        if n_clusters is None and y is None and all("n_clusters" in clusterer_keys(name) for name in clusterers):
            n_clusters = "silhouette"
        words += [] if n_clusters is None else [f"clusterer.n_clusters={n_clusters}"]
        words += [] if n_train is None else [f"data.n_train={n_train}"]
        store = PathsConfig().store if store is None else store
        path, label = _kept(points, y, Path(store))
        words += ["data=table", "data.name=X", f"data.path={quoted(str(path))}", f"paths.store={quoted(str(store))}"]
        words += [] if label is None else [f"data.label_column={quoted(label)}"]
        self._words = [*words, *overrides]
        self._plan = make_plan(self._words, multirun=True)
        self._found: Report | None = None

    def run(self) -> Self:
        """Computes what the store lacks; returns self. A cell that fails is told in a warning."""
        threads = torch.get_num_threads()
        try:
            line = shlex.join(["synthmix", "run", "-m", *self._words])
            record, self._found = compute_study(self._plan, line, resources_of(self._plan.configs[0]))
        finally:
            torch.set_num_threads(threads)
        for combination, failure in record.failures.items():
            warnings.warn(f"{combination}: {failure}", stacklevel=2)
        return self

    @property
    def cells(self) -> pd.DataFrame:
        """A row for each cell asked for, as `cells.csv` has it: keys, status and every score."""
        return self._report.result.shown_cells

    @property
    def verdicts(self) -> pd.DataFrame:
        """A row for each generator at each ratio and each learner, with its verdict, effect, interval and p."""
        summary = self._report.analysis.summary
        keys = [name for name in map(str, summary) if name.endswith(".name") and name != "model.name"]
        rows = summary[summary["verdict"].astype(str) != ""]
        return rows[[*keys, *(name for name in JUDGED if name in summary)]].reset_index(drop=True)

    def report(self, out: str | Path) -> Path:
        """Writes tables, figures and page to the folder `out`; returns the page."""
        found = self._report
        write_report(found.result, found.analysis, Path(out))
        return Path(out) / "index.html"

    @property
    def _report(self) -> Report:
        if self._found is None:
            raise RuntimeError("the study has not been run; call run() first")
        return self._found

    def _repr_html_(self) -> str:
        """The answer in a sentence, and the verdicts."""
        if self._found is None:
            return f"<p>synthmix study of {len(self._plan.cells)} cells, not run yet</p>"
        analysis = self._found.analysis
        notes = "".join(f"<li>{escape(text)}</li>" for text in [*analysis.facts, *analysis.warnings])
        table = self.verdicts.to_html(index=False, float_format="{:.3g}".format, border=0)
        return f"<p><b>{escape(headline(analysis))}</b></p>{table}<ul>{notes}</ul>"


def _several(key: str, values: Any) -> list[Any]:
    """A list of values. Raises InvalidInput where it is none, or empty."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidInput(f"{key}={values!r}: must be a list")
    found = list(values)
    if not found:
        raise InvalidInput(f"{key}=[]: must be at least one value")
    return found


def _kept(points: Points, y: Any, store: Path) -> tuple[Path, str | None]:
    """Writes points and labels to the store, once; returns the file and the name of the column of labels."""
    given = points.given
    names = (
        list(map(str, given.columns)) if isinstance(given, pd.DataFrame) else list(map(str, range(points.spec.size)))
    )
    frame, label = pd.DataFrame(points.values, columns=names), None
    if y is not None:
        labels = np.asarray(y)
        if labels.shape != (len(frame),):
            raise InvalidInput(f"y: has the shape {labels.shape}; must be ({len(frame)},), a label for each point of X")
        missing = pd.isna(labels)
        if missing.any():
            raise InvalidInput(f"y: row {int(missing.argmax())}: missing label ({int(missing.sum())} such labels)")
        label = next(name for name in ("label", *(f"label_{n}" for n in range(len(names) + 1))) if name not in names)
        frame[label] = labels
    coded = None if label is None else torch.tensor(pd.factorize(frame[label], sort=True)[0], dtype=torch.int64)
    text = torch.tensor(list("\n".join(map(str, frame.columns)).encode()), dtype=torch.uint8)
    file = store / FOLDER / f"{digest_of(torch.tensor(points.values), coded, text)[:16]}.parquet"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        frame.to_parquet(draft, index=False)
        draft.replace(file)
    return file, label
