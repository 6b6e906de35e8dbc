"""The tab Discrimination: does the model give those who died a higher risk than those who survived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.curves import lift
from hfcore.reporting.report import Estimate, ModelReport
from hfcore.ui import panels
from hfcore.ui.outcome import Outcome
from hfcore.ui.panels import Panel
from hfcore.ui.words import literal, metric

if TYPE_CHECKING:
    import pandas as pd


def draw(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw the curves two in a row: ROC, precision-recall, gains, lift, the spread of the risks, the learning curve."""
    words = outcome.for_markdown()
    shown = [_roc(report, words), _precision_recall(report, words)]
    if report.gains.x:
        shown += [_gains(report, words), _lift(report, words)]
    if report.distribution:
        shown.append(_risks(report, words))
    if report.learning_curve:
        shown.append(_learning(report))
    panels.draw(workspace, report, outcome, shown, "discrimination")
    if report.learning_note and not report.learning_curve:
        panels.remark(literal(report.learning_note))


def _roc(report: ModelReport, words: Outcome) -> Panel:
    band = " The shade is a 95 % band, place by place; where it is wide, there were few patients." if report.roc_band else ""
    return Panel(
        "roc",
        "ROC curve",
        f"How to read this: the further the line bends to the upper left, the more of those {words.who_event} are found before "
        f"those {words.who_other} are flagged.{band} It does not say whether the risks are right.",
        f"ROC curve, AUC {metric(report.drawn_auc)}",
        lambda: _with_band(report),
    )


def _precision_recall(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "precision-recall",
        "Precision-recall curve",
        f"How to read this: moving right, more of those {words.who_event} are found; the height is the share of those flagged "
        "that is flagged rightly. Distrust the left end, where only a few are flagged.",
        "Precision-recall curve, average precision " + metric(report.metrics.get("average_precision_score_weighted")),
        lambda: panels.points(report.precision_recall),
    )


def _gains(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "gains",
        "Cumulative gains",
        "How to read this: if only the patients of highest risk can be looked after, that many of those "
        f"{words.who_event} are among them. It holds where as many {words.did} as here.",
        "Share found by share of patients flagged",
        lambda: panels.points(report.gains),
    )


def _lift(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "lift",
        "Lift",
        f"How to read this: among those flagged, how many times as many {words.did} as among all patients. Distrust the left "
        "end, where it rests on a handful of patients.",
        "Lift by share of patients flagged",
        lambda: panels.points(lift(report.gains)),
    )


def _risks(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "risks",
        "Who is given which risk",
        f"How to read this: those {words.who_event} upwards, those {words.who_other} downwards. The less the two overlap, the "
        "better they are told apart; where both are tall, the model does not know.",
        "Number of patients by predicted risk and outcome",
        lambda: panels.rows(report.distribution),
    )


def _learning(report: ModelReport) -> Panel:
    return Panel(
        "learning-curve",
        "Learning curve",
        "How to read this: a line that still rises at its right end says that more patients would help; a flat one, that they "
        f"would not. It is {literal(report.learning_note)}. Distrust steps smaller than the shade, a 95 % band over patients.",
        "AUC by the number of patients learned from",
        lambda: _steps(report),
    )


def _with_band(report: ModelReport) -> pd.DataFrame:
    """Return the curve and its band below each other; a column says which is which."""
    import pandas as pd

    curve, band = panels.points(report.roc), panels.rows(report.roc_band)
    return pd.concat([curve.assign(part="curve"), band.assign(part="band")], ignore_index=True) if len(band) else curve


def _steps(report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [{"patients": p.rows, **_cells("auc", p.auc), **_cells("log_loss", p.log_loss)} for p in report.learning_curve]
    )


def _cells(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
