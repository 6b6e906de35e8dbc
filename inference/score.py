"""Entry script of the scoring service: the same file here and in Azure, needing only numpy and onnxruntime.

`init()` opens the model folder named by AZUREML_MODEL_DIR, `run()` answers one request. No sentence that is
raised here ever repeats a value of a patient: it names the row (counted from 1), the field and what is expected.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when onnxruntime is loaded: it would report its use to Microsoft
import onnxruntime

Matrix = npt.NDArray[np.float64]

FORMAT = 1
GOLDEN_TOLERANCE = 1e-6
MOST_ROWS = 10_000
MOST_FIELDS_LISTED = 1_000
METHODS = ("predict", "predict_proba")
_RECORD = (dict, Mapping)  # a dict is known as one at once, any other mapping by asking
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class ModelRefused(RuntimeError):
    """The model folder is not what its manifest says; nothing may be scored with it."""


class RequestRefused(ValueError):
    """The request cannot be scored; the message never holds a value of it."""

    status = 400


class TooManyRows(RequestRefused):
    """More rows than one request may hold."""

    status = 413


class BadField(NamedTuple):
    """One field that cannot be used: `row` counts from 1, 0 is the request itself; `expected` is a plain phrase."""

    row: int
    field: str
    problem: str
    expected: str

    def __str__(self) -> str:
        where = f"Row {self.row}: " if self.row else ""
        return f"{where}{self.field} {self.problem}; expected {self.expected}."


class InvalidRows(RequestRefused):
    """Every field that cannot be used; `fields` lists at most the first 1,000 of `total`."""

    status = 422

    def __init__(self, bad: Sequence[BadField]) -> None:
        self.fields = list(bad[:MOST_FIELDS_LISTED])
        self.total = len(bad)
        rest = f" And {self.total - 10} more." if self.total > 10 else ""
        super().__init__(" ".join(str(f) for f in self.fields[:10]) + rest)


def _read_number(value: Any) -> float:
    """Return a JSON number, or a string that spells one, as float; NaN for anything else, infinity when too large."""
    if isinstance(value, str):
        text = value[:65].strip()
        return float(text) if len(text) <= 64 and _NUMBER.fullmatch(text) else math.nan
    try:
        return float(value) if type(value) in (float, int) else math.nan
    except OverflowError:
        return math.inf


_WORDS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


def _read_boolean(value: object) -> float:
    """Return true/false/1/0, or a string that spells one, as 1.0 or 0.0; NaN for anything else."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower(), math.nan) if len(value) <= 64 else math.nan
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return float(value)
    return math.nan


def _read_level(places: Mapping[str | None, float], value: object) -> float:
    """Return what stands for a known text, also one that was sent as the number or yes/no that it spells; else NaN."""
    if isinstance(value, (bool, int, float)):
        value = str(value) if str(value) in places else str(value).lower()
    return places.get(value or None, math.nan) if value is None or isinstance(value, str) else math.nan


class Feature(NamedTuple):
    """One input column: a number, integer or boolean from `low` to `high` in `unit`, or a category of known `places`."""

    name: str
    kind: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    places: Mapping[str | None, float] = MappingProxyType({})

    @classmethod
    def from_manifest(cls, entry: Mapping[str, Any]) -> Feature:
        """Read one entry of the manifest's list of features."""
        places = {level: -1.0 if level is None else float(i) for i, level in enumerate(entry.get("levels", ()))}
        if entry.get("kind") not in ("number", "integer", "boolean", "category" if places else None):
            raise ModelRefused(f"The manifest gives the feature {entry.get('name')!r} no kind that can be scored.")
        unit = str(entry.get("unit") or "")
        return cls(str(entry["name"]), str(entry["kind"]), unit, entry.get("low"), entry.get("high"), places)

    @property
    def expected(self) -> str:
        """What a value must be, in words with range and unit."""
        if self.kind == "boolean":
            return "true or false"
        if self.places:
            return f"one of {', '.join(level or 'null' for level in self.places)}"
        words = ["a whole number" if self.kind == "integer" else "a number", self._range(), self.unit]
        return " ".join(w for w in words if w)

    def _range(self) -> str:
        if self.low is not None and self.high is not None:
            return f"from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"of at least {self.low:g}"
        return f"of at most {self.high:g}" if self.high is not None else ""


