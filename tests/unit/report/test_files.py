"""The files of a report: the same bytes for the same study, and numbers that come back as they were."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.report.files import as_data, one_type_a_column, write_report
from synthmix.report.latex import escaped, summary_tex

HOSTILE = "<script>alert(1)</script> & $x_1$"
Study = tuple[StudyResult, Analysis]
PICTURES = ["differences", "forest", "learning_curve", "quality_benefit", "ratio_curves"]


@pytest.fixture(scope="module")
def files(study: Study, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_report(*study, tmp_path_factory.mktemp("report") / "a" / "b")


@pytest.fixture(scope="module")
def written(files: list[Path]) -> Path:
    return files[0].parent


def test_every_file_is_named_and_lies_in_the_folder(files: list[Path], written: Path) -> None:
    names = sorted(str(file.relative_to(written)) for file in files)
    tables = [
        "cells.csv",
        "cells.parquet",
        "curve_cells.csv",
        "learning_curve.csv",
        "runs.csv",
        "summary.csv",
        "summary.tex",
    ]
    assert names == sorted([*tables, "index.html", *(f"figures/{name}.png" for name in PICTURES)])
    assert all(file.stat().st_size for file in files)


def test_figures_for_papers_are_vectors_and_equal_studies_give_equal_ones(study: Study, tmp_path: Path) -> None:
    first, second = (write_report(*study, tmp_path / name, ("pdf", "svg")) for name in ("one", "two"))
    drawn = [(one, two) for one, two in zip(first, second, strict=True) if one.parent.name == "figures"]
    assert {one.suffix for one, _ in drawn} == {".pdf", ".svg"}
    assert len(drawn) == 2 * len(PICTURES)
    for one, two in drawn:
        assert one.read_bytes() == two.read_bytes(), one.name
        assert one.read_bytes().startswith(b"%PDF" if one.suffix == ".pdf" else b"<?xml"), one.name


def test_equal_studies_give_equal_bytes_whoever_computed_what_first(
    study: Study, written: Path, tmp_path: Path
) -> None:
    result, analysis = study
    columns = [*result.cells.columns[:8], *sorted(result.cells.columns[8:], reverse=True)]
    assert columns != list(result.cells)
    runs = result.runs.assign(run_id="another", computed_by="another")
    write_report(replace(result, cells=result.cells[columns], runs=runs), analysis, tmp_path / "again")
    for name in ("cells.csv", "cells.parquet", "summary.csv", "summary.tex", "learning_curve.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes(), name


def test_cells_come_back_to_the_last_bit(study: Study, written: Path) -> None:
    cells = study[0].cells
    from_csv = pd.read_csv(written / "cells.csv")
    assert list(from_csv) == [*cells.columns[:8], "cluster/ari", "quality/fd_pca", "val/silhouette"]
    pd.testing.assert_frame_equal(from_csv[list(cells)], cells, check_exact=True)
    pd.testing.assert_frame_equal(pd.read_parquet(written / "cells.parquet")[list(cells)], cells, check_exact=True)


def test_cells_say_neither_when_nor_in_which_run(written: Path) -> None:
    text = (written / "cells.csv").read_text()
    assert "run0" not in text
    assert "time/" not in text
    assert "run0" in (written / "runs.csv").read_text()


def test_tables_are_those_of_the_analysis(study: Study, written: Path) -> None:
    analysis = study[1]
    for name, table in {"summary.csv": analysis.summary, "learning_curve.csv": analysis.curve}.items():
        read = pd.read_csv(written / name, keep_default_na=False, na_values=[""])
        numbers = table.select_dtypes("number")
        pd.testing.assert_frame_equal(read[list(numbers)], numbers, check_exact=True, check_dtype=False)


def test_a_setting_that_is_a_number_here_and_a_word_there_goes_into_parquet(study: Study, tmp_path: Path) -> None:
    cells = study[0].cells.head(3).copy()
    cells.insert(5, "model.hidden", pd.Series([64, "[64, 64]", None], dtype=object))
    one_type_a_column(cells).to_parquet(tmp_path / "cells.parquet")
    found = pd.read_parquet(tmp_path / "cells.parquet")["model.hidden"]
    assert found[:2].tolist() == ["64", "[64, 64]"]
    assert found.isna()[2]


def test_pictures_are_drawn_on_white_and_not_empty(written: Path) -> None:
    for name in PICTURES:
        image = imread(written / "figures" / f"{name}.png")
        assert image.shape[1] >= 1200
        assert np.allclose(image[0, 0, :3], 1)
        assert 0.01 < (image[..., :3].min(axis=2) < 0.9).mean() < 0.5


def test_latex_has_a_table_for_each_setting_and_a_line_for_each_row(study: Study) -> None:
    analysis = study[1]
    tex = summary_tex(analysis)
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") == tex.count(r"\toprule") == 2
    lines = [line for line in tex.splitlines() if line.endswith(r"\\") and not line.strip().startswith("arm")]
    assert len(lines) == (analysis.summary["mix.ratio"] > 0).sum() + 2
    assert {line.replace(r"\&", "").count("&") for line in lines} == {8}
    (gan,) = [line for line in lines if "gan & 4" in line and "textbf" in line]
    assert r"\textbf{$-$0.125}" in gan
    assert "& {[}$-$0.137, $-$0.107] & $-$0.125 {[}$-$0.159, $-$0.104] & 0.016 & harms &" in gan
    assert not [
        line for line in lines if "textbf" in line and line.rstrip("\\ ").split(" & ")[7] not in ("helps", "harms")
    ]


def test_latex_takes_a_name_for_text() -> None:
    assert escaped(r"50% $x_1$ #{a} \b~^ [−∞]") == (
        r"50\% \$x\_1\$ \#\{a\} \textbackslash{}b\textasciitilde{}\textasciicircum{} {[}$-$$\infty$]"
    )


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex to compile with")
@pytest.mark.parametrize("name", ["vae", HOSTILE, "vae model.hidden=[128, 256, 512]"])
def test_latex_compiles_and_fits_the_page(name: str, study: Study, tmp_path: Path) -> None:
    named = study[1].summary.replace({"arm": {HOSTILE: name}})
    body = summary_tex(replace(study[1], summary=named))
    document = "\n".join(
        [r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}", body, r"\end{document}"]
    )
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_a_cell_that_a_spreadsheet_would_calculate_is_a_text() -> None:
    texts = ["=HYPERLINK(1)", "+1+1", "-cmd", "@SUM(A1)", "\t=1", "-1.5", "+2", "gan"]
    table = pd.DataFrame({"model.name": texts, "=evil": range(8), "score": [-0.5] * 8})
    safe = as_data(table)
    assert list(safe) == ["model.name", "'=evil", "score"]
    quoted = ["'=HYPERLINK(1)", "'+1+1", "'-cmd", "'@SUM(A1)", "'\t=1", "-1.5", "+2", "gan"]
    assert safe["model.name"].tolist() == quoted
    assert safe["score"].tolist() == [-0.5] * 8
