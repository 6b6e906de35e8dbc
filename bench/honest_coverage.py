"""How often the interval of the honest figures holds the truth: python -m bench.honest_coverage [--tables 200] [--fitted 20].

Two simulations of a search on 299 patients of whom a third have the event, both with a truth that is known:
scores   candidates are scores whose true AUC and Brier score are known by a sample of 400,000; 24 of them, nearly alike as
         those of one search are, or one that stands out; the reference is one more score;
fitted   twelve scikit-learn models in real ten-fold cross-validation on a new table each time; the truth is the picked model,
         fitted on all rows, on 20,000 new patients; the references are a plain logistic regression and a random forest of 100.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.honest import AUC, BRIER, judge
from hfcore.reporting.report import Estimate
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions

Floats = npt.NDArray[np.float64]
ROWS, MANY, RESAMPLES = 299, 400_000, 500
SETTINGS = {
    "24 alike": np.full(24, 1.2),
    "24 spread": np.linspace(0.6, 1.3, 24),
    "one stands out": np.array([1.6, *np.full(11, 0.9)]),
    "1 candidate": np.array([1.2]),
    "strong, 24 alike": np.full(24, 1.9),
}


def scores(rng: np.random.Generator, strengths: Floats, rows: int, shared: float = 0.9) -> list[Predictions]:
    """Return predictions of candidates and, last, of a reference; their errors are correlated by `shared`."""
    event = rng.random(rows) < 0.32
    common = rng.normal(size=rows)
    made = []
    for strength in [*strengths, 1.0]:
        noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=rows)
        logit = strength * (noise + strength * event) - strength**2 / 2 + np.log(0.32 / 0.68)  # the true log odds
        risk = 1 / (1 + np.exp(-logit))
        made.append(Predictions(event.astype(np.intp), np.column_stack([1 - risk, risk])))
    return made


def truth(p: Predictions) -> dict[str, float]:
    """Return the metrics over all rows."""
    return {m: float(RESAMPLED_METRICS[m](p, np.ones((1, len(p.codes))))[0]) for m in (AUC, BRIER)}


def simulated(strengths: Floats, tables: int) -> Iterator[dict[str, tuple[Estimate, float]]]:
    """Yield estimates with their truths, one table after another."""
    known = [truth(p) for p in scores(np.random.default_rng(1), strengths, MANY)]
    for seed in range(tables):
        made = scores(np.random.default_rng([seed, 7]), strengths, ROWS)
        yield _held(made[:-1], {"reference": made[-1]}, known[:-1], {"reference": known[-1]}, seed)


def _held(
    tried: Sequence[Predictions],
    references: dict[str, Predictions],
    known: Sequence[dict[str, float]],
    known_references: dict[str, dict[str, float]],
    seed: int,
) -> dict[str, tuple[Estimate, float]]:
    winner = known[int(np.argmax([truth(p)[AUC] for p in tried]))]
    judged = judge(tried, references, resamples=RESAMPLES, seed=seed)
    found = {metric: (judged.figures[metric], winner[metric]) for metric in (AUC, BRIER)}
    for reference in judged.references:
        gaps = {AUC: reference.auc_difference, BRIER: reference.brier_difference}
        own = known_references[reference.name]
        found |= {f"{m} minus {reference.name}": (gap, winner[m] - own[m]) for m, gap in gaps.items()}
    return found


def patients(rng: np.random.Generator, rows: int) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Return eleven columns, some skewed, and an event that depends on five of them, partly in a curve."""
    x = rng.normal(size=(rows, 11))
    x[:, :3] = np.exp(0.8 * x[:, :3])
    logit = -1.1 + 0.9 * np.log(x[:, 0]) - 0.5 * x[:, 3] + 0.5 * (x[:, 4] ** 2 - 1) + 0.6 * x[:, 5] - 0.4 * x[:, 6]
    return x, (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.intp)


def models() -> tuple[list[Callable[[], Any]], dict[str, Callable[[], Any]]]:
    """Return makers of the candidates and of the references."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    linear = [lambda c=c: make_pipeline(StandardScaler(), LogisticRegression(C=c)) for c in (0.003, 0.03, 0.3)]
    curved = [
        lambda c=c: make_pipeline(StandardScaler(), PolynomialFeatures(2), StandardScaler(), LogisticRegression(C=c))
        for c in (0.0003, 0.003, 0.03)
    ]
    near = [lambda k=k: make_pipeline(StandardScaler(), KNeighborsClassifier(k)) for k in (20, 40)]
    trees = [lambda d=d: DecisionTreeClassifier(max_depth=d, min_samples_leaf=15, random_state=0) for d in (2, 3)]
    forest = [lambda: RandomForestClassifier(30, min_samples_leaf=5, random_state=0)]
    references = {
        "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        "random forest": lambda: RandomForestClassifier(100, random_state=0),
    }
    return [*linear, *curved, *near, *trees, *forest, GaussianNB], references


def fitted(tables: int) -> Iterator[dict[str, tuple[Estimate, float]]]:
    """Yield estimates with their truths from models that are really fitted, one table after another."""
    candidates, references = models()
    new, event = patients(np.random.default_rng(1), 20_000)
    for seed in range(tables):
        x, y = patients(np.random.default_rng([seed, 7]), ROWS)
        folds = np.random.default_rng(seed).permutation(np.arange(ROWS) % 10)
        tried = [_cross_validated(make, x, y, folds) for make in candidates]
        others = {name: _cross_validated(make, x, y, folds) for name, make in references.items()}
        known = [truth(Predictions(event, make().fit(x, y).predict_proba(new))) for make in candidates]
        own = {n: truth(Predictions(event, make().fit(x, y).predict_proba(new))) for n, make in references.items()}
        yield _held(tried, others, known, own, seed)


def _cross_validated(make: Callable[[], Any], x: Floats, y: npt.NDArray[np.intp], folds: Any) -> Predictions:
    risks = np.empty((len(y), 2))
    for fold in range(10):
        kept = folds != fold
        risks[~kept] = make().fit(x[kept], y[kept]).predict_proba(x[~kept])
    return Predictions(y, risks)


def report(title: str, rounds: Sequence[dict[str, tuple[Estimate, float]]]) -> None:
    """Print for each figure how often it was held, its bias and the mean width of its interval."""
    for name in rounds[0]:
        pairs = [r[name] for r in rounds]
        held = np.mean([e.low - 1e-12 <= true <= e.high + 1e-12 for e, true in pairs])  # type: ignore[operator]
        bias = np.mean([e.value - true for e, true in pairs])
        width = np.mean([e.high - e.low for e, _ in pairs])  # type: ignore[operator]
        print(f"{title:<18} {name:<36} held {held:6.1%}   bias {bias:+.4f}   width {width:.4f}", flush=True)


def main() -> None:
    """Run both simulations and print their tables."""
    parser = argparse.ArgumentParser(description="How often the interval of the honest figures holds the truth.")
    parser.add_argument("--tables", type=int, default=200, help="tables of scores per setting")
    parser.add_argument("--fitted", type=int, default=20, help="tables with models that are really fitted")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for title, strengths in SETTINGS.items():
        if asked.tables:
            report(title, list(simulated(strengths, asked.tables)))
    if asked.fitted:
        report("fitted", list(fitted(asked.fitted)))


if __name__ == "__main__":
    main()
