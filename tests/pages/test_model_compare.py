"""The tab Compare of the Model page: models on the same patients, chosen by hand or by the address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.reporting.paired import compare
from hfcore.states import RunState
from hfcore.ui.simpler_models import signed_metric
from tests.fakes.workspace import SETTINGS, MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words


def opened(app: AppTest) -> AppTest:
    """Open the tab."""
    app.session_state["model-tab"] = "Compare"
    return sound(app.run())


def test_a_model_is_set_against_the_best_one(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """At first another child run stands beside the best: figures, paired differences, a sentence, the luck in it."""
    ws = finished_home.open()
    best = str(ws.run(finished_home.run_id).best_child_id)
    other = next(c for c in ws.children(finished_home.run_id) if c.id != best)
    app = opened(open_page("model", run=finished_home.run_id, child=other.id))
    found = compare([ws.held_out(finished_home.run_id, i) for i in (other.id, best)])
    rows = next(t.value for t in app.table if "Difference in AUC" in t.value and len(t.value) == 2)
    gap = found.models[1].differences["AUC"]
    assert rows["Difference in AUC"][1].startswith(signed_metric(gap.value))
    assert signed_metric(gap.high) in rows["Difference in AUC"][1]
    assert rows["AUC"][0].startswith(f"{found.models[0].figures['AUC'].value:.3f}")
    assert f"Set against {other.algorithm} (child {other.number})" in words(app)
    assert "picked on these very patients" in words(app)


def test_the_address_names_what_is_compared(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """The leaderboard leads to the best ones side by side, in an address that opens the tab; another choice changes it."""
    board = open_page("runs", run=finished_home.run_id)
    address = links(board)["Compare the best ones"]
    ids = address.partition("compare=")[2].replace("%2C", ",").split("&")[0].split(",")
    assert len(ids) == 3
    app = open_page("model", run=finished_home.run_id, compare=",".join(ids))
    chooser = app.multiselect(key="compare-choice")
    assert len(chooser.value) == 3
    sound(chooser.set_value(chooser.value[:2]).run())
    assert app.query_params["compare"].split(",") == ids[:2] or app.query_params["compare"] == [",".join(ids[:2])]
    sound(app.multiselect(key="compare-choice").set_value(chooser.value[:1]).run())
    assert "Choose at least two models." in words(app)


def test_runs_on_another_table_or_label_are_not_offered(
    memory: MemoryWorkspace, finished_run: FinishedRun, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best of another run is offered when it learned the same label from the same table; without predictions it is said."""
    run = memory.add_run(RunState.COMPLETED, children=3)
    memory.add_run(RunState.COMPLETED, children=2, experiment="same-table")
    memory.add_run(
        RunState.COMPLETED, children=2, experiment="other-label", settings=replace(SETTINGS, label_column_name="smoking")
    )
    report = finished_run.open().report(finished_run.run_id)
    monkeypatch.setattr(memory, "report", lambda run_id, child=None: report)
    app = opened(open_page("model", run=run.id))
    offered = " ".join(app.multiselect(key="compare-choice").options)
    assert "same-table" in offered
    assert "other-label" not in offered
    assert "keeps no prediction per patient" in app.info[0].value
