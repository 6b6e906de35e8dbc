"""The tables at the end: means over folds, differences to our engine, ranks, and who is missing and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bench.peers.engine import OURS
from bench.peers.result import Result
from bench.peers.statistics import corrected_t_test, mean_ranks

Rows = Sequence[Result]
_FIGURES = ("fit_cpu_s", "fit_wall_s", "all_cpu_s", "peak_mb", "row_ms", "row_cpu_ms")
_HEAD = (
    f"{'engine':<17}{'folds':>6}{'AUC':>8}{'log loss':>10}{'rank AUC':>10}{'rank loss':>11}"
    f"{'fit CPU s':>11}{'wall s':>8}{'+imports':>10}{'peak MB':>9}{'row ms':>8}{'CPU ms':>8}"
    f"{'hfcore - it: AUC (p)':>23}{'log loss (p)':>17}"
)
_NOTES = (
    "fit CPU s: user and system seconds, descendants included, imports not counted; +imports: from the start of the process.",
    "peak MB: the process and its descendants, imports included. row ms: median of 50 single predictions; CPU ms: their mean.",
    "p: corrected resampled t-test (Nadeau and Bengio 2003) over the folds that both have. Above 0 in AUC or below 0 in log",
    "loss hfcore is ahead. Ranks: mean over the folds that all engines of the table have; 1 is best.",
)


def by_engine(results: Iterable[Result]) -> dict[str, dict[int, Result]]:
    """Sort results by engine and fold; failures are left out."""
    sorted_: dict[str, dict[int, Result]] = {}
    for row in results:
        if not row.error:
            sorted_.setdefault(row.engine, {})[row.fold] = row
    return sorted_


def shared_folds(engines: Mapping[str, Mapping[int, Result]]) -> list[int]:
    """Folds that every engine has."""
    return sorted(set.intersection(*(set(folds) for folds in engines.values()))) if engines else []


def ranks(engines: Mapping[str, Mapping[int, Result]]) -> dict[str, tuple[float, float]]:
    """Return each engine's mean rank in AUC and in log loss over the shared folds."""
    shared = shared_folds(engines)
    found = [
        mean_ranks(np.array([[getattr(engines[e][f], name) for e in engines] for f in shared]).reshape(-1, len(engines)), high)
        for name, high in (("auc", True), ("log_loss", False))
    ]
    return {engine: (float(found[0][j]), float(found[1][j])) for j, engine in enumerate(engines)}


def difference(ours: Mapping[int, Result], peer: Mapping[int, Result], name: str) -> str:
    """Return the mean of ours minus the peer's over their shared folds, with its p in brackets, or a dash."""
    shared = sorted(set(ours) & set(peer))
    gaps = [getattr(ours[f], name) - getattr(peer[f], name) for f in shared]
    if not gaps:
        return "-"
    mean = float(np.mean(gaps))
    if len(gaps) < 2:
        return f"{mean:+.4f}"
    sizes = np.mean([(ours[f].train_rows, ours[f].test_rows) for f in shared], axis=0)
    return f"{mean:+.4f} ({corrected_t_test(gaps, sizes[0], sizes[1])[1]:.2f})"


def table_of_folds(results: Rows) -> list[str]:
    """Return the lines of one table's comparison."""
    engines = by_engine(results)
    places = ranks(engines) if engines else {}
    lines = [_HEAD]
    for name in sorted(engines, key=lambda e: (-_mean(engines[e], "auc"), e)):
        folds = engines[name]
        cpu, wall, all_cpu, peak, row, row_cpu = (_mean(folds, figure) for figure in _FIGURES)
        to_ours = [difference(engines[OURS], folds, n) if OURS in engines and name != OURS else "-" for n in ("auc", "log_loss")]
        lines.append(
            f"{name:<17}{len(folds):>6}{_mean(folds, 'auc'):>8.4f}{_mean(folds, 'log_loss'):>10.4f}"
            f"{places[name][0]:>10.2f}{places[name][1]:>11.2f}{cpu:>11.1f}{wall:>8.1f}{all_cpu:>10.1f}{peak:>9.0f}"
            f"{row:>8.1f}{row_cpu:>8.1f}{to_ours[0]:>23}{to_ours[1]:>17}"
        )
    return [*lines, *failures(results), f"ranks over {len(shared_folds(engines))} shared folds"]


def table_of_tables(results: Rows) -> list[str]:
    """Return each engine's mean AUC and log loss per table, and its mean ranks over the tables that all engines finished.

    An engine's figure for a table is its mean over the folds that all engines have of it.
    """
    names = list(dict.fromkeys(row.table for row in results))
    per_table = {name: by_engine(row for row in results if row.table == name) for name in names}
    engines = list(dict.fromkeys(row.engine for row in results if not row.error))
    whole = [name for name in names if set(per_table[name]) == set(engines) and shared_folds(per_table[name])]
    lines = []
    for metric, title, high in (("auc", "AUC", True), ("log_loss", "log loss", False)):
        scores = np.array([[_shared_mean(per_table[name], e, metric) for e in engines] for name in whole])
        width = max(map(len, [*names, "mean rank"])) + 2
        lines += ["", f"{title:<{width}}" + "".join(f"{e:>18}" for e in engines)]
        lines += [f"{n:<{width}}" + "".join(f"{v:>18.4f}" for v in row) for n, row in zip(whole, scores, strict=True)]
        places = mean_ranks(scores.reshape(-1, len(engines)), high)
        lines.append(f"{'mean rank':<{width}}" + "".join(f"{place:>18.2f}" for place in places))
    left_out = [name for name in names if name not in whole]
    return [
        *lines,
        *([f"not ranked, for some engine has no result: {', '.join(left_out)}"] if left_out else []),
        *failures(results),
    ]


def failures(results: Rows) -> list[str]:
    """Name every engine and table with failed folds, how many failed, and the last reason."""
    failed: dict[tuple[str, str], list[Result]] = {}
    for row in results:
        if row.error:
            failed.setdefault((row.engine, row.table), []).append(row)
    return [f"FAILED {engine} on {len(rows)} folds of {table}: {rows[-1].error}" for (engine, table), rows in failed.items()]


def notes() -> tuple[str, ...]:
    """What the columns mean."""
    return _NOTES


def _mean(folds: Mapping[int, Result], name: str) -> float:
    return float(np.mean([getattr(row, name) for row in folds.values()]))


def _shared_mean(engines: Mapping[str, Mapping[int, Result]], engine: str, name: str) -> float:
    return float(np.mean([getattr(engines[engine][fold], name) for fold in shared_folds(engines)]))
