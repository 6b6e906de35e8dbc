"""Steps before the learner: imputation, logarithms, scaling; each also writes itself into an ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph
from hfcore.automl.levels import fit_one_hot
from hfcore.automl.splines import fit_splines

Floats = npt.NDArray[np.float64]
_CLIP = 4.0
_SKEWED = 1.0


class FittedStep(Protocol):
    """A step that has seen its training rows."""

    @property
    def name(self) -> str:
        """Name shown in the pipeline."""

    @property
    def parameters(self) -> dict[str, Any]:
        """What was set, in plain values."""

    def apply(self, x: Floats) -> Floats:
        """Transform rows."""

    def export(self, graph: Graph, x: str) -> str:
        """Append the same transformation to a graph and return the name of its result."""


@dataclass(frozen=True, eq=False)
class Impute:
    """Missing cells become the column's median in the training rows."""

    medians: Floats
    name: str = "MedianImputer"

    @property
    def parameters(self) -> dict[str, Any]:
        """Nothing can be set."""
        return {}

    def apply(self, x: Floats) -> Floats:
        """Fill the gaps."""
        return np.where(np.isnan(x), self.medians, x)

    def export(self, graph: Graph, x: str) -> str:
        """Append IsNaN and Where."""
        return graph.add("Where", graph.add("IsNaN", x), graph.constant(self.medians), x)


@dataclass(frozen=True, eq=False)
class LogSkewed:
    """Positive columns with a long right tail are replaced by their logarithm."""

    chosen: npt.NDArray[np.bool_]
    floor: Floats
    name: str = "LogOfSkewedColumns"

    @property
    def parameters(self) -> dict[str, Any]:
        """How many columns were chosen."""
        return {"columns": int(self.chosen.sum())}

    def apply(self, x: Floats) -> Floats:
        """Take the logarithm where it was chosen; values below the floor count as the floor."""
        return np.where(self.chosen, np.log(np.maximum(x, self.floor)), x)

    def export(self, graph: Graph, x: str) -> str:
        """Append Max, Log and Where."""
        logarithm = graph.add("Log", graph.add("Max", x, graph.constant(self.floor)))
        return graph.add("Where", graph.constant(self.chosen), logarithm, x)


@dataclass(frozen=True, eq=False)
class Scale:
    """(x - shift) / spread per column, then optionally cut off at +-`clip`."""

    name: str
    shift: Floats
    spread: Floats
    clip: float | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The cut-off, when there is one."""
        return {} if self.clip is None else {"clip": self.clip}

    def apply(self, x: Floats) -> Floats:
        """Scale rows."""
        scaled = (x - self.shift) / self.spread
        return scaled if self.clip is None else np.clip(scaled, -self.clip, self.clip)

    def export(self, graph: Graph, x: str) -> str:
        """Append Sub, Div and Clip."""
        scaled = graph.scale(x, self.shift, self.spread)
        if self.clip is None:
            return scaled
        return graph.add("Clip", scaled, graph.number(-self.clip), graph.number(self.clip))


def fit_impute(x: Floats) -> Impute:
    """Learn the medians; a column without any value gets 0."""
    filled = np.where(np.isnan(x).all(axis=0), 0.0, x)
    return Impute(np.nanmedian(filled, axis=0))


def fit_log(x: Floats) -> LogSkewed:
    """Choose the positive columns whose skewness is above 1 and is smaller on the logarithm."""
    low = x.min(axis=0)
    positive = low > 0
    logs = np.log(np.where(positive, x, 1.0))
    chosen = positive & (_skewness(x) > _SKEWED) & (np.abs(_skewness(logs)) < _skewness(x))
    return LogSkewed(chosen, np.where(chosen, low / 10, 1.0))


def fit_scale(x: Floats, kind: str, clip: float | None = None) -> Scale:
    """Learn one of Azure's scalers: StandardScalerWrapper, MaxAbsScaler, MinMaxScaler or RobustScaler."""
    if kind == "StandardScalerWrapper":
        shift, spread = x.mean(axis=0), x.std(axis=0)
    elif kind == "MaxAbsScaler":
        shift, spread = np.zeros(x.shape[1]), np.abs(x).max(axis=0)
    elif kind == "MinMaxScaler":
        shift, spread = x.min(axis=0), np.ptp(x, axis=0)
    elif kind == "RobustScaler":
        shift = np.median(x, axis=0)
        spread = np.subtract(*np.percentile(x, [75, 25], axis=0))
    else:
        raise ValueError(f"{kind!r} is not a scaler that this engine knows.")
    return Scale(kind, shift, np.where(spread > 1e-12 * np.maximum(1.0, np.abs(shift)), spread, 1.0), clip)


def fit_steps(
    x: Floats, scaler: str | None, parameters: dict[str, Any], impute: bool, text: tuple[int, ...] = ()
) -> tuple[list[FittedStep], Floats]:
    """Fit every step on `x` in order and return them with the transformed rows; `text` are the places of text columns."""
    steps: list[FittedStep] = []

    def join(step: FittedStep) -> None:
        nonlocal x
        steps.append(step)
        x = step.apply(x)

    if text:
        join(fit_one_hot(x, text))
    if impute:
        join(fit_impute(x))
    if parameters.get("log"):
        join(fit_log(x))
    if scaler:
        join(fit_scale(x, scaler, _CLIP if parameters.get("log") else None))
    if parameters.get("knots"):
        join(fit_splines(x, int(parameters["knots"])))
    return steps, x


def _skewness(x: Floats) -> Floats:
    centred = x - x.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray((centred**3).mean(axis=0) / np.where(spread > 0, spread, 1.0) ** 3)
