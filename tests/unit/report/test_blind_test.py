"""The blind test on a page: what it shows, what its key says, and what a person's clicks save."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from PIL import Image

from synthmix.analysis.analysis import Analysis
from synthmix.analysis.result import StudyResult
from synthmix.errors import InvalidInput
from synthmix.report.blind_test import blind_test
from synthmix.report.page import page
from synthmix.report.samples import Samples, sheet
from synthmix.spec import unit_images
from synthmix.study.answers import Judged, answers_of, keep_answers

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# Real images are dark, synthetic ones light.
SAMPLES = Samples("gan", 0, torch.full((40, 1, 8, 8), 0.9), torch.full((40, 1, 8, 8), 0.1), unit_images("d", (1, 8, 8)))


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_half_of_the_pictures_are_real_and_the_key_says_which() -> None:
    test = blind_test("a study", SAMPLES)
    dark = [pixels(picture).max() < 128 for picture in test["pictures"]]
    assert (len(dark), sum(dark)) == (20, 10)
    assert [byte.bit_count() % 2 == 1 for byte in base64.b64decode(test["key"])] == dark
    assert dark != sorted(dark)
    assert blind_test("a study", SAMPLES) == test
    assert blind_test("another", SAMPLES)["pictures"] != test["pictures"]


def test_the_sheet_has_real_points_and_each_arm() -> None:
    picture = sheet([SAMPLES])
    assert [axes.get_title() for axes in picture.figure.axes] == ["real, held out", "gan"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to click through the page in")
def test_answers_are_counted_and_saved_in_a_browser(study: tuple[StudyResult, Analysis], tmp_path: Path) -> None:
    clicks = """<script>
      const place = document.querySelector(".blind");
      place.querySelector(".start").click();
      for (let n = 0; n < 20; n += 1) place.querySelector(`[data-real=${n < 15}]`).click();
    </script></body>"""
    result, analysis = study
    html = page(result, analysis, [], [SAMPLES])
    (tmp_path / "page.html").write_text(html.replace("</body>", clicks), encoding="utf-8")
    general = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    command = [str(CHROMIUM), *general, f"file://{tmp_path}/page.html"]
    found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    (address,) = re.findall(r'href="data:application/json,([^"]*)"', found)
    saved = json.loads(unquote(unescape(address)))
    key = [byte.bit_count() % 2 == 1 for byte in base64.b64decode(blind_test(result.name, SAMPLES)["key"])]
    assert (saved["study"], saved["arm"]) == (result.name, "gan")
    assert [one["is_real"] for one in saved["answers"]] == key
    assert [one["said_real"] for one in saved["answers"]] == [True] * 15 + [False] * 5
    wrong = sum(one["is_real"] != one["said_real"] for one in saved["answers"])
    assert f"{wrong} of 20 answers were wrong" in found


def test_a_page_without_images_has_no_blind_test(study: tuple[StudyResult, Analysis]) -> None:
    assert 'class="blind"' not in page(*study, [])


def test_what_people_answered_is_on_the_page(study: tuple[StudyResult, Analysis]) -> None:
    html = page(*study, [], [SAMPLES], {"gan": Judged(7, 20)})
    assert "So far 7 of 20 answers were wrong: an error rate of 0.35" in " ".join(html.split())


def saved(file: Path, wrong: int, *, study: str = "mine") -> Path:
    answers = [{"is_real": True, "said_real": n >= wrong} for n in range(20)]
    file.write_text(json.dumps({"study": study, "arm": "gan", "answers": answers}))
    return file


def test_files_add_up_and_the_same_one_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for name, wrong in (("a", 3), ("b", 7), ("a again", 3)):
        keep_answers(saved(tmp_path / name, wrong), folder)
    judged = answers_of(folder)["gan"]
    assert (judged.wrong, judged.given, judged.rate) == (10, 40, 0.25)
    # Wilson 1927 by hand: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    z, p, n = 1.959964, 0.25, 40
    middle, half = p + z**2 / (2 * n), z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    assert judged.interval == pytest.approx(((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no json", "must be a file that the page of a study has saved"),
        ("[" * 100_000, "must be a file that the page of a study has saved"),
        ('{"study": "mine", "arm": "gan", "answers": []}', "must have study, arm, and at least one answer"),
        ('{"study": "mine", "arm": "gan", "answers": [{"is_real": 1, "said_real": true}]}', "must have study, arm"),
        ('{"study": "his", "arm": "gan", "answers": [{"is_real": true, "said_real": true}]}', "of study 'his'"),
    ],
)
def test_another_file_is_one_line(text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text(text)
    with pytest.raises(InvalidInput, match=line) as raised:
        keep_answers(tmp_path / "answers.json", tmp_path / "mine")
    assert "\n" not in str(raised.value)
    with pytest.raises(InvalidInput, match="no such file"):
        keep_answers(tmp_path / "missing.json", tmp_path / "mine")
