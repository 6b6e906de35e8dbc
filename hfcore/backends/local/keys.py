"""An endpoint's two keys: in a file that only its owner may read, for callers inside the app; everywhere else as hashes."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from hfcore.backends.local.files import write_bytes
from hfcore.errors import InvalidSettings
from inference.access import hash_key, key_file

KEYS = "keys.json"
HASHES = "keys.sha256"
KINDS = ("primary", "secondary")
OWNER_ONLY = 0o600


def make(folder: Path) -> dict[str, str]:
    """Make two keys and return their hashes for the row."""
    return _keep(folder, {kind: _fresh() for kind in KINDS})


def read(folder: Path) -> dict[str, str] | None:
    """Return the keys by kind, None when there are none."""
    try:
        told = json.loads((folder / KEYS).read_bytes())
    except FileNotFoundError:
        return None
    return {kind: str(told[kind]) for kind in KINDS}


def tell_server(folder: Path) -> None:
    """Write the hashes of the present keys for the server, as they must be if a rotation was cut off half-way."""
    keys = read(folder)
    if keys is not None:
        write_bytes(folder / HASHES, key_file(keys.values()), mode=OWNER_ONLY)


def rotate(folder: Path, which: str) -> tuple[str, dict[str, str]]:
    """Replace one key; return the new one and the hashes for the row.

    The server accepts the new key before anybody is told it, and the old one until everybody could know the new one.

    Raises:
        InvalidSettings: `which` is neither "primary" nor "secondary".
    """
    if which not in KINDS:
        raise InvalidSettings({"which": f"There is no key {which!r}; it is either 'primary' or 'secondary'."})
    old = read(folder) or {}
    new = {**{kind: _fresh() for kind in KINDS}, **old, which: _fresh()}
    write_bytes(folder / HASHES, key_file([*new.values(), *old.values()]), mode=OWNER_ONLY)
    return new[which], _keep(folder, new)


def _keep(folder: Path, keys: dict[str, str]) -> dict[str, str]:
    write_bytes(folder / KEYS, json.dumps(keys).encode(), mode=OWNER_ONLY)
    tell_server(folder)
    return {f"{kind}_sha256": hash_key(key) for kind, key in keys.items()}


def _fresh() -> str:
    return secrets.token_urlsafe(32)
