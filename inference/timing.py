"""How long a model takes, and a way to end a prediction that takes too long."""

from __future__ import annotations

import time

import onnxruntime

from inference.score import Model

REPEATS = 3


class Stop:
    """Ends a prediction from another thread: the model stops before its next step."""

    def __init__(self) -> None:
        self.options = onnxruntime.RunOptions()

    def set(self) -> None:
        """Ask the prediction to end."""
        self.options.terminate = True

    def is_set(self) -> bool:
        """Tell whether it was asked to end."""
        return bool(self.options.terminate)


def seconds_per_run(model: Model) -> tuple[float, float]:
    """Return how long one golden row takes, and each further one, in seconds of this thread's processor time."""
    rows = model.reader.recorded(model.manifest["golden"]["rows"])
    spent = []
    for some in (rows[:1], rows):
        started = time.thread_time()
        for _ in range(REPEATS):
            model.probabilities(some)
        spent.append((time.thread_time() - started) / REPEATS)
    return spent[0], max(0.0, spent[1] - spent[0]) / max(1, len(rows) - 1)
