"""The search beyond the portfolio on long tables."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from hfcore.automl.engine import fit
from hfcore.automl.executors import ProcessExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.result import AutoMLResult
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.tuning import ROUND, Tuner, tune
from hfcore.states import RunState

LIGHTGBM = "MaxAbsScaler, LightGBM"
SETTINGS = AutoMLSettings(label_column_name="label", allowed_models=("LightGBM",), n_cross_validations=2, iterations=7)


def plans(count: int, first: int = 1) -> list[TrialPlan]:
    """Tuned trials without parameters."""
    return [TrialPlan(number, LIGHTGBM, is_tuned=True) for number in range(first, first + count)]


def outcome(number: int, score: float | None) -> ChildOutcome:
    """A trial that ended with a score, or failed."""
    return ChildOutcome(number, LIGHTGBM, RunState.FAILED if score is None else RunState.COMPLETED, score)


def worker(asked: list[TrialPlan], scores: dict[int, float | None]) -> object:
    """A search that notes what it is asked for and gives the scores it knows."""

    def work(more: Sequence[TrialPlan], ended: Sequence[ChildOutcome]) -> list[ChildOutcome]:
        asked.extend(more)
        return [*ended, *(outcome(p.number, scores[p.number]) for p in more if p.number in scores)]

    return work


@pytest.fixture(scope="module")
def long_table() -> pd.DataFrame:
    """Rows enough for a search, with a bent edge to find."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2_100, 4)).astype(np.float32)
    label = rng.random(len(x)) < 1 / (1 + np.exp(-(x[:, 0] * x[:, 1] + x[:, 2])))
    return pd.DataFrame(x, columns=list("abcd")).assign(label=label.astype(int))


@pytest.fixture(scope="module")
def found(long_table: pd.DataFrame) -> AutoMLResult:
    """A short run on the long table, in this process."""
    return fit(long_table, SETTINGS)


def test_only_long_tables_are_searched() -> None:
    """Below 2,000 rows there is the portfolio alone; from there on tuned trials follow it, fewer above 20,000 rows."""
    counts = {
        rows: sum(p.is_tuned for p in plan_trials(AutoMLSettings(label_column_name="y"), rows)) for rows in (1999, 2000, 50_000)
    }
    assert counts == {1999: 0, 2000: 16, 50_000: 8}


def test_tuned_trials_are_trials_like_others() -> None:
    """They stand between portfolio and ensembles, without a gap in the numbers, and `iterations` and the allowed models hold."""
    planned = plan_trials(AutoMLSettings(label_column_name="y", allowed_models=("LightGBM", "KNN"), iterations=8), 3_000)
    assert [p.number for p in planned] == list(range(1, 9))
    assert [p.is_tuned for p in planned] == [False] * 2 + [True] * 4 + [False] * 2
    assert {p.family for p in planned if p.is_tuned} == {"LightGBM"}


def test_proposals_repeat_themselves_and_follow_the_scores() -> None:
    """The same seed and scores propose the same; other scores propose something else; all of it can be stored as JSON."""

    def proposals(sign: float) -> list[dict[str, object]]:
        tuner, made = Tuner(7), []
        for plan in plans(12):
            proposed = tuner.propose(plan)
            made.append(json.loads(json.dumps(dict(proposed.parameters))))
            tuner.learn(outcome(plan.number, sign * float(proposed.parameters["num_leaves"])))
        return made

    assert proposals(1.0) == proposals(1.0)
    assert proposals(1.0)[:4] == proposals(-1.0)[:4]
    assert np.mean([float(str(p["num_leaves"])) for p in proposals(1.0)[6:]]) > 2 * np.mean(
        [float(str(p["num_leaves"])) for p in proposals(-1.0)[6:]]
    )


def test_a_round_is_asked_for_as_a_whole() -> None:
    """Proposals come in rounds, a trial that failed does not end them, and what ended earlier comes back too."""
    asked: list[TrialPlan] = []
    scores: dict[int, float | None] = {2: 0.5, 3: None, 4: 0.6, 5: 0.4, 6: 0.7, 7: 0.7}
    all_of_them = tune(plans(6, first=2), [outcome(1, 0.5)], 1, lambda _: True, worker(asked, scores))  # type: ignore[arg-type]
    assert [o.number for o in all_of_them] == [1, 2, 3, 4, 5, 6, 7]
    assert [p.number for p in asked] == [2, 3, 4, 5, 6, 7]
    assert all(p.parameters for p in asked)


def test_no_round_follows_when_the_search_is_over_or_out_of_time() -> None:
    """Neither a search that shall stop nor a round that was not finished is followed by another round."""
    asked: list[TrialPlan] = []
    assert tune(plans(8), [], 1, lambda _: False, worker(asked, {})) == []  # type: ignore[arg-type]
    assert asked == []
    tune(plans(8), [], 1, lambda _: True, worker(asked, {1: 0.5, 2: 0.5}))  # type: ignore[arg-type]
    assert len(asked) == ROUND


def test_the_leaderboard_does_not_depend_on_how_many_work_at_once(
    long_table: pd.DataFrame, found: AutoMLResult, pool: ProcessExecutor
) -> None:
    """Two processes find what one does, parameters included."""
    again = fit(long_table, SETTINGS, executor=pool)
    assert [(c.algorithm, c.score, c.steps) for c in again.children] == [(c.algorithm, c.score, c.steps) for c in found.children]
    assert len(found.children) == 7
    assert len({c.score for c in found.children}) > 4


def test_an_interrupted_search_goes_on_where_it_was(long_table: pd.DataFrame, found: AutoMLResult) -> None:
    """What had finished is not tried again, and the rest is what an undisturbed run would have tried."""
    told: list[int] = []
    resumed = fit(long_table, SETTINGS, lambda child: told.append(child.number), finished=found.children[:4])
    assert told == [5, 6, 7]
    assert [c.score for c in resumed.children] == [c.score for c in found.children]
