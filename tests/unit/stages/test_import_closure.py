"""What a module can reach, read from the import statements of small packages, and of the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from synthmix.stages.import_closure import modules_behind


def write(root: Path, files: dict[str, str]) -> None:
    """Sources under `root`; each would stop the process that runs it."""
    for name, source in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{source}\nraise RuntimeError('{name} was run')\n")


def behind(*modules: str, folders: tuple[Path, ...] = ()) -> set[str]:
    """`modules_behind` in a fresh process, which finds packages in the working folder and in these."""
    code = (
        "import sys; from synthmix.stages.import_closure import modules_behind; print(*modules_behind(*sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *modules]
    path = os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert names == sorted(set(names))
    return set(names)


@pytest.mark.parametrize(
    ("statement", "reached"),
    [
        ("import lab.nets", {"lab.nets"}),
        ("import lab.nets as n, lab.deep.conv", {"lab.nets", "lab.deep", "lab.deep.conv"}),
        ("from lab import nets", {"lab.nets"}),
        ("from lab.nets import Net", {"lab.nets"}),
        ("from lab.nets import *", {"lab.nets"}),
        ("from . import nets", {"lab.nets"}),
        ("from .nets import Net", {"lab.nets"}),
        ("from .deep import conv as c", {"lab.deep", "lab.deep.conv"}),
        ("from .deep import NAME", {"lab.deep"}),
        ("def f():\n    from lab import nets", {"lab.nets"}),
        ("class A:\n    async def f(self):\n        import lab.nets", {"lab.nets"}),
        ("try:\n    import numpy\nexcept ImportError:\n    import lab.nets", {"lab.nets"}),
        ("match 1:\n    case 2:\n        import lab.nets", {"lab.nets"}),
        ("if 1:\n    pass\nelse:\n    with open('x'):\n        import lab.nets", {"lab.nets"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lab.nets import Net", {"lab.nets"}),
        ("import os, numpy, torch.nn, not_installed", set()),
        ("text = 'import lab.nets'  # import lab.nets", set()),
        ("import lab.missing", set()),
    ],
)
def test_every_kind_of_import_statement_is_followed(statement: str, reached: set[str], tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": "", "lab/nets": "", "lab/deep/__init__": "", "lab/deep/conv": "", "lab/plots": ""})
    write(tmp_path, {"lab/gan": statement})
    assert behind("lab.gan") == {"lab", "lab.gan"} | reached


def test_relative_imports_climb(tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": "", "lab/seeds": "", "lab/deep/__init__": "from ..losses import nll"})
    write(tmp_path, {"lab/losses": "", "lab/deep/conv": "from .. import seeds\nfrom .... import beyond_the_top"})
    assert behind("lab.deep.conv") == {"lab", "lab.deep", "lab.deep.conv", "lab.losses", "lab.seeds"}


def test_a_cycle_ends(tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": "", "lab/a": "import lab.b", "lab/b": "from . import c", "lab/c": "import lab.a"})
    assert behind("lab.a") == behind("lab.c") == {"lab", "lab.a", "lab.b", "lab.c"}


def test_what_an_init_imports_is_behind_every_module_of_the_package(tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": "from lab.register import known", "lab/register": "", "lab/gan": ""})
    assert behind("lab.gan") == {"lab", "lab.gan", "lab.register"}


def test_a_namespace_package_may_lie_in_several_folders(tmp_path: Path) -> None:
    write(tmp_path / "one", {"lab/models/gan": "from lab.models import nets\nimport lab.losses.nll"})
    write(tmp_path / "two", {"lab/models/nets": "", "lab/losses/nll": ""})
    folders = (tmp_path / "one", tmp_path / "two")
    assert behind("lab.models.gan", folders=folders) == {"lab.models.gan", "lab.models.nets", "lab.losses.nll"}


def test_a_folder_of_a_package_needs_no_init(tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": "", "lab/gan": "from lab.nets import conv", "lab/nets/conv": "import lab.losses"})
    write(tmp_path, {"lab/losses": ""})
    assert behind("lab.gan") == {"lab", "lab.gan", "lab.losses", "lab.nets.conv"}


FACADE = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from lab.api import load
    from .models import Gan as Adversarial
    from . import compiled
def __getattr__(name): ...
"""


@pytest.mark.parametrize(
    ("statement", "reached"),
    [
        ("from lab import losses", {"lab.losses"}),
        ("from lab import Adversarial", {"lab.models"}),
        ("from lab import unknown", {"lab", "lab.api", "lab.models"}),
        ("from lab import compiled", {"lab", "lab.api", "lab.models"}),
        ("import lab", {"lab", "lab.api", "lab.models"}),
    ],
)
def test_a_facade_counts_as_far_as_it_is_used(statement: str, reached: set[str], tmp_path: Path) -> None:
    write(tmp_path, {"lab/__init__": FACADE, "lab/api": "", "lab/models": "", "lab/losses": "", "lab/study": statement})
    assert behind("lab.study") == {"lab.study"} | reached


def test_a_script_beside_it_is_own_code_and_what_is_installed_is_not(tmp_path: Path) -> None:
    write(tmp_path / "code", {"models": "import nets, bought", "nets": ""})
    write(tmp_path / "site-packages", {"bought": ""})
    folders = (tmp_path / "code", tmp_path / "site-packages")
    assert behind("models", folders=folders) == {"models", "nets"}
    assert behind("models", "bought", folders=folders) == {"bought", "models", "nets"}


def test_a_users_module_reaches_what_it_uses_of_synthmix(tmp_path: Path) -> None:
    source = (
        "from synthmix.generators.training.trained import TrainedGenerator\n"
        "from synthmix import DBSCAN\nfrom .nets import net"
    )
    write(tmp_path, {"mylab/__init__": "", "mylab/models": source, "mylab/nets": "", "mylab/plots": ""})
    reached = behind("mylab.models")
    assert reached >= {"mylab", "mylab.models", "mylab.nets", "synthmix.generators.training.trained", "synthmix.seeds"}
    assert "synthmix.tasks.clustering.learners.dbscan" in reached
    assert not reached & {"mylab.plots", "synthmix", "synthmix.api", "synthmix.tasks.clustering.learners.som"}


def test_a_generator_reaches_its_own_family_and_no_other_part_of_the_package() -> None:
    reached = set(modules_behind("synthmix.generators.gan.model"))
    assert reached >= {"synthmix.generators.gan.model", "synthmix.generators.training.trained", "synthmix.seeds"}
    parts = {".".join(module.split(".")[:2]) for module in reached}
    assert not parts & {f"synthmix.{part}" for part in ("api", "cli", "plots", "study", "tracking")}
    assert not reached & {"synthmix", "synthmix.generators.autoencoder.model", "synthmix.generators.controls"}
    assert not reached & {"synthmix.config.cell", "synthmix.config.instantiate", "synthmix.config.composing.composer"}


def test_the_modules_behind_those_of_synthmix_are_the_ones_that_grimp_finds() -> None:
    graph = grimp.build_graph("synthmix", cache_dir=None)
    modules = graph.modules - {"synthmix"}
    for module in modules:
        names = module.split(".")
        for depth in range(2, len(names)):  # the package at the top is a facade
            graph.add_import(importer=module, imported=".".join(names[:depth]))
    assert len(modules) > 100
    assert {module: set(modules_behind(module)) for module in modules} == {
        module: {module} | graph.find_upstream_modules(module) for module in modules
    }


@pytest.mark.parametrize("module", ["synthmix.nothing", "no_such_package", "no_such_package.module", "sys"])
def test_what_has_no_source_is_refused(module: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=module):
        modules_behind("synthmix.seeds", module)
