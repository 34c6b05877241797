from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.analysis.words.answer import headline
from synthmix.report.terminal import table_text

Study = tuple[StudyResult, Analysis]


def test_a_block_for_each_setting_with_its_numbers(study: Study) -> None:
    analysis = study[1]
    lines = table_text(analysis).splitlines()
    gmm, kmeans = (lines.index(f"{name} on identity (8 seeds, margin 0.020)") for name in ("gmm", "kmeans"))
    assert gmm < kmeans
    row = analysis.summary.query("`clusterer.name` == 'kmeans' and arm == 'gan' and `mix.ratio` == 4").iloc[0]
    (line,) = [line for line in lines[kmeans:] if line.split()[:2] == ["gan", "4"]]
    expected = [
        f"{row['mean']:.3f} ± {row['sd']:.3f}",
        *(
            f"{row[mean]:+.3f} [{row[f'{ends}_low']:+.3f}, {row[f'{ends}_high']:+.3f}]".replace("-", "−")
            for mean, ends in (("difference", "simultaneous"), ("lead", "lead"))
        ),
        "harms",
        "≤ −0.12",
    ]
    places = [line.index(text) for text in expected]
    assert places == sorted(places)


def test_every_arm_and_ratio_once_and_the_baseline_once_a_block(study: Study) -> None:
    analysis = study[1]
    text = table_text(analysis).replace("mean ± sd", "mean")
    lines = [line for line in text.splitlines() if line.startswith("  ") and "±" in line]
    assert len(lines) == (analysis.summary["mix.ratio"] > 0).sum() + 2
    assert sum("0.235 ± 0.024" in line or "0.535 ± 0.024" in line for line in lines if " 0 0." in line) == 2


def test_lines_fit_the_terminal_however_long_a_name(study: Study) -> None:
    analysis = study[1]
    longest = analysis.summary.assign(arm=analysis.summary["arm"] + " model.hidden=[128, 256]" * 9)
    text = table_text(replace(analysis, summary=longest, warnings=[]))
    tables = text.splitlines()[: text.splitlines().index(headline(analysis))]
    assert max(map(len, tables)) <= 130
    assert "…" in text


def test_arms_are_told_apart_by_models_and_values(make: Callable[..., Study]) -> None:
    _, analysis = make({("kmeans", "gan"): (0.1, 0.2), ("kmeans", "duplicate"): (0.0, 0.0)})
    keyed = {"gan": "gan mix.synthetic_weight=0.5", "duplicate": "denoising_autoencoder mix.synthetic_weight=1"}
    text = table_text(replace(analysis, summary=analysis.summary.replace({"arm": keyed})))
    starts = [line.split()[:2] for line in text.splitlines() if line.startswith("  ")]
    assert starts.count(["gan", "weight=0.5"]) == 2
    assert starts.count(["denoising_autoencoder", "weight=1"]) == 1  # above its two ratios
    assert [start[0] for start in starts if start[0] in ("1", "4")] == ["1", "4"]


def test_warnings_follow_the_table(study: Study) -> None:
    _result, analysis = study
    lines = table_text(replace(analysis, warnings=["the placebo gains <i>too</i>"])).splitlines()
    assert lines.index("warning: the placebo gains <i>too</i>") > lines.index(headline(analysis))


def test_a_single_seed_has_neither_spread_nor_interval(study: Study) -> None:
    analysis = study[1]
    ends = ["sd", "low", "high", "difference_sd", "difference_low", "difference_high", "p", "p_adjusted"]
    ends += ["simultaneous_low", "simultaneous_high", "lead_low", "lead_high"]
    single = analysis.summary.assign(seeds=1, **dict.fromkeys(ends, float("nan")))
    text = table_text(replace(analysis, summary=single))
    assert "nan" not in text
    tables = text[: text.index(headline(analysis))]
    assert "±" not in tables.split("\n", 3)[3].replace("mean ± sd", "")
