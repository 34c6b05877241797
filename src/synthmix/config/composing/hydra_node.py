"""What `hydra:` of a config may say: settings of Hydra, and nothing that runs code or writes where a study does not.

Files of strangers are composed as one's own are. What they name under `hydra` would be built, imported or run by Hydra
before synthmix is asked, so that it is checked whenever a config is composed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from synthmix.config.allowlist import import_target
from synthmix.config.composing.hydra_logging import is_inside, logging_faults
from synthmix.config.composing.messages import readable
from synthmix.config.composing.own_code import own_prefixes
from synthmix.config.schema import shown
from synthmix.errors import InvalidInput

CALLBACKS = ("hydra.experimental.callbacks.LogJobReturnCallback", "hydra.experimental.callbacks.PickleJobInfoCallback")
# Of the environment a file may set what decides on speed, and nothing that names code, files or servers.
VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
FOLDERS = ("run.dir", "sweep.dir", "sweep.subdir", "output_subdir", "launcher.submitit_folder", "launcher.temp_folder")
# Settings of launchers that are shell commands, or say where jobs run.
COMMANDS = ("setup", "additional_parameters", "ray", "env_setup", "sync_up", "sync_down", "stop_cluster", "logging")


def hydra_faults(config: DictConfig, overrides: Sequence[str]) -> list[str]:
    """One line for each thing under `hydra` that a config may not say.

    Args:
        config: composed, with Hydra's own node.
        overrides: of the command: folders and commands of a launcher that were typed are the user's own.
    """
    typed = tuple(text.lstrip("+~").partition("=")[0] for text in overrides)
    try:
        node = _resolved(config)
    except OmegaConfBaseException as error:
        return [f"hydra: cannot be checked, as it cannot be resolved ({readable(error)})"]
    faults = [
        *_plugin_faults("launcher", Launcher, node),
        *_plugin_faults("sweeper", Sweeper, node),
        *_callback_faults(node),
        *logging_faults("hydra.job_logging", node["job_logging"]),
        *logging_faults("hydra.hydra_logging", node["hydra_logging"]),
        *_variable_faults(node),
        *_folder_faults(node, typed),
        *_command_faults(config, typed),
    ]
    return faults


def _resolved(config: DictConfig) -> dict[str, Any]:
    """Hydra's node as a plain one, as the first job of a sweep would see it."""
    config = copy.deepcopy(config)
    with read_write(config), open_dict(config):
        config.hydra.job.num, config.hydra.job.id = 0, "0"
        config.hydra.runtime.output_dir = "."
        # What was typed, word by word: Hydra's record of it, in which an interpolation is a text and leads nowhere.
        config.hydra.overrides.hydra, config.hydra.overrides.task = [], []
        config.hydra.job.override_dirname = ""
    node: Any = OmegaConf.to_container(config.hydra, resolve=True)
    return dict(node)


def _plugin_faults(key: str, kind: type[Any], node: Mapping[str, Any]) -> Iterator[str]:
    """A launcher or a sweeper is one of Hydra's plugins, which are installed; it has nothing built within it."""
    plugin = node[key]
    if not isinstance(plugin, Mapping):
        yield f"hydra.{key}={shown(plugin)}: must be a group of keys; hydra/{key}=NAME chooses one"
        return
    allowed = [f"{found.__module__}.{found.__name__}" for found in Plugins.instance().discover(kind)]
    if plugin.get("_target_") not in allowed:
        target = f"hydra.{key}._target_={shown(plugin.get('_target_'))}"
        yield f"{target}: must be one of Hydra's plugins; allowed: {', '.join(allowed)}"
    yield from _built_within(f"hydra.{key}", {name: value for name, value in plugin.items() if name != "_target_"})
    for name, text in _texts(f"hydra.{key}", plugin):
        if re.search(r"[\x00-\x1f\x7f]", text):  # a line end would begin a command of its own in a job's script
            yield f"{name}={text!r}: must be one line without control characters"


