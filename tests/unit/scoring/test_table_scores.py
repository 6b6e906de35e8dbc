"""Scoring a table over HTTP: in order, with progress, and with what is refused set aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from hfcore.errors import EndpointUnreachable, ScoringFailed, Unauthorized
from hfcore.scoring.batch import ROWS_PER_REQUEST
from hfcore.scoring.client import ScoringClient
from hfcore.scoring.patient_table import Ready
from hfcore.scoring.table_scores import MOST_REFUSED, score_table
from tests.fakes.scoring_service import CannedService, canned_service

BAD = -1


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Give each row its own age as a percentage; refuse a request that holds a bad one, as our service does."""
    rows = json.loads(handler.sent)["data"]  # type: ignore[attr-defined]
    bad = [i for i, row in enumerate(rows, start=1) if row["age"] == BAD]
    if bad:
        fields = [{"row": i, "field": "age", "problem": "is out of range", "expected": "a number"} for i in bad]
        status, body = 422, json.dumps({"error": "no", "fields": fields}).encode()
    else:
        told = json.dumps({"result": [[1 - row["age"] / 10_000, row["age"] / 10_000] for row in rows]})
        status, body = 200, json.dumps(told).encode()
    handler.send_response(status)
    facts = {"x-model-version": "m:4", "x-model-labels": "[0, 1]", "x-model-threshold": "0.3", "x-model-positive-label": "1"}
    for name, value in {"content-length": str(len(body)), **facts}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def service() -> Iterator[CannedService]:
    """A service whose answers can be told from the rows."""
    with canned_service() as made:
        made.act = answer
        yield made


def rows(count: int, total: int | None = None, problems: dict[int, str] | None = None) -> Ready:
    """Rows with ages 0, 1, 2 and so on, at every place that has no problem."""
    told = problems or {}
    places = [p for p in range(total or count) if p not in told][:count]
    return Ready([{"age": i} for i in range(count)], places, told, total or count)


def test_of_three_classes_the_likeliest_is_called(service: CannedService) -> None:
    """A row is called what the model is about when that is its likeliest class, whatever its risk."""
    service.act = None
    service.body = json.dumps(json.dumps({"result": [[0.3, 0.3, 0.4], [0.1, 0.6, 0.3]]})).encode()
    service.headers = {"x-model-labels": "[0, 1, 2]", "x-model-threshold": "0.5", "x-model-positive-label": "2"}
    scores = score_table(ScoringClient(service.uri), rows(2))
    assert (scores.risks, scores.called, scores.classes) == ([0.4, 0.3], [True, False], 3)


def test_every_row_gets_its_own_risk(service: CannedService) -> None:
    """5,000 rows come back in their order over three requests; a row that was set aside before leaves its place empty."""
    progress = []
    scores = score_table(ScoringClient(service.uri), rows(5_000, 5_001, {2: "no"}), lambda *told: progress.append(told))
    assert progress == [(2_000, 5_000), (4_000, 5_000), (5_000, 5_000)]
    assert scores.risks[:2] + scores.risks[3:] == pytest.approx([i / 10_000 for i in range(5_000)])
    assert (scores.risks[2], scores.called[2], scores.problems) == (None, None, {2: "no"})
    assert (scores.scored, scores.model, scores.threshold) == (5_000, "m:4", 0.3)
    assert [scores.called[i] for i in (3_000, 3_001)] == [False, True]


def test_a_refused_row_does_not_stop_the_others(service: CannedService) -> None:
    """Rows that the endpoint refuses are found by halving and set aside with its reason; all others have their risk."""
    ready = rows(1_000)
    for bad in (0, 17, 999):
        ready.rows[bad]["age"] = BAD
    scores = score_table(ScoringClient(service.uri), ready)
    assert sorted(scores.problems) == [0, 17, 999]
    assert "age is out of range; expected a number" in scores.problems[17]
    assert scores.scored == 997
    assert scores.risks[998] == pytest.approx(998 / 10_000)
    assert len(service.requests) < 80


def test_a_table_that_fits_nowhere_is_given_up(service: CannedService) -> None:
    """When row after row is refused the reason is raised instead of asking thousands of times."""
    ready = Ready([{"age": BAD}] * 1_000, list(range(1_000)), {}, 1_000)
    with pytest.raises(ScoringFailed, match="age is out of range"):
        score_table(ScoringClient(service.uri), ready)
    assert len(service.requests) < 4 * MOST_REFUSED


def test_it_stops_between_two_requests(service: CannedService) -> None:
    """When the progress says no, what was scored is kept and nothing more is asked."""
    scores = score_table(ScoringClient(service.uri), rows(9_000), lambda done, total: False)
    assert (scores.scored, scores.stopped, len(service.requests)) == (ROWS_PER_REQUEST, True, 1)


def test_an_endpoint_that_cannot_be_used_is_said(service: CannedService) -> None:
    """A refused key, an error and silence are raised as the client raises them."""
    service.act = None
    for status, kind in ((401, Unauthorized), (403, Unauthorized), (500, ScoringFailed)):
        service.status = status
        with pytest.raises(kind):
            score_table(ScoringClient(service.uri), rows(10))
    with pytest.raises(EndpointUnreachable):
        score_table(ScoringClient("http://127.0.0.1:9/score"), rows(10))


def test_an_empty_table_is_scored_at_once(service: CannedService) -> None:
    """When no row can be scored nothing is asked."""
    scores = score_table(ScoringClient(service.uri), Ready([], [], {0: "no"}, 1))
    assert (scores.risks, scores.problems, service.requests) == ([None], {0: "no"}, [])
