"""The one sentence that says how good a model is, with everything that must not be left out."""

from __future__ import annotations

from hfcore.reporting.report import Estimate, ModelReport, ThresholdCounts


def headline(report: ModelReport) -> str:
    """Return the sentence at the head of the Model page, from the report's own figures."""
    estimate = report.honest or report.intervals.get("AUC_weighted") or Estimate(report.metrics.get("AUC_weighted", float("nan")))
    start = f"{'Best so far: ' if report.honest else ''}{report.algorithm}, AUC {_with_interval(estimate)}"
    if report.uses_follow_up_time:
        return (
            f"{start}, but it uses follow-up time. A new patient has no follow-up time yet, "
            "so this figure cannot be had when somebody is scored; train without `time` for one that can."
        )
    return f"{start}, without follow-up time." if "time" in report.excluded_columns else f"{start}."


def _with_interval(estimate: Estimate) -> str:
    if estimate.value != estimate.value:
        return "not known"
    return f"{estimate.value:.3f}{interval_words(estimate)}"


def interval_words(estimate: Estimate) -> str:
    """Return the 95 % interval as it follows a figure, "" where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f" (95 % {estimate.low:.2f} to {estimate.high:.2f})"


def confusion_sentence(counts: ThresholdCounts, event: str = "died", other: str = "survived") -> str:
    """Return the confusion counts in words: of those who had the event how many are found, of the rest how many flagged."""
    events = counts.true_positive + counts.false_negative
    others = counts.false_positive + counts.true_negative
    return (
        f"At a cut of {100 * counts.threshold:.0f} %: of {events} who {event}, {counts.true_positive} found; "
        f"of {others} who {other}, {counts.false_positive} flagged."
    )
