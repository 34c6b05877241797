"""Keys of stages: equal exactly where everything that they stand for is equal."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import synthmix
from synthmix.stages.import_closure import modules_behind
from synthmix.stages.key import code_hash, key_of, library_versions

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
MAPPINGS = st.dictionaries(st.text(), VALUES, max_size=4)


def identical(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and true, and 0.0 from -0.0, but not one order of keys from another."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(identical(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(identical, left, right))
    return repr(left) == repr(right)


def shuffled(value: Any) -> Any:
    """The same value with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@given(MAPPINGS, MAPPINGS)
@example({"a": 1}, {"a": 1.0})
@example({"a": 1}, {"a": True})
@example({"a": 0.0}, {"a": -0.0})
@example({"a": 0.1 + 0.2}, {"a": 0.3})
@example({"a": None}, {})
@example({"a": "1"}, {"a": 1})
@example({"a": ["b", "c"]}, {"a": ["b,c"]})
@example({"a": {"b": 1}}, {"a": {}, "b": 1})
def test_keys_are_equal_exactly_where_what_they_stand_for_is(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert (key_of("pool", left) == key_of("pool", right)) == identical(left, right)
    assert key_of("pool", left) == key_of("pool", shuffled(left))


@given(MAPPINGS.filter(bool), VALUES, st.data())
def test_a_change_anywhere_changes_the_key(depends_on: dict[str, Any], value: Any, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(depends_on)))
    changed = depends_on | {name: value}
    assert (key_of("pool", changed) == key_of("pool", depends_on)) == identical(value, depends_on[name])


def test_the_key_is_the_same_in_every_process_and_on_every_day() -> None:
    depends_on = {"n": 100, "model": {"name": "gän", "lr": 1e-4}, "seeds": [1, None, True]}
    # printf '%s' '{"depends_on": {"model": {"lr": 0.0001, "name": "gän"}, ...}, "stage": "pool"}' | sha256sum
    assert key_of("pool", depends_on) == "c9164590497203bcc4a801adea9a9575d451ed667329ecf227ea20bd96cd9f0b"


def test_the_stage_is_part_of_the_key() -> None:
    assert key_of("pool", {"n": 1}) != key_of("generator", {"n": 1})


