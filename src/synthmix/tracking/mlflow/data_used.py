"""A data set as MLflow writes it down: by its name and digest, without its points."""

from __future__ import annotations

import json

from mlflow.entities import Dataset, DatasetInput

from synthmix.tracking.base import DataUsed

DIGEST_LENGTH = 36  # MLflow's limit


def dataset_input(data: DataUsed) -> DatasetInput:
    """What a run records of its data set."""
    profile = {"num_rows": data.shape[0], "shape": list(data.shape)} if data.shape else {}
    return DatasetInput(
        Dataset(
            name=data.name,
            digest=data.digest[:DIGEST_LENGTH],
            source_type="synthmix",
            source=json.dumps({"name": data.name, "digest": data.digest}),
            profile=json.dumps(profile),
        )
    )
