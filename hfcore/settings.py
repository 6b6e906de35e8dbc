"""Where this installation keeps its things: read once from the environment, then frozen."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hfcore.errors import InvalidSettings

FIRST_PORT = 8601
NOTICE = "Research use only. Not a medical device."


@dataclass(frozen=True)
class Settings:
    """Settings of this installation.

    Attributes:
        home: Folder for the store and every artifact (`HF_HOME`, default `~/.hfstudio`).
        store_url: SQLAlchemy URL of the store (`HF_STORE_URL`), or None for SQLite in `home`.
        backend: Backend the app opens with (`HF_BACKEND`, default `local`).
        first_port: First port of this machine that an endpoint may take (`HF_ENDPOINT_PORT`, default 8601).
    """

    home: Path
    store_url: str | None = None
    backend: str = "local"
    first_port: int = FIRST_PORT

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `env` (default: the process environment). Raises InvalidSettings."""
        values = os.environ if env is None else env
        home = values.get("HF_HOME") or "~/.hfstudio"
        return cls(
            home=_resolved(home, os.getcwd(), os.environ.get("HOME")),
            store_url=values.get("HF_STORE_URL") or None,
            backend=values.get("HF_BACKEND") or "local",
            first_port=_port(values.get("HF_ENDPOINT_PORT") or str(FIRST_PORT)),
        )


@functools.lru_cache(maxsize=16)
def _resolved(path: str, working_folder: str, users_home: str | None) -> Path:
    """Return a path as the system writes it; every link of a page asks, and each step of a path is a question to the disk."""
    return Path(path).expanduser().resolve()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1024 <= int(text) <= 65_535):
        sentence = f"HF_ENDPOINT_PORT is {text!r}; it must be a port number from 1024 to 65535."
        raise InvalidSettings({"first_port": sentence})
    return int(text)
