import math
from dataclasses import replace

from hfcore.reporting.headline import confusion_sentence, headline
from hfcore.reporting.report import Estimate, ThresholdCounts
from tests.unit.reporting.test_build import report

BASE = report(excluded_columns=["time"])


def test_the_winner_is_told_by_its_honest_figure():
    """The winner's sentence gives the corrected AUC with its interval and says that `time` was left out."""
    winner = replace(BASE, algorithm="VotingEnsemble", honest=Estimate(0.8031, 0.741, 0.862))
    assert headline(winner) == "Best so far: VotingEnsemble, AUC 0.803 (95 % 0.74 to 0.86), without follow-up time."


def test_another_child_is_told_by_its_own_interval():
    """Any other child's sentence gives its bootstrap interval and does not call it the best."""
    other = replace(BASE, intervals={"AUC_weighted": Estimate(0.7, 0.6, 0.8)})
    assert headline(other) == "MaxAbsScaler, LightGBM, AUC 0.700 (95 % 0.60 to 0.80), without follow-up time."


def test_follow_up_time_is_never_passed_over():
    """A model that uses `time` is told with the reason why its figure cannot be had for a new patient."""
    leaky = replace(BASE, uses_follow_up_time=True, excluded_columns=(), honest=Estimate(0.912, 0.87, 0.95))
    sentence = headline(leaky)
    assert "0.912" in sentence
    assert "uses follow-up time" in sentence
    assert "new patient" in sentence
    assert "cannot be had" in sentence


def test_unknown_figures_are_said_to_be_unknown():
    """Without any AUC the sentence says so instead of printing nan."""
    assert "AUC not known" in headline(replace(BASE, metrics={"AUC_weighted": math.nan}, intervals={}))
    assert headline(replace(BASE, metrics={"AUC_weighted": 0.75}, intervals={}, excluded_columns=())).endswith("AUC 0.750.")


def test_confusion_is_told_in_words():
    """The counts at a cut are told as people found and people flagged."""
    counts = ThresholdCounts(0.35, true_positive=71, false_positive=24, true_negative=179, false_negative=25)
    assert confusion_sentence(counts) == "At a cut of 35 %: of 96 who died, 71 found; of 203 who survived, 24 flagged."
