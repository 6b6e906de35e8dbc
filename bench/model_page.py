"""The Model page beside explainerdashboard on the same model: `python -m bench.model_page [HOME] [--venvs DIR] [--install]`.

HOME holds a finished run (default: a short one is made). Counted are processor seconds until the first view is there, memory
then, and processor milliseconds for the next one. Not alike: ours runs the whole page again, where a moved threshold runs a
part; the peer's first view is its layout without the callbacks that fill it, its rerun the functions behind those without HTTP,
and its SHAP values are left out. So the peer is shown better than it is. What our worker computed before is not counted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.sync.client import connect

from bench.peers.engine import Engine
from bench.rerun_cost import Session, cost
from hfcore.backends.local.workspace import LocalWorkspace
from tests.browser.studio import Studio, free_port
from tests.finished import short_run
from tests.polling import until

PEER = Engine(
    "explainerdashboard", "", venv="explainerdashboard", requires=("explainerdashboard==0.5.8", "onnxruntime"), searches=False
)
SCRIPT = Path(__file__).parent / "peers" / "explainer_page.py"
RERUNS = 20
VIEW = ("/", "/_dash-layout", "/_dash-dependencies")


@dataclass(frozen=True)
class Cost:
    """Processor seconds and seconds by the clock to the first view, megabytes then, processor milliseconds for the next."""

    first_cpu_s: float
    first_s: float
    megabytes: float
    rerun_ms: float


def spent(process: psutil.Process) -> tuple[float, float]:
    """Return processor seconds and megabytes of a process and its children."""
    tree = [process, *process.children(recursive=True)]
    return sum(sum(p.cpu_times()[:2]) for p in tree), sum(p.memory_info().rss for p in tree) / 1e6


def ours(home: Path, folder: Path) -> Cost:
    """Start the app, open the Model page once, then again and again."""
    studio = Studio(home, free_port(), folder / "app.log")
    clock = time.perf_counter()
    studio.start()
    try:
        assert studio.process is not None
        address = f"ws://127.0.0.1:{studio.port}/_stcore/stream"
        with connect(address, subprotocols=["streamlit"], origin=f"http://127.0.0.1:{studio.port}", max_size=None) as socket:
            Session(socket).rerun("model")
        first, (cpu, memory) = time.perf_counter() - clock, spent(psutil.Process(studio.process.pid))
        return Cost(cpu, first, memory, cost(studio, "model")[0])
    finally:
        studio.kill()


def theirs(python: Path, folder: Path) -> Cost:
    """Start the peer on the same model, ask for its first view, and let it compute moved cut-offs."""
    port, clock = free_port(), time.perf_counter()
    with (folder / "peer.log").open("wb") as log:
        command = [str(python), str(SCRIPT), str(folder), "serve", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: _viewed(process, port), 300, 0.1, what=f"the peer's first view; its log: {folder / 'peer.log'}")
        first, (cpu, memory) = time.perf_counter() - clock, spent(psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()
    counted = subprocess.run([str(python), str(SCRIPT), str(folder), "reruns", str(RERUNS)], capture_output=True, check=True)
    return Cost(cpu, first, memory, json.loads(counted.stdout.splitlines()[-1])["rerun_ms"])


def _viewed(process: subprocess.Popen[bytes], port: int) -> bool:
    """Ask for what the browser asks for first; False while nobody answers. Raises RuntimeError when the peer has ended."""
    if process.poll() is not None:
        raise RuntimeError(f"it ended with {process.returncode}")
    try:
        for path in VIEW:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
    except OSError:
        return False
    return True


def hand_over(home: Path, folder: Path) -> str:
    """Copy the best child run's model and the patients for the peer; return what the model is."""
    ws = LocalWorkspace(home)
    run = next(r for r in ws.runs() if r.best_child_id is not None)
    report = ws.report(run.id)
    number = next(c.number for c in ws.children(run.id) if c.id == run.best_child_id)
    (model,) = (home / "runs" / run.id / "children").glob(f"{number}.*.onnx")
    shutil.copy(model, folder / "model.onnx")
    frame = ws.dataset(run.dataset, run.dataset_version).to_pandas()
    frame[[*report.features, report.label_column]].to_csv(folder / "patients.csv", index=False)
    return f"{report.algorithm}, {len(report.features)} columns, {len(frame)} patients"


def table(own: Cost, peer: Cost | None, why: str) -> str:
    """Write both with their ratios; without the peer, why it is missing."""
    rows = [("first view, processor s", "first_cpu_s"), ("first view, s by the clock", "first_s"), ("memory, MB", "megabytes")]
    rows.append(("next view, processor ms", "rerun_ms"))
    lines = [f"{'':<28}{'Model page':>12}{PEER.name:>20}{'ours / theirs':>15}"]
    for words, name in rows:
        mine = getattr(own, name)
        other = f"{getattr(peer, name):>20.2f}{mine / getattr(peer, name):>14.2f}x" if peer else f"{'not compared':>20}"
        lines.append(f"{words:<28}{mine:>12.2f}{other}")
    return "\n".join(lines + ([f"NOT COMPARED {PEER.name}: {why}"] if why else []))


def main(arguments: list[str] | None = None) -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", nargs="?", type=Path)
    parser.add_argument("--venvs", type=Path, default=Path.home() / ".cache" / "hfstudio-bench")
    parser.add_argument("--install", action="store_true", help="make the peer's environment first")
    asked = parser.parse_args(arguments)
    if asked.install:
        PEER.install(asked.venvs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = asked.home or short_run(folder / "home").home
        print(hand_over(home, folder), flush=True)
        peer, why = None, PEER.missing(asked.venvs)
        if not why:
            try:
                peer = theirs(PEER.python(asked.venvs), folder)
            except (RuntimeError, AssertionError, subprocess.CalledProcessError) as error:
                why = f"{error}; the end of its log:\n{(folder / 'peer.log').read_text()[-800:]}"
        print(table(ours(home, folder), peer, why))


if __name__ == "__main__":
    main(sys.argv[1:])
