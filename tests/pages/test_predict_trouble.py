"""Endpoints that cannot be used: each is a sentence with the way out that fits, over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.schema import Column, Schema
from hfcore.records import Endpoint
from hfcore.states import EndpointState
from hfcore.ui import scoring
from tests.fakes.scoring_service import CannedService, canned_service
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words

FEATURES = tuple(c.name for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)
FIELDS = [{"row": 1, "field": "weight", "problem": "is missing", "expected": "a number"}]
STATE, KEYS, LOG = ("Look at the endpoint's " + end for end in ("state and log", "keys", "log and what it takes"))


@pytest.fixture
def service(memory: MemoryWorkspace) -> Iterator[CannedService]:
    """An endpoint at a real address that answers whatever a test tells it to."""
    with canned_service() as made:
        endpoint = Endpoint("automl-hf-sdk", EndpointState.HEALTHY, "m", 1, now(), made.uri, auth=False, features=FEATURES)
        memory.endpoint_list.append(endpoint)
        yield made


@pytest.mark.parametrize(
    ("status", "body", "sentence", "way_out"),
    [
        (401, b"{}", "wants a key and none was sent", KEYS),
        (403, b"{}", "does not accept this key", KEYS),
        (404, b"{}", "There is no scoring service at this address", LOG),
        (422, json.dumps({"fields": FIELDS}).encode(), "weight is missing; expected a number", LOG),
        (500, b"{}", "failed to score the rows", LOG),
        (503, b"{}", "The endpoint is not ready", "Look at automl-hf-sdk on the Deploy page"),
        (200, b"[1", "it is not JSON", "Look at automl-hf-sdk on the Deploy page"),
        (200, b'{"result": [[0.2, 1.7]]}', "no probability between 0 and 1", "Look at automl-hf-sdk on the Deploy page"),
    ],
)
def test_a_refusal_is_a_sentence_with_a_way_out(
    service: CannedService, open_page: OpenPage, status: int, body: bytes, sentence: str, way_out: str
) -> None:
    """No key, a wrong one, another schema, an error or nonsense: the sentence, and a link that says what to look at."""
    service.status, service.body = status, body
    app = open_page("predict")
    sound(app.button(key="score").click().run())
    assert sentence in app.error[0].value.replace("\\", "")
    assert links(app)[way_out].startswith("deploy")


def test_a_slow_endpoint_is_given_up(service: CannedService, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that accepts and never answers is given up after the time limit, in a sentence."""
    monkeypatch.setattr(scoring, "TIMEOUT_S", 0.3)
    over = threading.Event()
    service.act = lambda handler: over.wait(30)
    app = open_page("predict")
    try:
        sound(app.button(key="score").click().run())
    finally:
        over.set()
    assert "did not answer within 0.3 s" in app.error[0].value.replace("\\", "")
    assert STATE in links(app)


def test_the_endpoints_state_and_speed_are_told(service: CannedService, memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """One line says how the endpoint stands, how quickly it answers and which others cannot score; silence leads to its log."""
    other = replace(memory.endpoint_list[0], name="broken", state=EndpointState.FAILED)
    memory.endpoint_list.append(other)
    assert "answers in" in words(open_page("predict"))
    assert "broken: " in words(open_page("predict"))
    memory.endpoint_list[0] = replace(memory.endpoint_list[0], scoring_uri="http://127.0.0.1:9/score")
    app = open_page("predict")
    assert "does not answer just now" in words(app)
    assert STATE in links(app)


def test_a_text_column_is_chosen_from_what_the_model_knows(
    service: CannedService, memory: MemoryWorkspace, open_page: OpenPage
) -> None:
    """A text is chosen among its known values; none is chosen if that cannot be read, and 01 is sent as the text it is."""
    ward = Column("ward", "Ward", "category", levels=("01", "intensive"))
    table = Dataset("wards", 1, "0" * 64, 30, 2, Schema((ward, HEART_FAILURE_SCHEMA["age"])), now())
    memory.dataset_list.append(table)
    memory.endpoint_list[0] = replace(memory.endpoint_list[0], features=("ward", "age"))
    service.body = b'"{\\"result\\": [[0.8, 0.2]]}"'
    service.headers = {"x-model-labels": "[0, 1]", "x-model-threshold": "0.5", "x-model-positive-label": "1"}
    app = open_page("predict")
    choice = app.selectbox(key="patient-value-ward")
    assert (choice.options, choice.value) == (["01", "intensive"], None)
    assert "Ward is empty." in words(app)
    sound(choice.set_value("01").run())
    sound(app.button(key="score").click().run())
    [sent] = [s for s in service.requests if s.path == "/score"]
    assert json.loads(sent.body)["data"] == [{"ward": "01", "age": 60.0}]
