"""A model for a server that scores one row at a time most of the time, with the same answers as the entry script's."""

from __future__ import annotations

import json
import struct
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime

from inference.quick_rows import QuickRowReader
from inference.score import Model

_PLAIN = (frozenset({"data"}), frozenset({"data", "method"}))


class OneAnswer(NamedTuple):
    """What one row is answered, and its values in the order of the features."""

    body: str
    row: tuple[float, ...]


class QuickModel(Model):
    """Reads rows the quick way, and answers a single row in memory that the session knows already."""

    reader_class = QuickRowReader
    reader: QuickRowReader

    def __init__(self, root: Path, manifest_sha256: str | None = None) -> None:
        super().__init__(root, manifest_sha256)
        self._row = np.zeros((1, len(self.reader.names)), dtype=np.float32)
        self._found = np.zeros((1, len(self.labels)))
        self._write, self._room = struct.Struct(f"{self._row.size}f").pack_into, self._row.data.cast("B")
        self._read, self._shares = struct.Struct(f"{self._found.size}d").unpack_from, self._found.data.cast("B")
        self._called = [json.dumps([label]) for label in self.labels]
        self._positive = self.labels.index(self.manifest["positive_label"]) if len(self.labels) == 2 else -1
        self._threshold = float(self.manifest["threshold"]) if len(self.labels) == 2 else 0.0
        self._turn = threading.Lock()
        self._bound = self._bind()

    def _bind(self) -> onnxruntime.IOBinding | None:
        """Tell the session where a row lies and where its answer goes; None for a model that answers in single precision."""
        (told,) = self._session.get_outputs()
        if told.type != "tensor(double)":
            return None
        bound = self._session.io_binding()
        bound.bind_input(self._input, "cpu", 0, np.float32, list(self._row.shape), self._row.ctypes.data)
        bound.bind_output(told.name, "cpu", 0, np.float64, list(self._found.shape), self._found.ctypes.data)
        return bound

    def answer_one(self, request: Any) -> OneAnswer | None:
        """Answer a request of version 1 with one plain row; None when the entry script has to look at it."""
        if type(request) is not dict or request.keys() not in _PLAIN or self._bound is None:
            return None
        rows, method = request["data"], request.get("method", "predict")
        row = self.reader.one(rows[0]) if type(rows) is list and len(rows) == 1 else None
        shares = None if row is None else self._probabilities_of(row, self._bound)
        if row is None or shares is None:
            return None
        if method == "predict_proba":
            return OneAnswer(f'{{"result": [{list(shares)}]}}', row)
        return OneAnswer(f'{{"result": {self._called[self._class_of(shares)]}}}', row) if method == "predict" else None

    def _probabilities_of(self, row: tuple[float, ...], bound: onnxruntime.IOBinding) -> tuple[float, ...] | None:
        """Return the probability of every class; None when they are not quite that, which the entry script judges."""
        with self._turn:
            try:
                self._write(self._room, 0, *row)
            except OverflowError:  # beyond single precision
                return None
            self._session.run_with_iobinding(bound)
            shares: tuple[float, ...] = self._read(self._shares)
        return shares if min(shares) >= 0 and max(shares) <= 1 and abs(sum(shares) - 1) <= 1e-3 else None

    def _class_of(self, shares: tuple[float, ...]) -> int:
        """Return the place of the label: the positive one at or above the threshold; of several classes the likeliest."""
        if self._positive < 0:
            return shares.index(max(shares))
        return self._positive if shares[self._positive] >= self._threshold else 1 - self._positive
