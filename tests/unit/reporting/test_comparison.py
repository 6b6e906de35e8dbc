import math
from dataclasses import replace

import pytest

from hfcore.reporting.comparison import verdict
from hfcore.reporting.report import NOTHING_KNOWN, Estimate, ReferenceComparison
from tests.unit.reporting.test_build import report

NONE = Estimate(0.0, 0.0, 0.0)
UP, DOWN, TIE = Estimate(0.03, 0.01, 0.05), Estimate(-0.03, -0.05, -0.01), Estimate(0.01, -0.02, 0.04)
UNKNOWN = Estimate(math.nan)


def against(name, auc, brier):
    return ReferenceComparison(name, NONE, NONE, NONE, auc, brier, NONE)


def said(*references):
    return verdict(replace(report(), references=(*references, against(NOTHING_KNOWN, UP, DOWN))))


LUCK = " Where the interval of a difference holds 0, the difference may be luck."
SENTENCES = [
    ((TIE, TIE), (TIE, TIE), "In AUC and in Brier score, this model cannot be told apart from x or y." + LUCK),
    ((UP, DOWN), (UP, DOWN), "In AUC and in Brier score, this model is better than x and y."),
    ((DOWN, UP), (DOWN, UP), "In AUC and in Brier score, this model is worse than x and y."),
    ((TIE, DOWN), (UP, DOWN), "In AUC, this model is better than y and cannot be told apart from x; in Brier score, it is "
     "better than x and y." + LUCK),
    ((NONE, NONE), (UP, TIE), "In AUC, this model is better than y and cannot be told apart from x; in Brier score, it "
     "cannot be told apart from x or y." + LUCK),
    ((UNKNOWN, UNKNOWN), (UP, DOWN), "In AUC and in Brier score, this model is better than y and could not be compared "
     "with x."),
]  # fmt: skip


@pytest.mark.parametrize(("x", "y", "sentence"), SENTENCES)
def test_the_verdict_follows_from_the_intervals(x, y, sentence):
    """Better or worse only where the interval leaves out 0, in the metric's own direction; a tie is said as a tie."""
    assert said(against("x", *x), against("y", *y)) == sentence


def test_words_do_not_contradict_the_figures_shown():
    """An interval that begins at 0.000 in three decimals is a tie, though its end is above 0 by a hair."""
    hair = Estimate(0.02, 0.0004, 0.04)
    assert "cannot be told apart from x" in said(against("x", hair, DOWN))


def test_without_a_simpler_model_there_is_no_verdict():
    """A report of a child run that was not compared says nothing, nor does one against nothing but the same risk for all."""
    assert verdict(report()) == ""
    assert said() == ""


def test_a_forest_has_its_article():
    """The sentence reads as a sentence."""
    assert "than logistic regression and a random forest of 500 trees." in said(
        against("logistic regression", UP, DOWN), against("random forest of 500 trees", UP, DOWN)
    )
