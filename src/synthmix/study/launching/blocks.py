"""Blocks: cells of a study, those that share their costly stages together, computed one by one by one Hydra job.

Starting a job, its imports and the composing of its config are paid once a block. Every cell keeps its run, its record
and its outcome; what is killed or fails is one cell, and the next command computes what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from synthmix.config.cell import CellConfig, from_plain
from synthmix.config.plain import to_plain
from synthmix.study.added import PlannedCell
from synthmix.study.asked import Asked
from synthmix.study.launching.job import Outcome, run_one

MAX_BLOCK_SIZE = 64  # cells, with size auto: so that load is balanced over workers, and what a job holds is bounded
BLOCKS_PER_WORKER = 8  # that groups of few cells are joined to, at the fewest
Todo = tuple[PlannedCell, Asked]
Group = list[Todo]


def blocks_of(todo: Sequence[Todo], size: Literal["auto", "cell"] | int, workers: int) -> list[Group]:
    """The cells to compute, grouped into blocks; the order is kept within blocks and, by first cells, among them.

    Args:
        todo: the cells, in the order in which they are to be computed.
        size: auto groups cells that share data, seed and generator, and joins groups of few cells as long as all
            workers have their share; cell gives each cell its own job; a number limits the cells of a group.
        workers: jobs that run at once.
    """
    if size == "cell":
        return [[pair] for pair in todo]
    alike: dict[tuple[Any, ...], Group] = {}
    for cell, asked in todo:
        alike.setdefault((asked.digest, cell.config.seed, asked.generator_key), []).append((cell, asked))
    most = MAX_BLOCK_SIZE if size == "auto" else size
    groups = [group[first : first + most] for group in alike.values() for first in range(0, len(group), most)]
    share = MAX_BLOCK_SIZE if workers == 1 else min(MAX_BLOCK_SIZE, len(todo) // (BLOCKS_PER_WORKER * workers))
    return _joined(groups, share) if size == "auto" else groups


def _joined(groups: Sequence[Group], most: int) -> list[Group]:
    """Neighbouring groups put together as long as they come to no more than so many cells."""
    blocks: list[Group] = []
    for group in groups:
        if blocks and len(blocks[-1]) + len(group) <= most:
            blocks[-1] += group
        else:
            blocks.append(group)
    return blocks


def write_blocks(blocks: Sequence[Sequence[CellConfig]], folder: Path) -> None:
    """Writes down the configs of each block's cells, where its job reads them."""
    _file(folder, 0).parent.mkdir(parents=True, exist_ok=True)
    for number, cells in enumerate(blocks):
        _file(folder, number).write_text(json.dumps([to_plain(config) for config in cells]), encoding="utf-8")


def run_block(composed: DictConfig) -> list[Outcome]:
    """What Hydra calls for each job of a study: runs the cells of the block that has the job's number."""
    hydra = HydraConfig.get()
    configs: list[Mapping[str, Any]] = json.loads(
        _file(Path(hydra.sweep.dir), hydra.job.num).read_text(encoding="utf-8")
    )
    folder = Path(hydra.runtime.output_dir)
    return [run_one(from_plain(config), folder / f"{number:04d}") for number, config in enumerate(configs)]


def _file(folder: Path, number: int) -> Path:
    return folder / "blocks" / f"{number}.json"
