"""The tab Why of the Model page: what the model looks at, stored by the worker or asked of a live endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from hfcore.records import DeploymentSpec
from hfcore.reporting.report import Estimate, Importance, ModelReport
from hfcore.states import RunState
from hfcore.ui import scoring
from hfcore.ui.explanation import sentence
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words


def why(app: AppTest) -> AppTest:
    """Open the tab."""
    app.session_state["model-tab"] = "Why"
    return sound(app.run())


@pytest.fixture
def bare(memory: MemoryWorkspace, finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> ModelReport:
    """A finished run in memory whose report tells nothing of what the model looks at, as Azure's do."""
    run = memory.add_run(RunState.COMPLETED, children=3)
    report = finished_run.open().report(finished_run.run_id)
    told = replace(report, run_id=run.id, child_id=str(run.best_child_id), importance=(), dependence=())
    monkeypatch.setattr(memory, "report", lambda run_id, child=None: told)
    return told


def test_the_answer_comes_first_then_the_evidence(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """A sentence names what the model rests on; any variable's curve can be chosen, each with how to read and to distrust it."""
    app = why(open_page("model"))
    assert "This model rests on" in words(app)
    assert "models that have not seen them" in words(app)
    assert words(app).count("Distrust it") == 2
    chooser = app.selectbox(key="why-variable")
    assert len(chooser.options) == 11
    for name in ("sex", "serum_creatinine"):
        sound(chooser.set_value(name).run())
        assert app.selectbox(key="why-variable").value == name
        assert "the thick line is the mean risk of" in words(app)
    assert "5 % of the patients lie between two marks" in words(app)


def test_a_model_that_nobody_serves_leads_to_its_deployment(bare: ModelReport, open_page: OpenPage) -> None:
    """Without a stored explanation and without an endpoint the page says what to do."""
    app = why(open_page("model"))
    assert "This report does not tell what the model looks at." in words(app)
    assert links(app)["Put it into service"].startswith("deploy")


def test_a_live_endpoint_can_be_asked(
    bare: ModelReport, memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint that serves the model is asked once, and what it said is called in-sample."""
    model = memory.register_model(bare.run_id)
    memory.model_list[:] = [replace(model, child_id=bare.child_id)]
    endpoint = memory.deploy(memory.model_list[0], DeploymentSpec(name="in-service"))
    sent: list[int] = []

    @contextmanager
    def client(ws: Any, asked: Any) -> Iterator[Any]:
        assert asked.name == endpoint.name

        def predict_proba(rows: Any) -> list[list[float]]:
            sent.append(len(rows))
            risk = 1 / (1 + np.exp((rows["ejection_fraction"].to_numpy(dtype=float) - 35) / 8))
            return np.column_stack([1 - risk, risk]).tolist()

        yield SimpleNamespace(predict_proba=predict_proba)

    monkeypatch.setattr(scoring, "client", client)
    app = why(open_page("model"))
    sound(app.button(key="why-ask").click().run())
    assert "This model rests on ejection fraction." in words(app)
    assert "that the model was trained on" in words(app)
    assert sent[0] == 299 * (1 + 3 * 11)
    sound(app.run())
    assert len(sent) == 2


def test_a_sentence_says_no_more_than_the_intervals() -> None:
    """Only variables whose interval lies above 0 are named; with none of them the sentence says so."""
    found = [Importance("age", Estimate(0.1, 0.05, 0.15)), Importance("sex", Estimate(0.01, -0.01, 0.03))]
    assert sentence(found, {}) == "This model rests on age."
    assert "No single variable is shown to matter" in sentence(found[1:], {})
    assert "not known" in sentence([], {})
