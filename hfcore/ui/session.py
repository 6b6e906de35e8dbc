"""The open workspace of this app, and the ids that a browser session holds."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from hfcore.settings import Settings
from hfcore.ui import waiting
from hfcore.workspace import BACKENDS, Workspace, connect

FRESH_S = 2.0
BACKEND = "backend"
_SLICE_S = 0.2


def backend() -> str:
    """Return the backend that the address names (`?backend=azureml`), else the one that the settings name."""
    told = st.query_params.get(BACKEND)
    return told if told in BACKENDS else Settings.from_env().backend


def choose_backend(name: str) -> None:
    """Work on another backend from now on; ids in the address belong to the old one and are left behind."""
    if name == backend():
        return
    st.query_params.clear()
    choose(BACKEND, name if name != Settings.from_env().backend else None)


def kept() -> dict[str, str]:
    """Return what every link within the app keeps in its address: the backend, where it is not the one of the settings."""
    chosen = backend()
    return {} if chosen == Settings.from_env().backend else {BACKEND: chosen}


def workspace() -> Workspace:
    """Return the workspace of the chosen backend; opened once, shared by every session.

    Raises:
        HfError: it cannot be opened; the next attempt starts anew.
    """
    settings, chosen = Settings.from_env(), backend()
    if chosen == "local":
        return _open_here(chosen, str(settings.home), settings.store_url)
    return _opened_afar(chosen, _written_down(chosen))


@st.cache_resource(show_spinner=False)
def _open_here(backend: str, home: str, store_url: str | None) -> Workspace:
    return connect(backend, home=home, store_url=store_url)


class _Opening:
    """A workspace that is being opened in a thread, so that nobody's page stands still meanwhile."""

    def __init__(self, backend: str, config: str) -> None:
        self.future: Future[Workspace] = Future()
        threading.Thread(target=self._open, args=(backend, config), daemon=True).start()

    def _open(self, backend: str, config: str) -> None:
        options: dict[str, Any] = {"config": json.loads(config), "remember_s": FRESH_S, "while_waiting": waiting.tell}
        try:
            self.future.set_result(connect(backend, **(options if backend == "azureml" else {})))
        except BaseException as error:  # handed over to whoever waits
            self.future.set_exception(error)


@st.cache_resource(show_spinner=False)
def _opening(backend: str, config: str) -> _Opening:
    return _Opening(backend, config)


def _opened_afar(backend: str, config: str) -> Workspace:
    opening, spent = _opening(backend, config), 0.0
    while not opening.future.done():
        waiting.tell("opening the workspace", spent)
        threading.Event().wait(_SLICE_S)
        spent += _SLICE_S
    try:
        return opening.future.result()
    except BaseException:
        _opening.clear(backend, config)  # type: ignore[attr-defined]
        raise


def _written_down(backend: str) -> str:
    """Return what secrets.toml says about a backend, as JSON; null when it says nothing."""
    try:
        told = st.secrets.get(backend)
    except StreamlitSecretNotFoundError:
        told = None
    return json.dumps(dict(told) if told else None, sort_keys=True)


def chosen(name: str) -> str | None:
    """Return an id from the address (`?run=...`), so that a page can be linked to and reloaded."""
    return st.query_params.get(name) or None


def choose(name: str, value: str | None) -> None:
    """Put an id into the address, or take it out."""
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
