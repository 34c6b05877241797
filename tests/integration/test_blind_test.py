"""From a study of images to a blind test on its page, and from saved answers to a metric of the arm's run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

STUDY = ("-m", "model=vae,duplicate", "mix.ratio=0,1", "seed=0,1", "debug=fast", "study.learning_curve=[]")


def test_answers_become_the_error_rate_of_people(command: Callable[..., Any], tmp_path: Path) -> None:
    done = command("run", *STUDY, "data.n_train=40", folder=tmp_path)
    assert done.code == 0, done.out + done.err
    (report,) = tmp_path.glob("multirun/*/report")
    html = (report / "index.html").read_text()
    (text,) = re.findall(r'<script type="application/json">(.*)</script>', html)
    test = json.loads(text)
    assert (test["arm"], len(test["pictures"])) == ("vae", 20)
    assert (report / "figures" / "samples.png").is_file()
    answers = [{"is_real": True, "said_real": n >= 5} for n in range(20)]
    (tmp_path / "mine.json").write_text(json.dumps({"study": test["study"], "arm": "vae", "answers": answers}))
    told = command("report", "last", "--answers", "mine.json", folder=tmp_path)
    assert told.code == 0, told.out + told.err
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.get_experiment_by_name("synthmix")
    (run,) = client.search_runs([experiment.experiment_id], "tags.`synthmix.arm` = 'vae'")
    assert run.data.metrics["quality/human_error_rate"] == 0.25
    assert run.data.metrics["quality/human_error_rate_low"] < 0.25 < run.data.metrics["quality/human_error_rate_high"]
    assert "5 of 20 answers were wrong" in (report / "index.html").read_text()
    wrong = command("report", "last", "--answers", "nowhere.json", folder=tmp_path)
    assert (wrong.code, wrong.err) == (2, "--answers=nowhere.json: no such file\n")
