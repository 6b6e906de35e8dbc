"""What one fresh process is told to do; standard library only, for every engine's interpreter reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

SEED = 2024


@dataclass(frozen=True, kw_only=True)
class Job:
    """One engine on one fold: the files, the label (0/1), a folder to write in, the budget in seconds, the core to stay on.

    `clock` is "processor" (the engine's clock stands still while others compute on the core) or "wall". `option` is the
    engine's own choice, such as AutoGluon's preset.
    """

    module: str
    train: str
    test: str
    label: str
    folder: str
    answer: str
    budget_s: float
    clock: str
    core: int
    option: str = ""
    seed: int = SEED

    def write(self, path: Path) -> None:
        """Write the job as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text()))
