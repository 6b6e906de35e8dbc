"""Search beyond the portfolio on long tables: Optuna proposes parameters, in rounds, from what the earlier rounds scored.

Below about 2,000 rows a search of this kind finds the noise of the folds and loses to the portfolio (docs/automl.md), so there
is none. A round's proposals are drawn before any of it has ended: the leaderboard is the same however many work at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfcore.automl.outcome import ChildOutcome, TrialPlan

if TYPE_CHECKING:
    import optuna

ROUND = 4
_LEAST_ROWS = 2_000
_MANY_ROWS = 20_000
_TRIALS, _TRIALS_OF_MANY = 16, 8
_AT_RANDOM = 4  # proposals of a family before its scores guide the next
_FEW: dict[str, Any] = {"log": True, "most_rows": 20_000}

Ranges = dict[str, tuple[str, float, float]]
# Two rounds' worth of boosting for one of a smooth model: that is where long tables have something left to find.
_CYCLE = (
    "MaxAbsScaler, LightGBM",
    "MaxAbsScaler, XGBoostClassifier",
    "MaxAbsScaler, LightGBM",
    "StandardScalerWrapper, LogisticRegression",
)
_FIXED: dict[str, dict[str, Any]] = {
    "LightGBM": {},
    "XGBoostClassifier": {"max_bin": 128},
    "LogisticRegression": _FEW,
}
_RANGES: dict[str, Ranges] = {
    "LightGBM": {
        "n_estimators": ("int log", 60, 400),
        "learning_rate": ("log", 0.02, 0.15),
        "num_leaves": ("int log", 3, 96),
        "min_data_in_leaf": ("int log", 5, 100),
        "lambda_l2": ("log", 0.3, 30.0),
        "feature_fraction_bynode": ("plain", 0.3, 1.0),
    },
    "XGBoostClassifier": {
        "n_estimators": ("int log", 60, 300),
        "eta": ("log", 0.02, 0.15),
        "max_depth": ("int", 2, 7),
        "reg_lambda": ("log", 0.5, 30.0),
        "colsample_bynode": ("plain", 0.3, 1.0),
        "subsample": ("plain", 0.5, 1.0),
    },
    "LogisticRegression": {"C": ("log", 0.001, 3.0), "knots": ("int", 3, 8)},
}


def tuned_pipelines(families: set[str], rows: int) -> list[str]:
    """Return which pipelines are tuned, one entry per trial, in order; nothing for short tables."""
    allowed = [name for name in _CYCLE if name.rsplit(", ", 1)[-1] in families]
    if rows < _LEAST_ROWS or not allowed:
        return []
    count = _TRIALS if rows <= _MANY_ROWS else _TRIALS_OF_MANY
    return [allowed[i % len(allowed)] for i in range(count)]


class Tuner:
    """One study per family; `propose` fills plans with parameters, `learn` hears what became of them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._studies: dict[str, optuna.Study] = {}
        self._asked: dict[int, tuple[optuna.Study, optuna.trial.Trial]] = {}

    def propose(self, plan: TrialPlan) -> TrialPlan:
        """Return the plan with the parameters to try."""
        study = self._study(plan.family)
        trial = study.ask(_distributions(plan.family))
        self._asked[plan.number] = study, trial
        return replace(plan, parameters=_FIXED[plan.family] | trial.params)

    def learn(self, outcome: ChildOutcome) -> None:
        """Note a score, or that there is none."""
        study, trial = self._asked.pop(outcome.number)
        if outcome.is_scored:
            study.tell(trial, outcome.score)
        else:
            study.tell(trial, state=_failed())

    def _study(self, family: str) -> optuna.Study:
        import optuna

        if family not in self._studies:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            seed = self._seed + list(_RANGES).index(family)
            sampler = optuna.samplers.TPESampler(seed=seed % 2**32, n_startup_trials=_AT_RANDOM)
            self._studies[family] = optuna.create_study(direction="maximize", sampler=sampler)
        return self._studies[family]


def tune(
    plans: Sequence[TrialPlan],
    children: Sequence[ChildOutcome],
    seed: int,
    goes_on: Callable[[Sequence[ChildOutcome]], bool],
    search: Callable[[Sequence[TrialPlan], Sequence[ChildOutcome]], list[ChildOutcome]],
) -> list[ChildOutcome]:
    """Work through the tuned `plans` in rounds; return all outcomes, the earlier `children` included.

    Args:
        plans: The tuned trials, without parameters.
        children: Outcomes of the portfolio.
        seed: The run's seed.
        goes_on: Tells from the outcomes so far whether a further round may start.
        search: Works on a round's plans and returns all outcomes; what it was given as ended is not tried again.
    """
    tuner, found = Tuner(seed), list(children)
    for first in range(0, len(plans), ROUND):
        if not goes_on(found):
            break
        asked = [tuner.propose(plan) for plan in plans[first : first + ROUND]]
        found = search(asked, found)
        ended = {outcome.number: outcome for outcome in found}
        if any(plan.number not in ended for plan in asked):
            break
        for plan in asked:
            tuner.learn(ended[plan.number])
    return found


def _distributions(family: str) -> dict[str, optuna.distributions.BaseDistribution]:
    from optuna.distributions import FloatDistribution, IntDistribution

    made: dict[str, optuna.distributions.BaseDistribution] = {}
    for name, (kind, low, high) in _RANGES[family].items():
        log = "log" in kind
        made[name] = IntDistribution(int(low), int(high), log=log) if "int" in kind else FloatDistribution(low, high, log=log)
    return made


def _failed() -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    return TrialState.FAIL
