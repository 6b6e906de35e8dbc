"""What the Predict page keeps: requests without values, and patients only when the reader says so."""

from __future__ import annotations

import logging
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, SAMPLE_PATIENT
from hfcore.records import Endpoint
from hfcore.scoring import drift
from hfcore.scoring.drift import Inputs
from hfcore.scoring.history import History
from hfcore.scoring.saved_patients import SavedPatients
from hfcore.states import EndpointState
from hfcore.ui import inputs_drift
from tests.fakes.scoring_service import CannedService, canned_service
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words

FEATURES = tuple(c.name for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)
CANARY = 77.125
ANSWER = b'"{\\"result\\": [[0.8, 0.2]]}"'
TOLD = {"x-model-version": "m:1", "x-model-labels": "[0, 1]", "x-model-threshold": "0.5", "x-model-positive-label": "1"}


@pytest.fixture
def service(memory: MemoryWorkspace):
    """An endpoint that answers 20 % to everybody, at a real address."""
    with canned_service() as made:
        made.body, made.headers = ANSWER, dict(TOLD)
        endpoint = Endpoint("automl-hf-sdk", EndpointState.HEALTHY, "m", 1, now(), made.uri, auth=False, features=FEATURES)
        memory.endpoint_list.append(endpoint)
        yield made


def history(app: AppTest) -> AppTest:
    """Open the tab."""
    app.session_state["predict-tab"] = "History"
    return sound(app.run())


def test_requests_are_listed_without_values(
    service: CannedService, open_page: OpenPage, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault S1: a patient's value is in no file of the home, no log and no message, while the request is in the list."""
    caplog.set_level(logging.DEBUG)
    app = open_page("predict")
    app.number_input(key="patient-value-age").set_value(CANARY)
    sound(app.button(key="score").click().run())
    service.status = 403
    sound(app.button(key="score").click().run())
    app = history(app)
    assert "**2 requests** made from this page; the last one just now to automl-hf-sdk." in words(app)
    shown = app.dataframe[0].value
    assert shown["Outcome"].tolist() == ["key refused", "answered"]
    assert shown["Model"].tolist() == ["m:1", "m:1"]
    assert shown["Fingerprint"].nunique() == 1
    files = {p.name: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    assert "history.db" in files
    assert [name for name, data in files.items() if b"77.125" in data] == []
    assert "77.125" not in caplog.text + words(app)
    assert all(b"77.125" in sent.body for sent in service.requests if sent.path == "/score")


def test_a_list_that_cannot_be_written_costs_no_score(service: CannedService, open_page: OpenPage, home: Path) -> None:
    """When the list is damaged the score is shown all the same; the tab says what is wrong."""
    (home / "scoring").mkdir(parents=True)
    (home / "scoring" / "history.db").write_bytes(b"no list" * 1_000)
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    assert "classed as **survived**" in words(app)
    assert "cannot be used" in history(app).error[0].value.replace("\\", "")


def test_a_patient_is_kept_only_when_the_reader_agrees(service: CannedService, open_page: OpenPage, home: Path) -> None:
    """Without the tick nothing can be saved; with it the values come back at a press, into every kind of field."""
    app = open_page("predict")
    app.number_input(key="patient-value-age").set_value(CANARY)
    app.toggle(key="patient-value-smoking").set_value(True)
    app.segmented_control(key="patient-value-sex").set_value("man")
    app.text_input(key="kept-name").set_value("P 17").run()
    assert app.button(key="kept-save").disabled
    assert not (home / "scoring").exists()
    app.checkbox(key="kept-agreed").set_value(True).run()
    sound(app.button(key="kept-save").click().run())
    assert "Kept as P 17." in words(app)
    assert SavedPatients(home).get("P 17")["age"] == CANARY
    assert stat.S_IMODE((home / "scoring" / "patients.json").stat().st_mode) == 0o600
    app.button(key="sample-patient").click().run()
    assert app.number_input(key="patient-value-age").value == 60.0
    sound(app.button(key="kept-load").click().run())
    assert (app.number_input(key="patient-value-age").value, app.toggle(key="patient-value-smoking").value) == (CANARY, True)
    assert app.segmented_control(key="patient-value-sex").value == "man"


def test_saved_patients_are_gone_at_a_press(service: CannedService, open_page: OpenPage, home: Path) -> None:
    """One is deleted by itself, all of them after a tick; no byte of their values is left."""
    for name in ("A", "B", "C"):
        SavedPatients(home).save(name, {**SAMPLE_PATIENT, "age": CANARY})
    app = open_page("predict")
    sound(app.button(key="kept-forget").click().run())
    assert SavedPatients(home).names() == ("B", "C")
    assert app.button(key="kept-purge").disabled
    app.checkbox(key="kept-sure").set_value(True).run()
    sound(app.button(key="kept-purge").click().run())
    assert "2 saved patients deleted." in words(app)
    assert [p.name for p in home.rglob("*") if p.is_file() and b"77.125" in p.read_bytes()] == []


def test_the_endpoints_account_is_told_in_words(
    service: CannedService, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing kept, too few requests, and what has moved: each is a sentence, the last with a table and a figure."""
    app = history(open_page("predict"))
    assert "This endpoint keeps no account of its inputs." in words(app)
    found = Inputs(12, 50, ())
    monkeypatch.setattr(inputs_drift, "read_inputs", lambda uri, key: found)
    assert "12 requests since the endpoint's server was started" in words(sound(app.run()))
    moved = drift.drift("age", [50, 60], [100, 100, 99], [5, 10, 45])
    same = drift.drift("smoking", [0.5], [203, 96], [40, 20])
    found = replace(found, requests=60, columns=(same, moved))
    said = words(sound(app.run()))
    assert "Different from the training patients, by more than chance explains: Age (years)." in said
    assert app.dataframe[-1].value["In words"].tolist() == ["much changed", "as in training"]


def test_the_list_is_of_one_workspace(service: CannedService, memory: MemoryWorkspace, open_page: OpenPage, home: Path) -> None:
    """Requests of another workspace of the same home are not shown."""
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    assert History(home).count(memory.name) == 1
    assert History(home).latest("local:elsewhere") == []
