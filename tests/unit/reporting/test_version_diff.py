"""What tells two registered versions apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hfcore.records import ModelOrigin, ModelVersion
from hfcore.reporting.version_diff import Difference, differences

STEPS = (("StandardScaler", {}), ("LogisticRegression", {"C": 0.01, "penalty": "l2"}))
FIRST = ModelVersion(
    name="risk",
    version=1,
    sha256="a" * 64,
    run_id="run-1",
    child_id="run-1_3",
    algorithm="StandardScalerWrapper, LogisticRegression",
    features=("age", "sex"),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    size_bytes=1200,
    metrics={"AUC_weighted": 0.7812, "log_loss": 0.5},
    threshold=0.5,
    origin=ModelOrigin("records", 1, "d" * 64, {"primary_metric": "AUC_weighted", "iterations": 5}, STEPS, {"numpy": "2.1"}),
)


def changed(found: tuple[Difference, ...]) -> set[tuple[str, str, str, str, str]]:
    return {(d.part, d.name, d.first, d.second, d.change) for d in found if not d.is_same}


def test_a_version_does_not_differ_from_itself() -> None:
    """Compared with itself a version is the same in every part, figures included."""
    found = differences(FIRST, FIRST)
    assert changed(found) == set()
    assert {d.part for d in found} >= {
        "Data set",
        "Settings",
        "Features",
        "Pipeline",
        "Metrics",
        "Threshold",
        "Libraries",
        "Model",
    }


def test_every_part_is_compared() -> None:
    """A setting, column, parameter, figure with its difference, threshold, data set and library are each named."""
    steps = (STEPS[0], ("LogisticRegression", {"C": 0.03, "penalty": "l2"}))
    origin = ModelOrigin("records", 2, "d" * 64, {"primary_metric": "AUC_weighted", "iterations": 9}, steps, {"numpy": "2.2"})
    second = replace(FIRST, features=("age",), metrics={"AUC_weighted": 0.8012}, threshold=0.31, origin=origin)
    assert changed(differences(FIRST, second)) == {
        ("Data set", "version", "1", "2", ""),
        ("Settings", "iterations", "5", "9", ""),
        ("Features", "sex", "used", "–", ""),
        ("Pipeline", "step 2, C", "0.01", "0.03", ""),
        ("Metrics", "AUC_weighted", "0.781", "0.801", "+0.020"),
        ("Metrics", "log_loss", "0.500", "–", ""),
        ("Threshold", "threshold", "0.5", "0.31", ""),
        ("Libraries", "numpy", "2.1", "2.2", ""),
    }


def test_what_is_not_known_is_told_as_such() -> None:
    """A version without an origin takes its run's settings when they are given, and has nothing for the rest."""
    bare = replace(FIRST, origin=ModelOrigin(), threshold=None)
    found = differences(bare, FIRST, ({"iterations": 4}, FIRST.origin.settings))
    assert ("Settings", "iterations", "4", "5", "") in changed(found)
    assert ("Threshold", "threshold", "–", "0.5", "") in changed(found)
