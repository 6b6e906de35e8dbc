"""Code that consumes an endpoint, ready to copy; the key is a placeholder, never the real one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from hfcore.records import Endpoint

KEY_VARIABLE = "SCORING_KEY"


def consume_code(endpoint: Endpoint, row: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return how to score one row at an endpoint, by language.

    Args:
        endpoint: Where to score.
        row: The patient of the example, by default the sample patient in the model's columns.
    """
    patient = _columns(endpoint, row)
    return {"Python": _python(endpoint, patient), "curl": _curl(endpoint, patient)}


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
