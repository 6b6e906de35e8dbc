"""What the Predict page tells about an answer, from a model in service; one endpoint for all of these tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, SAMPLE_PATIENT
from hfcore.datasets.resemblance import Resemblance
from hfcore.records import DeploymentSpec
from hfcore.reporting.patients_alike import group_of, share_below
from hfcore.scoring.client import ScoringClient
from hfcore.scoring.drift import read_inputs
from hfcore.settings import NOTICE
from hfcore.ui import answer_sheet
from hfcore.ui.answer_sheet import Sheet
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, table, words

NAME = "automl-hf-sdk"


@pytest.fixture(scope="module")
def service(
    finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory, first_port: int
) -> Iterator[tuple[FinishedRun, LocalWorkspace]]:
    """A home of its own with the finished run's best model in service."""
    copy = finished_run.copy_to(tmp_path_factory.mktemp("predict") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(copy.home))
        patch.setenv("HF_ENDPOINT_PORT", str(first_port))
        ws = copy.open()
        ws.deploy(ws.register_model(copy.run_id), DeploymentSpec(NAME))
        yield copy, ws
        ws.delete_endpoint(NAME)


@pytest.fixture
def live(service: tuple[FinishedRun, LocalWorkspace], monkeypatch: pytest.MonkeyPatch) -> LocalWorkspace:
    """The workspace of that home, which every page of this test opens."""
    monkeypatch.setenv("HF_HOME", str(service[0].home))
    return service[1]


def scored(open_page: OpenPage, tab: str = "Why", **values: float) -> AppTest:
    """Score the sample patient, with some values changed, while a tab under the answer is open."""
    app = open_page("predict")
    app.session_state["answer-tab"] = tab
    for name, value in values.items():
        app.number_input(key=f"patient-value-{name}").set_value(value)
    return sound(app.button(key="score").click().run())


def test_the_answer_says_what_became_of_patients_like_this(live: LocalWorkspace, open_page: OpenPage) -> None:
    """Interval and sentence are those of the report's calibration group; nothing is called outside of what was seen."""
    app = scored(open_page, "Among all patients")
    risk = app.session_state["predict-answer"].risk
    report = live.report(live.models()[0].run_id)
    group, below = group_of(report, risk), share_below(report, risk)
    assert group is not None
    assert below is not None
    said = words(app)
    assert f"95 % interval **{100 * group.found.low:.0f} to {100 * group.found.high:.0f} %**" in said
    given = f"given {100 * group.low:.0f} to {100 * group.high:.0f} % in cross-validation"
    assert f"Of {group.found.rows} patients {given}, {100 * group.found.observed:.0f} % died." in said
    assert f"The risk is higher than that of {100 * below:.0f} % of the 299 training patients." in said
    assert [w.value for w in app.warning] == []


def test_why_adds_up_to_the_answer(live: LocalWorkspace, open_page: OpenPage) -> None:
    """The contributions lead from the average risk to the answer's, and a rerun asks the endpoint nothing."""
    app = scored(open_page)
    answer, told = app.session_state["why-attribution"]
    assert told.base + sum(c.amount for c in told.contributions) == pytest.approx(answer.risk, abs=1e-6)
    assert {c.feature for c in told.contributions} == set(answer.values)
    assert f"The average risk is {100 * told.base:.0f} %." in words(app)
    sound(app.run())
    assert app.session_state["why-attribution"][1] is told


def test_the_most_similar_patients_are_shown_with_what_became_of_them(live: LocalWorkspace, open_page: OpenPage) -> None:
    """Five patients by the stated distance, each with outcome, day and values, beside this one."""
    app = scored(open_page, "Similar patients")
    frame = load_heart_failure()
    columns = [c for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring]
    nearest = Resemblance(frame, columns).nearest(SAMPLE_PATIENT)
    shown = table(app, "similar-patients") if [d for d in app.dataframe if d.key] else app.dataframe[0].value
    died = frame["DEATH_EVENT"].iloc[[n.row for n in nearest]].tolist()
    days = frame["time"].iloc[[n.row for n in nearest]].tolist()
    assert shown.iloc[0, 2:].tolist() == [f"{('survived', 'died')[d]}, day {t}" for d, t in zip(died, days, strict=True)]
    assert shown.iloc[1, 2:].tolist() == [f"{n.distance:.2f}" for n in nearest]
    assert f"Of the 5 most similar training patients, {sum(died)} died." in words(app)


def test_what_if_is_the_live_endpoints_curve(live: LocalWorkspace, open_page: OpenPage) -> None:
    """The curve is what the endpoint answers for each value, asked for once; the slider reads it off; yes/no has two rows."""
    app = scored(open_page, "What if")
    assert "At 38 %, as in the form, the risk is" in words(app)
    [(xs, risks)] = app.session_state["what-if-curves"].values()
    patient = {c.name: SAMPLE_PATIENT[c.name] for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring}
    with_client = ScoringClient(live.endpoint(NAME)).predict_proba([{**patient, "ejection_fraction": x} for x in xs])
    assert risks == pytest.approx([p[1] for p in with_client], abs=1e-9)
    assert (min(xs), max(xs), 38 in xs) == (14, 80, True)
    sound(app.slider[0].set_value(20.0).run())
    assert re.search(r"At 20(\.\d+)? % the risk would be \d+ %, instead of \d+ % at 38 %\.", words(app))
    sound(app.selectbox(key="what-if-column").set_value("smoking").run())
    assert "Smoking **no**" in words(app)
    assert "(as in the form)" in words(app)


