"""Code that consumes an endpoint, ready to copy; the key is a placeholder, never the real one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from hfcore.records import Endpoint

KEY_VARIABLE = "SCORING_KEY"


def consume_code(endpoint: Endpoint, row: Mapping[str, Any] | None = None, workspace: str = "hfcore.connect()") -> dict[str, str]:
    """Return how to score one row at an endpoint, by language.

    Args:
        endpoint: Where to score.
        row: The patient of the example, by default the sample patient in the model's columns.
        workspace: The expression that opens the endpoint's workspace in this library.
    """
    patient = _columns(endpoint, row)
    return {
        "Python": _python(endpoint, patient),
        "curl": _curl(endpoint, patient),
        "R": _r(endpoint, patient),
        "SDK": _sdk(endpoint, patient, workspace),
    }


def _columns(endpoint: Endpoint, row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the example's values in the model's columns and order."""
    from hfcore.datasets.heart_failure import SAMPLE_PATIENT

    values = SAMPLE_PATIENT if row is None else row
    return {name: values.get(name) for name in endpoint.features or values}


def _python(endpoint: Endpoint, patient: Mapping[str, Any]) -> str:
    rows = "".join(f"    {name!r}: {value!r},\n" for name, value in patient.items())
    imports = "import json\nimport os\n\nimport requests\n" if endpoint.auth else "import json\n\nimport requests\n"
    headers = f'\n    headers={{"Authorization": f"Bearer {{os.environ[\'{KEY_VARIABLE}\']}}"}},' if endpoint.auth else ""
    return (
        f"{imports}\n"
        f"patient = {{\n{rows}}}\n"
        f"answer = requests.post(\n    {endpoint.scoring_uri!r},"
        f'\n    json={{"data": [patient], "method": "predict_proba"}},{headers}\n    timeout=10,\n)\n'
        f"answer.raise_for_status()\n"
        f'print(json.loads(answer.json())["result"])\n'
    )


def _curl(endpoint: Endpoint, patient: Mapping[str, Any]) -> str:
    body = json.dumps({"data": [dict(patient)], "method": "predict_proba"})
    key = f'  --header "Authorization: Bearer ${KEY_VARIABLE}" \\\n' if endpoint.auth else ""
    return (
        f"curl {shlex.quote(str(endpoint.scoring_uri))} \\\n"
        f'  --header "Content-Type: application/json" \\\n{key}'
        f"  --data {shlex.quote(body)}\n"
    )


def _r(endpoint: Endpoint, patient: Mapping[str, Any]) -> str:
    """Return a script for R with the package httr2."""
    values = ",\n".join(f"  {_r_name(name)} = {_r_value(value)}" for name, value in patient.items())
    key = f'  req_auth_bearer_token(Sys.getenv("{KEY_VARIABLE}")) |>\n' if endpoint.auth else ""
    return (
        f"library(httr2)\n\npatient <- list(\n{values}\n)\n"
        f"answer <- request({json.dumps(endpoint.scoring_uri)}) |>\n{key}"
        f'  req_body_json(list(data = list(patient), method = "predict_proba")) |>\n'
        f"  req_timeout(10) |>\n"
        f"  req_perform() |>\n"
        f"  resp_body_json()\n"
        f"print(jsonlite::fromJSON(answer)$result)\n"
    )


def _r_name(name: str) -> str:
    plain = name.isascii() and name.replace("_", "a").replace(".", "a").isalnum() and name[0].isalpha()
    return name if plain else f"`{name.replace(chr(92), '').replace('`', '')}`"


def _r_value(value: Any) -> str:
    if value is None:
        return "NA"
    return ("TRUE" if value else "FALSE") if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def _sdk(endpoint: Endpoint, patient: Mapping[str, Any], workspace: str) -> str:
    """Return the same through this library, which finds address and key by the endpoint's name."""
    rows = "".join(f"    {name!r}: {value!r},\n" for name, value in patient.items())
    return (
        "import hfcore\n\n"
        f"patient = {{\n{rows}}}\n"
        f"service = {workspace}.endpoint({endpoint.name!r})\n"
        "# what service.run(json.dumps({...})) is in azureml.core\n"
        "print(hfcore.ScoringClient(service).predict_proba([patient]))\n"
    )
