"""The real supervisor, killed once at a chosen step of an update: `strike.json` in the home folder names the step."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from hfcore.backends.local import candidate, changeover
from hfcore.backends.local.server_process import Server
from hfcore.backends.local.supervisor import main

MODULE = "tests.fakes.struck_supervisor"
ORDER = "strike"
PLACES: dict[str, tuple[Any, str]] = {
    "asked": (candidate.Candidate, "start"),
    "checked": (candidate, "start_server"),
    "ready": (candidate.Candidate, "_test"),
    "tested": (changeover.Changeover, "_switch"),
    "noted": (Server, "take_traffic"),
    "taken": (Server, "leave_traffic"),
    "left": (changeover, "remove_old_logs"),
}


def order(home: Path, step: str) -> None:
    """Have the supervisor in `home` killed when it comes to `step` next."""
    (home / ORDER).write_text(step)


def _arm(home: Path, step: str) -> None:
    """Die just before the function of a step is called, when that was ordered."""
    place, name = PLACES[step]
    real = getattr(place, name)

    def struck(*args: Any, **values: Any) -> Any:
        if (home / ORDER).exists() and (home / ORDER).read_text() == step:
            (home / ORDER).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **values)

    setattr(place, name, struck)


if __name__ == "__main__":
    for each in PLACES:
        _arm(Path(sys.argv[1]), each)
    sys.exit(main(sys.argv[1:]))
