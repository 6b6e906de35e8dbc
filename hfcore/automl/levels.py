"""Text columns: the places of their levels become one yes/no column per level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
_LEAST_ROWS = 5


@dataclass(frozen=True, eq=False)
class OneHot:
    """Numbers first, then a yes/no column for each level of each text column that enough training rows have.

    `sources` and `codes` say column and level of each yes/no. A missing cell is a level of its own; a level that was rare or
    unknown in training is no in all of them.
    """

    kept: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]
    codes: Floats
    name: str = "OneHotEncoder"

    @property
    def parameters(self) -> dict[str, Any]:
        """How many text columns there are, and how many yes/no columns they became."""
        return {"columns": len(np.unique(self.sources)), "levels": len(self.codes)}

    def apply(self, x: Floats) -> Floats:
        """Put the yes/no columns in place of the text."""
        return np.hstack([x[:, self.kept], (x[:, self.sources] == self.codes).astype(np.float64)])

    def export(self, graph: Graph, x: str) -> str:
        """Append Gather, Equal and Concat."""
        spread = graph.add("Gather", x, graph.constant(self.sources), axis=1)
        chosen = graph.double(graph.add("Equal", spread, graph.constant(self.codes)))
        if not len(self.kept):
            return chosen
        return graph.add("Concat", graph.add("Gather", x, graph.constant(self.kept), axis=1), chosen, axis=1)


def fit_one_hot(x: Floats, text: tuple[int, ...]) -> OneHot:
    """Choose the levels that at least five training rows have; of a column without any, the commonest."""
    sources, codes = [], []
    for column in text:
        found, counts = np.unique(x[:, column], return_counts=True)
        chosen = found[counts >= _LEAST_ROWS] if counts.max() >= _LEAST_ROWS else found[[counts.argmax()]]
        sources += [column] * len(chosen)
        codes += chosen.tolist()
    kept = [j for j in range(x.shape[1]) if j not in text]
    return OneHot(np.array(kept, dtype=np.int64), np.array(sources, dtype=np.int64), np.array(codes, dtype=np.float64))
