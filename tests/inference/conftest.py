"""Model folders for the scoring tests, made once per session and copied where a test changes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference import score
from tests.fakes.small_model import write_model
from tests.inference.serving import Serving


@pytest.fixture(scope="session")
def integer_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose labels are 0 and 1."""
    return write_model(tmp_path_factory.mktemp("integer"))


@pytest.fixture(scope="session")
def boolean_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose labels are false and true."""
    return write_model(tmp_path_factory.mktemp("boolean"), labels=(False, True))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], score.Model]]:
    """Open a model folder in the entry script; closed again after the test."""

    def init(folder: Path) -> score.Model:
        monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
        score.init()
        return score.current_model()

    yield init
    monkeypatch.setattr(score, "_model", None)


@pytest.fixture
def serving(integer_model: Path, tmp_path: Path) -> Iterator[Serving]:
    """A public socket on which a test starts servers; all of them are ended after the test."""
    prepared = Serving(integer_model, tmp_path)
    yield prepared
    prepared.end()
