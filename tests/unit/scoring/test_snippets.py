"""The consume code works as it stands and never holds the key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from hfcore.records import Endpoint
from hfcore.scoring.snippets import KEY_VARIABLE, consume_code
from hfcore.states import EndpointState
from tests.fakes.scoring_service import canned_service

KEY = "a-secret-key"


def _endpoint(uri: str, auth: bool = True) -> Endpoint:
    made = datetime.now(UTC)
    return Endpoint("risk", EndpointState.HEALTHY, "m", 1, made, uri, auth, KEY, features=("age", "sex"))


def _run(language: str, code: str) -> str:
    command = [sys.executable, "-c", code] if language == "Python" else ["sh", "-c", code]
    environment = {**os.environ, KEY_VARIABLE: KEY}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("auth", [True, False])
@pytest.mark.parametrize("language", ["Python", "curl"])
def test_the_code_scores_as_it_stands(language: str, auth: bool) -> None:
    """Copied and run with the key in the environment, the code gets a score; a keyless endpoint is sent none."""
    if language == "curl":
        assert shutil.which("curl"), "curl is needed to try the curl example: apt-get install curl"
    with canned_service() as service:
        service.body = json.dumps(json.dumps({"result": [[0.8, 0.2]]})).encode()
        printed = _run(language, consume_code(_endpoint(service.uri, auth))[language])
    assert "0.8, 0.2" in printed
    (sent,) = service.requests
    assert json.loads(sent.body) == {"data": [{"age": 60.0, "sex": 0}], "method": "predict_proba"}
    assert sent.headers.get("authorization") == (f"Bearer {KEY}" if auth else None)


def test_the_code_holds_no_key() -> None:
    """The key is a placeholder in every language, even when the endpoint's record has it."""
    code = "".join(consume_code(_endpoint("http://127.0.0.1:1/score")).values())
    assert KEY not in code
    assert KEY_VARIABLE in code


def test_a_patient_of_ones_own_is_quoted_safely() -> None:
    """Given values, odd characters included, appear as data and never as code."""
    odd = {"age": "'; echo gone; '", "sex": '"'}
    with canned_service() as service:
        service.body = json.dumps(json.dumps({"result": [[0.8, 0.2]]})).encode()
        for language, code in consume_code(_endpoint(service.uri), odd).items():
            assert "gone" not in _run(language, code)
    assert [json.loads(s.body)["data"] for s in service.requests] == [[odd], [odd]]
