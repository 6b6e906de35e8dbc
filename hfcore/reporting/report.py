"""ModelReport: everything the Model page shows, as numbers; no drawing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

NOTHING_KNOWN = "the same risk for everyone"


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its 95 % interval; `method` says in words how the interval was made."""

    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""


@dataclass(frozen=True)
class Curve:
    """Points of a curve; `thresholds[i]` is the probability cut that gives point i."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...] = ()

    @property
    def area(self) -> float:
        """The area under the curve, by trapezoids: of a ROC curve the AUC of the outcome that it is about."""
        points = zip(self.x, self.y, strict=True)
        return sum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in itertools.pairwise(points))


@dataclass(frozen=True)
class CalibrationBin:
    """Patients given a similar risk: mean predicted, observed share with its 95 % Wilson interval, count."""

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class ThresholdCounts:
    """Confusion counts when everybody at or above `threshold` is called positive."""

    threshold: float
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int


@dataclass(frozen=True)
class BandPoint:
    """One place of a band around a curve: `x`, and the 95 % interval of the curve's height there."""

    x: float
    low: float
    high: float


@dataclass(frozen=True)
class BenefitPoint:
    """Net benefit at one threshold probability, as a share of all patients: the model's with its interval, and treating all."""

    threshold: float
    model: float
    low: float
    high: float
    treat_all: float


@dataclass(frozen=True)
class RiskBin:
    """How many patients with the event and without it were given a risk from `start` to below `end`."""

    start: float
    end: float
    events: int
    others: int


@dataclass(frozen=True)
class Subgroup:
    """A group of patients and how the model does among them; a figure is None where the group does not allow one.

    `observed_less_predicted` is the share with the event minus the mean risk they were given; `missed[i]` how many events have a
    risk below i hundredths. `few` says that the group is too small to judge: see `hfcore.reporting.subgroups`.
    """

    variable: str
    name: str
    rows: int
    events: int
    auc: Estimate | None = None
    observed_less_predicted: Estimate | None = None
    missed: tuple[int, ...] = ()
    few: bool = False


@dataclass(frozen=True)
class LearningPoint:
    """How a pipeline does on the patients held out when it learns from `rows` patients, on average over the folds."""

    rows: int
    auc: Estimate
    log_loss: Estimate


@dataclass(frozen=True)
class PipelineStep:
    """One step of a fitted pipeline and the parameters that differ from the library's defaults."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """One voter of an ensemble: the child run's number, its algorithm and its share of the vote."""

    number: int
    algorithm: str
    weight: float


@dataclass(frozen=True)
class ReferenceComparison:
    """The winner against one simpler model, judged on the same patients in the same resamples.

    `auc`, `brier` and `log_loss` are the simpler model's own; the differences are the winner's minus the simpler model's,
    with the luck of having been picked taken out: the winner is better where `auc_difference` is above 0 and the others below.
    `note` says what the simpler model is and what was cut short on a large table. `metrics` are Azure's, each the mean over the
    winner's folds; what knows nothing has those that follow from the outcomes' shares.
    """

    name: str
    auc: Estimate
    brier: Estimate
    log_loss: Estimate
    auc_difference: Estimate
    brier_difference: Estimate
    log_loss_difference: Estimate
    note: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Importance:
    """How much AUC is lost when one column's cells are exchanged among the patients, so that it says nothing any more."""

    feature: str
    loss: Estimate


@dataclass(frozen=True)
class Dependence:
    """How the model's risk goes with one column when all else stays as it is (partial dependence).

    `grid` are the values that were tried; `mean` the mean risk of `rows` patients at each, `lines` those of some single
    patients. `shares` say which part of the patients has each value of a yes/no or text column; of a number the grid are
    quantiles, with as many patients between any two of them, and `shares` is empty.
    """

    feature: str
    grid: tuple[float | str, ...]
    mean: tuple[float, ...]
    lines: tuple[tuple[float, ...], ...]
    rows: int
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class ModelReport:
    """How good one child run is, from predictions on rows it was not fitted on.

    `metrics` are Azure's names, each the mean over the validation folds; `fold_metrics` the same per
    fold; `intervals` 95 % bootstrap intervals over patients of the pooled out-of-fold predictions.
    `honest` is the bias-corrected AUC of the run's winner (None for any other child), with `honest_note`; `honest_brier`
    and `honest_log_loss` the same for the other two, and `references` the winner against simpler models, `references_note`
    why one of them is missing.
    Curves and counts are about `positive_label`, every patient counted once: `roc_band` and `benefit` (the decision curve) with
    pointwise intervals, `gains`, `distribution`, `subgroups`; `calibration_slope` is 1 and `calibration_intercept` (log odds) 0
    when the risks are right. `learning_curve` belongs to the winner; `learning_note` says of which pipeline it is, or why there
    is none. `parity` is None for a model that is no ONNX file here; `artifact` then says
    where it is kept, "" when it cannot be registered. `gaps` are sentences about what the backend does not give. `importance` is
    from out-of-fold predictions, `dependence` from the exported model; empty where they were not computed. `fit_seconds` is how
    long the child run took, `row_ms` how long the exported model takes for one row (median), without any network.
    `libraries` are the versions of what trained it, by name.
    """

    run_id: str
    child_id: str
    algorithm: str
    steps: tuple[PipelineStep, ...]
    labels: tuple[str, ...]
    positive_label: str
    label_column: str
    features: tuple[str, ...]
    excluded_columns: tuple[str, ...]
    uses_follow_up_time: bool
    rows: int
    events: int
    validation: str
    metrics: Mapping[str, float]
    fold_metrics: Mapping[str, tuple[float, ...]]
    roc: Curve
    precision_recall: Curve
    calibration: tuple[CalibrationBin, ...]
    thresholds: tuple[ThresholdCounts, ...]
    brier: float
    intervals: Mapping[str, Estimate] = field(default_factory=dict)
    honest: Estimate | None = None
    honest_note: str = ""
    honest_brier: Estimate | None = None
    honest_log_loss: Estimate | None = None
    references: tuple[ReferenceComparison, ...] = ()
    references_note: str = ""
    members: tuple[Member, ...] = ()
    parity: float | None = None
    export_note: str = ""
    artifact: str = ""
    gaps: tuple[str, ...] = ()
    roc_band: tuple[BandPoint, ...] = ()
    gains: Curve = Curve((), ())
    distribution: tuple[RiskBin, ...] = ()
    calibration_slope: Estimate | None = None
    calibration_intercept: Estimate | None = None
    benefit: tuple[BenefitPoint, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    learning_curve: tuple[LearningPoint, ...] = ()
    learning_note: str = ""
    importance: tuple[Importance, ...] = ()
    dependence: tuple[Dependence, ...] = ()
    fit_seconds: float | None = None
    model_bytes: int | None = None
    row_ms: float | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)

    @property
    def drawn_auc(self) -> float | None:
        """The AUC to tell beside the ROC curve: the mean over the folds; of several outcomes that of the one that is drawn."""
        return self.roc.area if len(self.labels) > 2 else self.metrics.get("AUC_weighted")
