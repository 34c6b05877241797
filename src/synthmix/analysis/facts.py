"""What a reader must know of a study's data and learners to judge its numbers, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synthmix.analysis.data_sets.population import truth
from synthmix.analysis.data_sets.sizes import TESTED_ON, data_of
from synthmix.analysis.data_sets.speaks_of import overlap_of
from synthmix.analysis.result import StudyResult
from synthmix.analysis.setting_cells import SettingCells, written
from synthmix.notation import general

DUPLICATES = "data/duplicates_across_split"
HIDDEN, RMSE, ACCURACY = "data/hidden_share", "data/imputation_rmse", "data/imputation_accuracy"
SUPERVISED = (
    "Supervised: labels of the training points reach the {learner}, those of the oracle's points among them; "
    "gates and representations see none, nor do generators but those of task.labels=per_class, and held-out labels "
    "score alone."
)


def facts(result: StudyResult, settings: Sequence[SettingCells]) -> list[str]:
    """Labels that reach the learner, transfer, copies, hidden values, k from labels, what intervals speak of.

    Args:
        result: the study.
        settings: the cells of its settings.
    """
    of_data = (*_duplicates(result), *_hidden(result))
    first = (*_supervised(result), *_transfer(result), *of_data, *_k_from_labels(result))
    return [*first, *_truths(result, settings)]


def _supervised(result: StudyResult) -> Iterator[str]:
    """What a study of a supervised task does with labels."""
    if result.supervised:
        yield SUPERVISED.format(learner=result.learner)


def _transfer(result: StudyResult) -> Iterator[str]:
    """Where test is of another data set than what anything learns from or is chosen by."""
    for name, sizes in result.sizes.items():
        if sizes.test_data is not None:
            source = name.partition(TESTED_ON)[0]
            yield (
                f"Transfer: what is learnt of {source} is tested on {sizes.n_test} images of {sizes.test_data}, "
                f"resized to {source}'s size where theirs is another. val is of {source}, and so is what it chooses."
            )


def _duplicates(result: StudyResult) -> Iterator[str]:
    """Held-out points that are among those to learn from."""
    if DUPLICATES not in result.cells:
        return
    for name, cells in result.cells.groupby(result.cells.apply(data_of, axis=1)):
        count = cells.groupby("seed")[DUPLICATES].max().mean()
        if count > 0:
            sizes = result.sizes.get(str(name))
            of = "" if sizes is None else f" of {sizes.n_val + sizes.n_test}"
            yield (
                f"{name}: {general(count)}{of} held-out points (val and test, mean over seeds) occur value for value "
                "among the points to learn from as well."
            )


def _hidden(result: StudyResult) -> Iterator[str]:
    """Where values of train were hidden on purpose: how near what filled them is to the truth."""
    if HIDDEN not in result.cells:
        return
    told = result.cells[result.cells[HIDDEN].notna()].dropna(axis="columns", how="all")
    keys = [key for key in told if str(key).startswith("data.")]
    for values, cells in told.groupby(keys):
        where = ", ".join(f"{key} = {written(value)}" for key, value in zip(keys, values, strict=True))
        found = [f"{general(cells[HIDDEN].mean())} of train's values were hidden and filled"]
        if RMSE in cells:
            found.append(f"numbers with a root mean square error of {general(cells[RMSE].mean())} standard deviations")
        if ACCURACY in cells:
            found.append(f"{general(cells[ACCURACY].mean())} of levels rightly")
        yield f"{where}: {', '.join(found)} (means over seeds)."


def _k_from_labels(result: StudyResult) -> Iterator[str]:
    if result.k_from_labels:
        names = ", ".join(sorted(result.k_from_labels))
        yield (
            f"k from the labels: {names} look{'s' if len(result.k_from_labels) == 1 else ''} for as many clusters as "
            f"there are known classes ({result.learner}.n_clusters=null), which only a benchmark can know."
        )


def _truths(result: StudyResult, settings: Sequence[SettingCells]) -> Iterator[str]:
    """One sentence for each data set and size; without their names where there is one."""
    sizes = list(dict.fromkeys((data_of(one.keys), one.n) for one in settings))
    names, found = {name for name, _ in sizes}, {}
    for setting in settings:
        common = overlap_of(result, setting.keys)
        if common is not None:
            of_data = data_of(setting.keys) if len(names) > 1 else ""
            of_size = f"n = {written(setting.n)}" if len(sizes) > len(names) else ""
            found[", ".join(filter(None, (of_data, of_size)))] = truth(
                common, result.sizes[data_of(setting.keys)].test_data
            )
    for sentence in dict.fromkeys(found.values()):
        where = "; ".join(place for place, same in found.items() if same == sentence and place)
        yield f"{where}: {sentence}" if where else sentence
