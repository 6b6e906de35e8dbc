"""Who does something: the name of the user that this process runs as."""

from __future__ import annotations

import getpass


def user() -> str:
    """Return the user's name, "" when the system does not know one."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return ""
