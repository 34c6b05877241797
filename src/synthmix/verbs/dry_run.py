"""What a command would do, found without starting anything."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from synthmix.analysis.scheduling.spread import PlannedSetting, stored_spread
from synthmix.analysis.statistics import ALPHA, smallest_p
from synthmix.analysis.verdicts.planning import detectable_effect, fewest_seeds
from synthmix.generators.roles import role_at
from synthmix.pipeline.resources import Resources
from synthmix.stages.store import Store
from synthmix.study.added import PlannedCell
from synthmix.study.asked import Asked
from synthmix.study.batches import batch_size
from synthmix.study.combination import arm_id, learner_name
from synthmix.study.plan import Plan
from synthmix.study.record import Record, Studies
from synthmix.study.sweep import ask, missing

JOB_SECONDS = 0.3  # of Hydra and MLflow, for each job
HOUR = 3600
MOST_READ = 300  # stored results, so that it stays quick


def print_dry_run(plan: Plan, resources: Resources) -> None:
    """Prints cells, trainings, what is stored, an estimate of time, and the smallest p that the study can attain."""
    cells, curve, configured = (ask(part, resources) for part in (plan.cells, plan.curve, plan.configured))
    both = cells | curve | configured
    todo = missing(both, resources)
    keys = {asked.generator_key for _, asked in both.values() if asked.generator_key is not None}
    trainings = {key for key in keys if not resources.store.has("generator", key)}
    record = Studies(resources.store.root).read(plan.study) if plan.is_study else Record("")
    record.check(plan.configs[0])
    asked_for = {**record.cells, **{key: asked for key, (_, asked) in cells.items()}}
    combinations = [asked.config for asked in asked_for.values()]
    distinct = len({asked.key for _, asked in both.values()})
    as_configured = f", {len(configured)} as configured" if configured else ""
    lines = [
        ("study", plan.study if plan.is_study else "none: a single cell"),
        ("cells", f"{len(cells)} asked for, {len(curve)} added for the baseline and the learning curve{as_configured}"),
        *(("different", text) for text in _alike(len(cells) + len(curve) + len(configured), distinct)),
        ("to compute", f"{len(todo)} of {distinct} different cells; {distinct - len(todo)} are stored"),
        ("trainings", f"{len(trainings)} of {len(keys)} generators; {len(keys) - len(trainings)} are stored"),
        ("time", _estimate(todo, trainings, resources.store)),
        *(("sequential", text) for text in _sequential(plan, distinct)),
        *(("smallest p", text) for text in _attainable(combinations) if plan.is_study and not plan.is_sequential),
        *(("detectable", text) for text in _detectable(plan, asked_for.values(), resources) if plan.is_study),
        *(("warning", line) for line in plan.warnings(asked.config for asked in record.cells.values())),
    ]
    for name, text in lines:
        print(f"{name:<11} {text}")
    print("nothing was started")


def _alike(asked_for: int, distinct: int) -> Iterator[str]:
    """Why there are fewer different cells than are asked for."""
    if distinct < asked_for:
        yield f"{distinct} of these {asked_for}: real points alone are one cell for all models at ratio 0"


def _sequential(plan: Plan, cells: int) -> Iterator[str]:
    """How a sequential study goes on after the cells that are asked for."""
    study, seeds = plan.configs[0].study, len({config.seed for config in plan.configs})
    if plan.is_sequential and study.most_seeds is not None:
        yield (
            f"a first batch of {cells} cells ({seeds} seeds), then {batch_size(plan)} seeds at a time until every arm "
            f"is decided: {cells * study.most_seeds // seeds} cells at most (study.max_seeds={study.most_seeds})"
        )


def _estimate(todo: Sequence[tuple[PlannedCell, Asked]], trainings: set[str], store: Store) -> str:
    """Sum over what is to be computed, each taken to last as long as what is stored of its kind."""
    if not todo:
        return "none: everything is stored"
    known: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for stage, part in (("generator", "model"), ("cell", "learner")):
        for manifest in store.entries(stage):
            if part in manifest.depends_on:  # an earlier version may have kept it under another name
                names = manifest.depends_on["data"]["name"], manifest.depends_on[part]["name"]
                known[stage, *names].append(manifest.seconds)
    seconds, unknown = 0.0, set[str]()
    for stage, data, name in _kinds(todo, trainings):
        kind = stage, data, name
        seconds += median(known[kind]) if known[kind] else 0.0
        unknown |= set() if known[kind] else {f"{name} on {data}"}
    seconds += JOB_SECONDS * len(todo)
    minutes = max(1, round(seconds / 60))
    if not any(known.values()):
        return f"unknown: nothing is stored yet of {', '.join(sorted(unknown))}"
    shown = f"{seconds / HOUR:.1f} hours" if seconds > HOUR else f"{minutes} minute{'s' if minutes > 1 else ''}"
    without = f", without {', '.join(sorted(unknown))}, of which nothing is stored yet" if unknown else ""
    return f"about {shown} in one process{without}"


def _kinds(todo: Sequence[tuple[PlannedCell, Asked]], trainings: set[str]) -> Iterator[tuple[str, str, str]]:
    begun: set[str] = set()
    for _, asked in todo:
        data = str(asked.config["data"]["name"])
        yield "cell", data, learner_name(asked.config)
        key = asked.generator_key
        if key is not None and key in trainings - begun:
            begun.add(key)
            yield "generator", data, str(asked.config["model"]["name"])


def _attainable(combinations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The smallest p that the seeds of each generator can attain; the family of tests costs nothing of it."""
    seeds: dict[str, set[int]] = defaultdict(set)
    for config in combinations:
        if role_at(config["model"]["_target_"], config["mix"]["ratio"]) == "generator":
            seeds[str(config["model"]["name"])].add(config["seed"])
    for number in sorted({len(of_model) for of_model in seeds.values()}):
        models = ", ".join(model for model, of_model in seeds.items() if len(of_model) == number)
        enough = "" if smallest_p(number) <= ALPHA else f"; {fewest_seeds()} seeds are needed to reach {ALPHA:g}"
        yield f"{smallest_p(number):.2g} with {number} seeds ({models}){enough}"


