"""The plan of a command: its cells, composed and validated before the first one starts.

Dry run, launch, progress, resume and report all read the plan; Hydra launches its missing cells.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig

from synthmix.config.cell import CellConfig, Checker, from_plain
from synthmix.config.composing.composer import Composer, composer, without_hydra
from synthmix.config.composing.grammar import parse
from synthmix.config.plain import plain, to_plain
from synthmix.config.schema import shown
from synthmix.config.sections.study import DESIGN
from synthmix.errors import InvalidInput
from synthmix.stages.key import key_of
from synthmix.study.added import ConfigOf, PlannedCell, configured_cells, curve_cells, is_oracle, short_oracle
from synthmix.study.combination import arm_id, asked_for
from synthmix.study.enumeration import combinations, max_cells_of, sweeper_params, swept_values

# Adding to these never makes another study, whether they were swept over or not.
AXES = ("seed", "mix.ratio")
MANY_FAULTY = 40  # cells: more of them tell nothing new, and each may cost a tenth of a second


@dataclass(frozen=True)
class Plan:
    """The cells of a command.

    Attributes:
        cells: in the order in which Hydra numbers them.
        curve: cells that the study adds for its learning curve: real points alone at parts of n, and at n where the
            sweep has no ratio 0, and longer ones of the oracle.
        configured: tuned cells once more, with their learner as configured.
        is_study: whether it is a sweep.
        experiment: the `experiment=` that was chosen, or None.
        fixed: the overrides that are not swept over.
        master: the config of these, with Hydra's own node.
        swept: the keys that are swept over.
        overrides: those of the command.
    """

    cells: Sequence[PlannedCell]
    curve: Sequence[PlannedCell]
    configured: Sequence[PlannedCell]
    is_study: bool
    experiment: str | None
    fixed: Sequence[str]
    master: DictConfig
    swept: Sequence[str]
    overrides: Sequence[str]

    @property
    def configs(self) -> Sequence[CellConfig]:
        """The configs of the cells asked for."""
        return [cell.config for cell in self.cells]

    @property
    def is_sequential(self) -> bool:
        """Whether it is a study that adds seeds by itself."""
        return self.is_study and self.configs[0].study.sequential

    @property
    def all_cells(self) -> Sequence[PlannedCell]:
        """Those asked for, and those that the study adds."""
        return [*self.cells, *self.curve, *self.configured]

    @property
    def notes(self) -> Sequence[str]:
        """What was found of the data and not said by the user."""
        return list(dict.fromkeys(note for config in self.configs for note in config.data.notes()))

    def warnings(self, known: Iterable[Mapping[str, Any]] = ()) -> list[str]:
        """What the study will not be able to say, known before it is run.

        Args:
            known: the plain configs of the cells that its earlier commands have asked for.
        """
        arms = [(c.model.name, c.mix.synthetic_weight, c.gate.name) for c in self.configs if c.mix.ratio > 0]
        before = [(c["model"]["name"], c["mix"]["synthetic_weight"], c["gate"]["name"]) for c in known]
        wants_rate = self.is_study and arms and self.configs[0].study.learning_curve
        if wants_rate and not any(is_oracle(*arm) for arm in (*arms, *before)):
            return ["no oracle (model=real): the exchange rate will nearly always be a bound"]
        return list(short_oracle(self.configs)) if self.is_study else []

    @property
    def study(self) -> str:
        """The study that these cells belong to: `tracking.study`, else a name from what its cells share.

        Two sweeps are one study where they name the same experiment, or none, sweep over the same keys and agree in
        everything else, `StudyConfig.design` included. Seeds and ratios never tell studies apart, nor does where and
        how they run.
        """
        if self.master.tracking.study is not None:
            return str(self.master.tracking.study)
        shared = asked_for(to_plain(from_plain(without_hydra(self.master))) | {"tuning": self.configs[0].tuning})
        for key in (*AXES, *self.swept):
            _drop(shared, key.partition("@")[0].replace("/", "."))
        below = [text for text in self.fixed if text.lstrip("+~").startswith(tuple(f"{key}." for key in self.swept))]
        identity = {"shared": shared, "swept": sorted({*self.swept} - {*AXES}), "below": sorted(below)}
        identity |= self.configs[0].study.design
        return f"{(self.experiment or 'study').replace('/', '-')}-{key_of('study', identity)[:8]}"


def make_plan(overrides: Sequence[str], *, multirun: bool, arms: Container[str] | None = None) -> Plan:
    """Enumerates the cells as Hydra's basic sweeper would, and checks each of them.

    Args:
        overrides: of the command.
        multirun: whether it asks for a sweep.
        arms: by `arm_id` what is planned of the sweep; None for all of it.

    Raises:
        InvalidInput: one line for each fault, over all cells.
    """
    parsed = parse(overrides)
    fixed = [text for text, override in zip(overrides, parsed, strict=True) if not override.is_sweep_override()]
    with composer() as compose:
        sweeps, faults = _swept(compose, parsed, overrides)
        fixed, master = _master(compose, fixed, sweeps, faults)
        is_study = multirun or master.hydra.mode == RunMode.MULTIRUN
        if not is_study and len(fixed) < len(overrides):
            sweep = next(text for text in overrides if text not in fixed)
            raise InvalidInput(f"{sweep}: several values; add -m to sweep over them, or write a list as [1,2]")
        if is_study and faults:
            raise InvalidInput(*faults)
        cells_of, swept = _sweep(compose, master, overrides) if is_study else ([list(fixed)], [])
        _one_task(cells_of)
        checked = Checker()

        def config_of(overrides: Sequence[str]) -> CellConfig:
            config = checked(compose.cell(overrides) if is_study else plain(without_hydra(master)))
            return replace(config, tuning="held_out") if is_study and config.tuning is None else config

        cells = _checked(config_of, cells_of, swept)
        if arms is not None:
            cells = [cell for cell in cells if arm_id(to_plain(cell.config)) in arms]
        if not cells:
            raise InvalidInput(f"{' '.join(overrides)}: sweeps over no value, so that there is no cell")
        _one_design(cells)
        _enough_seeds(cells)
        curve = list(curve_cells(config_of, cells)) if is_study else []
        configured = list(configured_cells(cells, curve)) if is_study else []
    experiment = master.hydra.runtime.choices.get("experiment")
    return Plan(cells, curve, configured, is_study, experiment, fixed, master, swept, overrides)


def _swept(
    compose: Composer, parsed: Sequence[Override], overrides: Sequence[str]
) -> tuple[Sequence[Override], Sequence[str]]:
    """What is swept over, and what is wrong with it."""
    sweeps = [override for override in parsed if override.is_sweep_override()]
    try:
        return swept_values(sweeps, compose, overrides), ()
    except InvalidInput as error:
        return (), error.faults


def _master(
    compose: Composer, fixed: list[str], sweeps: Sequence[Override], faults: Sequence[str]
) -> tuple[list[str], DictConfig]:
    """The config without what is swept over; a fixed key may be one that only the swept members of a group have."""
    try:
        return fixed, compose(fixed, hydra=True)
    except InvalidInput as error:
        groups = [override for override in sweeps if compose.is_group(override.key_or_group, fixed)]
        first = {override.key_or_group: min(override.sweep_string_iterator()) for override in groups}
        members = [f"{key}={member}" for key, member in first.items()]
        if not members:
            raise InvalidInput(*faults, *error.faults) from error
        try:
            return [*fixed, *members], compose([*fixed, *members], hydra=True)
        except InvalidInput as error:
            raise InvalidInput(*(_with_member(fault, members, list(first)) for fault in error.faults)) from error


def _sweep(compose: Composer, master: DictConfig, overrides: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """The overrides of each cell: the product of the experiment's sweep with that of the command line, which wins.

    The second list has the keys that either sweeps over.
    """
    params = parse(sweeper_params(master))
    parsed = swept_values([*params, *parse(overrides)], compose, overrides)
    keys = {override.key_or_group for override in parsed if override.is_sweep_override()}
    keys |= {str(key) for key in master.hydra.sweeper.get("params") or ()}
    return combinations(parsed, max_cells_of(master)), sorted(keys)


def _one_task(combinations: Sequence[Sequence[str]]) -> None:
    """Refuses a sweep over tasks: their scores have nothing to do with each other."""
    for key in ("task", "task._target_"):
        given = (text.lstrip("+").partition("=") for cell in combinations for text in cell)
        tasks = list(dict.fromkeys(value for name, _, value in given if name == key))
        if len(tasks) > 1:
            raise InvalidInput(f"{key}={','.join(tasks)}: a study has one task; run one study for each")


def _one_design(cells: Sequence[PlannedCell]) -> None:
    """Refuses a sweep over what a study has one of: tuning, beside which stands what is as configured, and its plan."""
    values = {"tuning": [cell.config.tuning for cell in cells]}
    values |= {f"study.{key}": [getattr(cell.config.study, key) for cell in cells] for key in DESIGN}
    faults = [
        f"{key}={','.join(map(shown, several))}: a study has one; run one study for each"
        for key, found in values.items()
        if len(several := list(dict.fromkeys(found))) > 1
    ]
    if faults:
        raise InvalidInput(*faults)


def _enough_seeds(cells: Sequence[PlannedCell]) -> None:
    """Refuses more seeds than a sequential study may come to."""
    study, seeds = cells[0].config.study, len({cell.config.seed for cell in cells})
    if study.most_seeds is not None and study.most_seeds < seeds:
        default = " (its default)" if study.max_seeds is None else ""
        raise InvalidInput(f"study.max_seeds={study.most_seeds}{default}: must be ≥ {seeds}, the seeds asked for")


def _checked(config_of: ConfigOf, combinations: Sequence[Sequence[str]], swept: Sequence[str]) -> list[PlannedCell]:
    faults: dict[str, None] = {}
    cells = []
    for checked, overrides in enumerate(combinations, start=1):
        try:
            cells.append(PlannedCell(overrides, config_of(overrides)))
        except InvalidInput as error:
            faults |= dict.fromkeys(_with_member(fault, overrides, swept) for fault in error.faults)
        if checked - len(cells) >= MANY_FAULTY and checked < len(combinations):
            rest = f"{checked} of {len(combinations)} cells were checked"
            raise InvalidInput(*faults, f"{rest}, and no more of them, as so many have faults")
    if faults:
        raise InvalidInput(*faults)
    return cells


def _with_member(fault: str, overrides: Sequence[str], swept: Sequence[str]) -> str:
    """An unknown key with the member that lacks it, where the sweep is over members of its group."""
    group = fault.partition("=")[0].partition(".")[0]
    member = next((text for text in overrides if text.partition("=")[0] == group in swept), None)
    return fault.replace(": unknown key;", f": unknown key of {member};") if member else fault


def _drop(node: Mapping[str, Any], key: str) -> None:
    """Takes a dotted key out of nested dicts, where it is there."""
    *path, last = key.lstrip("+~").split(".")
    for name in path:
        node = node.get(name, {})
    if isinstance(node, dict):
        node.pop(last, None)
