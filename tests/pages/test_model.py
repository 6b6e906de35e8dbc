"""Model: how good is it, honestly?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import ExportFailed
from hfcore.reporting.comparison import verdict
from hfcore.reporting.report import Estimate, ModelReport
from hfcore.reporting.subgroups import missed_share
from hfcore.reporting.threshold_choice import ThresholdChoice, by_cost, by_sensitivity, by_youden, counts_at
from hfcore.states import RunState
from hfcore.ui import benefit, registration
from hfcore.ui.simpler_models import signed_metric
from hfcore.ui.words import literal
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words

TABS = ("Discrimination", "Calibration & benefit", "Threshold", "Subgroups", "All metrics", "Pipeline", "Versions", "Model card")
_LATER = (
    *("roc_band", "gains", "distribution", "calibration_slope", "calibration_intercept", "benefit", "subgroups"),
    *("learning_curve", "learning_note"),
)


@pytest.fixture
def report(finished_run: FinishedRun) -> ModelReport:
    """The report of the finished run's best child run."""
    return finished_run.open().report(finished_run.run_id)


@pytest.fixture
def judged(memory: MemoryWorkspace, report: ModelReport, monkeypatch: pytest.MonkeyPatch) -> ModelReport:
    """A finished run in memory whose best child run has that report."""
    run = memory.add_run(RunState.COMPLETED, children=3)
    told = replace(report, run_id=run.id, child_id=str(run.best_child_id))
    monkeypatch.setattr(memory, "report", lambda run_id, child=None: told)
    return told


def tab(app: AppTest, name: str) -> AppTest:
    """Open a tab."""
    app.session_state["model-tab"] = name
    return sound(app.run())


def test_without_a_run_the_page_says_what_to_do(open_page: OpenPage) -> None:
    """An empty home has no model to judge and leads to training."""
    app = open_page("model")
    assert "There is no finished model to judge yet." in words(app)
    assert links(app)["Start training"].startswith("train")


def test_unknown_run_is_a_sentence(open_page: OpenPage) -> None:
    """An address with an unknown run names it."""
    app = open_page("model", run="nobody")
    assert "nobody" in app.error[0].value


