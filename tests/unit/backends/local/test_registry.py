"""Registered models: a checked, code-free folder and a row that agree, in versions without gaps or doubles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, select, update

from hfcore.backends.local.data import Datasets
from hfcore.backends.local.files import write_bytes
from hfcore.backends.local.manifest import describe
from hfcore.backends.local.registry import Models
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, models, runs
from hfcore.datasets import shipped_dataset
from hfcore.errors import ArtifactDamaged, ExportFailed, InvalidInput, InvalidSettings, ModelNotFound, RunNotFound, StillRunning
from hfcore.records import ModelOrigin, ModelVersion
from hfcore.reporting.report import Curve, ModelReport
from hfcore.reporting.serial import report_to_json
from hfcore.reporting.threshold_choice import ThresholdChoice
from inference.score import Model
from tests.fakes.small_model import FEATURES, onnx_bytes, predict, records
from tests.unit.backends.local.runs_in_store import add_child, add_run

NO_TIME = tuple(f for f in FEATURES if f != "time")


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """A store of its own."""
    opened = Store.open(home)
    yield opened
    opened.close()


@pytest.fixture
def place(store: Store) -> Models:
    """The models of that store."""
    return Models(store, store.home)


def report(run_id: str, features: tuple[str, ...]) -> ModelReport:
    curve = Curve((0.0, 1.0), (0.0, 1.0))
    return ModelReport(
        run_id=run_id,
        child_id=f"{run_id}_0",
        algorithm="StandardScalerWrapper, LogisticRegression",
        steps=(),
        labels=("0", "1"),
        positive_label="1",
        label_column="DEATH_EVENT",
        features=features,
        excluded_columns=(),
        uses_follow_up_time="time" in features,
        rows=299,
        events=96,
        validation="10-fold",
        metrics={"AUC_weighted": 0.8, "log_loss": float("nan")},
        fold_metrics={},
        roc=curve,
        precision_recall=curve,
        calibration=(),
        thresholds=(),
        brier=0.15,
    )


def trained(store: Store, number: int = 1, features: tuple[str, ...] = FEATURES, **changes: Any) -> str:
    """Put a finished run with one child run, its model and its report into the store; return the run's id."""
    lease = add_run(store, number, state="COMPLETED", best_child_id=f"AutoML_test-{number}_0", **changes)
    add_child(store, lease, 0, "COMPLETED")
    contents = {"model": onnx_bytes(features), "report": report_to_json(report(lease.run_id, features)).encode()}
    values: dict[str, Any] = {"parity": 1e-7}
    for name, data in contents.items():
        file = f"runs/{lease.run_id}/children/0.{name}"
        values |= {f"{name}_file": file, f"{name}_sha256": write_bytes(store.home / file, data)}
    with store.write() as connection:
        connection.execute(update(children).where(children.c.run_id == lease.run_id).values(values))
    return lease.run_id


def folder_of(store: Store, model: ModelVersion) -> Path:
    with store.read() as connection:
        same = (models.c.name == model.name) & (models.c.version == model.version)
        return store.home / connection.execute(select(models.c.folder).where(same)).scalar_one()


def manifest_of(store: Store, model: ModelVersion) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder_of(store, model) / "model.json").read_bytes())
    return told


def test_a_registered_model_is_what_the_run_made(store: Store, place: Models) -> None:
    """The best child's bytes are kept under the next version, with both hashes in the row."""
    run_id = trained(store)
    model = place.register(run_id, description="first", tags={"team": "cardiology"})
    assert (model.name, model.version, model.run_id, model.child_id) == ("heart-failure-risk", 1, run_id, f"{run_id}_0")
    assert (model.features, model.description, model.tags, model.parity) == (FEATURES, "first", {"team": "cardiology"}, 1e-7)
    assert model.metrics == {"AUC_weighted": 0.8}
    folder = folder_of(store, model)
    assert (folder / "model.onnx").read_bytes() == onnx_bytes()
    with store.read() as connection:
        row = connection.execute(select(models)).one()
    for name, sha256 in (("model.onnx", row.sha256), ("model.json", row.manifest_sha256)):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert place.list() == [model]


def test_the_manifest_opens_in_the_entry_script(store: Store, place: Models) -> None:
    """The scoring service's own reader accepts the folder and repeats the golden predictions."""
    model = place.register(trained(store, features=NO_TIME))
    opened = Model(folder_of(store, model))
    assert opened.check_golden() <= 1e-6
    assert opened.version == "heart-failure-risk:1"
    assert opened.reader.names == NO_TIME