def test_the_model_says_who_it_was_trained_on(live: LocalWorkspace, open_page: OpenPage) -> None:
    """Version, algorithm, honest figure, population and notice stand together."""
    said = words(scored(open_page, "The model"))
    assert "heart-failure-risk:1** at **automl-hf-sdk" in said
    assert "trained on 299 patients, 96 with the outcome" in said
    assert "Faisalabad" in said
    assert "without follow-up time" in said


def test_inputs_are_set_beside_the_training_patients(live: LocalWorkspace, open_page: OpenPage) -> None:
    """After 50 requests of old patients the tab History names age as moved; rows that explain an answer are not counted."""
    endpoint = live.endpoint(NAME)
    key = live.endpoint_keys(NAME)[0]
    before = read_inputs(str(endpoint.scoring_uri), key)
    scored(open_page, "Why")
    patients = load_heart_failure()[list(endpoint.features)]
    old = patients[patients["age"] >= 70].iloc[:50]
    client = ScoringClient(endpoint)
    for row in old.to_dict("records"):
        client.predict_proba([row])
    client.close()
    after = read_inputs(str(endpoint.scoring_uri), key)
    assert before is not None
    assert after is not None
    assert after.requests == before.requests + 51
    moved = {d.column: d for d in after.columns}
    assert moved["age"].has_moved
    assert sum(moved["age"].training) == 299
    app = open_page("predict")
    app.session_state["predict-tab"] = "History"
    told = next(line for line in words(sound(app.run())).splitlines() if line.startswith("Different from the training patients"))
    assert "Age (years)" in told


def test_an_answer_can_be_taken_along(live: LocalWorkspace, open_page: OpenPage) -> None:
    """The text to copy holds risk, interval, every value with its unit, model, moment and notice."""
    app = scored(open_page, "Copy or print")
    text = next(c.value for c in app.code if "Values" in c.value)
    assert text.startswith("Risk of death during follow-up: ")
    for part in ("95 % interval", "Serum creatinine: 1.4 mg/dL", "Sex: woman", "heart-failure-risk:1 at", "UTC", NOTICE):
        assert part in text


def test_a_printed_answer_runs_nothing() -> None:
    """Whatever stands in an answer is literal text in the page to print, which may load and run nothing (fault I4)."""
    hostile = '<script>alert(1)</script><img src=x onerror="x">'
    page = answer_sheet.as_html(Sheet(hostile, (hostile,), ((hostile, hostile),), (hostile,), NOTICE))
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") == 6
    assert "default-src 'none'" in page
    assert NOTICE in page


def test_a_patient_outside_the_training_patients_is_warned_about(live: LocalWorkspace, open_page: OpenPage) -> None:
    """A value beyond the training range, and a patient unlike all others, are said beside the score (fault C3)."""
    app = scored(open_page, age=30.0, creatinine_phosphokinase=7_800.0, serum_sodium=113.0, platelets=840_000.0)
    [warning] = app.warning
    said = warning.value.replace("\\", "")
    assert "Age is 30 years, below what the model has seen (40 to 95 years)." in said
    assert "unlike every training patient" in said
    assert re.search(r">\d+ %</div>|above 99 %|below 1 %", app.get("html")[0].proto.body)


def test_a_unit_slip_is_corrected_by_one_click(live: LocalWorkspace, open_page: OpenPage) -> None:
    """Creatinine in µmol/L is blocked, recognised, and right after one click (faults C1, C2)."""
    app = open_page("predict")
    sound(app.number_input(key="patient-value-serum_creatinine").set_value(124.0).run())
    assert "Looks like µmol/L." in words(app)
    assert "Serum creatinine is 124 mg/dL; it must be between 0.1 and 40 mg/dL." in words(app)
    assert app.button(key="correct-serum_creatinine").label == "Use 1.403 mg/dL"
    sound(app.button(key="correct-serum_creatinine").click().run())
    assert app.number_input(key="patient-value-serum_creatinine").value == 1.403
    assert "Looks like" not in words(app)
    assert not app.button(key="score").disabled


def test_an_answer_of_a_model_whose_run_is_gone_still_stands(
    live: LocalWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the registered model the risk is shown, and what is not known is said instead of invented."""
    monkeypatch.setattr(LocalWorkspace, "models", lambda self: [])
    for tab in ("Why", "What if", "Copy or print"):
        app = scored(open_page, tab)
        assert "95 % interval" not in words(app)
        if tab == "Why":
            assert "What this model was trained on is not known here" in words(app)
