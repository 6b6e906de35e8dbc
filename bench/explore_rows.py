"""What each tab of the Explore page costs against the number of patients: `python -m bench.explore_rows [ROWS ...]`.

For each number of rows a table like the shipped one (its columns, drawn with a little noise) is registered in a new home, and a
process of its own opens the page on it. Each tab is drawn twice: at first sight, and after a new filter, so that nothing of it
was computed before. Processor seconds of the server's script, and the most memory the process ever held.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

ROWS = (299, 10_000, 100_000, 1_000_000)
TABS = ("Patients", "Variables", "Table 1", "Relations", "Survival", "Guardrails")
NAME = "many"
ROOT = Path(__file__).parents[1]
GOAL_S, GOAL_MB = 2.0, 1_500
NOISY = ("age", "creatinine_phosphokinase", "platelets", "serum_creatinine", "serum_sodium")


def table(rows: int) -> pd.DataFrame:
    """Return a table of that many patients: the shipped ones drawn again, measurements moved by about 2 %."""
    import numpy as np

    from hfcore.datasets import load_heart_failure

    rng = np.random.default_rng(0)
    frame = load_heart_failure().sample(rows, replace=True, random_state=0).reset_index(drop=True)
    for name in NOISY:
        frame[name] = (frame[name] * (1 + rng.normal(0, 0.02, rows))).round(2)
    return frame


def measure(rows: int) -> None:
    """Open the page in this process and print one line per tab."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600).run()
    app.query_params["dataset"] = NAME
    opened = spent(lambda: app.switch_page("pages/explore.py").run())
    print(f"{rows:>9,} {'opening':<11} {opened:>9.2f} {'':>9} {memory():>7.0f}", flush=True)
    for turn, name in enumerate(TABS):
        app.session_state["explore-tab"] = name
        first = spent(app.run)
        app.query_params["where"] = [f"age:{40 + turn}..90"]
        after = spent(app.run)
        fail(app)
        print(f"{rows:>9,} {name:<11} {first:>9.2f} {after:>9.2f} {memory():>7.0f}", flush=True)


def spent(step: Callable[[], object]) -> float:
    """Return the processor seconds of one run of the page's script."""
    before = time.process_time()
    step()
    return time.process_time() - before


def fail(app: AppTest) -> None:
    """Stop when the page shows an error."""
    errors = [*app.exception, *app.error]
    if errors:
        raise SystemExit(f"the page failed: {errors[0]}")


def memory() -> float:
    """Return the most megabytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(sizes: list[int]) -> None:
    """Print the table, each number of rows in a process and a home of its own."""
    print(f"Goals: {GOAL_S:g} s for each interaction, {GOAL_MB:,} MB.\n")
    print(f"{'rows':>9} {'tab':<11} {'first, s':>9} {'filter, s':>9} {'MB':>7}", flush=True)
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            here = {**os.environ, "HF_HOME": str(Path(folder) / "home"), "HF_BACKEND": "local"}
            for step in ("--register", "--measure"):
                subprocess.run([sys.executable, "-m", "bench.explore_rows", step, str(rows)], env=here, check=True)


def register(rows: int) -> None:
    """Register the table in the home that the environment names."""
    import hfcore

    hfcore.connect("local").register_dataset(NAME, table(rows))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--register"]:
        register(int(arguments[1]))
    elif arguments[:1] == ["--measure"]:
        measure(int(arguments[1]))
    else:
        main([int(a) for a in arguments] or list(ROWS))
