"""Train: what shall be tried?"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import hfcore.workspace
from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import InvalidSettings
from hfcore.states import RunState
from hfcore.ui import launch
from tests.fakes.workspace import MemoryWorkspace
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, title, words
from tests.unit.automl.test_text import clinic

DATA = "heart-failure-records"


def _start(app: AppTest) -> AppTest:
    return sound(app.button(key="start-training").click().run())


def test_the_lesson_is_the_default(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Untouched, the form asks for the lesson's run: its name, metric and time limit, without `time`."""
    _start(open_page("train"))
    run = memory.runs()[0]
    assert run.experiment == "aml-experiment"
    wanted = AutoMLSettings(
        label_column_name="DEATH_EVENT",
        primary_metric="AUC_weighted",
        experiment_timeout_minutes=20,
        max_concurrent_iterations=min(2, os.cpu_count() or 1),
        excluded_columns=("time",),
        enable_early_stopping=True,
    )
    assert AutoMLSettings.from_dict(run.settings) == wanted


def test_submit_leads_to_the_run(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Starting goes straight to the run's own page, its id in the address."""
    app = _start(open_page("train"))
    assert title(app) == "Runs"
    assert app.query_params["run"] == memory.runs()[0].id
    assert "Waiting to start" in words(app)


def test_says_what_will_happen(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The summary names rows, variables, metric and folds, and follows every change of the form."""
    app = open_page("train")
    assert "Ten kinds of model" in words(app)
    assert "in 5-fold cross-validation" in words(app)
    assert "**299 patients** and **11 variables**, without follow-up time" in words(app)
    app.multiselect(key="train-allowed").set_value(["LightGBM"]).run()
    app.toggle(key=f"train-late-{DATA}").set_value(False).run()
    assert "One kind of model" in words(sound(app))
    assert "**12 variables**, each judged" in words(app)


def test_weights_and_a_held_out_share_reach_the_run(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """What is chosen under More settings is said in the summary, is no variable any more, and is what is submitted."""
    app = open_page("train")
    app.selectbox(key=f"train-weights-{DATA}-DEATH_EVENT").set_value("platelets").run()
    app.number_input(key="train-validation").set_value(25).run()
    assert "on 25 % of the rows, held out at random, rows weighted by platelets" in words(sound(app))
    assert "**10 variables**" in words(app)
    _start(app)
    settings = AutoMLSettings.from_dict(memory.runs()[0].settings)
    assert (settings.weight_column_name, settings.validation_size) == ("platelets", 0.25)


def test_what_becomes_of_text_is_said(workspace: LocalWorkspace, open_page: OpenPage) -> None:
    """A table with text may be trained on; the page says which columns become yes/no and which are left out."""
    workspace.register_dataset("clinic", clinic().drop(columns="nothing"))
    app = open_page("train")
    app.selectbox(key="train-dataset").set_value("clinic").run()
    app.selectbox(key="train-label-clinic").set_value("grade").run()
    assert "Text in ward, smoker becomes yes/no columns" in words(sound(app))
    assert "Text in patient is left out: it has too many different values." in words(app)
    assert not app.button(key="start-training").disabled


def test_time_kept_in_is_warned_about(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """With `time` kept in, the leakage check alerts; left out, it says so; the reason always stands by the switch."""
    app = open_page("train")
    assert ":blue[:material/build_circle: Leakage]" in words(app)
    app.toggle(key=f"train-late-{DATA}").set_value(False).run()
    assert ":orange[:material/warning: Leakage]" in words(sound(app))
    assert "How long a patient was followed is known only afterwards." in words(app)


@pytest.mark.parametrize("name", ["ab", "-abc", "a b c", "x" * 37, "äbc", "../../etc"])
def test_experiment_name_is_checked_live(memory: MemoryWorkspace, open_page: OpenPage, name: str) -> None:
    """A name that breaks the rule is said under its field at once, and nothing can be started."""
    app = open_page("train")
    app.text_input(key="train-experiment").set_value(name).run()
    assert "does not fit: 3 to 36 characters" in words(sound(app))
    assert app.button(key="start-training").disabled


def test_every_wrong_field_is_said_at_once(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A bad name and no column left are both said, under their fields and in the summary."""
    app = open_page("train")
    app.text_input(key="train-experiment").set_value("a!").run()
    others = app.multiselect(key=f"train-excluded-{DATA}-DEATH_EVENT")
    sound(others.set_value([c.name for c in memory.dataset().schema.features if c.name != "time"]).run())
    assert words(app).count("does not fit") == 2
    assert words(app).count("Every column is left out") == 2
    assert "2 entries" in app.button(key="start-training").help


def test_what_the_workspace_refuses_is_said_beside_the_form(
    memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusals that only the workspace can know are shown all at once, and no run is started."""

    def refuse(*_: Any) -> None:
        raise InvalidSettings({"label_column_name": "The label has one value.", "compute_target": "No such target."})

    monkeypatch.setattr(memory, "submit", refuse)
    app = _start(open_page("train"))
    assert title(app) == "Train"
    assert words(app).count("The label has one value.") == 2
    assert words(app).count("No such target.") == 2


def test_a_second_click_starts_no_second_run(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A click that calls the form back within two seconds of a start leads to that run; a later one starts another."""
    app = _start(open_page("train"))
    first = memory.runs()[0].id
    sound(app.switch_page("pages/train.py").run())
    assert (title(app), app.query_params["run"]) == ("Runs", first)
    app.session_state["train-last-start"].moment -= launch.SAME_CLICK_S + 1
    sound(app.switch_page("pages/train.py").run())
    _start(app)
    assert len(memory.runs()) == 2


def test_the_form_keeps_what_was_typed(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Going to another page and back loses nothing."""
    app = open_page("train")
    app.number_input(key="train-minutes").set_value(3).run()
    app.switch_page("pages/runs.py").run()
    sound(app.switch_page("pages/train.py").run())
    assert app.number_input(key="train-minutes").value == 3


def test_the_code_does_the_same(memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shown script runs as it is and submits exactly what the button submits."""
    app = open_page("train")
    app.number_input(key="train-minutes").set_value(7).run()
    app.multiselect(key="train-allowed").set_value(["SVM", "KNN"]).run()
    script = app.code[0].value
    _start(app)
    monkeypatch.setattr(hfcore, "connect", lambda *_, **__: memory, raising=False)
    monkeypatch.setattr(memory, "wait", lambda run_id: memory.run(run_id))
    exec(script, {})
    by_script, by_button = memory.runs()[:2]
    assert by_script.settings == by_button.settings
    assert by_script.experiment == by_button.experiment


def test_earlier_runs_say_how_long(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Only a completed run with the same search says how long this one may take."""
    assert "took" not in words(open_page("train"))
    memory.add_run(RunState.COMPLETED, children=8)
    assert "the last run like it took 3 min 09 s" in words(open_page("train"))


def test_on_the_local_backend(workspace: LocalWorkspace, open_page: OpenPage) -> None:
    """On the real backend the form offers the shipped data set and this machine, and starts a run that can be cancelled."""
    app = open_page("train")
    assert "this machine" in app.selectbox(key="train-compute").options[0]
    app = _start(app)
    run = workspace.run(app.query_params["run"])
    assert run.excluded_columns == ("time",)
    assert workspace.cancel(run.id).state is RunState.CANCELED


def test_a_missing_ray_is_said_where_it_is_chosen(
    workspace: LocalWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Ray its target names the command that installs it, a start says the same, and no run is kept."""
    monkeypatch.setitem(sys.modules, "ray", None)
    app = open_page("train")
    app.selectbox(key="train-compute").set_value("ray").run()
    assert "pip install -r requirements-ray.txt" in words(sound(app))
    _start(app)
    assert title(app) == "Train"
    assert words(app).count("Ray is not installed.") >= 2
    assert list(workspace.runs()) == []
