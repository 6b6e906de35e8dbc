import numpy as np
import pytest

from hfcore.automl.metrics import classification_metrics
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions, bootstrap_counts


def predictions(seed, classes=2, rows=150, tied=False):
    rng = np.random.default_rng(seed)
    codes = rng.integers(classes, size=rows)
    raw = rng.random((rows, classes)) + 0.4 * (codes[:, None] == np.arange(classes))
    proba = raw / raw.sum(axis=1, keepdims=True)
    if tied:
        proba = np.c_[1 - proba[:, 1].round(1), proba[:, 1].round(1)]
    return Predictions(codes, proba)


CASES = {"two classes": {}, "ties": {"tied": True}, "three classes": {"classes": 3}}


@pytest.mark.parametrize("case", CASES)
def test_a_resample_gives_what_its_rows_give(case):
    """Every metric of a resample in counts equals Azure's metric of the same rows written out, to 1e-9."""
    p = predictions(3, **CASES[case])
    (counts,) = bootstrap_counts(len(p.codes), 5, seed=1)
    for row in counts:
        drawn = np.repeat(np.arange(len(row)), row.astype(int))
        expected = classification_metrics(p.codes[drawn], p.proba[drawn], list(range(p.classes)))
        expected["brier"] = float(np.mean((p.proba[drawn, 1] - (p.codes[drawn] == 1)) ** 2))
        for name, metric in RESAMPLED_METRICS.items():
            assert metric(p, row[None, :])[0] == pytest.approx(expected[name], abs=1e-9), name


def test_resamples_draw_as_many_as_there_are_and_the_seed_decides():
    """Each resample draws n patients, and the same seed draws the same ones."""
    first, again = (np.concatenate(list(bootstrap_counts(40, 100, seed=5))) for _ in range(2))
    assert first.shape == (100, 40)
    assert np.all(first.sum(axis=1) == 40)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, np.concatenate(list(bootstrap_counts(40, 100, seed=6))))


def test_many_rows_come_in_blocks():
    """A large table is resampled in blocks that fit in memory."""
    blocks = list(bootstrap_counts(300_000, 7, seed=0))
    assert [len(b) for b in blocks] == [3, 3, 1]


def test_a_resample_of_one_class_has_no_auc():
    """Where only one class was drawn, the AUC is undefined rather than a number."""
    p = Predictions(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]))
    assert np.isnan(RESAMPLED_METRICS["AUC_weighted"](p, np.array([[2.0, 1.0, 0.0]]))[0])