class RowReader:
    """Turns records or lists into a matrix in training order, and names every field that cannot be used."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self.names = tuple(f.name for f in features)
        kinds: dict[str, Callable[[Any], float]] = {"boolean": _read_boolean}
        self._readers = [partial(_read_level, f.places) if f.places else kinds.get(f.kind, _read_number) for f in features]
        self._low = np.array([-np.inf if f.low is None else f.low for f in features])
        self._high = np.array([np.inf if f.high is None else f.high for f in features])
        self._whole = np.array([f.kind == "integer" for f in features])

    def matrix(self, rows: Sequence[object]) -> Matrix:
        """Return an n x k matrix, or raise InvalidRows with every bad field of every row."""
        if len(rows) > MOST_ROWS:
            raise TooManyRows(f"A request may hold at most {MOST_ROWS:,} rows; this one holds {len(rows):,}.")
        bad: list[BadField] = []
        cells = [self._row(number, row, bad) for number, row in enumerate(rows, start=1)]
        matrix = np.array(cells, dtype=np.float64).reshape(len(rows), len(self.names))
        bad.extend(self._unusable(matrix, {(b.row, b.field) for b in bad}))
        if bad:
            raise InvalidRows(sorted(bad, key=lambda b: b.row))
        return matrix

    def _row(self, number: int, row: object, bad: list[BadField]) -> list[float]:
        """Read one row; what is missing or unknown goes to `bad`, what cannot be read becomes NaN."""
        if isinstance(row, Mapping):
            self._check_names(number, row, bad)
            values = [row.get(name) for name in self.names]
        elif isinstance(row, (list, tuple)) and len(row) == len(self.names):
            values = list(row)
        else:
            what = f"a record, or a list of {len(self.names)} values in the order {', '.join(self.names)}"
            bad.append(BadField(number, "row", "does not fit", what))
            return [0.0] * len(self.names)
        return [read(value) for read, value in zip(self._readers, values, strict=True)]

    def recorded(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        """Return golden rows as a matrix: numbers as they were recorded, text as what stands for it."""
        cells = [[_read_level(f.places, v) if f.places else v for f, v in zip(self.features, row, strict=True)] for row in rows]
        return np.array(cells, dtype=np.float64)

    def _check_names(self, number: int, row: Mapping[Any, object], bad: list[BadField]) -> None:
        """Note columns that are missing or that the model does not know."""
        missing = [f for f in self.features if f.name not in row]
        bad.extend(BadField(number, f.name, "is missing", f.expected) for f in missing)
        if len(row) == len(self.names) - len(missing):
            return
        columns = f"only the columns {', '.join(self.names)}"
        for name in row:
            if name not in self.names:
                shown = name if isinstance(name, str) and _PLAIN_NAME.fullmatch(name) else "a column"
                bad.append(BadField(number, shown, "is not an input of this model", columns))

    def _unusable(self, matrix: Matrix, named: set[tuple[int, str]]) -> Iterator[BadField]:
        """Yield the cells that hold no finite number of the right kind inside the possible range."""
        with np.errstate(invalid="ignore"):
            unreadable = np.isnan(matrix)
            outside = ~unreadable & ~((matrix >= self._low) & (matrix <= self._high) & np.isfinite(matrix))
            broken = self._whole & ~unreadable & ~outside & (matrix != np.floor(matrix))
        for problem, cells in (("cannot be read", unreadable), ("is out of range", outside), ("is not whole", broken)):
            for row, column in np.argwhere(cells):
                feature = self.features[column]
                if (row + 1, feature.name) not in named and (row + 1, "row") not in named:
                    yield BadField(int(row) + 1, feature.name, problem, feature.expected)


def _find_folder(root: Path) -> Path:
    """Return the folder that holds model.json: `root`, or one level below it as in Azure's layout."""
    if not root.is_dir():
        raise ModelRefused(f"The model folder {root} does not exist.")
    for folder in (root, *sorted(p for p in islice(root.iterdir(), 100) if p.is_dir())):
        if (folder / "model.json").is_file():
            return folder
    raise ModelRefused(f"There is no model.json in {root} nor one level below it.")


