"""Tags as people write them in a field: key=value, key=value."""

from __future__ import annotations

from collections.abc import Mapping


def read(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read `key=value, key=value`; return the tags, and what is wrong with them."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    pairs = [(key.strip(), value.strip()) for key, mark, value in (part.partition("=") for part in parts) if mark and key.strip()]
    if len(pairs) < len(parts):
        bad = next(part for part in parts if not part.partition("=")[0].strip() or "=" not in part)
        return {}, {"tags": f"The tag {bad!r} does not fit; write key=value, with commas between tags."}
    return dict(pairs), {}


def write(tags: Mapping[str, str]) -> str:
    """Write tags as `read` takes them."""
    return ", ".join(f"{key}={value}" for key, value in tags.items())
