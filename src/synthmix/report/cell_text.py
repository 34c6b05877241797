"""The scores of one cell as text: those that answer first, quality beside its floors, and all of them on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from synthmix.config.task import TaskConfig

MOST_SCORES = 6  # of the task, unless all are asked for
QUALITY = (
    "fd_classifier",
    "fd_pca",
    "kid",
    "precision",
    "recall",
    "coverage",
    "c2st",
    "authenticity",
    "ks",
    "tv",
    "association_difference",
    "violations",
)
OF_TEXTS = ("bleu", "self_bleu", "copied_8grams", "perplexity")
FLOOR = "_floor"


def cell_text(metrics: Mapping[str, float], task: TaskConfig, *, everything: bool = False) -> str:
    """A few lines of scores on test and of quality.

    Args:
        metrics: of a cell, by their MLflow names. Those on val are left out, as they judge nothing.
        task: of the cell.
        everything: whether to leave out no other.

    Returns:
        A table for each group of names, and how many scores it leaves out.
    """
    groups: dict[str, dict[str, float]] = {}
    for full, value in metrics.items():
        group, _, name = full.partition("/")
        if group != "val":
            groups.setdefault(group, {})[name] = value
    scores, quality = groups.pop(task.prefix, {}), groups.pop("quality", {})
    left = sum(len(group) for group in (scores, quality, *groups.values()))
    lines = [] if not scores else ["on held-out real points"]
    primary = next((name for name in task.primary if name in scores), None)
    for name in [*task.metrics, *scores] if everything else _first(scores, task):
        if name in scores:
            mark = "   primary" if name == primary else ""
            lines.append(f"  {name:<26} {scores.pop(name):10.4g}{mark}")
            left -= 1
    wanted = sorted(quality) if everything else [*QUALITY, *OF_TEXTS]
    shown = [name for name in wanted if name in quality and FLOOR not in name]
    if shown:
        lines.append(f"{'quality of the synthetic points':<39}   floor: as many real points")
    for name in shown:
        floor = quality.get(name + FLOOR)
        lines.append(f"  {name:<26} {quality[name]:10.4g}" + ("" if floor is None else f" {floor:10.4g}"))
        left -= 1 if floor is None else 2
    if everything:
        lines += _rest(groups)
    elif left:
        lines.append(f"{left} more scores: --all prints them")
    return "\n".join(lines)


def _first(scores: Iterable[str], task: TaskConfig) -> Sequence[str]:
    """The primary score, those that choose, and the first of the others in the order of the task."""
    ordered = [*task.primary[:1], *task.choose_by, *task.primary[1:], *task.metrics]
    return [name for name in dict.fromkeys(ordered) if name in scores][:MOST_SCORES]


def _rest(groups: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for group, values in sorted(groups.items()):
        yield group
        yield from (f"  {name:<26} {value:10.4g}" for name, value in sorted(values.items()))