@pytest.mark.parametrize(
    "value",
    [(1, 2), {1}, {1: "a"}, {"a": (1,)}, [{"a": Path("x")}], b"x", np.float64(1.0), np.int64(1), np.zeros(2), object()],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"pool\.x"):
        key_of("pool", {"x": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        key_of("pool", {"x": [value]})


@pytest.mark.parametrize("stage", ["", "Pool", "a/b", "..", "a b"])
def test_a_stage_that_is_no_folder_name_is_refused(stage: str) -> None:
    with pytest.raises(ValueError, match="lower_snake_case"):
        key_of(stage, {})


def hashes(folder: Path, *modules: str) -> list[str]:
    """The hash of each module, in a fresh process that finds packages in `folder`."""
    code = "import sys; from synthmix.stages.key import code_hash; print(*map(code_hash, sys.argv[1:]))"
    command = [sys.executable, "-c", code, *modules]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split()


def test_code_hash_changes_with_the_source_of_what_is_behind_a_module_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    for name in ("__init__", "nets", "gan", "plots"):
        (tmp_path / "lab" / f"{name}.py").write_text(f"raise RuntimeError('{name} was run')\n")
    gan, nets, plots = (tmp_path / "lab" / f"{name}.py" for name in ("gan", "nets", "plots"))
    gan.write_text("from lab import nets\nraise RuntimeError('gan was run')\n")

    first = hashes(tmp_path, "lab.gan", "lab.nets")
    plots.write_text("changed")
    (tmp_path / "lab" / "notes.txt").write_text("no source")
    assert hashes(tmp_path, "lab.gan", "lab.nets") == first
    nets.write_text("changed")
    second = hashes(tmp_path, "lab.gan", "lab.nets")
    assert len({*first, *second}) == 4
    gan.write_text("changed")
    third = hashes(tmp_path, "lab.gan", "lab.nets")
    assert third[0] not in (first[0], second[0])
    assert third[1] == second[1]


SOURCE = '''"""A net."""

import torch


# Found by trial.
@final
class Net(Base):
    """The net."""

    width: int = 64  # units
    """Units of a layer."""

    def forward(self, x: Tensor, slope: float = 0.2) -> Tensor:
        """What it does."""
        if slope > 0:
            return torch.relu(x, slope, name="relu")
        return x
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Found by trial.", "# Taken from the paper."),
        ("# Found by trial.\n", ""),
        ("  # units", ""),
        ('"""A net."""', '"""A network."""'),
        ('"""A net."""\n', ""),
        ('"""The net."""', "'The network.'"),
        ('    """Units of a layer."""\n', ""),
        ('        """What it does."""\n', ""),
        ("import torch\n", "\n\nimport torch\n\n"),
        ('"relu"', "u'relu'"),
        ("torch.relu(x, slope, ", "torch.relu(\n                x, (slope),\n                "),
    ],
)
def test_what_is_written_for_the_reader_alone_leaves_code_hash_as_it_was(
    before: str, after: str, tmp_path: Path
) -> None:
    assert hash_of(SOURCE.replace(before, after, 1), tmp_path) == hash_of(SOURCE, tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("64", "65"),
        ("64", "64.0"),
        ("64", "True"),
        ("0.2", "0.25"),
        (" = 0.2", ""),
        ("return x\n", "return slope\n"),
        ("return x\n", "return 'x'\n"),
        ("        return x\n", "            return x\n"),
        ("width", "depth"),
        ("@final\n", ""),
        ("@final", "@sealed"),
        ("(Base)", ""),
        (" > ", " >= "),
        ("slope > 0", "0 > slope"),
        ("x, slope,", "slope, x,"),
        ('name="relu"', 'names="relu"'),
        ('"relu"', '"ReLU"'),
        ('"relu"', 'b"relu"'),
        ("import torch", "import torch as torch"),
        ("def forward", "async def forward"),
    ],
)
def test_a_change_of_what_is_run_changes_code_hash(before: str, after: str, tmp_path: Path) -> None:
    assert hash_of(SOURCE.replace(before, after, 1), tmp_path) != hash_of(SOURCE, tmp_path)


def hash_of(source: str, folder: Path) -> str:
    (folder / "lab.py").write_text(source)
    return hashes(folder, "lab")[0]


def test_code_hash_is_the_same_under_every_version_of_python(tmp_path: Path) -> None:
    # Told by Python 3.11.7, 3.12.1 and 3.13.0, whose ast.dump prints this source in three ways.
    assert hash_of(SOURCE, tmp_path) == "bd1cfd6aef5b4517e1513b95b68647fa6de92d304622f979f05df90f50ad35c4"


def test_a_long_chain_of_conditions_has_a_hash(tmp_path: Path) -> None:
    chain = "".join(f"elif x == {number}:\n    y = {number}\n" for number in range(300))
    assert hash_of(f"if x:\n    y = 0\n{chain}", tmp_path) != hash_of(f"if x:\n    y = 1\n{chain}", tmp_path)


def test_code_hash_is_that_of_a_set_of_modules() -> None:
    assert code_hash("synthmix.stages.store") != code_hash("synthmix.mixing")
    assert code_hash("synthmix.stages.store", "json") == code_hash("json", "synthmix.stages.store", "json")


@pytest.mark.parametrize("module", ["synthmix.nothing", "no_such_package.module", "sys"])
def test_code_hash_refuses_what_has_no_source(module: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        code_hash(module)


def test_the_hash_of_a_component_takes_some_milliseconds() -> None:
    code = """
import sys, time
from synthmix.stages.key import code_hash
start = time.process_time()
for module in sys.argv[1:]:
    code_hash(module)
print(time.process_time() - start)
"""
    packages = ("data", "generators", "representations", "tasks", "quality", "gates")
    root = Path(synthmix.__path__[0])
    files = [file for package in packages for file in (root / package).rglob("*.py") if file.stem != "__init__"]
    modules = [".".join(("synthmix", *file.relative_to(root).with_suffix("").parts)) for file in files]
    assert len(modules) > 80
    done = subprocess.run([sys.executable, "-c", code, *modules], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.004 * len(modules)


def test_no_component_reaches_what_runs_logs_or_reports() -> None:
    """Else a changed sentence of a report would have every training computed again."""
    packages = ("data", "generators", "representations", "tasks", "quality", "gates")
    above = ("analysis", "notebook", "pipeline", "recompute", "report", "study", "tracking", "verbs")
    rooms = tuple(f"synthmix.{room}." for room in above)
    root = Path(synthmix.__path__[0])
    files = [file for package in packages for file in (root / package).rglob("*.py") if file.stem != "__init__"]
    assert len(files) > 80
    for file in files:
        module = ".".join(("synthmix", *file.relative_to(root).with_suffix("").parts))
        assert not [name for name in modules_behind(module) if name.startswith(rooms)], module


def test_library_versions_are_the_installed_ones() -> None:
    import torch

    assert library_versions("torch", "numpy") == {"torch": str(torch.__version__), "numpy": np.__version__}
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        library_versions("no-such-distribution")
