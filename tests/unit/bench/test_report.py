"""The tables at the end: every difference has its sign, every rank its folds, every failure its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.peers.report import by_engine, difference, ranks, table_of_folds, table_of_tables
from bench.peers.result import Result


def _row(engine: str, fold: int, auc: float, loss: float, table: str = "records") -> Result:
    return Result(engine, "1", 30.0, table, "feed", fold, 80, 20, auc=auc, log_loss=loss)


OURS = [_row("hfcore", fold, auc, 0.3) for fold, auc in enumerate((0.91, 0.92, 0.93, 0.92, 0.92))]
PEER = [_row("flaml", fold, 0.90, 0.4) for fold in range(3)]
FAILED = replace(_row("h2o", 0, 0, 0), error="ended with 1: no Java")


def test_a_difference_is_ours_minus_the_peers_on_shared_folds() -> None:
    """Folds that only one engine has do not count; one shared fold gives no p, none gives a dash."""
    engines = by_engine([*OURS, *PEER])
    assert difference(engines["hfcore"], engines["flaml"], "auc").startswith("+0.0200 (0.")
    assert difference(engines["hfcore"], {0: PEER[0]}, "log_loss") == "-0.1000"
    assert difference(engines["hfcore"], {}, "auc") == "-"


def test_ranks_are_taken_on_folds_that_all_have() -> None:
    """Higher AUC and lower log loss rank first."""
    assert ranks(by_engine([*OURS, *PEER])) == {"hfcore": (1.0, 1.0), "flaml": (2.0, 2.0)}


@pytest.mark.parametrize("table", [table_of_folds, table_of_tables])
def test_a_failed_engine_is_named_with_its_reason(table: object) -> None:
    """A failure stands under the table and enters no mean and no rank."""
    assert callable(table)
    lines = table([*OURS, *PEER, FAILED])
    assert "FAILED h2o on 1 folds of records: ended with 1: no Java" in lines
    assert [line for line in lines if line.startswith("h2o")] == []


def test_tables_are_ranked_where_every_engine_has_a_result() -> None:
    """A table that one engine did not finish is left out of the ranks and named."""
    rows = [_row("hfcore", 0, 0.8, 0.5, "a"), _row("flaml", 0, 0.9, 0.6, "a"), _row("hfcore", 0, 0.7, 0.5, "b")]
    lines = table_of_tables(rows)
    assert [line.split() for line in lines if line.startswith("mean rank")] == [
        ["mean", "rank", "2.00", "1.00"],
        ["mean", "rank", "1.00", "2.00"],
    ]
    assert "not ranked, for some engine has no result: b" in lines