def _checked(path: Path, sha256: str) -> bytes:
    """Return the bytes of `path`, having compared their SHA-256."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelRefused(f"{path.name} does not have the SHA-256 that was recorded for it; register the model again.")
    return data


_NEEDED = ("name", "version", "sha256", "labels", "positive_label", "threshold", "features", "golden")


def _read_manifest(folder: Path, sha256: str | None) -> dict[str, Any]:
    """Return model.json, having compared its SHA-256 when one is known."""
    path = folder / "model.json"
    data = path.read_bytes() if sha256 is None else _checked(path, sha256)
    try:
        manifest: dict[str, Any] = json.loads(data)
    except ValueError:
        raise ModelRefused("model.json is not JSON; register the model again.") from None
    lacking = [name for name in _NEEDED if name not in manifest]
    if lacking:
        raise ModelRefused(f"model.json lacks {', '.join(lacking)}.")
    if manifest.get("format") != FORMAT:
        raise ModelRefused(f"model.json has format {manifest.get('format')!r}; this script reads format {FORMAT}.")
    return manifest


def open_session(data: bytes) -> onnxruntime.InferenceSession:
    """Open an ONNX model on one thread, without a memory arena, from bytes that were checked."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class of its own for every kind of damage
        raise ModelRefused(f"onnxruntime cannot open model.onnx ({type(error).__name__}).") from error


class Model:
    """A model folder that has been checked and opened: features in, class probabilities out."""

    reader_class = RowReader

    def __init__(self, root: Path, manifest_sha256: str | None = None) -> None:
        folder = _find_folder(root)
        self.manifest = _read_manifest(folder, manifest_sha256)
        self.labels: list[Any] = list(self.manifest["labels"])
        self.reader = self.reader_class([Feature.from_manifest(f) for f in self.manifest["features"]])
        self._session = open_session(_checked(folder / "model.onnx", str(self.manifest["sha256"])))
        self._input = self._session.get_inputs()[0].name

    @property
    def version(self) -> str:
        """Name and version, written name:3."""
        return f"{self.manifest['name']}:{self.manifest['version']}"

    def probabilities(self, matrix: Matrix, run: onnxruntime.RunOptions | None = None) -> Matrix:
        """Return n x classes probabilities in the order of `labels`; setting `run.terminate` ends it early."""
        if not len(matrix):
            return np.empty((0, len(self.labels)))
        (raw,) = self._session.run(None, {self._input: matrix.astype(np.float32)}, run)
        found: Matrix = np.asarray(raw, dtype=np.float64)
        if found.shape != (len(matrix), len(self.labels)) or not _are_probabilities(found):
            raise ModelRefused("The model answered something that is not one probability per class and row.")
        return found.clip(0.0, 1.0)

    def classes(self, probabilities: Matrix) -> list[Any]:
        """Return a label per row: the positive one at or above the threshold; of several classes the likeliest."""
        if len(self.labels) != 2:
            return [self.labels[i] for i in probabilities.argmax(axis=1)]
        positive = self.labels.index(self.manifest["positive_label"])
        called = probabilities[:, positive] >= float(self.manifest["threshold"])
        return [self.labels[positive if c else 1 - positive] for c in called]

    def check_golden(self) -> float:
        """Return the largest |difference| to the recorded predictions; raise ModelRefused above 1e-6."""
        golden = self.manifest["golden"]
        expected = np.array(golden["probabilities"], dtype=np.float64)
        found = self.probabilities(self.reader.recorded(golden["rows"]))
        difference = float(np.max(np.abs(found - expected))) if found.shape == expected.shape and len(found) else math.inf
        if not difference <= GOLDEN_TOLERANCE:
            raise ModelRefused(f"The golden check failed: probabilities differ by {difference:.3g} from the recorded ones.")
        return difference


