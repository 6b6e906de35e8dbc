import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.validation import infer_schema
from hfcore.reporting.calibration import wilson_interval
from hfcore.reporting.subgroups import Group, delong, groups_of, missed_share, subgroup


def scored(seed=0, rows=299):
    rng = np.random.default_rng(seed)
    event = rng.random(rows) < 0.32
    return event, np.clip(rng.normal(0.25 + 0.25 * event, 0.16), 0.01, 0.99)


def test_the_shipped_table_is_parted_by_sex_age_ejection_fraction_and_diabetes():
    """Every patient is in one group of each variable; nobody is parted by the outcome or by follow-up time."""
    frame = load_heart_failure()
    groups = groups_of(frame, HEART_FAILURE_SCHEMA)
    variables = list(dict.fromkeys(g.variable for g in groups))
    assert {"Sex", "Age", "Ejection fraction", "Diabetes"} <= set(variables)
    assert not {"Death", "Follow-up time"} & set(variables)
    for variable in variables:
        assert sum(g.members.sum() for g in groups if g.variable == variable) == len(frame)
    names = {g.name: int(g.members.sum()) for g in groups if g.variable in ("Age", "Sex")}
    assert names == {"under 65 years": 184, "65 to under 75 years": 74, "75 years or more": 41, "woman": 105, "man": 194}


def test_another_table_is_parted_by_its_own_columns():
    """Numbers are parted into thirds, yes/no columns in two; missing cells belong to no group, a constant parts nobody."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=90), "flag": [0, 1] * 45, "same": [1.0] * 90, "label": [0, 1, 1] * 30})
    frame.loc[:9, "x"] = np.nan
    groups = groups_of(frame.drop(columns="label"), infer_schema(frame.drop(columns="label")))
    assert [g.variable for g in groups] == ["x", "x", "x", "flag", "flag"]
    assert [int(g.members.sum()) for g in groups[3:]] == [45, 45]
    assert sum(int(g.members.sum()) for g in groups[:3]) == 80
    assert all(26 <= g.members.sum() <= 27 for g in groups[:3])


def test_the_figures_of_a_group_are_those_of_its_patients():
    """n, events, scikit-learn's AUC, observed less predicted and the share missed are those of the members alone."""
    event, risk = scored()
    members = np.arange(299) < 120
    found = subgroup(Group("Sex", "woman", members), event, risk)
    own, given = event[members], risk[members]
    assert (found.rows, found.events, found.few) == (120, own.sum(), False)
    assert found.auc.value == pytest.approx(roc_auc_score(own, given), abs=1e-12)
    assert found.observed_less_predicted.value == pytest.approx(own.mean() - given.mean(), abs=1e-12)
    missed = int((given[own] < 0.4).sum())
    share = missed_share(found, 0.4)
    assert (share.value, share.low, share.high) == (missed / own.sum(), *wilson_interval(missed, int(own.sum())))


@pytest.mark.parametrize(("rows", "events", "few"), [(49, 20, True), (60, 9, True), (60, 51, True), (60, 10, False)])
def test_a_small_group_is_flagged(rows, events, few):
    """Fewer than 50 patients, or fewer than ten with or without the event, are too few to judge."""
    event = np.arange(rows) < events
    assert subgroup(Group("a", "b", np.ones(rows, dtype=bool)), event, np.linspace(0.1, 0.9, rows)).few is few


def test_a_group_that_allows_no_figure_has_none():
    """With one outcome only there is no AUC; without an event nothing is missed; a perfect order has no interval."""
    alone = subgroup(Group("a", "b", np.ones(20, dtype=bool)), np.zeros(20, dtype=bool), np.linspace(0.1, 0.9, 20))
    assert (alone.auc, missed_share(alone, 0.5)) == (None, None)
    assert delong(np.arange(20) > 9, np.linspace(0, 1, 20)).low is None


def test_delong_holds_the_true_auc_in_95_of_100_tables():
    """Over 1,000 simulated groups of 80 patients the interval holds the true AUC in 92 to 98 %."""
    rng, held, true = np.random.default_rng(1), 0, 0.7602
    for _ in range(1_000):
        event = rng.random(80) < 0.35
        found = delong(event, rng.normal(event.astype(float), 1.0))
        held += found.low <= true <= found.high
    assert 920 <= held <= 980