def _callback_faults(node: Mapping[str, Any]) -> Iterator[str]:
    callbacks = node["callbacks"]
    if not isinstance(callbacks, Mapping):
        yield f"hydra.callbacks={shown(callbacks)}: must be a group of keys"
        return
    for name, callback in callbacks.items():
        key = f"hydra.callbacks.{name}"
        target = callback.get("_target_") if isinstance(callback, Mapping) else callback
        if isinstance(target, str) and target.startswith(own_prefixes()):
            try:
                import_target(target)
            except InvalidInput as error:
                yield f"{key}.{error}"
        elif target not in CALLBACKS:
            yield f"{key}._target_={shown(target)}: allowed: {', '.join(CALLBACKS)} (SYNTHMIX_ALLOW adds to it)"
        if isinstance(callback, Mapping):
            yield from _built_within(key, {other: value for other, value in callback.items() if other != "_target_"})


def _built_within(key: str, node: Any) -> Iterator[str]:
    """What Hydra would build, or treat as an instruction how to, within a node that it builds."""
    children = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in children:
        if str(name).startswith("_"):
            yield f"{key}.{name}={shown(value)}: nothing is built within {key}"
        yield from _built_within(f"{key}.{name}", value)


def _texts(key: str, node: Any) -> Iterator[tuple[str, str]]:
    """Dotted key and value of each text in a node."""
    children = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in children:
        yield from _texts(f"{key}.{name}", value)
    if isinstance(node, str):
        yield key, node


def _variable_faults(node: Mapping[str, Any]) -> Iterator[str]:
    variables = node["job"]["env_set"] or {}
    for name in variables:
        if name not in VARIABLES:
            line = f"hydra.job.env_set.{name}: no config may set it; allowed: {', '.join(VARIABLES)}"
            yield f"{line}; set others in the shell"


def _folder_faults(node: Mapping[str, Any], typed: Sequence[str]) -> Iterator[str]:
    """A folder that a file names lies in the working folder, or in one that the command line names."""
    own = [str(_value(node, key)) for key in FOLDERS if _is_typed(f"hydra.{key}", typed)]
    for key in FOLDERS:
        folder = _value(node, key)
        if folder is None or _is_typed(f"hydra.{key}", typed):
            continue
        below = (str(folder).removeprefix(f"{place}/") for place in own if str(folder).startswith(f"{place}/"))
        if not is_inside(folder) and not any(map(is_inside, below)):
            yield f"hydra.{key}={shown(folder)}: must lie in the working folder, unless the command line says so"


def _command_faults(config: DictConfig, typed: Sequence[str]) -> Iterator[str]:
    """Commands of a launcher are typed, or are those that it comes with."""
    launcher: Any = config.hydra.launcher
    if not OmegaConf.is_dict(launcher):
        return
    node: Any = OmegaConf.to_container(launcher, resolve=False)
    default = _default_launcher(str(config.hydra.runtime.choices.get("hydra/launcher")))
    for key in COMMANDS:
        value = node.get(key)
        if value != default.get(key) and value and not _is_typed(f"hydra.launcher.{key}", typed):
            yield f"hydra.launcher.{key}={shown(value)}: runs commands, which only the command line may give"


def _default_launcher(name: str) -> Mapping[str, Any]:
    """The settings that a launcher of Hydra's comes with; none of one that a user's folder defines."""
    store = ConfigStore.instance()
    launchers = store.repo["hydra"].get("launcher", {})
    if f"{name}.yaml" not in launchers:
        return {}
    node: Any = OmegaConf.to_container(launchers[f"{name}.yaml"].node, resolve=False)
    return dict(node)


def _is_typed(key: str, typed: Sequence[str]) -> bool:
    """Whether the command line has set a key, a part of it, or what it is part of."""
    return any(f"{key}.".startswith(f"{other}.") or other.startswith(f"{key}.") for other in typed)


def _value(node: Mapping[str, Any], key: str) -> Any:
    found: Any = node
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
