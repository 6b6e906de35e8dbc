"""The plain words for Azure's metrics."""

from __future__ import annotations

from hfcore.ui.metric_words import meaning


def test_an_averaged_metric_says_how_it_is_averaged() -> None:
    """The average is part of the title and of the sentence."""
    words = meaning("AUC_weighted")
    assert words.title == "AUC, weighted"
    assert words.sentence.endswith("Each outcome counts by its number of patients.")


def test_lower_is_better_for_log_loss_only() -> None:
    """Every metric but log loss rises as the model gets better."""
    names = ("accuracy", "AUC_macro", "log_loss", "matthews_correlation", "norm_macro_recall")
    assert [n for n in names if not meaning(n).higher_is_better] == ["log_loss"]


def test_an_unknown_metric_keeps_its_name() -> None:
    """A metric that came from elsewhere is shown by its own name, without an invented meaning."""
    assert (meaning("f2_score_other").title, meaning("f2_score_other").sentence) == ("f2_score_other", "")
