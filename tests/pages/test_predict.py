"""Predict: what is this patient's risk?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
import requests

from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.datasets import draft
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, SAMPLE_PATIENT
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import ScoringFailed, Unauthorized
from hfcore.records import DeploymentSpec, Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.settings import NOTICE
from hfcore.states import EndpointState
from hfcore.ui import answer, outcome
from hfcore.ui.patient_form import check
from tests.fakes.workspace import MemoryWorkspace, now
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words

FEATURES = tuple(c.name for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)
CANARY = 77.125


@pytest.fixture
def live(finished_home: FinishedRun) -> Iterator[LocalWorkspace]:
    """A workspace with the finished run's best model in service."""
    ws = finished_home.open()
    ws.deploy(ws.register_model(finished_home.run_id), DeploymentSpec("automl-hf-sdk"))
    yield ws
    ws.delete_endpoint("automl-hf-sdk")


@pytest.fixture
def dead(memory: MemoryWorkspace) -> Endpoint:
    """An endpoint that is said to be healthy, at an address where nobody listens."""
    made = Endpoint(
        "automl-hf-sdk", EndpointState.HEALTHY, "heart-failure-risk", 1, now(), "http://127.0.0.1:9/score", auth=False
    )
    memory.endpoint_list.append(replace(made, features=FEATURES))
    return memory.endpoint_list[0]


def test_without_an_endpoint_the_page_says_what_to_do(open_page: OpenPage) -> None:
    """Nobody can be scored in an empty home; the page leads to Deploy."""
    app = open_page("predict")
    assert "No endpoint is healthy, so nobody can be scored." in words(app)
    assert links(app)["Deploy a model"].startswith("deploy")


def test_the_sample_patient_is_scored_over_http(live: LocalWorkspace, open_page: OpenPage) -> None:
    """The page shows what the live endpoint answers to any caller, with model, endpoint, class and notice."""
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    endpoint = live.endpoint("automl-hf-sdk")
    [[_, risk]] = ScoringClient(endpoint).predict_proba([{name: SAMPLE_PATIENT[name] for name in FEATURES}])
    assert app.get("html")[0].proto.body.endswith(f">{100 * risk:.0f} %</div>")
    said = words(app)
    assert f"Risk of death during follow-up: **{100 * risk:.0f} %**, says **automl-hf-sdk** with heart-failure-risk:1." in said
    assert f"Of 10 patients like this, about {round(10 * risk)} died." in said
    assert "below the model's cut of 50 %: classed as **survived**" in said
    assert f"**{NOTICE}**" in said


def test_an_answer_is_marked_when_the_form_has_changed(live: LocalWorkspace, open_page: OpenPage) -> None:
    """A changed value marks the answer; scoring again takes the mark away, and so does the old value."""
    app = open_page("predict")
    app.button(key="score").click().run()
    sound(app.number_input(key="patient-value-age").set_value(75.0).run())
    assert "The form has changed since this answer." in words(app)
    assert "Patients are scored live by" in words(app)
    sound(app.number_input(key="patient-value-age").set_value(60.0).run())
    assert "The form has changed" not in words(app)


def test_values_reach_neither_address_nor_log(
    live: LocalWorkspace, open_page: OpenPage, caplog: pytest.LogCaptureFixture
) -> None:
    """A patient's value is sent to the endpoint and is found in no address, no log of the app and none of the endpoint."""
    caplog.set_level(logging.DEBUG)
    app = open_page("predict")
    app.number_input(key="patient-value-age").set_value(CANARY)
    sound(app.button(key="score").click().run())
    assert app.session_state["predict-answer"].values["age"] == CANARY
    assert app.query_params == {}
    assert str(CANARY) not in caplog.text + live.endpoint_logs("automl-hf-sdk")


