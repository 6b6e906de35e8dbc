from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from hfcore.automl.metrics import classification_metrics
from hfcore.automl.settings import AutoMLSettings
from hfcore.errors import ReportNotAvailable
from hfcore.reporting.build import build_report
from hfcore.reporting.report import NOTHING_KNOWN, Member, PipelineStep


@dataclass(frozen=True)
class Finished:
    """A finished child run with exactly what a report needs of one."""

    probabilities: object
    metrics: dict = field(default_factory=dict)
    fold_metrics: dict = field(default_factory=dict)
    algorithm: str = "MaxAbsScaler, LightGBM"
    steps: tuple = (PipelineStep("LightGBM", {"n_estimators": 50}),)
    members: tuple = ()
    parity: float | None = 2e-8
    export_note: str = ""


def material(classes=2, rows=120, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(rows) % classes
    raw = np.exp(rng.normal(1.0 * (codes[:, None] == np.arange(classes))))
    return codes, raw / raw.sum(axis=1, keepdims=True), np.arange(rows) % 10


def report(
    outcome=None,
    *,
    y=None,
    folds=None,
    labels=(0, 1),
    positive=1,
    features=("age",),
    others=(),
    references=(),
    groups=(),
    **settings,
):
    codes, proba, default_folds = material(len(labels))
    y = np.asarray(labels)[codes] if y is None else y
    return build_report(
        run_id="r",
        child_id="c",
        outcome=outcome or Finished(proba, classification_metrics(y, proba, list(labels))),
        y=y,
        labels=labels,
        positive_label=positive,
        folds=default_folds if folds is None else folds,
        features=features,
        settings=AutoMLSettings(label_column_name="DEATH_EVENT", **settings),
        others=others,
        references=references,
        groups=groups,
    )


def test_figures_come_from_the_out_of_fold_predictions():
    """Rows, events, Brier and the pooled AUC are those of the predictions handed in."""
    codes, proba, _ = material()
    built = report()
    assert (built.rows, built.events, built.positive_label, built.labels) == (120, 60, "1", ("0", "1"))
    assert built.brier == pytest.approx(brier_score_loss(codes, proba[:, 1]), abs=1e-9)
    assert built.intervals["AUC_weighted"].value == pytest.approx(roc_auc_score(codes, proba[:, 1]), abs=1e-9)
    assert built.metrics["AUC_weighted"] == pytest.approx(roc_auc_score(codes, proba[:, 1]), abs=1e-9)
    assert len(built.thresholds) == 101
    assert built.validation == "10-fold stratified cross-validation on 120 patients"


def test_random_splits_are_said_with_how_many_patients_they_reached():
    """Both settings together are Monte Carlo cross-validation; the figures are of those who were ever held out."""
    _, proba, folds = material()
    proba[folds == 0] = np.nan
    told = report(Finished(proba), folds=np.where(folds == 0, -1, folds), validation_size=0.25, n_cross_validations=7)
    assert told.validation == "7 random splits that hold out 25 % each, 108 of 120 patients in all"
    assert told.rows == 108


def test_row_weights_are_said_with_what_does_not_know_them():
    """With a weight column the report says which figures are weighted and which count every patient once."""
    told = report(weight_column_name="w").validation
    assert told.startswith("10-fold stratified cross-validation on 120 patients, weighted by 'w' in the table of metrics")
    assert told.endswith("curves and intervals count every patient once")


def test_follow_up_time_is_remarked_by_its_column():
    """A report says whether `time` was a feature and which columns were left out."""
    assert report(features=("age", "time")).uses_follow_up_time
    without = report(excluded_columns=["time"])
    assert not without.uses_follow_up_time
    assert without.excluded_columns == ("time",)


def test_only_the_winner_gets_an_honest_estimate():
    """With every candidate's predictions the report holds the corrected AUC and says what was corrected; else none."""
    codes, proba, _ = material()
    tried = [proba, *[material(seed=s)[1] for s in range(1, 24)]]
    winner = report(others=tried)
    assert winner.honest.value < max(roc_auc_score(codes, p[:, 1]) for p in tried)
    assert winner.honest_note == "corrected for having picked the best of 24"
    plain = report()
    assert (plain.honest, plain.honest_note) == (None, "")


def test_candidates_without_predictions_do_not_count():
    """A candidate that failed is not one that could have been picked."""
    _, proba, _ = material()
    built = report(others=[proba, None, np.full_like(proba, np.nan), material(seed=3)[1]])
    assert built.honest_note == "corrected for having picked the best of 2"


def test_an_ensemble_says_what_the_correction_leaves_out():
    """The note of an ensemble says that the choice of its members is not corrected for."""
    proba = material()[1]
    ensemble = Finished(proba, algorithm="VotingEnsemble", members=(Member(1, "KNN", 1.0),))
    built = report(ensemble, others=[proba, material(seed=3)[1]])
    assert "members" in built.honest_note
    assert built.members[0].algorithm == "KNN"


def test_a_held_out_set_is_reported_on_its_rows_only():
    """With one held-out set, rows that were trained on are in no figure."""
    _, proba, _ = material()
    folds = np.where(np.arange(120) < 30, 0, -1)
    proba = np.where(folds[:, None] < 0, np.nan, proba)
    built = report(Finished(proba), folds=folds)
    assert built.rows == 30
    assert built.validation == "a held-out set of 30 out of 120 patients"


@pytest.mark.parametrize(("labels", "positive"), [(("low", "mid", "high"), "high"), ((1, 2, 3), 2)])
def test_three_classes_are_reported_for_one_against_the_rest(labels, positive):
    """With more classes the curves are about the positive one against all others."""
    built = report(labels=labels, positive=positive, others=[material(3)[1], material(3, seed=5)[1]])
    codes, proba, _ = material(3)
    column = labels.index(positive)
    assert built.events == 40
    assert built.brier == pytest.approx(np.mean((proba[:, column] - (codes == column)) ** 2), abs=1e-9)
    assert built.honest is not None


def test_labels_may_be_true_and_false():
    """A yes/no label of Python or numpy truth values is understood."""
    codes, _, _ = material()
    assert report(y=codes.astype(bool), labels=(False, True), positive=True).events == 60
    assert report(y=codes.astype(float), labels=(0, 1)).events == 60


def test_a_child_without_predictions_has_no_report():
    """A child run that failed cannot be reported on, and the error says so."""
    with pytest.raises(ReportNotAvailable, match="no predictions"):
        report(Finished(None))
    with pytest.raises(ReportNotAvailable, match="held out"):
        report(Finished(material()[1]), folds=np.full(120, -1))


@dataclass(frozen=True)
class Simple:
    """A simple model on the same folds."""

    name: str
    probabilities: object
    note: str = "what it is"
    metrics: dict = field(default_factory=dict)


def test_simpler_models_keep_their_metrics_and_knowing_nothing_has_some():
    """A simple model's metrics stand beside it; what gives everyone the same risk has scikit-learn's for such a forecast."""
    _, proba, _ = material()
    event = (np.arange(120) % 3 == 0).astype(int)
    built = report(others=[proba], references=[Simple("plain", proba, metrics={"accuracy": 0.7})], y=event)
    assert built.references[0].metrics == {"accuracy": 0.7}
    nothing = built.references[1].metrics
    shares = np.tile([2 / 3, 1 / 3], (120, 1))
    known = classification_metrics(event, shares, [0, 1])
    assert set(nothing) == {"AUC_macro", "AUC_weighted", "matthews_correlation", "norm_macro_recall", "accuracy"} | {
        "balanced_accuracy",
        "log_loss",
    }
    assert nothing == pytest.approx({name: known[name] for name in nothing}, abs=1e-12)


def test_the_winner_is_compared_with_simpler_models():
    """The winner's report has a bias-corrected Brier score and log loss, each simple model, and the same risk for everyone."""
    codes, proba, _ = material()
    simple = [Simple("plain", material(seed=3)[1]), Simple("same as the winner", proba)]
    built = report(others=[proba], references=simple)
    assert [(r.name, r.note) for r in built.references[:2]] == [(s.name, "what it is") for s in simple]
    assert built.honest_brier.low < brier_score_loss(codes, proba[:, 1]) < built.honest_brier.high
    assert built.honest_log_loss.low < built.honest_log_loss.value < built.honest_log_loss.high
    plain, same, everyone = built.references
    assert plain.auc.low < roc_auc_score(codes, simple[0].probabilities[:, 1]) < plain.auc.high
    assert (same.auc_difference.low, same.brier_difference.high) == (0.0, 0.0)
    assert everyone.auc.value == 0.5
    assert everyone.brier.value == pytest.approx(0.25, abs=0.002)
    assert built.honest.value - plain.auc.value == pytest.approx(plain.auc_difference.value, abs=1e-12)
    assert built.honest_brier.value - plain.brier.value == pytest.approx(plain.brier_difference.value, abs=1e-12)


def test_a_simpler_model_that_is_missing_is_told():
    """One that could not be fitted leaves its sentence, and the others stay."""
    _, proba, _ = material()
    built = report(others=[proba], references=[Simple("plain", None, "There is none."), Simple("other", material(seed=3)[1])])
    assert [r.name for r in built.references] == ["other", NOTHING_KNOWN]
    assert built.references_note == "There is none."


def test_only_the_winner_is_compared():
    """A child run that is not the winner has no comparison; a winner without simple models has its own figures only."""
    _, proba, _ = material()
    assert report().references == ()
    alone = report(others=[proba])
    assert (alone.references, alone.references_note) == ((), "")
    assert alone.honest_brier is not None
