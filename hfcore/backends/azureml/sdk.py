"""The SDK itself: imported late, with its defaults set first, and with a folder for what it drops."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
import threading
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from hfcore.errors import SdkMissing

PIP = 'pip install "azureml-core>=1.61,<2" "azureml-train-automl-client>=1.62,<2"'
# Read by the SDK while it is imported. A value that is set already stands.
DEFAULTS = {
    "HBI_WORKSPACE_JOB": "true",  # sends no telemetry to Microsoft, from Python and from the data engine
    "FORCE_CURATED_ENVIRONMENT": "true",  # the released training environment instead of a look-up of eight that are not
    "AZUREML_LOG_DEPRECATION_WARNING_ENABLED": "False",  # the app says itself that SDK v1 is out of support
    "AZUREML_DEFAULT_RETRIES": "1",  # how often to try again is decided in transport.py, once for every call
    "AZUREML_DEFAULT_BACKOFF": "1",
    "AZUREML_DEFAULT_500_BACKOFF": "1",
    "AZUREML_DEFAULT_503_BACKOFF": "1",
    "AZUREML_CURRENT_CLOUD": "AzureCloud",  # else every identity first asks Azure for the list of its clouds
}
_lock = threading.RLock()


def load(name: str) -> Any:
    """Import a module of the SDK.

    Raises:
        SdkMissing: the SDK is not installed; says the command that installs it.
    """
    with _lock:
        if name in sys.modules and sys.modules[name] is not None:
            return sys.modules[name]
        for variable, value in DEFAULTS.items():
            os.environ.setdefault(variable, value)
        return _imported(name)


def _imported(name: str) -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what its modules warn of while they are loaded is no business of the caller
            return importlib.import_module(name)
    except ImportError as error:
        raise _missing(error) from error


def _missing(error: ImportError) -> SdkMissing:
    if sys.version_info >= (3, 12):
        return SdkMissing(
            f"Azure ML's SDK v1 ends at Python 3.11 and this is Python {sys.version_info.major}.{sys.version_info.minor}.",
            f"Use Python 3.11, then: {PIP}",
        )
    return SdkMissing(f"Azure ML's SDK is not installed here (no module {error.name}).", f"Install it with: {PIP}")


@cache
def droppings() -> Path:
    """Return a folder of this process for the SDK's logs and project files; it goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="hfstudio-azureml-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