def test_the_form_asks_for_the_models_variables_in_groups(dead: Endpoint, open_page: OpenPage) -> None:
    """Eleven fields with units in the label and the usual range under them; `time` is not among them."""
    app = open_page("predict")
    labels = [w.label for w in (*app.number_input, *app.toggle, *app.segmented_control)]
    assert len(labels) == 11
    assert "Serum creatinine (mg/dL)" in labels
    assert "usual 0.6 to 1.3" in words(app)
    assert [g for g in ("Demographics", "History", "Laboratory", "Echocardiography") if f"**{g}**" not in words(app)] == []
    assert "**Follow-up**" not in words(app)


def test_follow_up_time_is_asked_for_only_where_the_model_wants_it(
    dead: Endpoint, memory: MemoryWorkspace, open_page: OpenPage
) -> None:
    """A model trained with `time` gets it, and the page says what that means."""
    memory.endpoint_list[0] = replace(dead, features=(*FEATURES, "time"), uses_follow_up_time=True)
    app = open_page("predict")
    assert app.number_input(key="patient-value-time").value == 130
    assert "nobody knows it for a new patient" in words(app)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("age", 300.0, "Age is 300 years; it must be between 18 and 122 years."),
        ("ejection_fraction", 150, "Ejection fraction is 150 %; it must be between 5 and 90 %."),
        ("serum_creatinine", None, "Serum creatinine is empty; it must be between 0.1 and 40 mg/dL."),
    ],
)
def test_an_impossible_value_is_blocked(
    dead: Endpoint, open_page: OpenPage, name: str, value: float | None, sentence: str
) -> None:
    """An impossible or missing value names field and range and disables the button (fault C1)."""
    app = open_page("predict")
    field = app.number_input(key=f"patient-value-{name}")
    sound(field.set_value(value).run())
    assert sentence in words(app)
    assert app.button(key="score").disabled


def test_the_sample_comes_back_at_a_press(dead: Endpoint, open_page: OpenPage) -> None:
    """Back to the sample patient resets every kind of field."""
    app = open_page("predict")
    app.number_input(key="patient-value-age").set_value(300.0)
    app.toggle(key="patient-value-smoking").set_value(True)
    app.segmented_control(key="patient-value-sex").set_value("man").run()
    sound(app.button(key="sample-patient").click().run())
    assert app.number_input(key="patient-value-age").value == 60.0
    assert app.toggle(key="patient-value-smoking").value is False
    assert app.segmented_control(key="patient-value-sex").value == "woman"


