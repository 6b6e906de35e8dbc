"""Whether the winner is truly better than simpler models, in words that follow from the intervals as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hfcore.reporting.report import NOTHING_KNOWN, Estimate, ModelReport, ReferenceComparison

BETTER, WORSE, ALIKE = "is better than", "is worse than", "cannot be told apart from"
_UNKNOWN = "could not be compared with"
_MAYBE_LUCK = " Where the interval of a difference holds 0, the difference may be luck."


def verdict(report: ModelReport) -> str:
    """Return in plain words whether the winner is better than the simpler models; "" when there is none to compare with."""
    models = [r for r in report.references if r.name != NOTHING_KNOWN]
    if not models:
        return ""
    by_rank = _sentence(models, rank_standing)
    by_risk = _sentence(models, risk_standing)
    luck = _MAYBE_LUCK if ALIKE in by_rank + by_risk else ""
    if by_rank == by_risk:
        return f"In AUC and in Brier score, this model {by_rank}.{luck}"
    return f"In AUC, this model {by_rank}; in Brier score, it {by_risk}.{luck}"


def rank_standing(reference: ReferenceComparison) -> str:
    """Tell how the winner's AUC stands to a simpler model's."""
    return _standing(reference.auc_difference, higher_is_better=True)


def risk_standing(reference: ReferenceComparison) -> str:
    """Tell how the winner's Brier score stands to a simpler model's."""
    return _standing(reference.brier_difference, higher_is_better=False)


def _standing(difference: Estimate, higher_is_better: bool) -> str:
    """Compare by the interval in three decimals, so that words and figures never contradict each other."""
    if difference.low is None or difference.high is None:
        return _UNKNOWN
    low, high = round(difference.low, 3), round(difference.high, 3)
    if low <= 0 <= high:
        return ALIKE
    return BETTER if (low > 0) == higher_is_better else WORSE


def _sentence(models: Sequence[ReferenceComparison], standing: Callable[[ReferenceComparison], str]) -> str:
    """Join the names of the models to which the winner stands alike: "is better than a and cannot be told apart from b"."""
    found = {s: [m.name for m in models if standing(m) == s] for s in (BETTER, WORSE, ALIKE, _UNKNOWN)}
    return " and ".join(f"{words} {_listed(names, words)}" for words, names in found.items() if names)


def _listed(names: Sequence[str], words: str) -> str:
    joint = " or " if words == ALIKE else " and "
    return joint.join(f"a {name}" if name.startswith("random forest") else name for name in names)
