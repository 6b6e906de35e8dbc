"""Clean up: what still exists, and what does it cost?"""

from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from hfcore.records import DeploymentSpec
from hfcore.states import RunState
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, table, words


def _tick(app: AppTest, *rows: int) -> AppTest:
    key = next(d.key for d in app.dataframe if (d.key or "").startswith("cleanup-"))
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return sound(app.run())


def _full(memory: MemoryWorkspace) -> None:
    run = memory.add_run(RunState.COMPLETED, children=8)
    memory.deploy(memory.register_model(run.id), DeploymentSpec(name="automl-hf-sdk"))
    memory.blocked = {
        "heart-failure-risk:1": "The endpoint automl-hf-sdk serves it; delete the endpoint first.",
        "heart-failure-records": "It comes with the program and takes up no space of its own.",
    }


def test_nothing_to_clean_up(open_page: OpenPage) -> None:
    """An empty home says that there is nothing to clean up and offers no deletion."""
    app = open_page("cleanup")
    assert "There is nothing to clean up" in words(app)
    assert app.button(key="delete-everything").disabled
    assert app.button(key="delete-chosen").disabled


def test_totals_come_first(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The opening sentence counts what can be deleted by kind, with disk, processes and running cost."""
    _full(memory)
    said = words(open_page("cleanup"))
    assert "**1 endpoint, 1 model and 1 run** can be deleted" in said
    assert "takes **152.5 kB** on disk and **0 processes**" in said


def test_each_thing_has_a_row_and_each_block_a_reason(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Every thing is a row with kind, state, size and cost; what cannot go now says why under the table."""
    _full(memory)
    app = open_page("cleanup")
    rows = table(app, "cleanup-")
    assert list(rows["kind"]) == ["Endpoint", "Model", "Run", "Data set"]
    assert list(rows["size"]) == ["2.0 kB", "48.2 kB", "90.0 kB", "12.2 kB"]
    assert "heart-failure-records (data set) cannot go now. It comes with the program" in words(app)


def test_deleting_asks_by_name(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Ticked rows name the button; pressing it asks by name and deletes nothing yet."""
    _full(memory)
    app = _tick(open_page("cleanup"), 0, 2)
    assert app.button(key="delete-chosen").label == "Delete 1 endpoint and 1 run"
    sound(app.button(key="delete-chosen").click().run())
    assert "endpoint **automl-hf-sdk**" in words(app)
    assert (len(memory.endpoints()), len(memory.runs())) == (1, 1)


def test_what_is_held_stays_and_says_why(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A model in service that is ticked without its endpoint is announced as staying; together with it, it goes."""
    _full(memory)
    alone = _tick(open_page("cleanup"), 1)
    sound(alone.button(key="delete-chosen").click().run())
    assert "This stays:" in words(alone)
    assert alone.button(key="confirm-delete").disabled
    both = _tick(open_page("cleanup"), 0, 1)
    sound(both.button(key="delete-chosen").click().run())
    assert "This stays:" not in words(both)


def test_everything_wants_the_words(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Deleting everything names it, keeps what the program ships, and stays barred until the words are typed."""
    _full(memory)
    app = sound(open_page("cleanup").button(key="delete-everything").click().run())
    assert "Gone for good" in words(app)
    assert "It comes with the program" in words(app)
    assert app.button(key="confirm-delete-everything").disabled


def test_the_outcome_of_a_deletion_is_told_once(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """What was deleted is said on the next drawing and not again."""
    app = open_page("cleanup")
    app.session_state["cleanup-told"] = "Deleted 1 run; 90.0 kB are free again."
    assert "Deleted 1 run" in words(sound(app.run()))
    assert "Deleted 1 run" not in words(sound(app.run()))


def test_a_tick_never_slips_to_another_row(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """When the list has changed meanwhile, the ticks are gone instead of standing at other things."""
    _full(memory)
    app = _tick(open_page("cleanup"), 0)
    memory.endpoint_list.clear()
    sound(app.run())
    assert app.button(key="delete-chosen").disabled


def test_ten_thousand_runs(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Of 10,000 runs the first 200 rows are shown, with the totals of all and more on request."""
    memory.blocked = {"heart-failure-records": "It comes with the program."}
    first = memory.add_run(RunState.COMPLETED)
    memory.run_list += [replace(first, id=f"run-{i:05d}") for i in range(2, 10_001)]
    app = open_page("cleanup")
    assert "**10,000 runs** can be deleted" in words(app)
    assert len(table(app, "cleanup-")) == 200
    sound(app.button(key="show-more-resources").click().run())
    assert len(table(app, "cleanup-")) == 400


def test_a_real_home(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """A real finished run is listed with its bytes on disk, and the shipped data set as staying."""
    rows = table(open_page("cleanup"), "cleanup-")
    assert list(rows["kind"]) == ["Run", "Data set"]
    assert rows["size"][0] != "0 B"
    assert list(rows["cost"]) == ["none: this machine"] * 2
