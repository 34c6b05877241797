"""The page: one file, every number that of the frame behind it, every name that of the user and no more."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.report.figures import figures
from synthmix.report.page import page

Study = tuple[StudyResult, Analysis]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Reader(HTMLParser):
    """Every element with its attributes, the text, and the cells of each table by its id."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.tables: dict[str, list[list[tuple[dict[str, str], list[str]]]]] = {}
        self.lines: dict[str, list[dict[str, str]]] = {}
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "table":
            self.tables[found["id"]] = []
            self.lines[found["id"]] = []
        elif tag == "tr":
            list(self.tables.values())[-1].append([])
            list(self.lines.values())[-1].append(found)
        elif tag in ("td", "th"):
            self._cell = []
            list(self.tables.values())[-1][-1].append((found, self._cell))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._cell is not None:
            self._cell.append(data)

    def rows(self, table: str) -> list[list[str]]:
        return [[" ".join("".join(text).split()) for _, text in row] for row in self.tables[table]]

    def values(self, table: str, head: str) -> list[float | None]:
        """The numbers behind a column."""
        column = self.rows(table)[0].index(head)
        found = [row[column][0].get("data-value") for row in self.tables[table][1:]]
        return [None if value is None else float(value) for value in found]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def dom(file: Path, *switches: str) -> str:
    """What Chromium makes of a file."""
    general = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={file.parent}/profile", "--dump-dom"]
    command = [str(CHROMIUM), *general, *switches, f"file://{file}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def html(study: Study) -> str:
    result, analysis = study
    return page(result, analysis, figures(analysis))


@pytest.fixture(scope="module")
def reader(html: str) -> Reader:
    return read(html)


def test_nothing_is_loaded_from_anywhere(html: str, reader: Reader) -> None:
    loading = {"src", "srcset", "poster", "data", "action", "background", "xlink:href"}
    addresses = [value for _, attributes in reader.elements for name, value in attributes.items() if name in loading]
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    links = [attributes["href"] for _, attributes in reader.elements if "href" in attributes]
    assert not [link for link in links if ":" in link or link.startswith("/")]
    assert not {tag for tag, _ in reader.elements} & {"link", "iframe", "object", "embed", "base", "form"}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", html)
    policy = next(a["content"] for tag, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_every_picture_is_whole_and_has_words_with_numbers(study: Study, reader: Reader) -> None:
    images = [attributes for tag, attributes in reader.elements if tag == "img"]
    assert len(images) == len(figures(study[1])) == 5
    assert figures(study[1])[0].name == "forest"
    for image in images:
        assert re.search(r"\d\.\d", image["alt"])
        content = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"))
        root = ElementTree.fromstring(content)
        assert root.tag.endswith("svg")
        referred = [value for element in root.iter() for name, value in element.items() if name.endswith("href")]
        assert all(value.startswith(("#", "data:")) for value in referred)


def test_a_line_for_each_row_of_the_summary_with_its_numbers(study: Study, reader: Reader) -> None:
    summary = study[1].summary
    compared = summary[summary["mix.ratio"] > 0]
    assert len(reader.rows("summary")) == 1 + len(compared) + 2  # one baseline for each clusterer
    for head, column in {
        "ratio": "mix.ratio",
        "mean ari ± sd": "mean",
        "difference [95 %]": "difference",
        "beyond copies [95 %]": "lead",
        "adjusted p": "p_adjusted",
        "fd_pca": "fd",
    }.items():
        shown = reader.values("summary", head)
        expected = [*compared[column].dropna(), *summary.loc[summary["mix.ratio"] == 0, column].dropna().unique()]
        found = [value for value in shown if value is not None]
        assert sorted(found) == sorted(expected if column != "mix.ratio" else [*compared[column], 0.0, 0.0]), head


def test_what_is_read_is_what_is_sorted_by(study: Study, reader: Reader) -> None:
    rows = reader.rows("summary")
    difference = rows[0].index("difference [95 %]")
    vae = next(row for row in rows if row[0] == "gmm on identity" and "script" in row[1] and row[2] == "4")
    row = (
        study[1].summary.query("`clusterer.name` == 'gmm' and `mix.ratio` == 4 and arm.str.contains('script')").iloc[0]
    )
    low, high = (f"{row[end]:+.3f}" for end in ("simultaneous_low", "simultaneous_high"))
    assert vae[difference] == f"{row['difference']:+.3f} [{low}, {high}]"
    assert vae[rows[0].index("verdict")] == "helps ▲"
    assert vae[rows[0].index("adjusted p")] == "0.008"
    assert vae[rows[0].index("exchange rate [95 %]")] == "0.38 [0.33, 0.43]"
    assert vae[rows[0].index("mean ari ± sd")] == f"{row['mean']:.3f} ± {row['sd']:.3f}"


def test_a_name_is_text_and_never_markup(html: str, reader: Reader) -> None:
    assert sum(tag == "script" for tag, _ in reader.elements) == 1
    assert "<script>alert(1)</script> & $x_1$" in reader.words
    assert "ValueError: <b>no</b>" in reader.words
    assert not {"b", "i"} & {tag for tag, _ in reader.elements}


def test_the_answer_comes_first_and_everything_has_its_place(reader: Reader) -> None:
    parts = [
        "Did synthetic data help?",
        "gan harmed kmeans on identity.",
        "The margin, stated before the run: a difference of less than 0.020 in ari does not matter.",
        "With 8 seeds these tests show a difference to real points alone of ±0.030 or more with a power of .8 (that "
        "copies and noise bring less takes more to be shown); the margin is 0.020, 5% of the",
        "Warnings",
        "2 cells were computed with other code",
        "Mean ari over seeds",
        "Effect against margin",
        "What synthetic points change",
        "The ratio that a score on validation points chooses",
        "found with a power of .8",
        "model.name=vae seed=3",
        "Stages: how often computed",
        "synthmix run -m model=gan,vae 'seed=range(8)'",
        "data.name: digits",
        "MLFLOW_TRACKING_URI='sqlite:////somewhere/my mlflow.db' synthmix ui",
        "Step-down maximum of t over all sign flips",
    ]
    words = reader.words
    places = [words.rindex(part) if part.startswith("Step-down") else words.index(part) for part in parts]
    assert places == sorted(places)


def test_family_and_best_ratio(reader: Reader) -> None:
    numbers = ["4", "8", "0.008", "0.020", "0.014", "0.030"]
    assert reader.rows("family")[1:] == [[f"{name} on identity", *numbers] for name in ("gmm", "kmeans")]
    best = reader.rows("best-table")
    assert len(best) == 1 + 10
    chosen = {(row[0].split()[0], row[1].split(" (")[0]): row[best[0].index("chosen ratio")] for row in best[1:]}
    assert chosen["gmm", "real"] == "4"
    assert chosen["kmeans", "gan"] == "0"  # its val score, that of the effect, falls with the ratio


def test_reuse_is_counted_by_stage(study: Study, reader: Reader) -> None:
    runs = study[0].runs
    assert reader.rows("stages")[1] == ["generator", str(len(runs) // 2), str(len(runs) // 2), "1"]
    assert f"{(runs['mix.ratio'] == 0).sum() - 1} of {len(runs)} cells have a result that another run" in reader.words
    assert len(reader.rows("runs")) == 1 + len(runs)


def test_equal_studies_give_equal_pages(study: Study, html: str) -> None:
    result, analysis = study
    assert page(result, analysis, figures(analysis)) == html


def test_supervised_choices_are_marked(study: Study) -> None:
    result, analysis = study
    supervised = replace(analysis, best=analysis.best.assign(chosen_by="ari", supervised=True))
    reader = read(page(result, supervised, []))
    assert "ari (supervised)" in reader.words
    assert "chosen with labels" in reader.words


def test_a_study_of_real_points_alone_has_a_page(make: Callable[..., Study]) -> None:
    result, analysis = make()
    alone = replace(result, cells=result.cells[result.cells["mix.ratio"] == 0], failures=[])
    summary = analysis.summary[analysis.summary["mix.ratio"] == 0]
    bare = replace(analysis, summary=summary, best=analysis.best.head(0), curve=analysis.curve.head(0), warnings=[])
    assert figures(bare) == []
    reader = read(page(alone, bare, []))
    assert "nothing to draw" in reader.words
    assert "No cell has failed." in reader.words


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page in")
def test_a_click_on_a_head_sorts_by_number_in_a_browser(study: Study, html: str, tmp_path: Path) -> None:
    clicks = """<script>
      const click = (name) => [...document.querySelectorAll("#summary th button")]
        .find((button) => button.textContent.startsWith(name)).click();
      click("difference"); click("difference");
      const choice = document.querySelector("select"); choice.value = "gmm on identity";
      choice.dispatchEvent(new Event("change"));
    </script></body>"""
    (tmp_path / "page.html").write_text(html.replace("</body>", clicks), encoding="utf-8")
    reader = read(dom(tmp_path / "page.html"))
    shown = [value for value in reader.values("summary", "difference [95 %]") if value is not None]
    assert shown == sorted(study[1].summary["difference"].dropna(), reverse=True)
    lines = reader.lines["summary"][1:]
    assert {line["data-setting"] for line in lines if "hidden" not in line} == {"gmm on identity"}
    assert {line["data-setting"] for line in lines if "hidden" in line} == {"kmeans on identity"}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page in")
def test_links_lead_to_their_sections_and_never_away_in_mlflows_viewer(html: str, tmp_path: Path) -> None:
    clicks = """<script>
      document.querySelector("nav a[href='#figures']").click();
      const leaving = [...document.links].filter((link) => !link.getAttribute("href").startsWith("#"));
      const named = document.querySelector("#method .note").textContent.includes("cells.csv");
      parent.postMessage(`${document.activeElement.id}, ${leaving.length} leave, files named: ${named}`, "*");
    </script></body>"""
    # As MLflow 3.17 shows an HTML artifact: a blob in a sandbox without an origin.
    viewer = """<title></title><body><script>
      addEventListener("message", (event) => { document.title = event.data; });
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts";
      frame.src = URL.createObjectURL(new Blob([PAGE], { type: "text/html" }));
      document.body.append(frame);
    </script></body>"""
    text = json.dumps(html.replace("</body>", clicks)).replace("<", r"\u003c")
    (tmp_path / "viewer.html").write_text(viewer.replace("PAGE", text), encoding="utf-8")
    # Virtual time would not wait for a frame in a process of its own.
    found = dom(tmp_path / "viewer.html", "--disable-features=IsolateSandboxedIframes", "--virtual-time-budget=10000")
    assert re.findall("<title>(.*)</title>", found) == ["figures, 0 leave, files named: true"]


def test_an_exploratory_page_says_so_and_has_neither_p_nor_verdict(make: Callable[..., Study]) -> None:
    result, analysis = make(exploratory=True)
    reader = read(page(result, analysis, figures(analysis)))
    first, *lines = reader.rows("summary")
    assert "Exploratory: what selected cells show" in reader.words
    assert "Did synthetic data help?" not in reader.words
    assert {line[first.index(head)] for line in lines for head in ("verdict", "adjusted p")} == {""}
    assert "family" not in reader.tables
    words = reader.words[reader.words.index("Primary score") :]  # behind the styles
    assert not [word for word in ("helps", "harms", "undecided", "sign flips") if word in words]
    assert not [cell for row in reader.tables["summary"] for cell, _ in row if "by itself" in cell.get("title", "")]
    assert analysis.summary["p"].isna().all()
    assert "forest" not in [picture.name for picture in figures(analysis)]


@pytest.mark.parametrize("needs_labels", [True, False])
def test_a_score_that_labels_make_is_said_to_be_one(study: Study, needs_labels: bool) -> None:
    result, analysis = study
    name = result.score.rpartition("/")[2]
    metric = replace(result.metrics[name], needs_labels=needs_labels)
    reader = read(page(replace(result, metrics={**result.metrics, name: metric}), analysis, []))
    assert ("it is computed from labels" in reader.words) == needs_labels


def test_facts_stand_before_the_warnings(study: Study) -> None:
    result, analysis = study
    reader = read(page(result, replace(analysis, facts=["two seeds have <b>much</b> in common"]), []))
    assert reader.words.index("two seeds have <b>much</b> in common") < reader.words.index("Warnings")


def test_an_interval_of_the_population_is_a_hint_on_the_difference(study: Study) -> None:
    result, analysis = study
    known = analysis.summary.assign(population_low=-0.5, population_high=0.25)
    reader = read(page(result, replace(analysis, summary=known), []))
    column = reader.rows("summary")[0].index("difference [95 %]")
    hints = {row[column][0].get("title") for row in reader.tables["summary"][1:]}
    assert "of the population, by itself: [−0.500, +0.250]" in hints


def test_what_labels_would_pick_stands_beside_what_was_picked(study: Study) -> None:
    result, analysis = study
    keys = analysis.family.head(1)[["clusterer.name", "representation.name", "data.name", "data.n_train"]]
    numbers = {"configured": 0.2, "configured_sd": 0.01, "tuned": 0.3, "tuned_sd": 0.02, "best": 0.5, "best_sd": 0.03}
    chosen = {"by": "cluster/ari", "seeds": 8, "chosen": "c=1", "chosen_seeds": 7, "best_settings": "c=2"}
    reader = read(page(result, replace(analysis, by_labels=keys.assign(**numbers, **chosen)), []))
    expected = ["gmm on identity", "ari", "8", "0.200 ± 0.010", "0.300 ± 0.020", "c=1 (7 of 8 seeds)", "0.500 ± 0.030"]
    assert reader.rows("by-labels")[1:] == [[*expected, "c=2"]]
    assert "best by labels (supervised)" in reader.rows("by-labels")[0]
    assert "labels would pick c=2, with ari 0.500 ± 0.030 (supervised, for comparison only)" in reader.words


def test_an_arm_over_which_an_alarm_rings_is_marked(study: Study) -> None:
    result, analysis = study
    rung = analysis.summary["alarms"].where(
        (analysis.summary["mix.ratio"] == 0) | ~analysis.summary["arm"].isin(["gan", "duplicate"]), "mode_collapse 4/8"
    )
    reader = read(page(result, replace(analysis, summary=analysis.summary.assign(alarms=rung)), []))
    marked = [row[1] for row in reader.rows("summary") if row[1].endswith("⚠")]
    assert marked == ["gan ⚠"] * 4  # two learners, two ratios; copies are meant to be copies