def test_a_run_that_gave_nothing_is_no_model(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A failed run without a finished child run is not judged."""
    run = memory.add_run(RunState.FAILED)
    assert "There is no finished model to judge yet." in words(open_page("model", run=run.id))


def test_the_newest_run_is_judged_honestly(finished_home: FinishedRun, open_page: OpenPage, report: ModelReport) -> None:
    """The first sentence is the corrected estimate with its interval; every headline figure has its own."""
    app = open_page("model")
    assert report.honest is not None
    assert f"AUC {report.honest.value:.3f} (95 % " in words(app)
    assert "without follow-up time" in words(app)
    assert not app.warning
    shown = {m.label: (m.value, m.delta) for m in app.metric}
    assert shown["AUC"][0] == f"{report.metrics['AUC_weighted']:.3f}"
    assert all(delta.startswith("95 % ") for _, delta in shown.values())


def test_the_winner_is_set_against_simpler_models(finished_home: FinishedRun, open_page: OpenPage, report: ModelReport) -> None:
    """One sentence says whether the winner is truly better; below it each model's figures with their intervals in the cell."""
    app = open_page("model")
    assert verdict(report)
    assert verdict(report) in words(app)
    rows = app.table[0].value
    models = ["**This model**", "Logistic regression", "Random forest of 500 trees", "The same risk for everyone"]
    assert [m.partition("  \n")[0] for m in rows["Model"]] == models
    logistic, honest = report.references[0], report.honest
    assert honest is not None
    assert f"{honest.value:.3f}" in rows["AUC"][0]
    assert honest.low is not None
    assert f"{honest.low:.3f}" in rows["AUC"][0]
    assert rows["AUC"][1].startswith(f"{logistic.auc.value:.3f}")
    assert rows["Difference in AUC"][1].startswith(signed_metric(logistic.auc_difference.value))
    assert f"{signed_metric(logistic.brier_difference.high)}]" in rows["Difference in Brier"][1]


def test_a_child_that_is_not_the_winner_is_not_compared(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """Another child run has neither the table nor the sentence."""
    ws = finished_home.open()
    other = next(c for c in ws.children(finished_home.run_id) if c.id != ws.run(finished_home.run_id).best_child_id)
    app = open_page("model", run=finished_home.run_id, child=other.id)
    assert "Against simpler models" not in [h.value for h in app.subheader]
    assert not app.table


@pytest.mark.parametrize("name", TABS)
def test_every_tab_draws(finished_home: FinishedRun, open_page: OpenPage, name: str) -> None:
    """No tab fails on a real run."""
    app = tab(open_page("model"), name)
    assert app.tabs


def test_every_metric_is_shown_with_its_folds_and_in_words(
    finished_home: FinishedRun, open_page: OpenPage, report: ModelReport
) -> None:
    """Each of Azure's metrics has a row with its name, its mean, its spread over the folds and a plain sentence."""
    rows = tab(open_page("model"), "All metrics").table[-2].value
    assert len(rows) == len(report.metrics) >= 21
    text = "\n".join(rows["Metric"]).replace("\\", "")
    assert all(name in text for name in report.metrics)
    assert all(".]" in cell for cell in rows["Metric"])
    assert set(rows["Mean"]) == {f"**{value:.3f}**" for value in report.metrics.values()}


def test_follow_up_time_is_never_passed_over(judged: ModelReport, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A model that uses follow-up time carries a warning as its first sentence."""
    told = replace(judged, uses_follow_up_time=True, excluded_columns=())
    memory.report = lambda run_id, child=None: told  # type: ignore[method-assign]
    app = open_page("model")
    assert "uses follow-up time" in app.warning[0].value.replace("\\", "")


@pytest.fixture
def late(judged: ModelReport, memory: MemoryWorkspace) -> ModelReport:
    """The run's best child run uses follow-up time."""
    settings = AutoMLSettings(label_column_name="DEATH_EVENT", random_state=7)
    memory.change(judged.run_id, settings=settings.to_dict())
    told = replace(judged, uses_follow_up_time=True, excluded_columns=())
    memory.report = lambda run_id, child=None: told if run_id == judged.run_id else replace(judged, run_id=run_id)  # type: ignore[method-assign]
    return told


def test_beside_every_headline_number_stands_that_it_uses_follow_up_time(late: ModelReport, open_page: OpenPage) -> None:
    """Each headline figure is marked and says why, and so does the row of the comparison with simpler models."""
    app = open_page("model", run=late.run_id)
    marked = [m for m in app.metric if "material/warning" in m.label]
    assert len(marked) == 5
    assert all("With follow-up time" in m.help for m in marked)
    assert any("with follow-up time" in cell for t in app.table if "Model" in t.value for cell in t.value["Model"])


def test_the_same_run_without_follow_up_time_is_one_click_away(
    late: ModelReport, memory: MemoryWorkspace, open_page: OpenPage
) -> None:
    """The button starts a run with the same settings that leaves `time` out too, and leads to it; then the page says so."""
    app = open_page("model", run=late.run_id)
    app.button(key="train-without-time").click().run()
    first, *_ = memory.runs()
    assert first.id != late.run_id
    assert first.excluded_columns == ("time",)
    assert first.settings["random_state"] == 7
    assert app.query_params["run"] == first.id
    again = open_page("model", run=late.run_id)
    assert "The same run without follow-up time is under way." in words(again)
    assert not [b for b in again.button if b.key == "train-without-time"]


def test_both_runs_stand_side_by_side(late: ModelReport, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Where the same run without follow-up time has finished, its figures stand beside these, with a link to it."""
    other = AutoMLSettings(label_column_name="DEATH_EVENT", random_state=8, excluded_columns=("time",))
    memory.add_run(RunState.COMPLETED, children=1, settings=other)  # another seed: not the same run
    assert open_page("model", run=late.run_id).button(key="train-without-time")
    twin = memory.add_run(RunState.COMPLETED, children=1, settings=replace(other, random_state=7))
    app = open_page("model", run=late.run_id)
    table = next(t.value for t in app.table if "Best model" in t.value)
    assert len(table["AUC"]) == 2
    assert "without follow-up time" in table.iloc[1, 0]
    assert links(app)["Judge the run without follow-up time"] == f"model?run={twin.id}"


def test_metrics_stand_beside_those_of_simpler_models_and_of_others(judged: ModelReport, open_page: OpenPage) -> None:
    """Each metric has those of logistic regression and the forest beside it; "all survive" and the published figures follow."""
    app = tab(open_page("model"), "All metrics")
    rows, published = app.table[-2].value, app.table[-1].value
    reference = judged.references[0]
    assert list(rows["Logistic regression"]) == [f"{reference.metrics[n]:.3f}" for n in sorted(judged.metrics, key=str.lower)]
    assert "Random forest" in rows
    assert "“survived” of everybody is right for 203 of 299: accuracy 0.679" in words(app)
    assert published["Model"][0] == "This model"
    assert published["AUC"][1] == "0.800"
    assert "Chicco D, Jurman G" in words(app).replace("\\", "")


def test_another_child_run_can_be_chosen_and_linked_to(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """Choosing a child run puts it into the address, and that address shows it again."""
    app = open_page("model")
    ws = finished_home.open()
    other = next(c for c in ws.children(finished_home.run_id) if c.id != ws.run(finished_home.run_id).best_child_id)
    sound(app.selectbox(key="model-child").set_value(other.id).run())
    assert app.query_params["child"] == other.id
    assert app.query_params["run"] == finished_home.run_id
    again = open_page("model", run=finished_home.run_id, child=other.id)
    assert again.selectbox(key="model-child").value == other.id


def test_threshold_is_told_in_words(judged: ModelReport, open_page: OpenPage) -> None:
    """Moving the slider changes the counts of found, missed and flagged."""
    app = tab(open_page("model"), "Threshold")
    assert "Of 96 who died," in words(app)
    sound(app.slider(key="threshold").set_value(0).run())
    assert "Of 96 who died, 96 found and 0 missed; 203 of 203 who survived flagged." in words(app)
    assert {m.label: m.value for m in app.metric}["Sensitivity"] == "100 %"


@pytest.mark.parametrize(
    ("rule", "choose"),
    [
        ("By Youden's index", by_youden),
        ("By sensitivity", lambda counts: by_sensitivity(counts, 0.9)),
        ("By the cost of errors", lambda counts: by_cost(counts, 5.0)),
    ],
)
def test_a_threshold_can_be_chosen_by_a_rule(
    judged: ModelReport, open_page: OpenPage, rule: str, choose: Callable[[object], ThresholdChoice]
) -> None:
    """Each rule says its threshold, what follows and what it was asked, and is kept for the registration."""
    app = tab(open_page("model"), "Threshold")
    app.session_state["threshold-rule"] = rule
    sound(app.run())
    choice = choose(judged.thresholds)
    counts = counts_at(judged.thresholds, choice.value)
    assert f"Threshold {100 * choice.value:.0f} %." in words(app)
    assert f"Of 96 who died, {counts.true_positive} found" in words(app)
    assert choice.detail in words(app)
    assert app.session_state["threshold-choice"] == (judged.child_id, choice)


def test_calibration_is_told_with_intervals_and_in_words(judged: ModelReport, open_page: OpenPage) -> None:
    """Slope and calibration-in-the-large stand with their intervals, and a sentence never says more than they allow."""
    shown = {m.label: (m.value, m.delta) for m in tab(open_page("model"), "Calibration & benefit").metric}
    slope = judged.calibration_slope
    assert slope is not None
    assert shown["Calibration slope"] == (f"{slope.value:.3f}", f"95 % {slope.low:.3f} to {slope.high:.3f}")
    assert benefit._standing(Estimate(0.7, 0.5, 0.9), 1.0, ("below", "around", "above")) == "below"
    assert benefit._standing(Estimate(0.9, 0.5, 1.3), 1.0, ("below", "around", "above")) == "around"
    assert benefit._standing(Estimate(1.4, 1.1, 1.7), 1.0, ("below", "around", "above")) == "above"


def test_every_group_of_patients_has_its_figures(judged: ModelReport, open_page: OpenPage) -> None:
    """The table has a row for each group with patients, deaths, AUC, calibration and misses; small groups are marked."""
    rows = tab(open_page("model"), "Subgroups").table[-1].value
    assert len(rows) == len(judged.subgroups) == 16
    first = judged.subgroups[0]
    assert rows["Group"][0] == "**Age**: under 65 years"
    assert (rows["Patients"][0], rows["Died"][0]) == (str(first.rows), str(first.events))
    assert first.auc is not None
    assert rows["AUC"][0].startswith(f"{first.auc.value:.3f}")
    missed = missed_share(first, 0.5)
    assert missed is not None
    assert rows["Missed at 50 %"][0].startswith(f"{100 * missed.value:.0f} %")
    assert [("too few" in cell) for cell in rows["Group"]] == [g.few for g in judged.subgroups]


def test_the_learning_curve_says_of_which_pipeline_it_is(judged: ModelReport, open_page: OpenPage) -> None:
    """The run's report has a growing number of patients, and the page names the pipeline that was refitted."""
    rows = [p.rows for p in judged.learning_curve]
    assert rows == sorted(rows)
    assert rows[-1] == round(299 * 2 / 3)
    assert judged.learning_note.startswith("of ")
    assert literal(judged.learning_note) in "\n".join(c.value for c in open_page("model").caption)


@pytest.mark.parametrize("name", TABS)
def test_a_report_from_before_is_still_drawn(
    judged: ModelReport, memory: MemoryWorkspace, open_page: OpenPage, name: str
) -> None:
    """A report without bands, decision curve, subgroups and learning curve shows what it has, and fails nowhere."""
    known = {f.name: getattr(judged, f.name) for f in fields(judged) if f.name not in _LATER}
    memory.report = lambda run_id, child=None: ModelReport(**known)  # type: ignore[method-assign]
    app = tab(open_page("model"), name)
    assert ("older than they are" in words(app)) is (name == "Subgroups")


def test_a_model_without_an_artifact_cannot_be_registered(
    judged: ModelReport, memory: MemoryWorkspace, open_page: OpenPage
) -> None:
    """The button is disabled and says why."""
    told = replace(judged, parity=None, export_note="Its scaler has no converter.")
    memory.report = lambda run_id, child=None: told  # type: ignore[method-assign]
    button = open_page("model").button(key="register")
    assert button.disabled
    assert "Its scaler has no converter." in button.help.replace("\\", "")


def test_nothing_is_registered_while_the_run_goes_on(judged: ModelReport, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The winner of an active run is not known, so the button waits."""
    memory.change(judged.run_id, state=RunState.RUNNING, ended_at=None)
    assert open_page("model").button(key="register").disabled


def test_a_registered_model_leads_to_its_deployment(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """Once registered, the page says under which name and links to deploying that version."""
    model = finished_home.open().register_model(finished_home.run_id)
    app = open_page("model")
    assert f"Registered as **{model.label}** just now." in words(app)
    assert links(app)["Deploy version 1"] == "deploy?model=heart-failure-risk%3A1"


def _dialog(home: str) -> None:
    """The body of the dialog, outside of it: AppTest presses no button inside."""
    import streamlit as st

    from hfcore.backends.local.workspace import LocalWorkspace
    from hfcore.ui import registration
    from hfcore.ui.guard import guard

    ws = LocalWorkspace(home)
    report = ws.report(ws.runs()[0].id)
    st.session_state.setdefault(registration._ASKED, report.child_id)
    with guard():
        registration.form(ws, report)


def test_the_dialog_registers_once_under_the_given_name(finished_home: FinishedRun) -> None:
    """One opening of the dialog gives one version, however often its button is pressed."""
    app = AppTest.from_function(_dialog, args=(str(finished_home.home),), default_timeout=60).run()
    app.text_input(key="register-name").set_value("my-model")
    app.text_area(key="register-description").set_value(" For the ward. ")
    app.button(key="register-confirm").click().run()
    app.session_state[registration._ASKED] = None
    sound(app.button(key="register-confirm").click().run())
    models = LocalWorkspace(finished_home.home).models()
    assert [(m.label, m.description) for m in models] == [("my-model:1", "For the ward.")]


def test_a_refused_name_is_a_sentence_and_can_be_put_right(finished_home: FinishedRun) -> None:
    """A name that does not fit is told with the rule; the next try with a good name registers."""
    app = AppTest.from_function(_dialog, args=(str(finished_home.home),), default_timeout=60).run()
    app.text_input(key="register-name").set_value("no spaces please")
    app.button(key="register-confirm").click().run()
    assert "does not fit" in sound(app).error[0].value
    app.text_input(key="register-name").set_value("fits")
    sound(app.button(key="register-confirm").click().run())
    assert [m.label for m in LocalWorkspace(finished_home.home).models()] == ["fits:1"]


def test_a_failed_export_is_a_sentence(judged: ModelReport, memory: MemoryWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What registration refuses reaches the caller, which shows it as a sentence."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise ExportFailed("The model cannot be opened.")

    monkeypatch.setattr(memory, "register_model", refuse)
    with pytest.raises(ExportFailed, match=r"The model cannot be opened\."):
        registration._keep(memory, judged, "a-name", "")
