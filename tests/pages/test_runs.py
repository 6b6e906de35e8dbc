"""Runs: what is happening?"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.states import RunState
from hfcore.ui import run_list
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, table, title, words


def test_no_run_yet(open_page: OpenPage) -> None:
    """An empty home says that nothing was trained and leads to training."""
    app = open_page("runs")
    assert "No model has been trained yet." in words(app)
    app.button(key="start-training").click().run()
    assert title(app) == "Train"


def test_list_tells_each_run_in_a_row(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The list shows state as mark and word, best score, child runs done, and whether follow-up time was used."""
    memory.add_run(RunState.COMPLETED, children=8, age_minutes=90)
    memory.add_run(RunState.FAILED, settings=AutoMLSettings(label_column_name="DEATH_EVENT"), age_minutes=60)
    app = open_page("runs")
    rows = table(app, "runs-table")
    assert list(rows["state"]) == ["✕ Failed", "✓ Completed"]
    assert list(rows["best"]) == ["–", "AUC 0.803"]
    assert list(rows["children"]) == ["0", "8"]
    assert list(rows["time"]) == ["used", "left out"]
    assert "Nothing is running. The latest result is **VotingEnsemble**, AUC **0.803**, without follow-up time." in words(app)


def test_a_click_on_a_row_opens_the_run(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Choosing a cell of the list puts the run's id into the address and shows that run."""
    run = memory.add_run(RunState.COMPLETED, children=8, experiment="first-try")
    app = open_page("runs")
    app.session_state["runs-table"] = {"selection": {"rows": [], "columns": [], "cells": [[0, "state"]]}}
    sound(app.run())
    assert app.query_params["run"] == run.id
    assert app.subheader[0].value == r"first\-try"


def test_ten_thousand_runs_cost_no_more_than_the_newest(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Of 10,000 runs the newest 50 are shown, and 50 more on request."""
    first = memory.add_run(RunState.COMPLETED, children=1)
    memory.run_list += [replace(first, id=f"run-{i:05d}") for i in range(2, 10_001)]
    app = open_page("runs")
    assert len(table(app, "runs-table")) == run_list.STEP == 50
    app.button(key="show-more-runs").click().run()
    assert len(table(sound(app), "runs-table")) == 100
    assert "The newest 100 are shown." in words(app)


def test_unknown_run_is_a_sentence_with_a_way_back(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """An address with an unknown id is answered in words, the id shown literally, with the way to all runs."""
    app = open_page("runs", run="**nope**")
    assert any(r"There is no run \*\*nope\*\* here." in m.value for m in app.markdown)
    app.button(key="all-runs").click().run()
    assert "No model has been trained yet." in words(sound(app))
    assert "run" not in app.query_params


def test_running_run_shows_progress(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A run at work says state, elapsed, done of planned, best so far, phase, how to stop it, and that it goes on alone."""
    run = memory.add_run(RunState.RUNNING, children=6, age_minutes=2, phase="Cross-validating")
    memory.child_lists[run.id].append(
        replace(memory.child_lists[run.id][0], id="x", number=6, state=RunState.RUNNING, score=None)
    )
    app = open_page("runs", run=run.id)
    said = words(app)
    assert re.search(
        r"Running\] for (1 min 59|2 min \d\d) s; 6 of 8 child runs done; best so far:", said
    )  # a busy machine draws later
    assert "You may close this page; the run goes on." in said
    progress = app.get("progress")[0]
    assert progress.value == 75
    assert re.search(r"Cross\\-validating · about (39|4\d) s more at this pace, at most (18|17) min", progress.text)
    assert list(table(app)["state"])[-1] == "● Running"
    assert app.button(key="cancel-run").label == "Cancel the run"


def test_waiting_run_is_no_empty_page(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A run without a child run says that it waits and keeps the place of chart and table."""
    run = memory.add_run(RunState.QUEUED, age_minutes=0)
    app = open_page("runs", run=run.id)
    assert re.search(r"Waiting to start\] for \d\d? s\.", words(app))
    assert "Child runs appear here as soon as they start." in words(app)
    assert len(app.get("plotly_chart")) == 1


def test_leaderboard_ranks_and_explains(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The leaderboard ranks by score with the spread over folds in the same cell; a child run without a score says why."""
    run = memory.add_run(RunState.COMPLETED, children=2)
    memory.add_child(run.id, RunState.FAILED, "Fold 3 has only one outcome.")
    app = open_page("runs", run=run.id)
    rows = table(app, "leaderboard")
    assert list(rows["algorithm"])[:2] == ["MaxAbsScaler, LightGBM", "StandardScalerWrapper, LogisticRegression"]
    assert list(rows["score"]) == ["0.781 ± 0.047", "0.762 ± 0.047", "–"]
    assert "Child run 2, StandardScalerWrapper, SVM: Fold 3 has only one outcome." in words(app)


def test_finished_run_leads_to_its_best_model(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A finished run has neither progress nor cancel, but a way to its best model."""
    run = memory.add_run(RunState.COMPLETED, children=8)
    app = open_page("runs", run=run.id)
    assert not app.get("progress")
    assert "Completed] in 3 min 09 s; 8 child runs done; best: **VotingEnsemble**" in words(app)
    app.button(key="see-best-model").click().run()
    assert (title(app), app.query_params["run"]) == ("Model", run.id)


def test_failed_run_says_why(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A run that failed before any child run shows its sentence as an error and offers no model."""
    run = memory.add_run(RunState.FAILED, message="The disk is full; free 40 MB and start again.")
    app = open_page("runs", run=run.id)
    assert app.error[0].value.replace("\\", "") == "The disk is full; free 40 MB and start again."
    assert not [b for b in app.button if b.key == "see-best-model"]


def test_run_with_time_is_marked(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The score of a run that used follow-up time comes with the sentence why it looks better than it is."""
    run = memory.add_run(RunState.COMPLETED, children=8, settings=AutoMLSettings(label_column_name="DEATH_EVENT"))
    assert "looks better than it is" in words(open_page("runs", run=run.id))


@pytest.mark.parametrize("tab", ["Log", "Settings"])
def test_only_the_open_tab_is_drawn(memory: MemoryWorkspace, open_page: OpenPage, tab: str) -> None:
    """Log and settings are read when their tab is open; the settings are shown by Azure's names with code that runs."""
    run = memory.add_run(RunState.COMPLETED, children=8)
    memory.log_texts[run.id] = "a line of the log"
    app = open_page("runs", run=run.id)
    assert not app.code
    app.session_state["run-tabs"] = tab
    sound(app.run())
    code = app.code[0].value
    assert code == "a line of the log" if tab == "Log" else "hfcore.AutoMLSettings(" in code
    if tab == "Settings":
        rows = table(app).set_index("Setting")["Value"]
        assert (rows["excluded_columns"], rows["experiment_timeout_minutes"]) == ("time", "20 minutes")


def test_cancel_asks_and_names_the_run(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Cancelling opens a question that names the experiment and says what stays; nothing is cancelled before the answer."""
    run = memory.add_run(RunState.RUNNING, children=3, experiment="first-try")
    app = open_page("runs", run=run.id)
    app.button(key="cancel-run").click().run()
    assert "The run in **first-try** has been going" in words(app)
    assert memory.run(run.id).state is RunState.RUNNING


def test_a_real_run(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """A real finished run shows its children, its best model and its log."""
    app = open_page("runs", run=finished_home.run_id)
    rows = table(app, "leaderboard")
    scores = [float(told.split()[0]) for told in rows["score"]]
    assert scores == sorted(scores, reverse=True)
    assert list(rows["picked"]).count("★ best") == 1
    assert "without follow-up time" in words(app)
    app.session_state["run-tabs"] = "Data guardrails"
    assert all(name in words(sound(app.run())) for name in ("Class balancing detection", "No value of a feature is missing."))
    app.session_state["run-tabs"] = "Log"
    assert sound(app.run()).code[0].value.strip()


def test_what_was_under_way_at_the_end_was_given_up(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A child run that was at work when its run was cancelled is no longer shown as running."""
    run = memory.add_run(RunState.CANCELED, children=2)
    first = memory.child_lists[run.id][0]
    memory.child_lists[run.id].append(replace(first, id="x", number=2, state=RunState.RUNNING, score=None))
    assert list(table(open_page("runs", run=run.id))["state"]) == ["✓ Completed", "✓ Completed", "□ Cancelled"]
