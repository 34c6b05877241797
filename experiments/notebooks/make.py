"""Runs the notebooks of this folder and keeps their outputs, without what stands on stderr.

    python experiments/notebooks/make.py    # needs nbclient and ipykernel, which `make install` brings

A notebook runs in an empty folder, so that its store is its own.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def executed(file: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in `folder`. Raises CellExecutionError where a cell fails."""
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata.pop("language_info", None)
    return notebook


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    for file in sorted(HERE.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(executed(file, Path(folder)), file)


if __name__ == "__main__":
    main()
