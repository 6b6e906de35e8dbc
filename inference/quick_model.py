"""A model for a server that scores one row at a time most of the time, with the same answers as the entry script's."""

from __future__ import annotations

import json
import struct
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from inference.quick_rows import QuickRowReader
from inference.score import METHODS, Answer, Model

_PLAIN = (frozenset({"data"}), frozenset({"data", "method"}))


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

    def answer_one(self, request: Any) -> Answer | None:
        """Answer a request of version 1 with one plain row; None when the entry script has to look at it."""
        if type(request) is not dict or request.keys() not in _PLAIN or self._bound is None:
            return None
        rows, method = request["data"], request.get("method", "predict")
        row = self.reader.one(rows[0]) if type(rows) is list and len(rows) == 1 and method in METHODS else None
        shares = None if row is None else self._probabilities_of(row, self._bound)
        if shares is None:
            return None
        text = f"[{list(shares)}]" if method == "predict_proba" else json.dumps(self.classes(np.array([shares])))
        return Answer(f'{{"result": {text}}}', 1, row)

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
