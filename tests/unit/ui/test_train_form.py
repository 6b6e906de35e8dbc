"""What the form of a run says, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from hfcore.datasets import shipped_dataset
from hfcore.states import RunState
from hfcore.ui import train_summary
from hfcore.ui.train_form import Wish
from tests.fakes.workspace import SETTINGS, MemoryWorkspace


def _wish(experiment: str = "aml-experiment", **changes: Any) -> Wish:
    values = {"label_column_name": "DEATH_EVENT", "excluded_columns": ("time",), "max_concurrent_iterations": 2, **changes}
    return Wish(experiment, shipped_dataset(), values)


def test_every_wrong_value_at_once() -> None:
    """A bad name and bad settings are found together, each under its own field."""
    settings, wrong = _wish("-", primary_metric="luck", experiment_timeout_minutes=0).settings()
    assert settings is None
    assert set(wrong) == {"experiment", "primary_metric", "experiment_timeout_minutes"}


def test_label_and_what_is_left_out_are_no_features() -> None:
    """The features are the columns that remain."""
    names = [c.name for c in _wish(excluded_columns=("time", "sex")).features]
    assert len(names) == 10
    assert not {"time", "sex", "DEATH_EVENT"} & set(names)


def test_only_a_run_like_it_tells_the_time() -> None:
    """Earlier runs count when they are complete and searched the same; the typical time is their median."""
    ws, wish = MemoryWorkspace(), _wish()
    settings, _ = wish.settings()
    assert settings == SETTINGS
    ws.add_run(RunState.FAILED)
    ws.add_run(RunState.CANCELED)
    assert "took" not in train_summary.time_sentence(settings, ws.runs(), wish)
    for _ in range(3):
        ws.add_run(RunState.COMPLETED)
    assert "runs like it usually took about 3 min 09 s" in train_summary.time_sentence(settings, ws.runs(), wish)
    other, _ = _wish(allowed_models=("SVM",)).settings()
    assert other is not None
    assert "took" not in train_summary.time_sentence(other, ws.runs(), wish)


def test_sentence_counts_what_is_tried() -> None:
    """One kind of model has no ensemble; several have two."""
    one = _wish(allowed_models=("SVM",))
    settings, _ = one.settings()
    assert settings is not None
    assert train_summary.sentence(one, settings).startswith("One kind of model learns from")


def test_sentence_leaves_the_choice_to_azure() -> None:
    """In Azure without a choice of ours nothing is counted: Azure tries what it sees fit; a choice is counted as here."""
    free, chosen = _wish(), _wish(allowed_models=("SVM", "LightGBM"))
    for wish, words in (
        (free, "The kinds of model that Azure chooses and two ensembles"),
        (chosen, "Two kinds of model and two"),
    ):
        settings, _ = wish.settings()
        assert settings is not None
        assert train_summary.sentence(wish, settings, "azureml").startswith(words)
    assert train_summary.sentence(free, free.settings()[0]).startswith("Ten kinds of model")  # type: ignore[arg-type]


def test_a_run_that_met_its_limit_tells_nothing() -> None:
    """Only a run that ended well within its own limit and the new one says how long such a search takes."""
    ws, wish = MemoryWorkspace(), _wish(experiment_timeout_minutes=3)
    ws.add_run(RunState.COMPLETED)
    settings, _ = wish.settings()
    assert settings is not None
    assert "took" not in train_summary.time_sentence(settings, ws.runs(), wish)
    longer, _ = _wish(experiment_timeout_minutes=60).settings()
    assert longer is not None
    assert "took" in train_summary.time_sentence(longer, ws.runs(), wish)
