"""The tab Batch: a table in, risks out, with what cannot be scored set aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.records import Endpoint
from hfcore.scoring.patient_table import Ready
from hfcore.states import EndpointState
from hfcore.ui import batch_results, export, outcome
from hfcore.ui.batch_job import Job
from tests.fakes.scoring_service import CannedService, canned_service
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words
from tests.polling import until

FEATURES = tuple(c.name for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)
HEADERS = {"x-model-version": "m:1", "x-model-labels": "[0, 1]", "x-model-threshold": "0.5", "x-model-positive-label": "1"}


def by_age(handler: BaseHTTPRequestHandler) -> None:
    """Answer each patient's age as a percentage."""
    rows = json.loads(handler.sent)["data"]  # type: ignore[attr-defined]
    body = json.dumps(json.dumps({"result": [[1 - r["age"] / 100, r["age"] / 100] for r in rows]})).encode()
    handler.send_response(200)
    for name, value in {"content-length": str(len(body)), **HEADERS}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def service(memory: MemoryWorkspace) -> Iterator[CannedService]:
    """An endpoint whose answers can be told from the rows, at a real address."""
    with canned_service() as made:
        made.act = by_age
        endpoint = Endpoint("automl-hf-sdk", EndpointState.HEALTHY, "m", 1, now(), made.uri, auth=False, features=FEATURES)
        memory.endpoint_list.append(endpoint)
        yield made


def uploaded(open_page: OpenPage, frame: pd.DataFrame, name: str = "ward.csv") -> AppTest:
    """Open the tab and upload a table."""
    app = open_page("predict")
    app.session_state["predict-tab"] = "Batch"
    app.run()
    return sound(app.file_uploader(key="batch-file").upload(name, frame.to_csv(index=False).encode(), "text/csv").run())


def finished(app: AppTest) -> AppTest:
    """Press the button and wait for the end."""
    sound(app.button(key="score-table").click().run())
    until(lambda: app.session_state["batch-job"].is_over, what="the table is scored")
    return sound(app.run())


def patients() -> pd.DataFrame:
    """Forty published patients under a hospital's column names, three of them with something wrong."""
    frame = load_heart_failure()[list(FEATURES)].head(40).astype(object)
    frame.loc[4, "age"] = 300
    frame.loc[9, "serum_creatinine"] = 124
    frame.loc[30, "smoking"] = "sometimes"
    frame.insert(0, "note", ["=cmd()"] * 40)
    return frame.rename(columns={"ejection_fraction": "LVEF (%)", "serum_sodium": "Na", "sex": "Gender"})


def test_a_table_is_scored_in_order(service: CannedService, open_page: OpenPage, home: Path) -> None:
    """Columns are found by name, bad rows set aside with the reason, the rest is in its order; the list notes one request."""
    app = uploaded(open_page, patients())
    assert app.button(key="score-table").label == "Score 40 rows"
    app = finished(app)
    said = words(app)
    assert "**ward.csv**: 37 of 40 rows scored." in said
    assert "**3 rows set aside**." in said
    shown = app.dataframe[0].value
    assert shown["Row"].tolist() == [5, 10, 31]
    assert "looks like another unit (µmol/L)" in shown["Reason"][1]
    job = app.session_state["batch-job"]
    table = batch_results.results(job, job.scores, outcome.of(HEART_FAILURE_SCHEMA))
    scored = [i for i in range(40) if i not in (4, 9, 30)]
    assert table["risk"][scored].tolist() == pytest.approx([a / 100 for a in patients()["age"][scored]])
    assert set(table["class"][scored]) <= {"died", "survived"}
    assert table["not_scored_because"].ne("").sum() == 3
    app.session_state["predict-tab"] = "History"
    listed = sound(app.run()).dataframe[0].value
    assert (listed["What"].tolist(), listed["Rows"].tolist()) == (["batch"], [37])
    assert b"124" not in b"".join(p.read_bytes() for p in (home / "scoring").glob("history.db"))


def test_results_are_safe_in_a_spreadsheet(service: CannedService, open_page: OpenPage) -> None:
    """Fault I1: a cell that would run as a formula is neutralised in both downloads; numbers stay numbers."""
    job = finished(uploaded(open_page, patients())).session_state["batch-job"]
    results = batch_results.results(job, job.scores, outcome.of(HEART_FAILURE_SCHEMA))
    for table in (results, batch_results.set_aside(job, job.scores)):
        lines = export.csv(table).splitlines()
        assert lines[1].startswith("'=cmd()")
        assert not any(line.startswith("=") for line in lines)


def test_a_column_that_is_not_found_is_chosen_by_hand(service: CannedService, open_page: OpenPage) -> None:
    """Until every column is there the button waits; after the choice the table is scored."""
    frame = load_heart_failure()[list(FEATURES)].head(5).rename(columns={"age": "edad"})
    app = uploaded(open_page, frame)
    assert "Not found in the table: Age. Choose their columns." in words(app)
    assert app.button(key="score-table").disabled
    choice = next(s for s in app.selectbox if s.label == "Age (years)")
    sound(choice.set_value("edad").run())
    assert "5 of 5 rows scored" in words(finished(app))


def test_what_is_no_table_is_a_sentence(service: CannedService, open_page: OpenPage) -> None:
    """A file that cannot be read is said, and nothing else happens."""
    app = open_page("predict")
    app.session_state["predict-tab"] = "Batch"
    app.run()
    app = sound(app.file_uploader(key="batch-file").upload("x.csv", b"%PDF-1.4 nothing", "text/csv").run())
    assert "x.csv" in app.error[0].value.replace("\\", "")
    assert [b.key for b in app.button if b.key == "score-table"] == []


def test_an_endpoint_that_refuses_is_a_sentence_with_a_way_out(service: CannedService, open_page: OpenPage) -> None:
    """When the key is refused the page says so and leads to the keys; the list notes it."""
    app = uploaded(open_page, load_heart_failure().head(5))
    service.act, service.status = None, 403
    app = finished(app)
    assert "does not accept this key" in app.error[0].value
    assert "Look at the endpoint's keys" in words(app)


def test_scoring_is_stopped_at_a_press(service: CannedService, memory: MemoryWorkspace) -> None:
    """After a stop no further request is made, and what was scored until then is kept and said."""
    rows = [{"age": 40 + i % 50} for i in range(5_000)]
    frame = pd.DataFrame(rows)
    job = Job("ward.csv", frame, Ready(rows, list(range(5_000)), {}, 5_000), memory.endpoint_list[0], None)

    def stopped_meanwhile(handler: BaseHTTPRequestHandler) -> None:
        job.stop()
        by_age(handler)

    service.act = stopped_meanwhile
    job.start()
    until(lambda: job.is_over, what="the job is over")
    assert (job.is_stopping, len(service.requests)) == (True, 1)
    assert job.scores is not None
    assert (job.scores.scored, job.scores.stopped) == (2_000, True)
    said = batch_results.sentence(job, job.scores, outcome.of(HEART_FAILURE_SCHEMA))
    assert "2,000 of 5,000 rows scored" in said
    assert "Stopped before the end." in said
