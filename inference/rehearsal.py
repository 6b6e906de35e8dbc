"""Tries a model out without serving anybody: `python -m inference.rehearsal SECONDS`.

It opens the model in AZUREML_MODEL_DIR, repeats its golden rows and prints one line of JSON: `rows`, `difference` (the largest
|difference| of a probability) and `milliseconds`, or `refused` with the reason. After SECONDS the system ends it, whatever the
model does.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from inference import score


def rehearse() -> dict[str, Any]:
    """Open the model as the service does and score its golden rows, as lists and as records."""
    try:
        score.init()
        return _compare(score.current_model().manifest)
    except (score.ModelRefused, score.RequestRefused) as error:
        return {"refused": str(error)}


def _compare(manifest: dict[str, Any]) -> dict[str, Any]:
    golden, names = manifest["golden"], [f["name"] for f in manifest["features"]]
    records = [dict(zip(names, row, strict=True)) for row in golden["rows"]]
    started = time.perf_counter()
    answers = [_probabilities(rows) for rows in (golden["rows"], records)]
    milliseconds = (time.perf_counter() - started) * 1e3
    differences = [
        abs(p - q)
        for found in answers
        for x, y in zip(found, golden["probabilities"], strict=True)
        for p, q in zip(x, y, strict=True)
    ]
    return {"rows": len(records), "difference": max(differences, default=math.inf), "milliseconds": milliseconds}


def _probabilities(rows: list[Any]) -> list[list[float]]:
    found: list[list[float]] = json.loads(str(score.run({"data": rows, "method": "predict_proba"})))["result"]
    return found


def main(arguments: Sequence[str]) -> int:
    """Print what came of it."""
    signal.alarm(int(arguments[0]))
    print(json.dumps(rehearse()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