def test_the_manifest_tells_ranges_labels_and_golden_rows(store: Store, place: Models) -> None:
    """Possible range from the schema, training range from the data, 20 spread training rows with their probabilities."""
    told = manifest_of(store, place.register(trained(store)))
    assert told["features"][0] == {
        "name": "age",
        "kind": "number",
        "unit": "years",
        "low": 18,
        "high": 122,
        "train_low": 40,
        "train_high": 95,
    }
    assert (told["labels"], told["positive_label"], told["threshold"]) == ([0, 1], 1, 0.5)
    assert (told["training_rows"], told["training_events"], told["uses_follow_up_time"]) == (299, 96, True)
    rows = np.array(told["golden"]["rows"])
    every = np.array([list(r.values()) for r in records()])
    assert rows.shape == (20, 12)
    assert (rows[0] == every[0]).all()
    assert (rows[-1] == every[-1]).all()
    assert np.abs(predict(onnx_bytes(), rows) - told["golden"]["probabilities"]).max() == 0


def test_the_threshold_is_part_of_what_is_hashed(store: Store, place: Models) -> None:
    """The chosen threshold stands in the file whose SHA-256 the row holds, the golden check passes, and classes follow it."""
    run_id = trained(store)
    model = place.register(run_id, threshold=ThresholdChoice(0.07, "sensitivity", "sensitivity of at least 95 %"))
    assert (model.threshold, model.threshold_rule) == (0.07, "sensitivity of at least 95 %")
    opened = Model(folder_of(store, model))
    assert opened.check_golden() <= 1e-6
    risk = np.array([[0.93, 0.07], [0.94, 0.06]])
    assert opened.classes(risk) == [1, 0]
    with store.read() as connection:
        row = connection.execute(select(models)).one()
    assert hashlib.sha256((folder_of(store, model) / "model.json").read_bytes()).hexdigest() == row.manifest_sha256


@pytest.mark.parametrize("threshold", [-0.1, 1.01, float("nan")])
def test_what_is_no_probability_is_no_threshold(store: Store, place: Models, threshold: float) -> None:
    """A threshold outside 0 to 1 is refused and nothing is kept."""
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        place.register(trained(store), threshold=threshold)
    assert place.list() == []


def test_several_classes_have_no_threshold() -> None:
    """A model of three classes gives the likeliest one, so a threshold for it is refused."""
    frame = pd.DataFrame({"age": [40.0, 50.0, 60.0], "y": ["a", "b", "c"]})
    told = replace(report("AutoML_test-1", ("age",)), label_column="y", positive_label="c")
    with pytest.raises(InvalidSettings, match="has 3 and gives the likeliest"):
        describe(onnx_bytes(("age",)), told, frame, shipped_dataset().schema, threshold=0.3)


def test_where_a_version_came_from_outlives_its_run(store: Store, place: Models) -> None:
    """Data set, settings, steps and libraries are kept with the version; one from before there were any has none."""
    run_id = trained(store)
    place.register(run_id)
    place.register(run_id)
    with store.write() as connection:
        connection.execute(delete(children))
        connection.execute(delete(runs))
        connection.execute(update(models).where(models.c.version == 1).values(origin={}))
    second, first = place.list()
    assert (second.origin.dataset, second.origin.dataset_version) == ("heart-failure-records", 1)
    assert second.origin.settings["primary_metric"] == "AUC_weighted"
    assert first.origin == ModelOrigin()


