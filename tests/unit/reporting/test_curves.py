import json

import numpy as np
import pytest
from sklearn.metrics import auc, confusion_matrix, precision_recall_curve, roc_auc_score, roc_curve

from hfcore.reporting.curves import precision_recall, roc, threshold_counts


def scored(seed, tied=False, rows=200):
    rng = np.random.default_rng(seed)
    truth = rng.random(rows) < 0.3
    score = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    return truth, score.round(1) if tied else score


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_roc_equals_scikit_learn(seed, tied):
    """The ROC curve has scikit-learn's points and cuts to 1e-9, the first cut above every score."""
    truth, score = scored(seed, tied)
    alarms, found, cuts = roc_curve(truth, score)
    ours = roc(truth, score)
    assert np.allclose(ours.x, alarms, atol=1e-9, rtol=0)
    assert np.allclose(ours.y, found, atol=1e-9, rtol=0)
    assert np.allclose(ours.thresholds[1:], cuts[1:], atol=1e-9, rtol=0)
    assert ours.thresholds[0] > score.max()
    assert auc(ours.x, ours.y) == pytest.approx(roc_auc_score(truth, score), abs=1e-9)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_precision_recall_equals_scikit_learn(seed, tied):
    """The precision-recall curve has scikit-learn's points and cuts to 1e-9, from recall 0 on."""
    truth, score = scored(seed, tied)
    precision, recall, cuts = precision_recall_curve(truth, score)
    ours = precision_recall(truth, score)
    assert np.allclose(ours.x, recall[::-1], atol=1e-9, rtol=0)
    assert np.allclose(ours.y, precision[::-1], atol=1e-9, rtol=0)
    assert np.allclose(ours.thresholds[1:], cuts[::-1], atol=1e-9, rtol=0)


def test_counts_equal_the_confusion_matrix_at_every_cut():
    """At each of the 101 cuts, at or above means called positive."""
    truth, score = scored(7, tied=True)
    counts = threshold_counts(truth, score)
    assert [c.threshold for c in counts] == [i / 100 for i in range(101)]
    for c in counts:
        (tn, fp), (fn, tp) = confusion_matrix(truth, score >= c.threshold, labels=[False, True])
        assert (c.true_negative, c.false_positive, c.false_negative, c.true_positive) == (tn, fp, fn, tp)


def test_long_curves_are_bounded_and_plain_json():
    """A curve of many patients keeps its ends, at most 2,000 points, and only numbers that JSON has."""
    truth, score = scored(1, rows=20_000)
    for curve in (roc(truth, score), precision_recall(truth, score)):
        assert len(curve.x) == len(curve.y) == len(curve.thresholds) == 2_000
        assert (curve.x[0], curve.x[-1]) == (0.0, 1.0)
        json.dumps(curve.thresholds, allow_nan=False)


@pytest.mark.parametrize("truth", [[False] * 4, [True] * 4])
def test_one_outcome_only_is_no_crash(truth):
    """With only one outcome the curves still have points."""
    score = [0.1, 0.2, 0.3, 0.4]
    assert len(roc(truth, score).x) >= 2
    assert len(precision_recall(truth, score).x) == 5
