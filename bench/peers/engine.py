"""The engines of the comparison: what each needs, which interpreter runs it, and its version."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = "hfcore"
_MEASURING = ("psutil==7.2.2", "pandas<3")
_UNSEEN = ("ui", "backends")


@dataclass(frozen=True)
class Engine:
    """One engine: `venv` is the folder of its environment ("" for this interpreter), `requires` what is installed there.

    `searches` tells whether it takes a time budget, `clock` by which clock, and `budget_factor` how many budgets it gets.
    """

    name: str
    module: str
    option: str = ""
    venv: str = ""
    requires: tuple[str, ...] = ()
    searches: bool = True
    clock: str = "processor"
    budget_factor: float = 1

    def python(self, venvs: Path) -> Path:
        """Path of the interpreter that runs this engine."""
        return venvs / self.venv / "bin" / "python" if self.venv else Path(sys.executable)

    def missing(self, venvs: Path) -> str:
        """Say why the engine cannot run here, or "" when it can."""
        if not self.venv or self._mark(venvs).exists():
            return ""
        return f"not installed in {venvs / self.venv}; --install does it"

    def install(self, venvs: Path) -> None:
        """Make the environment and install the pinned packages from the package index; nothing when that is done.

        Raises:
            subprocess.CalledProcessError: venv or pip failed; their own words are on the terminal.
        """
        if not self.missing(venvs):
            return
        if not self.python(venvs).exists():
            subprocess.run([sys.executable, "-m", "venv", str(venvs / self.venv)], check=True)
        pip = [str(self.python(venvs)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *self.requires, *_MEASURING], check=True)
        self._mark(venvs).touch()

    def version(self) -> str:
        """What must be equal for an earlier measurement to stand: the pinned release, or a digest of our own code."""
        if self.name == OURS:
            return own_digest(ROOT)
        return self.requires[0].partition("==")[2] if self.venv else version("scikit-learn")

    def budget_s(self, budget_s: float) -> float:
        """Return the seconds this engine gets when the others get `budget_s`; 0 when it does not search."""
        return budget_s * self.budget_factor if self.searches else 0

    def _mark(self, venvs: Path) -> Path:
        digest = hashlib.sha256("\n".join((*self.requires, *_MEASURING)).encode()).hexdigest()[:10]
        return venvs / self.venv / f".installed-{digest}"


@cache
def own_digest(root: Path) -> str:
    """Return the first ten digits of the SHA-256 over hfcore's code, pages and backends aside, and over the pinned packages."""
    digest = hashlib.sha256((root / "constraints.txt").read_bytes())
    package = root / "hfcore"
    for file in sorted(package.rglob("*.py")):
        if file.relative_to(package).parts[0] not in _UNSEEN:
            digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:10]


# torch is named with its release because AutoGluon alone takes whichever is newest, usually a build for graphics cards.
_AUTOGLUON = ("autogluon.tabular[lightgbm,catboost,xgboost,fastai]==1.6.3", "torch==2.13.0")
ENGINES: tuple[Engine, ...] = (
    Engine(OURS, "bench.peers.fits.ours"),
    Engine("logistic", "bench.peers.fits.plain", "logistic", searches=False),
    Engine("forest-500", "bench.peers.fits.plain", "forest", searches=False),
    Engine("flaml", "bench.peers.fits.flaml", venv="flaml", requires=("flaml[automl]==2.7.0",)),
    Engine("autogluon-best", "bench.peers.fits.autogluon", "best_quality", "autogluon", _AUTOGLUON),
    Engine("autogluon-medium", "bench.peers.fits.autogluon", "medium_quality", "autogluon", _AUTOGLUON),
    Engine("h2o", "bench.peers.fits.h2o", venv="h2o", requires=("h2o==3.46.0.12",), clock="wall", budget_factor=2),
    Engine("mljar", "bench.peers.fits.mljar", venv="mljar", requires=("mljar-supervised==1.3.2",)),
)


def chosen(names: str) -> tuple[Engine, ...]:
    """Return the engines that a comma-separated list names, in ENGINES' order; all for "all".

    Raises:
        ValueError: a name is unknown; lists the known ones.
    """
    wanted = [e.name for e in ENGINES] if names == "all" else names.split(",")
    unknown = sorted(set(wanted) - {e.name for e in ENGINES})
    if unknown:
        raise ValueError(f"no engine is called {', '.join(unknown)}; known: {', '.join(e.name for e in ENGINES)}")
    return tuple(e for e in ENGINES if e.name in wanted)


def install_all(engines: tuple[Engine, ...], venvs: Path, say: Callable[[str], object] = print) -> None:
    """Install what is missing; an engine that cannot be installed is named and the others go on."""
    for engine in engines:
        if engine.missing(venvs):
            say(f"installing {engine.name} into {venvs / engine.venv}")
            try:
                engine.install(venvs)
            except subprocess.CalledProcessError as error:
                say(f"{engine.name} could not be installed: {error}")