def test_an_alias_has_one_place_after_a_race(store: Store, place: Models) -> None:
    """Eight versions that are made champion at once leave exactly one champion."""
    run_id = trained(store)
    made = [place.register(run_id) for _ in range(8)]
    gate = Barrier(8)

    def race(model: ModelVersion) -> None:
        gate.wait()
        Models(store, store.home).update(model, None, None, ["champion"])

    threads = [Thread(target=race, args=(model,)) for model in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [m.aliases for m in place.list() if m.aliases] == [("champion",)]


def test_the_manifest_tells_how_the_training_rows_are_spread(store: Store, place: Models) -> None:
    """Each input has bins that hold every training row once: tenths of a number, two of yes/no."""
    told = manifest_of(store, place.register(trained(store)))
    bins = told["input_bins"]
    assert list(bins) == [f["name"] for f in told["features"]]
    assert {sum(b["rows"]) for b in bins.values()} == {299}
    assert (bins["anaemia"]["edges"], bins["anaemia"]["rows"]) == ([0.5], [170, 129])
    ages = np.array([r["age"] for r in records()])
    edges = bins["age"]["edges"]
    assert bins["age"]["rows"] == np.histogram(ages, [-np.inf, *edges, np.inf])[0].tolist()
    assert len(edges) == 9
    assert max(bins["platelets"]["rows"]) <= 60


def test_versions_count_up_by_name(store: Store, place: Models) -> None:
    """Each name has versions of its own, newest first in the list."""
    run_id = trained(store)
    made = [place.register(run_id), place.register(run_id), place.register(run_id, name="other")]
    assert [m.label for m in made] == ["heart-failure-risk:1", "heart-failure-risk:2", "other:1"]
    assert [m.label for m in place.list()] == ["other:1", "heart-failure-risk:2", "heart-failure-risk:1"]


def test_versions_are_given_once_in_a_race(store: Store, place: Models) -> None:
    """Eight registrations at once get eight different versions, each with a manifest that says the same."""
    run_id = trained(store)
    gate, made = Barrier(8), []

    def race() -> None:
        gate.wait()
        made.append(Models(store, store.home).register(run_id))

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(m.version for m in made) == list(range(1, 9))
    assert all(manifest_of(store, m)["version"] == m.version for m in made)
    assert len(list((store.home / "models").iterdir())) == 8


def test_a_chosen_child_is_kept(store: Store, place: Models) -> None:
    """Any child run with a model may be registered, while the run is still at work as well."""
    run_id = trained(store)
    with store.write() as connection:
        connection.execute(update(runs).values(state="RUNNING"))
    with pytest.raises(StillRunning):
        place.register(run_id)
    assert place.register(run_id, child=f"{run_id}_0").version == 1


def test_what_cannot_be_registered_is_said(store: Store, place: Models) -> None:
    """An unknown run or child, a child without a model, a run without one and a bad name each have their error."""
    run_id = trained(store)
    with pytest.raises(RunNotFound, match=run_id):
        place.register("nothing")
    with pytest.raises(RunNotFound, match=f"{run_id}_0"):
        place.register(run_id, child="nothing")
    with pytest.raises(InvalidSettings, match="'a b/c'"):
        place.register(run_id, name="a b/c")
    with store.write() as connection:
        connection.execute(update(children).values(model_file=None, export_note="KNN has no converter."))
    with pytest.raises(ExportFailed, match=r"KNN has no converter\."):
        place.register(run_id)
    with store.write() as connection:
        connection.execute(update(runs).values(best_child_id=None))
    with pytest.raises(ExportFailed, match="no child run with a model"):
        place.register(run_id)
    assert place.list() == []
    assert list((store.home / "models").glob("*")) == []


@pytest.mark.fault
@pytest.mark.parametrize("name", ["model", "report"])
def test_a_changed_file_of_the_run_is_refused(store: Store, place: Models, name: str) -> None:
    """A model or report that is not what the worker wrote is refused before it is opened."""
    run_id = trained(store)
    path = store.home / f"runs/{run_id}/children/0.{name}"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ArtifactDamaged, match="SHA-256"):
        place.register(run_id)


def test_bytes_that_are_no_model_are_refused(store: Store, place: Models) -> None:
    """Bytes that ONNX Runtime cannot open are ExportFailed."""
    run_id = trained(store)
    file = f"runs/{run_id}/children/0.model"
    with store.write() as connection:
        connection.execute(update(children).values(model_sha256=write_bytes(store.home / file, b"no model")))
    with pytest.raises(ExportFailed, match="cannot be opened"):
        place.register(run_id)


def test_a_table_of_ones_own_gives_true_and_false(store: Store, place: Models) -> None:
    """With a true/false label the labels are true and false, gaps stay out of the golden rows, unknown ranges stay open."""
    frame = pd.DataFrame(records()).assign(DEATH_EVENT=[i % 3 == 0 for i in range(299)])
    frame.loc[frame.index[::2], "age"] = np.nan
    table = Datasets(store).register("own", frame, "")
    run_id = trained(store, dataset="own", dataset_version=table.version)
    told = manifest_of(store, place.register(run_id))
    assert (told["labels"], told["positive_label"]) == ([False, True], True)
    assert np.isfinite(told["golden"]["rows"]).all()
    assert Model(folder_of(store, place.list()[0])).check_golden() <= 1e-6


def test_delete_forgets_row_and_files(store: Store, place: Models) -> None:
    """A model that nobody serves is deleted with its folder; an unknown id is ModelNotFound."""
    model = place.register(trained(store))
    folder = folder_of(store, model)
    place.delete(folder.name)
    assert place.list() == []
    assert not folder.exists()
    with pytest.raises(ModelNotFound):
        place.delete(folder.name)
