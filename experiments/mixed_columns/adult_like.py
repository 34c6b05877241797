"""A table like the census file "adult", drawn from a Bayesian network that is written down here: mixed and dependent.

Run: python experiments/mixed_columns/adult_like.py FILE [--rows 4000] [--seed 0]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EDUCATION = ("8th", "11th", "HS-grad", "Some-college", "Bachelors", "Masters", "Doctorate")
YEARS = np.array([4, 7, 9, 10, 13, 14, 16])
WORK = ("Private", "Self-employed", "Government", "Unemployed")
STATUS = ("Never-married", "Married", "Divorced", "Widowed")
JOBS = ("Craft", "Services", "Clerical", "Sales", "Professional", "Manager")
REGIONS = ("North", "South", "East", "West", "Abroad")
COLUMNS = {"education": list(EDUCATION)}
# Rows: education; columns: jobs. Log odds.
JOBS_BY_EDUCATION = np.array([
    [2.0, 2.0, 0.0, 0.5, -3.0, -1.5],
    [2.0, 1.5, 0.5, 0.8, -2.5, -1.0],
    [1.8, 1.0, 1.2, 1.0, -1.0, 0.0],
    [0.8, 0.8, 1.4, 1.2, 0.3, 0.6],
    [-0.8, -0.5, 0.6, 0.9, 1.8, 1.4],
    [-2.0, -1.5, -0.2, 0.0, 2.4, 1.6],
    [-3.0, -2.5, -1.0, -1.0, 3.0, 1.0],
])  # fmt: skip
JOBS_OF_WOMEN = np.array([-1.8, 0.8, 1.3, 0.2, 0.3, -0.3])
HOURS_BY_JOB = np.array([1.0, -4.0, -1.0, 1.0, 3.0, 6.0])
INCOME_BY_JOB = np.array([-0.2, -1.4, -0.5, 0.1, 0.8, 1.1])


def adult_like(n: int, seed: int) -> pd.DataFrame:
    """`n` independent rows: three whole numbers, two numbers (one mostly 0), an ordinal, five of levels, a date.

    Age leads to marital status in a way that is not monotone, education and sex to a job with six unordered levels, job
    to hours, and all of them to income.
    """
    rng = np.random.default_rng(seed)
    age = np.clip(17 + rng.gamma(2.2, 10, n), 17, 90)
    woman = rng.random(n) < 0.4
    education = np.digitize(rng.normal(-0.012 * (age - 40), 1), [-1.7, -1.0, 0.2, 0.8, 1.6, 2.3])
    job = _drawn(JOBS_BY_EDUCATION[education] + woman[:, None] * JOBS_OF_WOMEN, rng)
    status = _drawn(
        np.stack([
            0.16 * (38 - age), 1.2 - 0.0015 * np.square(age - 46), -0.8 + 0.02 * (age - 35),
            -3.5 + 0.10 * (age - 45) + 0.6 * woman,
        ], axis=1), rng,
    )  # fmt: skip
    work = _drawn(
        np.stack([
            1.8 - 0.01 * (age - 40), -1.0 + 0.03 * (age - 40) + 0.8 * (job == 5), -0.6 + 1.3 * (job == 4),
            -2.2 + 0.4 * (education < 2),
        ], axis=1), rng,
    )  # fmt: skip
    usual = rng.random(n) < 0.45
    hours = np.where(usual, 40, rng.normal(40 + HOURS_BY_JOB[job] - 5 * woman - 0.3 * np.abs(age - 42), 9))
    married = status == 1
    rich = rng.random(n) < _logistic(
        -3.4 + 0.28 * (YEARS[education] - 9) + 2.0 * married + INCOME_BY_JOB[job] + 0.05 * (hours - 40) - 0.4 * woman
    )
    gains = np.where(rng.random(n) < 0.06 + 0.16 * rich, rng.lognormal(7.6 + 1.1 * rich, 0.9), 0.0)
    since = pd.Timestamp("2024-06-30") - pd.to_timedelta(np.rint(rng.gamma(1.5, 40 + 20 * (age - 16)) + 1), unit="D")
    region = _drawn(np.array([1.0, 1.2, 0.8, 0.6, -0.4]) + 0.5 * (job[:, None] == [5, 0, 2, 4, 1]), rng)
    return pd.DataFrame({
        "age": np.rint(age).astype(int),
        "work": np.array(WORK)[work],
        "education": np.array(EDUCATION)[education],
        "education_years": YEARS[education],
        "status": np.array(STATUS)[status],
        "job": np.array(JOBS)[job],
        "woman": np.where(woman, "yes", "no"),
        "region": np.array(REGIONS)[region],
        "hours": np.clip(np.rint(hours), 1, 99).astype(int),
        "capital_gain": np.round(gains, 2),
        "weight": np.round(rng.lognormal(12, 0.5, n), 1),
        "since": since.strftime("%Y-%m-%d"),
        "rich": np.where(rich, "yes", "no"),
    })  # fmt: skip


def _drawn(log_odds: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """A level for each row, by its log odds (N, K)."""
    return np.asarray((log_odds + rng.gumbel(size=log_odds.shape)).argmax(axis=1))


def _logistic(x: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-x)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    adult_like(given.rows, given.seed).to_csv(given.file, index=False)
