"""Everything hfcore raises on purpose: what went wrong, which value, what to do.

Each error doubles as the builtin a Python caller would expect, so `except LookupError`
works as well as `except RunNotFound`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class HfError(Exception):
    """Base of every error that hfcore raises on purpose.

    Args:
        message: One sentence: what is wrong and with which value.
        hint: One sentence: what to do about it.
    """

    retryable = False

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class NotFound(HfError, LookupError):
    """A name or an id that the workspace does not know."""

    noun = "item"

    def __init__(self, name: object, known: Iterable[object] = ()) -> None:
        listed = ", ".join(repr(str(k)) for k in list(known)[:10])
        hint = f"Known: {listed}." if listed else f"There is no {self.noun} yet."
        super().__init__(f"No {self.noun} is called {str(name)!r}.", hint)
        self.name = str(name)


class RunNotFound(NotFound):
    """No run or child run has this id."""

    noun = "run"


class DatasetNotFound(NotFound):
    """No data set has this name."""

    noun = "data set"


class ModelNotFound(NotFound):
    """No registered model has this name and version."""

    noun = "registered model"


class EndpointNotFound(NotFound):
    """No endpoint has this name."""

    noun = "endpoint"


class ComputeNotFound(NotFound):
    """No compute target has this name."""

    noun = "compute target"


class BackendNotFound(NotFound):
    """`connect` was asked for a backend that does not exist."""

    noun = "backend"


class InvalidInput(HfError, ValueError):
    """One or more values are not acceptable; `fields` maps each name to its sentence."""

    what = "input"

    def __init__(self, fields: Mapping[str, str], hint: str | None = None) -> None:
        super().__init__(" ".join(fields.values()) or f"The {self.what} is not valid.", hint)
        self.fields = dict(fields)


class InvalidSettings(InvalidInput):
    """AutoML, compute or deployment settings that cannot be used."""

    what = "settings"


class InvalidDataset(InvalidInput):
    """A table that cannot be registered or trained on."""

    what = "data set"


class NotSupported(HfError, RuntimeError):
    """The chosen backend cannot do this; raised before anything starts."""


class IllegalMove(HfError, RuntimeError):
    """A run was asked to go to a state that cannot follow its present one."""


class LeaseLost(HfError, RuntimeError):
    """A worker found that its run was cancelled or belongs to another worker now."""


class NameTaken(HfError, ValueError):
    """The name is in use by something that is still alive."""


class StillRunning(HfError, RuntimeError):
    """The thing asked for exists only once the run has finished."""

    retryable = True


class WaitTimedOut(HfError, TimeoutError):
    """`wait` reached its limit; the run itself goes on."""

    retryable = True


class ReportNotAvailable(HfError, LookupError):
    """The run holds no finished child that could be reported on."""


class TrainingFailed(HfError, RuntimeError):
    """A run ended without a single model; the message holds the reason."""


class ExportFailed(HfError, RuntimeError):
    """A pipeline could not be written as a code-free artifact that predicts the same."""


class ArtifactDamaged(HfError, OSError):
    """A file does not have the SHA-256 that was recorded for it."""


class StoreDamaged(HfError, OSError):
    """The store on disk cannot be read or written."""


class DiskFull(HfError, OSError):
    """There is no room left on the disk for what was to be written."""

    retryable = True


class DeploymentFailed(HfError, RuntimeError):
    """An endpoint did not become healthy; the message holds the reason."""


class NoEarlierVersion(HfError, LookupError):
    """An endpoint has no earlier version that it could go back to."""


class BackendUnavailable(HfError, ConnectionError):
    """The backend cannot be reached or its SDK is not installed."""

    retryable = True


class ScoringFailed(HfError, RuntimeError):
    """The endpoint answered, and the answer is a refusal or cannot be read.

    `fields` maps each field that was refused to its sentence, `status` is the HTTP status of the answer and
    `request_id` the id under which the endpoint's log has it.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.fields = dict(fields or {})
        self.status = status
        self.request_id = request_id


class ScoringCanceled(HfError, RuntimeError):
    """Whoever asked for many rows to be scored has stopped it between two requests."""


class EndpointUnreachable(HfError, ConnectionError):
    """The endpoint did not answer at all."""

    retryable = True


class Unauthorized(HfError, PermissionError):
    """The endpoint wants a key, or does not accept the one that was sent."""


class SdkMissing(BackendUnavailable):
    """The backend's SDK is not installed; the hint holds the command that installs it."""

    retryable = False


class NotSignedIn(HfError, PermissionError):
    """The cloud does not know the caller, or does not let it do this; says what is needed."""


class WorkspaceNotFound(NotFound):
    """The cloud has no workspace of this name, or the caller may not see it."""

    noun = "workspace"

    def __init__(self, name: object, known: Iterable[object] = ()) -> None:
        super().__init__(name, known)
        self.hint = "Check subscription, resource group and name, and that this identity has a role there."


class QuotaExceeded(HfError, RuntimeError):
    """The subscription or the region does not have room for what was asked; says the smaller choice."""
