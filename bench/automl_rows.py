"""What a whole search costs as the rows grow: processor seconds, peak memory and the winner, on tables of 20 columns made here.

    python -m bench.automl_rows [--rows 1000,10000,100000]

Each size runs in a process of its own, one trial at a time on one thread; imports are counted in memory, not in time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from typing import Any

COLUMNS = 20


def made(rows: int, seed: int = 0) -> Any:
    """Return a table of `rows` x 20 columns and a label that depends on lines, bends and products of them."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, COLUMNS))
    x[:, 3], x[:, 4], x[:, 5] = np.exp(x[:, 3]), x[:, 4] > 0, np.round(2 * x[:, 5])
    bent = 0.9 * np.sin(2 * x[:, 2]) + 0.5 * np.log(x[:, 3]) + 0.5 * (x[:, 6] ** 2 - 1)
    odds = 1.2 * x[:, 0] - 0.8 * x[:, 1] + bent + 0.8 * x[:, 4] * x[:, 0] - 0.7 * x[:, 7] * x[:, 8] + 0.3 * x[:, 9] - 1
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(COLUMNS)])
    return frame.assign(label=(rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int))


def one(rows: int) -> None:
    """Search one table and print its line."""
    import lightgbm  # noqa: F401 (its import shall not be counted as time)
    import xgboost  # noqa: F401 (the same)

    import hfcore.automl

    settings = hfcore.automl.AutoMLSettings(label_column_name="label")
    frame, before = made(rows), time.process_time()
    result = hfcore.automl.fit(frame, settings)
    seconds = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    trials, best = len(result.children), result.best
    told = f"{trials:7d} {seconds:10.1f} {1e3 * seconds / rows:10.2f} {memory:9.0f}"
    print(f"{rows:8,d} {told}  {best.algorithm}: AUC {best.metrics['AUC_weighted']:.4f}, log loss {best.metrics['log_loss']:.4f}")


def main() -> None:
    """Run every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1000,10000,100000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return one(given.one)
    print(f"{'rows':>8} {'trials':>7} {'CPU s':>10} {'ms a row':>10} {'peak MB':>9}  winner", flush=True)
    one_thread = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    for rows in given.rows.split(","):
        subprocess.run([sys.executable, "-m", "bench.automl_rows", "--one", rows], check=True, env=one_thread)
    return None


if __name__ == "__main__":
    main()
