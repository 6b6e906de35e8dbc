"""What each of Azure's classification metrics means, in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """One metric: its name for people, a plain sentence, and whether a higher value is better."""

    title: str
    sentence: str
    higher_is_better: bool = True


_AREA = "How often a patient with the outcome gets a higher risk than one without; 0.5 is chance, 1 is perfect."
_PRECISION_CURVE = "Precision averaged over every cut-off; chance scores the share of the class."
_F1 = "Balance of precision and recall at a cut-off of 0.5 (their harmonic mean)."
_PRECISION = "Of the patients called an outcome, the share that has it."
_RECALL = "Of the patients with an outcome, the share that is called so."

_FAMILIES = {
    "AUC": ("AUC", _AREA),
    "average_precision_score": ("Average precision", _PRECISION_CURVE),
    "f1_score": ("F1", _F1),
    "precision_score": ("Precision", _PRECISION),
    "recall_score": ("Recall", _RECALL),
}
_AVERAGES = {
    "macro": "Both outcomes count the same.",
    "micro": "Every patient counts the same, both outcomes pooled.",
    "weighted": "Each outcome counts by its number of patients.",
}
_SINGLE = {
    "accuracy": Meaning("Accuracy", "Share of patients that are classed rightly at a cut-off of 0.5."),
    "balanced_accuracy": Meaning("Balanced accuracy", "Mean of the shares classed rightly among each outcome; 0.5 is chance."),
    "log_loss": Meaning("Log loss", "Punishes confident errors; 0 is perfect, lower is better.", False),
    "matthews_correlation": Meaning(
        "Matthews correlation", "Agreement of prediction and outcome from -1 to 1; 0 is chance, fair when outcomes are uneven."
    ),
    "norm_macro_recall": Meaning("Normalised macro recall", "Balanced accuracy stretched so that 0 is chance and 1 is perfect."),
    "weighted_accuracy": Meaning(
        "Weighted accuracy",
        "Accuracy in which each patient counts by the size of their outcome's group; the larger rules.",
    ),
}


def meaning(name: str) -> Meaning:
    """Return what a metric means; a metric that is not known is shown by its own name."""
    if name in _SINGLE:
        return _SINGLE[name]
    family, _, average = name.rpartition("_")
    if family in _FAMILIES and average in _AVERAGES:
        title, sentence = _FAMILIES[family]
        return Meaning(f"{title}, {average}", f"{sentence} {_AVERAGES[average]}")
    return Meaning(name, "")
