"""The consume code works as it stands and never holds the key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hfcore.records import Endpoint
from hfcore.scoring.snippets import KEY_VARIABLE, consume_code
from hfcore.states import EndpointState
from hfcore.ui import script
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
        code = consume_code(_endpoint(service.uri), odd)
        for language in ("Python", "curl"):
            assert "gone" not in _run(language, code[language])
    assert [json.loads(s.body)["data"] for s in service.requests] == [[odd], [odd]]


@pytest.mark.parametrize("auth", [True, False])
def test_the_library_scores_the_same(auth: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The code for this library finds address and key by the endpoint's name and gets the score."""
    with canned_service() as service:
        service.body = json.dumps(json.dumps({"result": [[0.8, 0.2]]})).encode()
        endpoint = replace(_endpoint(service.uri, auth), primary_key=KEY if auth else None)
        found = SimpleNamespace(endpoint={"risk": endpoint}.__getitem__)
        monkeypatch.setattr("hfcore.connect", lambda: found, raising=False)
        exec(consume_code(endpoint)["SDK"], {})
    assert "0.8, 0.2" in capsys.readouterr().out
    assert json.loads(service.requests[0].body)["data"] == [{"age": 60.0, "sex": 0}]
    assert service.requests[0].headers.get("authorization") == (f"Bearer {KEY}" if auth else None)


def test_the_code_for_the_library_opens_the_endpoints_own_workspace() -> None:
    """Where the endpoint is in Azure, the code for this library signs in there and not on this machine."""
    place = {"workspace": "ws-heart", "resource_group": "rg", "subscription_id": "s", "identity": "Azure CLI"}
    ws = SimpleNamespace(backend="azureml", place=place)
    code = consume_code(_endpoint("http://127.0.0.1:1/score"), workspace=script.opened(ws))["SDK"]  # type: ignore[arg-type]
    compile(code, "sdk", "exec")
    assert "hfcore.connect('azureml', config={'workspace_name': 'ws-heart'" in code
    assert ".endpoint('risk')" in code


def test_the_code_for_r_says_the_same() -> None:
    """R gets every value in its own notation, text quoted, and the key from the environment."""
    patient = {"age": 60.5, "sex": True, "odd name": 'a "b" \\'}
    code = consume_code(replace(_endpoint("http://127.0.0.1:1/score"), features=()), patient)["R"]
    assert 'age = 60.5,\n  sex = TRUE,\n  `odd name` = "a \\"b\\" \\\\"\n' in code
    assert f'req_auth_bearer_token(Sys.getenv("{KEY_VARIABLE}"))' in code
    assert code.count("(") == code.count(")")
