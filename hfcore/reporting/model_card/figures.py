"""The sections of a card that hold figures: performance, calibration and groups of patients."""

from __future__ import annotations

from collections.abc import Iterator

from hfcore.reporting.comparison import verdict
from hfcore.reporting.headline import headline
from hfcore.reporting.model_card.blocks import NOT_AVAILABLE, Block, Bullets, Grid, Paragraph, Section
from hfcore.reporting.model_card.facts import CardFacts
from hfcore.reporting.report import Estimate, ModelReport, Subgroup
from hfcore.reporting.threshold_choice import counts_at, sensitivity, specificity

INTERVAL = "95 % interval"


def performance(facts: CardFacts) -> Section:
    """How good the model is, the corrected figure first."""
    report = facts.report
    blocks: list[Block] = [Paragraph(headline(report), strong=True)]
    if report.honest_note:
        blocks.append(Paragraph(f"About that figure: {report.honest_note}."))
    blocks.append(
        Grid(("Metric (Azure's name)", "Mean over the folds", INTERVAL, "Lowest and highest fold"), tuple(_metrics(report)))
    )
    better = verdict(report)
    if better:
        blocks.append(Paragraph(better))
        blocks.append(
            Grid(("Compared with", "AUC", "Difference in AUC", "Brier score", "Difference in Brier score"), _references(report))
        )
    blocks += _at_threshold(facts)
    return Section("Performance", (*blocks, *(Paragraph(gap) for gap in report.gaps)))


def _metrics(report: ModelReport) -> Iterator[tuple[str, ...]]:
    for name, value in report.metrics.items():
        folds = report.fold_metrics.get(name, ())
        spread = f"{min(folds):.3f} to {max(folds):.3f}" if folds else NOT_AVAILABLE
        yield name, f"{value:.3f}", _bounds(report.intervals.get(name)), spread


def _references(report: ModelReport) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (r.name, written(r.auc), written(r.auc_difference, "+"), written(r.brier), written(r.brier_difference, "+"))
        for r in report.references
    )


def _at_threshold(facts: CardFacts) -> Iterator[Block]:
    """Say what the version's threshold, or 50 %, does among the patients of the table."""
    report, chosen = facts.report, facts.model.threshold if facts.model else None
    if not report.thresholds:
        return
    counts = counts_at(report.thresholds, 0.5 if chosen is None else chosen)
    found, missed = counts.true_positive, counts.false_negative
    flagged, cleared = counts.false_positive, counts.true_negative
    why = f" ({facts.model.threshold_rule})" if facts.model and facts.model.threshold_rule else ""
    yield Paragraph(
        f"At a threshold of {100 * counts.threshold:g} %{why}: of {found + missed} who {facts.event}, {found} found and {missed} "
        f"missed; {flagged} of {flagged + cleared} who {facts.other} flagged. Sensitivity {100 * sensitivity(counts):.0f} %, "
        f"specificity {100 * specificity(counts):.0f} %, positive predictive value {_share(found, flagged)}, negative predictive "
        f"value {_share(cleared, missed)}. The counts are from patients that the model had not seen."
    )


def _share(part: int, rest: int) -> str:
    return f"{100 * part / (part + rest):.0f} %" if part + rest else NOT_AVAILABLE


def calibration(facts: CardFacts) -> Section:
    """Whether the risks are right."""
    report = facts.report
    shown = [Paragraph("A calibrated model's risks come true: of the patients given 30 %, about 30 % have the outcome.")]
    brier = report.intervals.get("brier") or Estimate(report.brier)
    figures = Grid(
        ("Figure", "Value", "Right would be"),
        (
            ("Brier score", written(brier), "0; lower is better"),
            ("Calibration slope", written(report.calibration_slope), "1; below 1 the risks are too extreme"),
            ("Calibration intercept, log odds", written(report.calibration_intercept), "0; below 0 the risks are too high"),
        ),
    )
    bins = Grid(
        ("Patients", "Mean risk given", "Share with the outcome", INTERVAL),
        tuple(
            (str(b.rows), f"{b.predicted:.3f}", f"{b.observed:.3f}", f"{b.low:.3f} to {b.high:.3f}") for b in report.calibration
        ),
    )
    return Section(
        "Calibration", (*shown, figures, bins if report.calibration else Paragraph(f"Groups of risk: {NOT_AVAILABLE}."))
    )


def subgroups(facts: CardFacts) -> Section:
    """How the model does among groups of patients."""
    found = facts.report.subgroups
    if not found:
        return Section("Groups of patients", (Paragraph(f"Figures for groups of patients are {NOT_AVAILABLE} in this report."),))
    heading = (
        "Group",
        "Patients",
        "Events",
        "AUC",
        "Observed less predicted",
        "Events missed at the threshold",
        "Enough patients?",
    )
    cut = facts.model.threshold if facts.model and facts.model.threshold is not None else 0.5
    rows = tuple(_group(group, cut) for group in found)
    notes = (
        "Groups with few patients say little: their intervals are wide, and a difference between groups may be chance.",
        "Nobody has examined why groups differ; nothing in the training makes the model fairer to any of them.",
    )
    return Section("Groups of patients", (Grid(heading, rows), Bullets(notes)))


def _group(group: Subgroup, cut: float) -> tuple[str, ...]:
    at = round(100 * cut)
    missed = f"{group.missed[at]} of {group.events}" if at < len(group.missed) else NOT_AVAILABLE
    enough = "no, too few to judge" if group.few else "yes"
    name = f"{group.variable}: {group.name}"
    return (
        name,
        str(group.rows),
        str(group.events),
        written(group.auc),
        written(group.observed_less_predicted, "+"),
        missed,
        enough,
    )


def written(estimate: Estimate | None, sign: str = "") -> str:
    """Write an estimate with its interval: 0.791 (95 % 0.730 to 0.845)."""
    if estimate is None or estimate.value != estimate.value:
        return NOT_AVAILABLE
    bounds = _bounds(estimate, sign)
    return f"{estimate.value:{sign}.3f}" + (f" (95 % {bounds})" if bounds != NOT_AVAILABLE else "")


def _bounds(estimate: Estimate | None, sign: str = "") -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return NOT_AVAILABLE
    return f"{estimate.low:{sign}.3f} to {estimate.high:{sign}.3f}"
