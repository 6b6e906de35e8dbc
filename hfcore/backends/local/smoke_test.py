"""The smoke test of a version: the golden predictions repeated over HTTP, through the same door as every caller."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hfcore.errors import DeploymentFailed, HfError
from hfcore.records import SmokeTest
from hfcore.scoring.client import ScoringClient

EXACT = 1e-9  # a version that is new: the same file on the same machine gives the same figures
SAME = 1e-6  # one that has served before: another processor may round the last digits otherwise
_FAILED = "The smoke test failed:"


def check_columns(manifest: Mapping[str, Any], features: Sequence[str]) -> None:
    """Compare the columns that the model reads with those it was registered with. Raises DeploymentFailed."""
    named = [str(f["name"]) for f in manifest["features"]]
    if named != list(features):
        what = "in another order than it" if sorted(named) == sorted(features) else "that are not the ones it"
        raise DeploymentFailed(f"{_FAILED} the model reads columns {what} was registered with.")


def smoke_test(uri: str, key: str | None, manifest: Mapping[str, Any], features: Sequence[str], tolerance: float) -> SmokeTest:
    """Score the golden rows, as lists in training order and as records by column name, and compare.

    Args:
        uri: Where the version answers.
        key: A key it accepts, when it wants one.
        manifest: What model.json says.
        features: The columns the model was registered with, in training order.
        tolerance: The largest |difference in probability| that passes.

    Raises:
        DeploymentFailed: it does not answer, answers no probabilities, or other ones than recorded.
    """
    check_columns(manifest, features)
    golden = manifest["golden"]
    records = [dict(zip(features, row, strict=True)) for row in golden["rows"]]
    client = ScoringClient(uri, key=key, timeout_s=10, patients=False)
    started = time.perf_counter()
    try:
        answers = [client.predict_proba(rows) for rows in (golden["rows"], records)]
    except HfError as error:
        raise DeploymentFailed(f"{_FAILED} {error}") from error
    finally:
        client.close()
    milliseconds = (time.perf_counter() - started) * 1e3
    difference = max(largest_difference(found, golden["probabilities"]) for found in answers)
    if not difference <= tolerance:
        raise DeploymentFailed(f"{_FAILED} probabilities differ by {difference:.3g} from the recorded ones.")
    return SmokeTest(len(golden["rows"]), difference, milliseconds)


def largest_difference(found: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> float:
    """Return the largest |difference|, infinity when the shapes differ or something is no number."""
    if not expected or [len(row) for row in found] != [len(row) for row in expected]:
        return math.inf
    differences = [abs(a - b) for x, y in zip(found, expected, strict=True) for a, b in zip(x, y, strict=True)]
    return max(d if math.isfinite(d) else math.inf for d in differences)
