"""The service keeps to its own description: schemathesis reads it and sends what it allows and what it rules out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_model import TYPED_SAMPLE
from tests.inference.serving import KEY, Serving

PROGRAM = Path(sys.executable).with_name("st")
EXAMPLES, SEED, FEWEST_CASES = 30, 1, 300


def _without_row_limit(part: Any) -> Any:
    """Take out the most rows of a request: 10,001 rows are sent by another test, here they would only take long to make."""
    if isinstance(part, dict):
        return {name: _without_row_limit(value) for name, value in part.items() if name != "maxItems"}
    return [_without_row_limit(value) for value in part] if isinstance(part, list) else part


@pytest.mark.fault
def test_schemathesis_finds_nothing(serving: Serving, tmp_path: Path) -> None:
    """Hundreds of requests made from the description, right and wrong: no 5xx, no undescribed answer, nothing wrong accepted."""
    serving.start()
    document = tmp_path / "document.json"
    document.write_text(json.dumps(_without_row_limit(serving.get("/swagger.json?version=3").json())))
    options = ["--url", serving.uri(""), "-H", f"Authorization: Bearer {KEY}", "--max-examples", str(EXAMPLES), "--no-color"]
    command = [str(PROGRAM), "run", str(document), *options, "--seed", str(SEED), "--continue-on-failure"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
    cases = re.search(r"(\d+) generated, \1 passed", done.stdout)
    assert cases
    counts = {name: count for name, count in serving.metrics().items() if name.startswith("hf_requests_total")}
    print(f"{cases.group(1)} cases, 0 failures; scoring route: {counts}")
    assert int(cases.group(1)) >= FEWEST_CASES
    assert counts['hf_requests_total{status="200"}'] > 50
    assert counts['hf_requests_total{status="422"}'] > 50
    assert not [name for name in counts if 'status="5' in name]


def test_every_described_page_is_there(serving: Serving) -> None:
    """What the description lists answers as it says, and both versions of a request are described."""
    serving.start()
    told = serving.get("/swagger.json?version=3").json()
    for path in set(told["paths"]) - {"/score"}:
        answer = serving.get(path)
        assert str(answer.status_code) in told["paths"][path]["get"]["responses"]
    assert set(told["paths"]) == {"/", "/livez", "/readyz", "/metrics", "/score"}
    assert {"ScoreRequest", "ScoreRequest2", "ScoreAnswer", "ScoreAnswer2"} <= set(told["components"]["schemas"])


def test_a_method_that_is_no_text_is_400(serving: Serving) -> None:
    """A method that is no text is refused in both versions: the description says that it is one."""
    serving.start()
    rows = {"data": [TYPED_SAMPLE]}
    for method in (None, 1, {}, ["predict"]):
        for body in (rows | {"method": method}, {"Inputs": rows, "GlobalParameters": {"method": method}}):
            answer = serving.score(body=body)
            assert answer.status_code == 400
            assert "predict_proba" in answer.json()["error"]


def test_bad_rows_are_named_before_an_unknown_method(serving: Serving) -> None:
    """Rows that cannot be used are 422 with any method, as Azure's server reads them first."""
    serving.start()
    answer = serving.score(body={"data": [TYPED_SAMPLE | {"age": True}], "method": "foo"})
    assert answer.status_code == 422
    assert [field["field"] for field in answer.json()["fields"]] == ["age"]