def _detectable(plan: Plan, asked_for: Collection[Asked], resources: Resources) -> Iterator[str]:
    """The least effect that a study finds with a power of .8, of each setting by the spread of what is stored of it."""
    arms = [asked for asked in asked_for if _is_generator(asked)]
    if not arms:
        return
    tests = len({arm_id(asked.config) for asked in arms}) * _compared_with(asked_for, bool(plan.configured))
    studies = Studies(resources.store.root)
    records = [studies.read(name) for name in reversed(studies.names())]
    settings: dict[PlannedSetting, set[int]] = defaultdict(set)
    for asked in arms:
        settings[PlannedSetting.of(asked.config, asked.n_train)].add(int(asked.config["seed"]))
    config = plan.configs[0]
    for setting, of_setting in settings.items():
        seeds = config.study.seeds_planned or config.study.most_seeds or len(of_setting)
        spread = stored_spread(setting, config, records, resources, MOST_READ // len(settings))
        if spread is None:
            yield f"unknown: nothing is stored yet of {setting}"
            continue
        effect, counted = detectable_effect(spread.sd, seeds, tests), f"{tests} test{'s' if tests > 1 else ''}"
        found = f"{effect:.2g} of {spread.score}" if math.isfinite(effect) else "nothing, whatever its size,"
        planned = " planned seeds; a sequential study takes somewhat more" if plan.is_sequential else " seeds"
        yield (
            f"{found} for {setting}: {counted}, {seeds}{planned} "
            f"(sd {spread.sd:.2g} of differences, from {spread.arms} stored arm{'s' if spread.arms > 1 else ''})"
        )


def _compared_with(asked_for: Collection[Asked], tuned: bool) -> int:
    """With how many arms a generator is compared: real points alone, tuned and as configured, and each control."""
    models = {str(asked.config["model"]["name"]): asked.config for asked in asked_for}
    roles = [role_at(config["model"]["_target_"], 1.0) for config in models.values()]
    return 1 + tuned + sum(role in ("placebo", "control") for role in roles)


def _is_generator(asked: Asked) -> bool:
    return role_at(asked.config["model"]["_target_"], asked.config["mix"]["ratio"]) == "generator"
