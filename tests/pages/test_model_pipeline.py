"""The tab Pipeline of the Model page: the fitted steps as a drawing, and what the model costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.reporting.report import ModelReport, PipelineStep
from hfcore.states import RunState
from hfcore.ui.words import size
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words


def opened(app: AppTest) -> AppTest:
    """Open the tab."""
    app.session_state["model-tab"] = "Pipeline"
    return sound(app.run())


def test_steps_stand_in_their_order_with_what_was_set(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """From the patient over each step with its parameters to the risk, an arrow between any two; time, size and speed beside."""
    ws = finished_home.open()
    child = next(c for c in ws.children(finished_home.run_id) if c.algorithm.endswith("LogisticRegression"))
    report = ws.report(finished_home.run_id, child.id)
    app = opened(open_page("model", run=finished_home.run_id, child=child.id))
    text = words(app)
    places = [text.index(f"**{name}**") for name in ("Patient", *(s.name for s in report.steps), "Risk")]
    assert places == sorted(places)
    assert text.count("arrow_downward") == len(report.steps) + 1
    name, value = next(iter(report.steps[-1].parameters.items()))
    assert f"{name} = {value}" in text
    assert "Fitting took" in text
    assert f"The exported file has {size(report.model_bytes or 0)}." in text
    assert f"One patient takes {report.row_ms:.2g} ms" in text


def test_an_ensemble_shows_its_members(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """The members stand in one box before the step that combines them, with their shares."""
    ws = finished_home.open()
    child = next(c for c in ws.children(finished_home.run_id) if c.algorithm == "VotingEnsemble")
    app = opened(open_page("model", run=finished_home.run_id, child=child.id))
    assert "Members and their weight" in words(app)
    assert len(app.dataframe[0].value) == len(ws.report(finished_home.run_id, child.id).members)
    assert "not in this time" in words(app)


def test_what_was_not_measured_is_not_shown(
    memory: MemoryWorkspace, finished_run: FinishedRun, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report without times and sizes, as Azure's, says nothing of cost; long lists of numbers are told by their length."""
    run = memory.add_run(RunState.COMPLETED, children=1)
    steps = (PipelineStep("Odd_name", {"shifts": [0.1] * 20, "rate": 0.30000000000000004}),)
    report: ModelReport = finished_run.open().report(finished_run.run_id)
    told = replace(report, fit_seconds=None, model_bytes=None, row_ms=None, steps=steps)
    monkeypatch.setattr(memory, "report", lambda run_id, child=None: told)
    text = words(opened(open_page("model", run=run.id)))
    assert "What it costs" not in text
    assert "shifts = 20 values" in text
    assert "rate = 0.3]" in text
