"""Where this installation keeps its things: read once from the environment, then frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOTICE = "Research use only. Not a medical device."


@dataclass(frozen=True)
class Settings:
    """Settings of this installation.

    Attributes:
        home: Folder for the store and every artifact (`HF_HOME`, default `~/.hfstudio`).
        store_url: SQLAlchemy URL of the store (`HF_STORE_URL`), or None for SQLite in `home`.
        backend: Backend the app opens with (`HF_BACKEND`, default `local`).
    """

    home: Path
    store_url: str | None = None
    backend: str = "local"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `env` (default: the process environment)."""
        values = os.environ if env is None else env
        home = values.get("HF_HOME") or "~/.hfstudio"
        return cls(
            home=Path(home).expanduser().resolve(),
            store_url=values.get("HF_STORE_URL") or None,
            backend=values.get("HF_BACKEND") or "local",
        )
