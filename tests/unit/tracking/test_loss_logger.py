"""The losses of a training, on their way to its run."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from mlflow import MlflowClient
from pytorch_lightning.callbacks import Callback

from synthmix import load_dataset, make_generator
from synthmix.generators.training.trained import TrainedGenerator
from synthmix.tracking.base import RunRecord
from synthmix.tracking.loss_logger import LossLogger
from synthmix.tracking.mlflow.tracker import Tracker


def test_losses_arrive_in_batches_and_do_not_end_the_run(tracker: Tracker) -> None:
    client = MlflowClient(tracker.uri)
    with tracker.open(RunRecord(kind="generator", name="losses")) as run:
        logger = LossLogger(run, seconds=1000)
        for step in range(1, 2001):
            logger.log_metrics({"train/loss": 1 / step}, step)
        assert client.get_run(run.id).data.metrics == {}
        logger.finalize("success")
        assert client.get_run(run.id).info.status == "RUNNING"
        logger.finalize("failed")  # what was sent is not sent again
    history = client.get_metric_history(run.id, "train/loss")
    assert {entry.step: entry.value for entry in history} == {step: 1 / step for step in range(1, 2001)}
    assert len(history) == 2000


def test_losses_are_sent_on_the_way_too(tracker: Tracker) -> None:
    with tracker.open(RunRecord(kind="generator", name="losses")) as run:
        LossLogger(run, seconds=0).log_metrics({"train/loss": 2.0}, 7)
        assert MlflowClient(tracker.uri).get_run(run.id).data.metrics == {"train/loss": 2.0}


class PressesCtrlC(Callback):
    """What the terminal does to a launcher's worker in the middle of a training."""

    def on_train_batch_end(self, *_: object) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def _handler_of_ctrl_c() -> Iterator[None]:
    """Lightning ignores further ones from then on; pytest needs its own back."""
    kept = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, kept)


@pytest.mark.usefixtures("_handler_of_ctrl_c")
def test_a_training_that_lightning_ends_on_ctrl_c_was_killed(tracker: Tracker) -> None:
    generator = make_generator("gan", steps=100)
    assert isinstance(generator, TrainedGenerator)
    with pytest.raises(SystemExit), tracker.open(RunRecord(kind="generator", name="ctrl-c")) as run:
        generator.fit(load_dataset("digits"), logger=LossLogger(run), callbacks=[PressesCtrlC()])
    entity = MlflowClient(tracker.uri).get_run(run.id)
    assert entity.info.status == "KILLED"
    assert "train/generator_loss" in entity.data.metrics
