"""A table that is being scored beside the page: how far it is, how to stop it, and what came of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.scoring.patient_table import Ready
from hfcore.scoring.table_scores import Scores, score_table

if TYPE_CHECKING:
    import pandas as pd

TIMEOUT_S = 30


@dataclass
class Job:
    """One table on its way through an endpoint; kept as one object and changed in place by its thread.

    `failure` is the kind of an error that was not foreseen; its text may hold a cell and is not kept.
    """

    file: str
    frame: pd.DataFrame
    ready: Ready
    endpoint: Endpoint
    key: str | None
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    seconds: float = 0.0
    scores: Scores | None = None
    error: HfError | None = None
    failure: str = ""
    noted: bool = False

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="batch-scoring", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the request that is under way; what was scored until then is kept."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """True once it was asked to stop."""
        return self._stop.is_set()

    @property
    def is_over(self) -> bool:
        """True when nothing more will come."""
        return bool(self.scores or self.error or self.failure)

    def _work(self) -> None:
        try:
            client = ScoringClient(self.endpoint, self.key, timeout_s=TIMEOUT_S)
            try:
                scores = score_table(client, self.ready, self._progress)
            finally:
                client.close()
                self.seconds = time.monotonic() - self.begun
            self.scores = scores
        except HfError as error:
            self.error = error
        except Exception as error:  # said on the page by its kind
            self.failure = type(error).__name__

    def _progress(self, done: int, total: int) -> bool:
        self.done = done
        return not self._stop.is_set()
