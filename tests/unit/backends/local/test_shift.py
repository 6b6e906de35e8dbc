from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hfcore import automl
from hfcore.automl.executors import InlineExecutor
from hfcore.automl.outcome import ChildOutcome
from hfcore.backends.local.shift import said_plainly, work
from hfcore.backends.local.store import Store
from hfcore.datasets.heart_failure import HEART_FAILURE_SHA256
from hfcore.errors import DiskFull, TrainingFailed
from hfcore.states import RunState
from tests.faultcheck import assert_store_sound
from tests.finished import SHORT
from tests.unit.backends.local.runs_in_store import add_run, run_row

CANARY = "71.25"


def worked(home: Path, **values: Any) -> Any:
    """Work one run in this process and return its row."""
    store = Store.open(home)
    row = {"settings": SHORT.to_dict(), "dataset_sha256": HEART_FAILURE_SHA256}
    lease = add_run(store, **row | values)
    work(store, lease, InlineExecutor())
    assert_store_sound(home, processes=False)
    return run_row(store, lease.run_id)


def raising(error: Exception) -> Callable[..., Any]:
    def fit(*args: Any, **options: Any) -> Any:
        raise error

    return fit


def test_a_run_without_time_ends_as_timed_out(home: Path) -> None:
    """A run whose time budget is used up before anything has finished is TIMED_OUT and says to allow more time."""
    row = worked(home, worked_seconds=1e6)
    assert (row.state, row.finished) == ("TIMED_OUT", 0)
    assert "allow more time" in row.message


def test_the_budget_is_working_time(home: Path) -> None:
    """The seconds that earlier attempts worked count against the time limit, the time in between does not."""
    settings = replace(SHORT, allowed_models=("LogisticRegression",), iterations=1).to_dict()
    row = worked(home, settings=settings, worked_seconds=12.0)
    assert (row.state, row.phase) == ("COMPLETED", "Finished")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full."),
        (DiskFull("The disk is full: x.", "y."), "The disk is full."),
        (MemoryError(), "There was not enough memory."),
        (TrainingFailed("No pipeline could be trained to the end.", "Allow more time."), "No pipeline could be trained"),
        (KeyError(CANARY), "The worker met an unexpected KeyError"),
    ],
)
def test_a_failed_run_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, sentence: str
) -> None:
    """Whatever goes wrong, the run is FAILED with one plain sentence, and no value of the table gets into it or the log."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(automl, "fit", raising(error))
    row = worked(home)
    assert row.state == "FAILED"
    assert row.message.startswith(sentence)
    assert CANARY not in row.message + caplog.text
    assert "test_shift.py" in caplog.text or not isinstance(error, KeyError)


def test_a_failed_run_keeps_what_had_finished(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Child runs that finished before the failure stay, and the best of them stays the best."""

    def fit(frame: Any, settings: Any, on_child: Callable[[ChildOutcome], None], **listeners: Any) -> Any:
        listeners["on_plan"]([])
        outcome = ChildOutcome(1, "MaxAbsScaler, SVM", RunState.FAILED, message="did not converge")
        on_child(outcome)
        on_child(replace(outcome, number=2, state=RunState.TIMED_OUT))
        raise RuntimeError

    monkeypatch.setattr(automl, "fit", fit)
    row = worked(home)
    assert (row.state, row.finished, row.best_child_id) == ("FAILED", 2, None)


def test_a_table_that_changed_is_not_trained_on(home: Path) -> None:
    """A run whose data set is not the one it was submitted with is FAILED and says so."""
    row = worked(home, dataset_sha256="0" * 64)
    assert row.state == "FAILED"
    assert "not the one the run was started with" in row.message


def test_an_error_without_a_place_is_said_too() -> None:
    """An error that was never raised still gives a sentence."""
    assert "unexpected ValueError" in said_plainly(ValueError(CANARY))
    assert CANARY not in said_plainly(ValueError(CANARY))
