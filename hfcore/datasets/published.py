"""What others have published about the shipped table, for context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CITATION = (
    "Chicco D, Jurman G (2020). Machine learning can predict survival of patients with heart failure from serum creatinine and "
    "ejection fraction alone. BMC Medical Informatics and Decision Making 20:16, tables 4 and 11."
)


@dataclass(frozen=True)
class PublishedFigures:
    """One published model: what it is, whether it uses follow-up time, and its figures by Azure's names."""

    model: str
    uses_follow_up_time: bool
    metrics: Mapping[str, float]


PUBLISHED = (
    PublishedFigures(
        "random forest, all columns", False, {"AUC_weighted": 0.800, "accuracy": 0.740, "matthews_correlation": 0.384}
    ),
    PublishedFigures(
        "gradient boosting, all columns", False, {"AUC_weighted": 0.754, "accuracy": 0.738, "matthews_correlation": 0.367}
    ),
    PublishedFigures(
        "logistic regression on ejection fraction, creatinine and follow-up time",
        True,
        {"AUC_weighted": 0.822, "accuracy": 0.838, "matthews_correlation": 0.616},
    ),
    PublishedFigures(
        "logistic regression, all columns", True, {"AUC_weighted": 0.818, "accuracy": 0.833, "matthews_correlation": 0.607}
    ),
)
