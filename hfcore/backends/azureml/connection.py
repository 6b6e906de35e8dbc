"""One open workspace of the SDK: who is signed in, where, and the one way to ask it something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hfcore.backends.azureml import calls, identity, sdk, transport
from hfcore.backends.azureml.answers import Answers
from hfcore.backends.azureml.config import AzureConfig
from hfcore.backends.azureml.translation import safe_text, translated
from hfcore.errors import InvalidSettings, NotFound, WorkspaceNotFound

T = TypeVar("T")


class Connection:
    """The SDK's workspace object with remembered answers.

    Args:
        config: Which workspace, and who signs in.
        fresh_s: Seconds for which an answer is remembered; 0 asks every time.
        while_waiting: Hears several times a second what is waited for and since when; may raise to give up waiting.

    Raises:
        NotSignedIn: no credentials, wrong ones, or no role on the workspace.
        WorkspaceNotFound: no such workspace.
        SdkMissing: the SDK is not installed.
        BackendUnavailable: Azure cannot be reached.
    """

    def __init__(self, config: AzureConfig, fresh_s: float = 0.0, while_waiting: calls.WhileWaiting = calls.silently) -> None:
        self.config = config
        self.identity = identity.choose(config)
        self.answers = Answers(fresh_s, while_waiting)
        self._while_waiting = while_waiting
        self.workspace: Any = self.ask_now("opening the workspace", self._open)

    def _open(self) -> Any:
        transport.install()
        credentials = identity.credentials(self.identity, self.config)
        where = {"subscription_id": self.config.subscription_id, "resource_group": self.config.resource_group}
        try:
            return sdk.load("azureml.core").Workspace.get(self.config.workspace_name, auth=credentials, **where)
        except Exception as error:
            meant = translated(error, "opening the workspace")
            if isinstance(meant, NotFound) or ("subscription" in safe_text(error).lower() and isinstance(meant, InvalidSettings)):
                raise WorkspaceNotFound("/".join(where.values()) + f"/{self.config.workspace_name}") from error
            raise meant from error

    @property
    def region(self) -> str:
        """Azure's name of the workspace's region."""
        return str(self.workspace.location)

    def ask(self, key: tuple[str, ...], doing: str, work: Callable[[], T]) -> T:
        """Return what Azure says, or said a moment ago. Raises HfError."""
        return self.answers.get(key, doing, work)

    def ask_now(self, doing: str, work: Callable[[], T]) -> T:
        """Return what Azure says now. Raises HfError."""
        seconds = transport.WHOLE_CALL_S + calls.GRACE_S
        return calls.wait_for(calls.start(doing, work), doing, seconds, self._while_waiting)

    def change(self, doing: str, work: Callable[[], T], *changed: str) -> T:
        """Change something in Azure and forget the answers about it, all of them when nothing is named. Raises HfError."""
        try:
            return self.ask_now(doing, work)
        finally:
            self.answers.forget(*changed)
