"""The smoke test of a deployment: the golden predictions repeated over HTTP, through the same door as every caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfcore.errors import DeploymentFailed, HfError
from hfcore.scoring.client import ScoringClient

TOLERANCE = 1e-6


def smoke_test(uri: str, key: str | None, manifest: Mapping[str, Any]) -> None:
    """Score the golden rows and compare.

    Raises:
        DeploymentFailed: the endpoint does not answer, or its probabilities differ by more than 1e-6.
    """
    golden = manifest["golden"]
    client = ScoringClient(uri, key=key, timeout_s=10)
    try:
        found = client.predict_proba(golden["rows"])
    except HfError as error:
        raise DeploymentFailed(f"The smoke test failed: {error}") from error
    finally:
        client.close()
    pairs = [(a, b) for x, y in zip(found, golden["probabilities"], strict=True) for a, b in zip(x, y, strict=True)]
    difference = max((abs(a - b) for a, b in pairs), default=float("inf"))
    if not difference <= TOLERANCE:
        raise DeploymentFailed(f"The smoke test failed: probabilities differ by {difference:.3g} from the recorded ones.")
