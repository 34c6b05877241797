"""The verb `export`: a study's claim as one file, which `verify` tries elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from synthmix.config.sections.tracking import make_tracker
from synthmix.errors import InvalidInput
from synthmix.pipeline.resources import Resources
from synthmix.recompute.claim import write_claim
from synthmix.recompute.own_store import UNTRACKED
from synthmix.study.record import Studies
from synthmix.verbs.parser import VerbParser, store_folder
from synthmix.verbs.report import find_study


def export(words: Sequence[str]) -> int:
    """Writes a claim; returns the exit code.

    Raises:
        InvalidInput: no such study, or a file that cannot be written.
    """
    parser = VerbParser("export", "Writes a study's configs, digests, versions, cells and report to one file, no data.")
    parser.add_argument("study", metavar="STUDY", help="a study's name or its beginning; last: the newest")
    parser.add_argument("out", metavar="FILE", help="where to, a .zip")
    parser.add_store()
    given = parser.read(words)
    out = Path(given.out)
    if out.suffix != ".zip":
        raise InvalidInput(f"{out}: must end in .zip")
    if out.is_dir() or not os.access(out.absolute().parent, os.W_OK):
        raise InvalidInput(f"{out}: must be a file in a folder that can be written")
    root = store_folder(given.store)
    studies = Studies(root)
    record = studies.read(find_study(given.study, studies))
    resources = Resources.at(make_tracker(str(UNTRACKED["_target_"]), None, "synthmix"), root)
    files = write_claim(record, resources, out)
    lacking = sum(not asked.keys.are_in(resources.store) for asked in record.all_cells.values())
    size = f"{len(files)} files, {out.stat().st_size} bytes"
    print(f"{out}: {len(record.all_cells)} cells of study {record.name}, {size}")
    if lacking:
        print(f"{lacking} of the cells have no result yet; what is claimed is the rest")
    for digest, data in record.data.items():
        print(f"the data is not in it: {data['name']}, digest {digest}")
    print(f"to try a part of it elsewhere: synthmix verify {out.name} --sample 5%")
    return 0
