"""The verb `report`: the tables, figures and page of a study that was run before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synthmix.config.sections.tracking import make_tracker
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.report.files import FORMATS
from synthmix.report.publishing import publish, tell
from synthmix.study.answers import keep_answers
from synthmix.study.project import Projection
from synthmix.study.record import Studies
from synthmix.study.study_record import study_head
from synthmix.verbs.parser import VerbParser, store_folder
from synthmix.verbs.selection import report_selection


def report(words: Sequence[str]) -> int:
    """Writes a report again; returns the exit code.

    Raises:
        InvalidInput: no such study, or a filter that selects no run, or by what came out.
    """
    parser = VerbParser("report", "Writes a study's tables, figures and page.")
    parser.add_argument("study", metavar="STUDY", help="a study's name or its beginning, last, or a filter of MLflow")
    parser.add_argument("--out", metavar="DIR", help="where to; multirun/STUDY/report otherwise")
    parser.add_argument(
        "--figures", metavar="FORMATS", default="png", help="png, pdf and svg, by commas; png otherwise"
    )
    parser.add_argument("--answers", metavar="FILE", help="what somebody has saved of the page's blind test; is kept")
    parser.add_store()
    given = parser.read(words)
    formats = _formats(given.figures)
    root = store_folder(given.store)
    studies = Studies(root)
    if any(sign in given.study for sign in "=<> "):
        if given.answers:
            raise InvalidInput(f"--answers={given.answers}: is of one study; name it in place of a filter")
        tell(*report_selection(given.study, Path(given.out or "report"), studies, formats))
        return 0
    record = studies.read(find_study(given.study, studies))
    if given.answers:
        keep_answers(Path(given.answers), studies.file(record.name).parent)
    tracking = record.tracking
    tracker = make_tracker(tracking["_target_"], tracking["uri"], tracking["experiment"])
    resources = Resources.at(tracker, root)
    folder = Path(given.out) if given.out else record.report_folder
    with tracker.open_study(study_head(record)) as parent:
        projection = Projection(resources)
        runs = projection.study(record, parent.id)
        projection.complete()
        written = publish(record, resources, runs, folder, parent, projection.present, formats=formats)
    tell(record, resources, written)
    return 0


def _formats(given: str) -> list[str]:
    """The formats of figures by their names. Raises InvalidInput."""
    names = [name.strip() for name in given.split(",")]
    unknown = sorted(set(names) - set(FORMATS))
    if unknown:
        raise InvalidInput(
            f"--figures={given}: {', '.join(map(repr, unknown))} is no format; allowed: {', '.join(FORMATS)}"
        )
    return list(dict.fromkeys(names))


def find_study(name: str, studies: Studies) -> str:
    """The study of this name or the only one with this beginning; `last` is the one that was asked for last.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    names = studies.names()
    if not names:
        raise InvalidInput(f"{name}: there is no study in {studies.root.parent}; run one with synthmix run -m")
    if name == "last":
        return names[-1]
    found = [name] if name in names else [known for known in names if known.startswith(name)]
    if len(found) != 1:
        what = "no such study" if not found else "more than one study"
        raise InvalidInput(f"{name}: {what}; allowed: last, {', '.join(found or names)}")
    return found[0]
