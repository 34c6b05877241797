"""The notebooks of experiments/notebooks run from top to bottom, and their outputs are committed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "experiments" / "notebooks"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_outputs_are_committed_and_name_no_folder(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == [*range(1, len(counts) + 1)]
    assert any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert "/tmp" not in file.read_text()


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs(file: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("notebooks_make", HERE / "make.py")
    assert spec is not None
    assert spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    again = make.executed(file, tmp_path)
    before = nbformat.read(file, as_version=4)
    kinds = [
        [[output.output_type for output in cell.get("outputs", [])] for cell in notebook.cells]
        for notebook in (before, again)
    ]
    assert kinds[0] == kinds[1]
