"""One open workspace of the SDK: who is signed in, where, and the one way to ask it something."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from hfcore.backends.azureml import calls, identity, sdk, transport
from hfcore.backends.azureml.answers import Answers
from hfcore.backends.azureml.config import AzureConfig
from hfcore.backends.azureml.translation import is_absent
from hfcore.errors import StillWaiting, WorkspaceNotFound

T = TypeVar("T")


class Connection:
    """The SDK's workspace object with remembered answers.

    Args:
        config: Which workspace, and who signs in.
        fresh_s: Seconds for which an answer is remembered; 0 asks every time.
        patience_s: Longest wait of a read that has no answer yet, None for the call's own deadline.

    Raises:
        NotSignedIn: no credentials, wrong ones, or no role on the workspace.
        WorkspaceNotFound: no such workspace.
        SdkMissing: the SDK is not installed.
        BackendUnavailable: Azure cannot be reached.
    """

    def __init__(self, config: AzureConfig, fresh_s: float = 0.0, patience_s: float | None = None) -> None:
        self.config = config
        self.identity = identity.choose(config)
        self.answers = Answers(fresh_s, patience_s)
        self.workspace: Any = calls.run("opening the workspace", self._open)

    def _open(self) -> Any:
        transport.install()
        credentials = identity.credentials(self.identity, self.config)
        where = {"subscription_id": self.config.subscription_id, "resource_group": self.config.resource_group}
        try:
            return sdk.load("azureml.core").Workspace.get(self.config.workspace_name, auth=credentials, **where)
        except Exception as error:
            if is_absent(error):
                raise WorkspaceNotFound(f"{self.config.resource_group}/{self.config.workspace_name}") from error
            raise

    @property
    def region(self) -> str:
        """Azure's name of the workspace's region."""
        return str(self.workspace.location)

    def ask(self, key: tuple[str, ...], doing: str, work: Callable[[], T]) -> T:
        """Return what Azure says, or said a moment ago. Raises StillWaiting, HfError."""
        return self.answers.get(key, doing, work)

    def ask_now(self, doing: str, work: Callable[[], T]) -> T:
        """Return what Azure says now. Raises HfError."""
        return calls.run(doing, work)

    def change(self, doing: str, work: Callable[[], T], *changed: str) -> T:
        """Change something in Azure and forget the answers about it, all of them when nothing is named. Raises HfError."""
        try:
            return calls.run(doing, work)
        finally:
            self.answers.forget(*changed)

    def begin(self, doing: str, work: Callable[[], T], seconds: float) -> Future[T]:
        """Start something that may take long, and return its future."""
        return calls.start(doing, work, seconds)

    def is_waiting(self, error: Exception) -> bool:
        """Tell whether an error only says that Azure is still being waited for."""
        return isinstance(error, StillWaiting)
