"""Pictures of what a detector flags among held-out points."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure
from torch import Tensor

from synthmix.metric import HeldOut
from synthmix.plots.projection import projection
from synthmix.plots.space import Space
from synthmix.spec import DataSpec
from synthmix.tasks.anomaly_detection.curves import receiver_operating_curve
from synthmix.tasks.anomaly_detection.outputs import FLAGGED, NORMALITY
from synthmix.tasks.anomaly_detection.task import AnomalyDetection


def pictures(
    task: AnomalyDetection, test: HeldOut, synthetic: Tensor, spec: DataSpec, *, space: Space
) -> Iterator[tuple[str, Figure]]:
    """Pictures with their names: the points by whether they are flagged, and the curve of hits against false alarms.

    Args:
        task: fitted.
        test: the points, and how normal they are.
        synthetic: points of the mixture, (M, *shape).
        spec: of the data.
        space: the same points as the detector sees them.
    """
    flagged = test.outputs[FLAGGED].astype(int)
    yield "projection_pca", projection(space, flagged, seed=test.seed, word="group")
    if test.labels is not None and 0 < int(test.labels.sum()) < len(test.labels):
        yield "receiver_operating_curve", receiver_operating_curve(test.labels.numpy() == 1, test.outputs[NORMALITY])
