from __future__ import annotations

from dataclasses import replace

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.report.terminal import table_text

Study = tuple[StudyResult, Analysis]


def test_a_block_for_each_setting_with_its_numbers(study: Study) -> None:
    analysis = study[1]
    lines = table_text(analysis).splitlines()
    gmm, kmeans = lines.index("gmm on identity"), lines.index("kmeans on identity")
    assert gmm < kmeans
    row = analysis.summary.query("`clusterer.name` == 'kmeans' and arm == 'gan' and `mix.ratio` == 4").iloc[0]
    (line,) = [line for line in lines[kmeans:] if line.split()[:2] == ["gan", "4"]]
    expected = [
        f"{row['mean']:.3f} ± {row['sd']:.3f}",
        f"{row['difference']:+.3f} [{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]".replace("-", "−"),
        "0.008",
        "not identified",
    ]
    assert line.split()[2] == "8"
    places = [line.index(text) for text in expected]
    assert places == sorted(places)


def test_every_arm_and_ratio_once_and_the_baseline_once_a_block(study: Study) -> None:
    analysis = study[1]
    lines = [
        line for line in table_text(analysis).splitlines() if line.startswith("  ") and not line.startswith("  arm")
    ]
    assert len(lines) == (analysis.summary["mix.ratio"] > 0).sum() + 2
    assert sum("real points alone" in line for line in lines) == 2


def test_lines_fit_the_terminal_however_long_a_name(study: Study) -> None:
    analysis = study[1]
    longest = analysis.summary.assign(arm=analysis.summary["arm"] + " model.hidden=[128, 256]" * 4)
    text = table_text(replace(analysis, summary=longest, warnings=[]))
    assert max(map(len, text.splitlines())) <= 100
    assert "…" in text


def test_warnings_follow_the_table(study: Study) -> None:
    last = table_text(study[1]).splitlines()[-1]
    assert last == "warning: kmeans on identity: the placebo gains <i>too</i>"


def test_a_single_seed_has_neither_spread_nor_interval(study: Study) -> None:
    analysis = study[1]
    ends = ["sd", "low", "high", "difference_sd", "difference_low", "difference_high", "p", "p_holm"]
    single = analysis.summary.assign(seeds=1, **dict.fromkeys(ends, float("nan")))
    text = table_text(replace(analysis, summary=single))
    assert "nan" not in text
    assert "±" not in text.split("\n", 3)[3].replace("mean ± sd", "")
