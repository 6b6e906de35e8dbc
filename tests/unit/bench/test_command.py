"""The command: one real fold of one real engine, resumed, and nobody missing in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.preprocessing import StandardScaler

from bench.automl_vs_peers import folds_of, main
from bench.peers.engine import ENGINES, Engine
from bench.peers.fresh_process import FoldFailed, judged, measure
from bench.peers.result import Key, read
from bench.peers.table import heart_failure_tables, tables_in


def test_a_fold_is_measured_once_and_everybody_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fold in a fresh process equals scikit-learn's own figures, is not measured again, and who is absent is named."""
    out = tmp_path / "out.csv"
    command = ["--sets", "without", "--folds", "7", "--engines", "logistic,flaml", "--out", str(out), "--venvs", str(tmp_path)]
    main(command)
    first = capsys.readouterr().out
    main(command)
    assert "fold 7, logistic" in first
    assert "fold 7, logistic" not in capsys.readouterr().out
    assert [name for name in (e.name for e in ENGINES) if name not in first] == []
    assert "NOT COMPARED flaml: not installed" in first
    (row,) = read(out)
    assert (row.auc, row.log_loss) == pytest.approx(_by_hand(7), abs=1e-9)
    assert 0 < row.fit_cpu_s < row.all_cpu_s
    assert row.peak_mb > 50
    assert min(row.row_ms, row.row_cpu_ms) > 0


def _by_hand(fold: int) -> tuple[float, float]:
    frame = heart_failure_tables("without")[0].frame
    x, y = frame.drop(columns=["DEATH_EVENT"]).to_numpy(float), frame["DEATH_EVENT"].to_numpy()
    train, test = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=2024).split(x, y))[fold]
    scaler = StandardScaler().fit(x[train])
    proba = (
        LogisticRegression(max_iter=5000).fit(scaler.transform(x[train]), y[train]).predict_proba(scaler.transform(x[test]))[:, 1]
    )
    return float(roc_auc_score(y[test], proba)), float(log_loss(y[test], proba))


def test_an_engine_that_fails_becomes_a_row_that_says_why(tmp_path: Path) -> None:
    """A process that ends with an error is a result with its last words, not a gap."""
    broken = Engine("broken", "bench.peers.fits.nowhere")
    table = heart_failure_tables("with")[0]
    row = measure(broken, table, Key("broken", "1", 0, table.name, table.digest, 0), next(table.splits()), tmp_path, core=0)
    assert "No module named 'bench.peers.fits.nowhere'" in row.error
    assert (row.train_rows, row.test_rows, row.auc) == (239, 60, 0)


def test_only_probabilities_are_judged() -> None:
    """Too few values, gaps and values outside 0 to 1 are a failure, not a score."""
    truth = np.array([0, 1, 1])
    assert judged(truth, np.array([0.2, 0.5, 1.0]))[0] == 1
    for wrong in ([0.2, 0.5], [0.2, 0.5, np.nan], [0.2, 0.5, 1.7]):
        with pytest.raises(FoldFailed, match="3 probabilities"):
            judged(truth, np.array(wrong))


def test_any_two_values_can_be_the_label_of_a_table(tmp_path: Path) -> None:
    """The larger of two label values is the one predicted, every fold has both, and three values are refused."""
    frame = pd.DataFrame({"x": np.arange(40.0), "label": ["sick" if i % 3 else "healthy" for i in range(40)]})
    frame.to_parquet(tmp_path / "two.parquet")
    frame.assign(label=np.arange(40) % 3).to_parquet(tmp_path / "three.parquet")
    (table,) = tables_in(tmp_path, "two")
    assert table.frame["label"].tolist() == [int(label == "sick") for label in frame["label"]]
    assert [len(test) for _, test in table.splits()] == [8] * 5
    with pytest.raises(ValueError, match="the label of three has 3 values"):
        tables_in(tmp_path)


@pytest.mark.parametrize(("text", "folds"), [("0-4", (0, 1, 2, 3, 4)), ("3", (3,)), ("7,0-1,1", (0, 1, 7))])
def test_folds_are_ranges_and_lists(text: str, folds: tuple[int, ...]) -> None:
    """Folds may be asked for as numbers, ranges, or both."""
    assert folds_of(text) == folds
