"""The verb `store`: what the store of stages holds, whether it is sound, and what can go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from synthmix.errors import InvalidInput
from synthmix.stages.lost import forget
from synthmix.stages.store import Manifest, Store
from synthmix.study.record import Studies
from synthmix.verbs.parser import VerbParser, store_folder

MOST_DAYS = 36500
USAGE = """usage: synthmix store VERB ...

  list [STAGE]       what is stored, a line for each kind of stage, or for each entry of one
  verify             reads every entry, and names those that are damaged
  prune              removes what is damaged or half written; --dry-run says what would go
  retry [KEY]        has stages tried again in which a process was killed three times
  rebuild-tracking   logs again to MLflow what the store holds

synthmix store VERB --help tells the switches of a verb.
"""


def store(words: Sequence[str]) -> int:
    """Runs `store list`, `verify`, `prune`, `retry` or `rebuild-tracking`; returns the exit code."""
    verbs: Mapping[str, Callable[[Sequence[str]], int]] = {
        "list": _list,
        "verify": _verify,
        "prune": _prune,
        "retry": _retry,
        "rebuild-tracking": _rebuild_tracking,
    }
    verb = words[0] if words else "nothing"
    if verb in ("-h", "--help"):
        print(USAGE, end="")
        return 0
    if verb not in verbs:
        raise InvalidInput(f"store {verb}: allowed: {', '.join(verbs)}")
    return verbs[verb](words[1:])


def _list(words: Sequence[str]) -> int:
    parser = VerbParser("store list", "Shows what is stored, a line for each kind of stage, or for each entry of one.")
    parser.add_argument("stage", nargs="?", help="list the entries of this stage")
    parser.add_store()
    given = parser.read(words)
    root = store_folder(given.store)
    stages = sorted({entry.stage for entry in Store(root).entries()})
    if given.stage is not None and given.stage not in stages:
        raise InvalidInput(f"store list {given.stage}: no such stage; allowed: {', '.join(stages) or 'none yet'}")
    entries = list(Store(root).entries(given.stage or "*"))
    for line in _entry_lines(entries) if given.stage else _stage_lines(entries):
        print(line)
    studies = Studies(root)
    for name in [] if given.stage else studies.names():
        record = studies.read(name)
        print(f"study {name}: {len(record.cells)} cells asked for, last {record.updated}")
    return 0


def _stage_lines(entries: Sequence[Manifest]) -> Iterator[str]:
    by_stage: dict[str, list[Manifest]] = defaultdict(list)
    for entry in entries:
        by_stage[entry.stage].append(entry)
    yield f"{'stage':<20} {'entries':>7} {'size':>9} {'seconds':>9}  {'first':<20} last"
    for stage, found in by_stage.items():
        created = sorted(entry.created[:19] for entry in found)
        size, seconds = readable_size(sum(entry.bytes for entry in found)), sum(entry.seconds for entry in found)
        yield f"{stage:<20} {len(found):>7} {size:>9} {seconds:>9.1f}  {created[0]:<20} {created[-1]}"
    yield f"{'all':<20} {len(entries):>7} {readable_size(sum(entry.bytes for entry in entries)):>9}"


def _entry_lines(entries: Sequence[Manifest]) -> Iterator[str]:
    yield f"{'key':<16} {'created':<19} {'seconds':>8} {'size':>9}  what"
    for entry in sorted(entries, key=lambda entry: entry.created):
        size = readable_size(entry.bytes)
        yield f"{entry.key[:16]} {entry.created[:19]} {entry.seconds:>8.2f} {size:>9}  {_what(entry)}"


def _what(entry: Manifest) -> str:
    """The names in what an entry depends on."""
    shown = []
    for key, value in entry.depends_on.items():
        if isinstance(value, dict) and "name" in value:
            shown.append(str(value["name"]))
        elif key in ("seed", "block") or (key == "model" and isinstance(value, str)):
            shown.append(f"{key} {value}" if key in ("seed", "block") else value)
    if entry.stage == "cell" and "model" not in entry.depends_on:
        shown.append("real points only")
    return " ".join(shown)


def readable_size(n_bytes: float) -> str:
    """A number of bytes in the unit that suits it.

    Example:
        >>> readable_size(999), readable_size(12_345_678)
        ('999 B', '12.3 MB')
    """
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"


def _verify(words: Sequence[str]) -> int:
    parser = VerbParser("store verify", "Reads every byte of every entry; exit code 1 where one is damaged.")
    parser.add_store()
    root = store_folder(parser.read(words).store)
    damaged = list(Store(root).verify())
    for folder, fault in damaged:
        print(f"damaged: {folder}: {fault}")
    summary = f"{len(damaged)} damaged; they are computed again when they are needed" if damaged else "all sound"
    print(f"{sum(1 for _ in Store(root).folders())} entries read: {summary}")
    return int(bool(damaged))


def _prune(words: Sequence[str]) -> int:
    parser = VerbParser("store prune", "Removes what killed processes left half written and what is damaged.")
    parser.add_argument(
        "--unreferenced", action="store_true", help="also what no study refers to, single cells included"
    )
    parser.add_argument(
        "--older-than", type=float, metavar="DAYS", help="of what no study refers to, only what is older"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_store()
    given = parser.read(words)
    root = store_folder(given.store)
    stages = Store(root)
    if given.older_than is not None and not 0 <= given.older_than <= MOST_DAYS:
        raise InvalidInput(f"--older-than={given.older_than}: must be from 0 to {MOST_DAYS} days")
    gone = {(folder.parent.parent.name, folder.name) for folder, _ in stages.verify()}
    if given.unreferenced or given.older_than is not None:
        limit = datetime.now(UTC) - timedelta(days=given.older_than or 0)
        gone |= {(m.stage, m.key) for m in _unreferenced(stages) if datetime.fromisoformat(m.created) <= limit}
    unfinished = 0
    if not given.dry_run:
        unfinished = stages.remove_unfinished()
        for stage, key in sorted(gone):
            stages.remove(stage, key)
    print(f"{len(gone)} entries {'would be' if given.dry_run else 'were'} removed, and {unfinished} half written ones")
    return 0


def _unreferenced(stages: Store) -> Iterator[Manifest]:
    """Entries that no study needs, directly or through what it needs."""
    studies = Studies(stages.root)
    records = [studies.read(name) for name in studies.names()]
    needed = {key for record in records for asked in record.all_cells.values() for key in asked.stage_keys()}
    for entry in stages.entries():
        upstream = {entry.key, entry.depends_on.get("generator"), entry.depends_on.get("cell")}
        if not needed & upstream and entry.stage != "classifier_features":
            yield entry


def _retry(words: Sequence[str]) -> int:
    parser = VerbParser("store retry", "Has stages tried again in which a process was killed again and again.")
    parser.add_argument("key", nargs="?", default="", help="only those whose key begins so")
    parser.add_store()
    given = parser.read(words)
    forgotten = forget(store_folder(given.store), given.key)
    if given.key and not forgotten:
        raise InvalidInput(f"store retry {given.key}: in no stage of that key was a process killed")
    for stage in forgotten:
        print(stage)
    print(f"{len(forgotten)} stage{'' if len(forgotten) == 1 else 's'} will be tried again")
    return 0


def _rebuild_tracking(words: Sequence[str]) -> int:
    parser = VerbParser("store rebuild-tracking", "Logs to MLflow whatever it lacks of what the store holds.")
    parser.add_argument("--uri", help="the MLflow store; MLFLOW_TRACKING_URI or mlflow.db otherwise")
    parser.add_argument("--experiment", help="its experiment; tracking.experiment of conf/run.yaml otherwise")
    parser.add_store()
    given = parser.read(words)
    from synthmix.verbs.rebuild import rebuild

    return rebuild(Path(store_folder(given.store)), given.uri, given.experiment)