def _are_probabilities(found: Matrix) -> bool:
    """Tell whether each lies from 0 to 1 and each row adds up to 1, but for rounding."""
    return bool(found.min() >= -1e-6 and found.max() <= 1 + 1e-6 and np.abs(found.sum(axis=1) - 1).max() <= 1e-3)


class Answer(NamedTuple):
    """What `run` answers, how many rows it is about, and these as they were read; one row may be its values alone."""

    body: str | dict[str, object]
    rows: int
    inputs: Matrix | tuple[float, ...] | None = None


def _decode(data: object) -> object:
    """Return the JSON value of a raw body; anything else as it is."""
    if not isinstance(data, (str, bytes, bytearray)):
        return data
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        raise RequestRefused("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise RequestRefused("The body must be a JSON object with the key data, or with Inputs.")
    return value


def _take_apart(value: Any, method: object) -> tuple[Sequence[object], object, int]:
    """Return rows, method and version: 1 (bare rows, too) or 2, whose GlobalParameters older clients send as a number."""
    envelope = 1
    if isinstance(value, _RECORD) and "Inputs" in value and "data" not in value:
        settings, value, envelope = value.get("GlobalParameters"), value["Inputs"], 2
        method = settings.get("method", method) if isinstance(settings, _RECORD) else method
    elif isinstance(value, _RECORD):
        method = value.get("method", method)
    bare = value if envelope == 1 else None
    rows = value.get("data") if isinstance(value, _RECORD) else bare
    if not isinstance(rows, (list, tuple)):
        where = "Inputs.data" if envelope == 2 else "data"
        raise RequestRefused(f"{where} is missing or not a list of rows.")
    return rows, method, envelope


def _unknown_method(name: str, envelope: int) -> Answer:
    """Answer as Azure does: version 1 with an error string, version 2 with a failure."""
    shown = f" ({name})" if _PLAIN_NAME.fullmatch(name) else ""
    sentence = f"Invalid predict method argument received{shown}"
    if envelope == 2:
        raise InvalidRows([BadField(0, "method", "is not known", " or ".join(METHODS))])
    return Answer(json.dumps({"error": sentence}), 0)


_model: Model | None = None


def init(model_class: type[Model] = Model) -> None:
    """Open the model in AZUREML_MODEL_DIR, check every hash, repeat its golden predictions; else raise ModelRefused."""
    global _model
    _model = None
    fresh = model_class(Path(os.environ["AZUREML_MODEL_DIR"]), os.environ.get("HF_MANIFEST_SHA256"))
    fresh.check_golden()
    _model = fresh


def current_model() -> Model:
    """Return the model that `init` opened."""
    if _model is None:
        raise ModelRefused("No model is open; init() has not succeeded.")
    return _model


def answer(data: object, method: object = "predict", run: onnxruntime.RunOptions | None = None) -> Answer:
    """Score a raw body, a parsed request of either version, or bare rows.

    Raises:
        RequestRefused: the request has the wrong form (or InvalidRows: fields that cannot be used).
    """
    rows, method, envelope = _take_apart(_decode(data), method)
    if not isinstance(method, str):
        raise RequestRefused(f"method is no text; send {' or '.join(METHODS)}, or leave it out.")
    matrix = (model := current_model()).reader.matrix(rows)
    if method not in METHODS:
        return _unknown_method(method, envelope)
    probabilities = model.probabilities(matrix, run)
    found = probabilities.tolist() if method == "predict_proba" else model.classes(probabilities)
    text = str(found) if method == "predict_proba" else json.dumps(found)  # Python writes finite numbers as JSON does, and sooner
    return Answer({"Results": found} if envelope == 2 else f'{{"result": {text}}}', len(rows), matrix)


def run(data: Any, method: str = "predict") -> str | dict[str, object]:
    """Answer one request as Azure's AutoML services do: version 1 with a JSON string, version 2 with a dict."""
    return answer(data, method).body
