"""The double as a server: started once, its state replaced for every test, and the environment that leads the SDK to it."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.azure.certificates import Authority
from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.faults import Fault
from tests.fakes.azure.place import HOSTS
from tests.fakes.azure.proxy import Proxy


class AzureServer:
    """A proxy and a certificate authority that outlive many doubles; `double` is who answers now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.double = AzureDouble()
        self._authority = Authority(folder, HOSTS)
        self._proxy = Proxy(self._authority.context, self._knows, self._answer, self._broken)
        self._proxy.start()

    @property
    def environment(self) -> dict[str, str]:
        """What must be in the environment before the SDK is imported; no secret of the service principal is among it."""
        home, bundle = self.folder / "user", str(self._authority.bundle)
        home.mkdir(exist_ok=True)
        return {
            "HTTPS_PROXY": self._proxy.url,
            "HTTP_PROXY": self._proxy.url,
            "https_proxy": self._proxy.url,
            "http_proxy": self._proxy.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "HOME": str(home),
            "AZURE_CONFIG_DIR": str(home / ".azure"),
            "HBI_WORKSPACE_JOB": "true",
        }

    def renew(self) -> AzureDouble:
        """Forget everything and begin with an empty workspace."""
        self.double.close()
        self.double = AzureDouble()
        return self.double

    def stop(self) -> None:
        """End it."""
        self.double.close()
        self._proxy.stop()

    def _knows(self, host: str) -> bool:
        return self.double.knows(host)

    def _broken(self, what: str) -> None:
        self.double.journal.stray(what)

    def _answer(self, ask: Ask) -> tuple[Answer | None, Fault | None]:
        return self.double.answer(ask)
