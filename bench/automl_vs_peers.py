"""The AutoML engine against its peers, on the same outer folds: `python -m bench.automl_vs_peers [--help]`.

Every engine fits each fold in a fresh process of its own interpreter, on one thread and one core, and predicts the fold's test
rows. Those that search get the same budget, H2O twice that. A peer that is not installed, or fails, is named in the table.
`--out` keeps every finished fold, so that the same command again measures only what is missing or has changed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.engine import ENGINES, Engine, chosen, install_all
from bench.peers.fresh_process import measure
from bench.peers.report import notes, table_of_folds, table_of_tables
from bench.peers.result import Key, Result, ResultFile
from bench.peers.table import Table, heart_failure_tables, tables_in

CACHE = Path.home() / ".cache" / "hfstudio-bench"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the arguments ask for and print the tables."""
    asked = _arguments(arguments)
    tables = tables_in(asked.tables, asked.names) if asked.tables else heart_failure_tables(asked.sets)
    if asked.install:
        install_all(asked.engines, asked.venvs)
    able = tuple(engine for engine in asked.engines if not engine.missing(asked.venvs))
    results = list(_results(asked, able, tables))
    absent = [_absence(engine, asked) for engine in ENGINES if engine not in able]
    print(f"\none thread on core {asked.core}; budget {asked.budget:g} s, h2o {2 * asked.budget:g} s")
    for lines in [table_of_tables(results)] if asked.tables else _per_table(results, tables):
        print("\n".join(lines))
    print("\n".join(["", *absent, "", *notes()]))


def folds_of(text: str) -> tuple[int, ...]:
    """Read "0-4" or "0,3,7" as folds.

    Raises:
        ValueError: the text is neither.
    """
    parts = [part.partition("-") for part in text.split(",")]
    return tuple(sorted({fold for low, dash, high in parts for fold in range(int(low), int(high if dash else low) + 1)}))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.automl_vs_peers", description=__doc__)
    parser.add_argument("--folds", type=folds_of, default="0-4", help="outer folds of 0-24, such as 0-14 or 3,7 (default: 0-4)")
    parser.add_argument(
        "--sets", default="with,without", help="the heart failure records with, without `time`, or both (default)"
    )
    parser.add_argument(
        "--engines", type=chosen, default="all", help=f"out of {','.join(e.name for e in ENGINES)} (default: all)"
    )
    parser.add_argument("--budget", type=float, default=30.0, metavar="S", help="seconds for engines that search (default: 30)")
    parser.add_argument("--venvs", type=Path, default=CACHE, help=f"folder of the peers' environments (default: {CACHE})")
    parser.add_argument("--install", action="store_true", help="install the peers that are missing first: some gigabytes")
    parser.add_argument("--out", type=Path, help="CSV file of results; what is finished in it is not measured again")
    parser.add_argument("--tables", type=Path, metavar="DIR", help="a folder of parquet tables with a column `label` instead")
    parser.add_argument("--names", default="", help="with --tables: only these, separated by commas")
    parser.add_argument("--core", type=int, default=_last_core(), help="the core that everybody computes on (default: the last)")
    return parser.parse_args(arguments)


def _last_core() -> int:
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


def _results(asked: argparse.Namespace, engines: Sequence[Engine], tables: Sequence[Table]) -> Iterator[Result]:
    """Every result that was asked for: from the file where it is finished, else measured now and written to the file."""
    file = ResultFile(asked.out)
    for table in tables:
        splits = list(table.splits())
        for fold in (f for f in asked.folds if f < table.folds):
            for engine in engines:
                key = Key(engine.name, engine.version(), engine.budget_s(asked.budget), table.name, table.digest, fold)
                yield file.finished(key) or _measured(file, engine, table, key, splits[fold], asked)


def _measured(
    file: ResultFile, engine: Engine, table: Table, key: Key, split: tuple[object, object], asked: argparse.Namespace
) -> Result:
    result = measure(engine, table, key, split, asked.venvs.absolute(), asked.core)  # type: ignore[arg-type]
    file.add(result)
    said = result.error or f"AUC {result.auc:.4f}, log loss {result.log_loss:.4f}, fit {result.fit_cpu_s:.1f} CPU s"
    print(f"{table.name}, fold {key.fold}, {engine.name}: {said}", flush=True)
    return result


def _absence(engine: Engine, asked: argparse.Namespace) -> str:
    why = engine.missing(asked.venvs) if engine in asked.engines else "not asked for"
    return f"NOT COMPARED {engine.name}: {why}"


def _per_table(results: Sequence[Result], tables: Sequence[Table]) -> Iterator[list[str]]:
    for table in tables:
        rows = [row for row in results if row.table == table.name]
        yield ["", f"{table.name}: {len(table.frame)} rows, {len(table.frame.columns) - 1} columns", *table_of_folds(rows)]


if __name__ == "__main__":
    main()
