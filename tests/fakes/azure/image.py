"""What a container's image brings along and this machine need not have: the few names that AutoML's generated script imports.

They stand in for `inference_schema`, `azureml.automl.core` and `azureml.telemetry`: a sample gives the type of an input, a table
is built from rows and takes the sample's column types, and nothing is reported to anybody.
"""

from __future__ import annotations

import functools
import logging
import sys
import types
from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]
INPUTS = "_double_inputs"


class StandardPythonParameterType:
    """A plain value, or a record whose values have types of their own."""

    def __init__(self, sample: Any) -> None:
        self.sample = sample

    def read(self, given: Any) -> Any:
        """Return what was sent, its typed parts read. Raises ValueError."""
        if not isinstance(self.sample, dict):
            return given
        if not isinstance(given, dict):
            raise ValueError("A record is expected.")
        kinds = {name: s for name, s in self.sample.items() if hasattr(s, "read")}
        return {**given, **{name: kind.read(given[name]) for name, kind in kinds.items()}}


class NumpyParameterType(StandardPythonParameterType):
    """An array; only answers are of this type here."""


class PandasParameterType(StandardPythonParameterType):
    """A table with the sample's columns and their types."""

    def read(self, given: Any) -> Any:
        """Return rows as a table. Raises ValueError, KeyError for a column that is missing."""
        import pandas as pd

        if not isinstance(given, list):
            raise ValueError("Invalid input data type to parse. Expected: list.")
        frame = pd.DataFrame(given)
        return frame[list(self.sample.columns)].astype(dict(self.sample.dtypes))


def input_schema(name: str, kind: Any, convert_to_provided_type: bool = True) -> Callable[[Run], Run]:
    """Read the named argument by its type before the script sees it."""

    def decorate(run: Run) -> Run:
        @functools.wraps(run)
        def reading(**given: Any) -> Any:
            if convert_to_provided_type and name in given:
                given[name] = kind.read(given[name])
            return run(**given)

        setattr(reading, INPUTS, {name, *getattr(run, INPUTS, ())})
        return reading

    return decorate


def output_schema(kind: Any) -> Callable[[Run], Run]:
    """Leave an answer as it is."""
    return lambda run: run


def install() -> None:
    """Make the names importable in this process."""
    kinds = {k.__name__: k for k in (StandardPythonParameterType, NumpyParameterType, PandasParameterType)}
    quiet = {"enable_telemetry": _nothing, "set_verbosity": _nothing, "update_custom_dimensions": _nothing}
    _put("inference_schema.schema_decorators", input_schema=input_schema, output_schema=output_schema)
    for module, name in (
        ("numpy", "NumpyParameterType"),
        ("pandas", "PandasParameterType"),
        ("standard_py", "StandardPythonParameterType"),
    ):
        _put(f"inference_schema.parameter_types.{module}_parameter_type", **{name: kinds[name]})
    _put("azureml.telemetry", INSTRUMENTATION_KEY="none")
    _put("azureml.automl.core.shared.log_server", **quiet)
    _put("azureml.automl.core.shared.logging_utilities", log_traceback=_log_traceback)


def _put(name: str, **content: Any) -> None:
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        dotted = ".".join(parts[:depth])
        module = sys.modules.setdefault(dotted, types.ModuleType(dotted))
        module.__path__ = []
        if depth > 1:
            setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], module)
    for key, value in content.items():
        setattr(sys.modules[name], key, value)


def _nothing(*_: Any) -> None:
    """Report nothing."""


def _log_traceback(error: Exception, logger: logging.Logger) -> None:
    logger.error("%s: %s", type(error).__name__, error)
