"""The whole double: every service behind one way in, its journal, its faults, and what a test needs to begin."""

from __future__ import annotations

import threading
from typing import Any

from tests.fakes.azure.aad import Aad
from tests.fakes.azure.arm import Arm, Discovery
from tests.fakes.azure.artifacts import Artifacts
from tests.fakes.azure.blob import BlobStore
from tests.fakes.azure.computes import Computes
from tests.fakes.azure.datasets import Datasets
from tests.fakes.azure.datastores import Datastores
from tests.fakes.azure.environments import Environments
from tests.fakes.azure.exchange import Answer, Ask, Refusal, error_body
from tests.fakes.azure.faults import ANSWER, SILENT, Fault, Faults
from tests.fakes.azure.history import History
from tests.fakes.azure.jasmine import Jasmine
from tests.fakes.azure.journal import Journal
from tests.fakes.azure.metrics import Metrics
from tests.fakes.azure.models import Models
from tests.fakes.azure.place import BLOB_HOST, HOSTS, IMDS_HOST, LOGIN_HOST, Place
from tests.fakes.azure.routes import Table, as_answer
from tests.fakes.azure.services import Services

_OPEN = ("/discovery/", "/metadata/endpoints")


class AzureDouble:
    """One workspace in which nothing has happened yet; `journal`, `faults` and the services are a test's to change."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or Place()
        self.journal, self.faults = Journal(), Faults()
        self.aad = Aad(self.place)
        self.computes = Computes(self.place)
        self.history = History()
        self.blobs = BlobStore()
        self.datastores = Datastores(self.place)
        self.datasets = Datasets(self.place, self.blobs)
        self.artifacts, self.metrics, self.environments = Artifacts(self.blobs), Metrics(), Environments()
        self.models = Models(self.artifacts)
        self.jasmine, self.services = Jasmine(self), Services(self)
        data = (self.blobs, self.datastores, self.datasets, self.artifacts)
        training = (self.computes, self.history, self.metrics, self.environments, self.jasmine)
        self._table = Table((self.aad, Arm(self.place), Discovery(), *data, *training, self.models, self.services))
        self.lock = threading.RLock()

    def knows(self, host: str) -> bool:
        """Tell whether the double plays this host; any other one is a stray."""
        if host.lower() not in HOSTS:
            self.journal.stray(f"unknown host: {host}")
            return False
        return True

    def answer(self, ask: Ask) -> tuple[Answer | None, Fault | None]:
        """Answer one request, unless a fault that was ordered strikes it."""
        fault = self.faults.of(ask)
        answer = self._work(ask) if fault is None or fault.effect else None
        answer = fault.answer if fault is not None and fault.answer else answer
        told = fault is None or fault.kind == ANSWER
        self.journal.note(ask, answer.status if told and answer else fault.kind if fault else 0)
        if fault is not None and fault.kind == SILENT:
            self.faults.released.wait()
        return answer, fault

    def _work(self, ask: Ask) -> Answer:
        if ask.host not in (*HOSTS, IMDS_HOST):
            self.journal.stray(f"unknown host: {ask.host}")
            return Answer(error_body("NotFound", "unknown host"), 404)
        found = self._table.find(ask)
        if found is None:
            self.journal.stray(f"unknown path: {ask.method} https://{ask.host}{ask.target}")
            return Answer(error_body("NotFound", f"The double has no {ask.method} {ask.path}."), 404)
        handler, known = found
        refused = self._refused(known)
        return refused or self._handled(handler, known)

    def _handled(self, handler: Any, ask: Ask) -> Answer:
        try:
            with self.lock:
                return as_answer(handler(ask))
        except Refusal as refusal:
            return refusal.answer
        except Exception as error:
            self.journal.stray(f"{type(error).__name__} in the double at {ask.method} {ask.path}: {error}")
            return Answer(error_body("InternalServerError", "The double broke."), 500)

    def _refused(self, ask: Ask) -> Answer | None:
        """Return the refusal of a request without a token, or to another workspace than this one."""
        guarded = ask.host not in (LOGIN_HOST, BLOB_HOST, IMDS_HOST) and not ask.path.startswith(_OPEN)
        if guarded and not self.aad.knows(ask):
            return Answer(error_body("InvalidAuthenticationToken", "The access token is missing or invalid."), 401)
        return self._elsewhere(ask) if "workspace" in ask.params else None

    def _elsewhere(self, ask: Ask) -> Answer | None:
        wanted, here = ask.params, self.place
        kind = "Microsoft.MachineLearningServices/workspaces"
        if wanted["subscription"].lower() != here.subscription:
            return _no(f"The subscription '{wanted['subscription']}' could not be found.", "Subscription")
        if wanted["group"].lower() != here.group:
            return _no(f"Resource group '{wanted['group']}' could not be found.", "ResourceGroup")
        if wanted["workspace"].lower() != here.workspace:
            said = f"The Resource '{kind}/{wanted['workspace']}' under resource group '{here.group}' was not found."
            return _no(said, "Resource")
        return None

    def close(self) -> None:
        """Let go whoever waits, and end everything that works."""
        self.faults.clear()
        self.jasmine.close()
        self.services.close()


def _no(said: str, what: str) -> Answer:
    return Answer({"error": {"code": f"{what}NotFound", "message": said}}, 404)