def test_another_tables_patient_is_described_by_that_table(dead: Endpoint, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A model of another table asks in that table's words, though the heart failure records have a column of the same name.

    The form begins with medians and the most frequent words, which is a patient that can be scored at once.
    """
    frame = pd.DataFrame(
        {
            "sex": ["female", "male", "female"] * 20,
            "bmi": [21.0, 30.5, None] * 20,
            "parity": [0, 1, 2] * 20,
            "treated": ["no", "yes", "yes"] * 20,
            "course": ["stable", "stable", "progressed"] * 20,
        }
    )
    choices = [replace(c, kind="boolean") if c.name == "treated" else c for c in draft.proposed(frame)]
    table, schema = draft.made(frame, choices, "course", "progressed")
    memory.dataset_list.append(Dataset("ward", 1, "3", 60, 5, schema, loader=lambda: table))
    memory.endpoint_list[0] = replace(dead, features=tuple(frame.columns[:-1]))
    app = open_page("predict")
    assert app.selectbox(key="patient-value-sex").value == "female"
    assert app.number_input(key="patient-value-bmi").value == 25.75
    assert app.number_input(key="patient-value-parity").value == 1
    assert app.toggle(key="patient-value-treated").value is True
    assert not app.button(key="score").disabled
    sound(app.number_input(key="patient-value-bmi").set_value(40.0).run())
    assert app.button(key="sample-patient").label == "Back to typical values"
    sound(app.button(key="sample-patient").click().run())
    assert app.number_input(key="patient-value-bmi").value == 25.75


def test_of_several_outcomes_the_likeliest_is_told() -> None:
    """No cut decides among three classes, so none is named."""
    given = answer.Answer("e", "m:1", {}, 0.3, False, 0.5, 1.0, now(), likeliest="mild_*")
    assert answer.class_words(given, outcome.of(Schema(()))) == r"The likeliest outcome is **mild\_\***."


def test_another_outcome_is_told_as_patients_out_of_ten_too() -> None:
    """Patients have a label's word; only those of the heart failure records die."""
    course = Column("course", "course", "boolean", is_label=True, choices=("stable", "progressed"))
    assert answer.of_ten(0.21, outcome.of(Schema((course,)))) == "Of 10 patients like this, about 2 had course = progressed."


def test_a_silent_endpoint_is_a_sentence_with_a_way_out(dead: Endpoint, open_page: OpenPage) -> None:
    """When nobody answers, the page says so and leads to the endpoint's state."""
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    assert "does not answer" in app.error[0].value
    assert "Look at the endpoint's state and log" in links(app)


@pytest.mark.parametrize(
    "error", [Unauthorized("The endpoint does not accept this key."), ScoringFailed("The endpoint cannot use what was sent.")]
)
def test_a_refusal_is_a_sentence(dead: Endpoint, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A wrong key and refused values are told as the client tells them."""

    def refuse(self: ScoringClient, rows: object) -> None:
        raise error

    monkeypatch.setattr(ScoringClient, "score", refuse)
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    assert error.args[0] in app.error[0].value.replace("\\", "")


def test_scoring_is_never_done_in_process(live: LocalWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every score is one HTTP request to the endpoint's own address."""
    sent = []
    real = requests.Session.post
    monkeypatch.setattr(requests.Session, "post", lambda self, url, **k: sent.append(url) or real(self, url, **k))
    sound(open_page("predict").button(key="score").click().run())
    assert sent == [live.endpoint("automl-hf-sdk").scoring_uri]


def test_an_unhealthy_endpoint_in_the_address_is_told(dead: Endpoint, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A link to an endpoint that cannot score says so and falls back to one that can."""
    memory.endpoint_list.append(replace(dead, name="broken", state=EndpointState.FAILED))
    app = open_page("predict", endpoint="broken")
    assert "The endpoint broken is" in app.warning[0].value.replace("\\", "")
    assert "Patients are scored live by **automl-hf-sdk**" in words(app)


def test_one_of_several_endpoints_is_chosen_by_address_and_by_hand(
    dead: Endpoint, memory: MemoryWorkspace, open_page: OpenPage
) -> None:
    """The address chooses; choosing by hand changes the address."""
    memory.endpoint_list.append(replace(dead, name="second"))
    app = open_page("predict", endpoint="second")
    assert app.selectbox(key="predict-endpoint").value == "second"
    sound(app.selectbox(key="predict-endpoint").set_value("automl-hf-sdk").run())
    assert app.query_params["endpoint"] == "automl-hf-sdk"


@pytest.mark.parametrize(("risk", "written"), [(0.0, "below 1 %"), (0.004, "below 1 %"), (0.193, "19 %"), (0.996, "above 99 %")])
def test_no_risk_is_certain(risk: float, written: str) -> None:
    """A risk is never written as 0 or 100 %."""
    assert answer.risk_words(risk) == written


@pytest.mark.parametrize(("risk", "number"), [(0.01, "fewer than 1"), (0.31, "about 3"), (0.97, "nearly all")])
def test_a_risk_is_told_as_patients_out_of_ten(risk: float, number: str) -> None:
    """The natural frequency follows the risk, without claiming nobody or everybody."""
    assert answer.of_ten(risk, outcome.of(HEART_FAILURE_SCHEMA)) == f"Of 10 patients like this, {number} died."


def test_every_value_of_the_study_is_accepted() -> None:
    """No value of the 299 patients is called impossible."""
    from hfcore.datasets import load_heart_failure

    frame = load_heart_failure()
    columns = [c for c in HEART_FAILURE_SCHEMA.features if c.kind != "boolean"]
    assert [(c.name, v) for c in columns for v in frame[c.name].tolist() if check(c, v)] == []
