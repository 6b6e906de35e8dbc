"""Another version takes over from the one in service, or back again: both run, and only the traffic moves.

The endpoint's socket never closes. A new version accepts from it when its checks have passed; the old one leaves it, answers
what it has and stays warm for a day, so that going back takes no start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local import deployments
from hfcore.backends.local.candidate import GRACE_S, Candidate, Place, Tell
from hfcore.backends.local.endpoint_rows import EndpointLease, endpoint_folder, note
from hfcore.backends.local.probation import PROBATION_S, Probation
from hfcore.backends.local.server_process import Server, readiness, remove_old_logs
from hfcore.backends.local.smoke_test import EXACT, SAME
from hfcore.backends.local.store import Store
from hfcore.errors import HfError
from hfcore.states import DeploymentState

WARM_S = 24 * 3600.0  # a server without traffic takes some 40 MB and 1 % of a core; a start takes seconds
DRAIN_S = 6.0  # a server that is not wanted any more has so long to answer what it has
_AGAIN = "It was interrupted twice while it was being prepared."

log = logging.getLogger("supervisor")


@dataclass(frozen=True)
class Aside:
    """A server that has left the traffic, and until when it stays warm (monotonic)."""

    server: Server
    until: float


def label(version: Row[Any]) -> str:
    """Write the model of a deployment, or of an endpoint: name:3."""
    return f"{version.model_name}:{version.model_version}"


class Changeover:
    """Updates and rollbacks of one endpoint, one at a time, under its supervisor's lease."""

    def __init__(self, store: Store, lease: EndpointLease, place: Callable[[Row[Any]], Place | None]) -> None:
        self._store, self._lease, self._place = store, lease, place
        self._candidate: Candidate | None = None
        self._warm: dict[int, Aside] = {}
        self._going: list[Aside] = []
        self._probation: Probation | None = None
        self._reason: str | None = None

    def look(self, row: Row[Any], serving: Server) -> Server:
        """Go one step on, given the endpoint's row as it is now; return the server that has the traffic after it."""
        self._end_those_due()
        if self._candidate is not None:
            return self._follow(self._candidate, row, serving)
        if row.wanted is not None:
            return self._begin(row.wanted, row, serving)
        failed = self._on_probation(row)
        if failed is not None:
            self._reason = failed
            return self._begin(row.previous, row, serving)
        return serving

    # -- the way into service -------------------------------------------------------------------------------------

    def _begin(self, number: int, row: Row[Any], serving: Server) -> Server:
        """Move to a version that is warm at once; prepare any other one beside what serves."""
        version = deployments.row_of(self._store, row.id, number)
        warm = self._warm.get(number)
        if warm is not None and warm.server.alive() and readiness(warm.server.port).status == "ready":
            return self._switch(version, warm.server, row, serving)
        place = self._place(row)
        if place is None or version.attempts >= deployments.MOST_ATTEMPTS:
            self._refuse(version, row, _AGAIN if place else "The endpoint's address cannot be handed over just now.")
            return serving
        deployments.change(self._store, row.id, number, attempts=version.attempts + 1)
        back = version.state != DeploymentState.UNDERWAY.value
        what = "Going back" if back else "Updating"
        tell = Tell(lambda phrase: self._phase(f"{what} to {label(version)}: {phrase}"), self._started)
        self._candidate = Candidate(place, version, SAME if back else EXACT, threading.Event(), tell)
        self._candidate.start()
        return serving

    def _phase(self, phrase: str) -> None:
        log.info("%s", phrase)
        self._written(lambda: note(self._store, self._lease, phase=phrase))

    def _started(self, server: Server) -> None:
        """Keep where a server answers checks, for the supervisor that may come after this one."""
        endpoint_id = self._lease.endpoint_id
        self._written(lambda: deployments.change(self._store, endpoint_id, server.number, port=server.port))

    def _written(self, write: Callable[[], None]) -> None:
        """Write to the store; in the candidate's thread nothing can be done about a lost lease or a busy store but say it."""
        try:
            write()
        except HfError as error:
            log.warning("It could not be noted (%s).", type(error).__name__)

    def _follow(self, candidate: Candidate, row: Row[Any], serving: Server) -> Server:
        """Wait for a candidate; move to it when it is ready, say why when it is refused."""
        if not candidate.done:
            return serving
        if candidate.server is None or not candidate.server.alive():
            self._candidate = None
            self._refuse(candidate.version, row, candidate.refusal or "Its server has ended before it took over.")
            return serving
        now = self._switch(candidate.version, candidate.server, row, serving)
        self._candidate = None
        return now

    def _refuse(self, version: Row[Any], row: Row[Any], sentence: str) -> None:
        """Leave everything as it is and say what was refused and why."""
        known = f"{label(version)} was refused. {sentence} {label(row)} goes on."
        log.error("%s", known)
        deployments.refuse(self._store, self._lease, version.number, sentence, known)
        if version.number == row.previous:
            self._probation = None
        self._reason = None

    def _switch(self, version: Row[Any], server: Server, row: Row[Any], serving: Server) -> Server:
        """Move the traffic: noted first, then taken, then left, so that at every moment somebody accepts."""
        back = version.state != DeploymentState.UNDERWAY.value
        self._note_switch(version, server, row, back)
        self._probation = None if back else Probation(server.port)
        server.take_traffic()
        others, self._warm = self._warm, {}
        if back:
            self.let_go(serving)
        else:
            self.keep(serving)
        for aside in others.values():
            if aside.server.number != version.number:
                self.let_go(aside.server)
        log.info("%s serves now instead of %s.", label(version), label(row))
        remove_old_logs(endpoint_folder(self._store.home, row.id), version.number)
        return server

    def _note_switch(self, version: Row[Any], server: Server | None, row: Row[Any], back: bool) -> None:
        reason = self._reason
        left: dict[str, Any] = {"state": (DeploymentState.ROLLED_BACK if back else DeploymentState.REPLACED).value}
        say = None
        if reason is not None:
            left["message"] = f"Rolled back by itself: {reason}."
            say = f"{label(row)} was taken out of service by itself: {reason}. {label(version)} serves again."
            log.error("%s", say)
        process = None if server is None else server.process
        deployments.hand_over(self._store, self._lease, version, process, left, keep=not back, say=say)
        self._reason = None

    # -- the way back ---------------------------------------------------------------------------------------------

    def _on_probation(self, row: Row[Any]) -> str | None:
        """Say what is wrong with a version that has just come into service, while there is one to go back to."""
        if self._probation is None or row.previous is None or self._probation.over:
            self._probation = None
            return None
        return self._probation.look()

    def give_up(self, row: Row[Any], sentence: str) -> bool:
        """Note that the version in service does not serve any more, and go back to the earlier one, when there is one."""
        if row.previous is None:
            return False
        self._reason, self._probation = sentence.rstrip("."), None
        self._note_switch(deployments.row_of(self._store, row.id, row.previous), None, row, back=True)
        return True

    @property
    def is_on_probation(self) -> bool:
        """True while the version in service is new and there is one to go back to."""
        return self._probation is not None and not self._probation.over

    def resume(self, version: Row[Any], server: Server, age_s: float) -> None:
        """Go on watching a version that came into service `age_s` seconds ago, in a server that was started again or found."""
        left = PROBATION_S - age_s
        self._probation = Probation(server.port, left) if version.number > 1 and left > 0 else None

    def take_warm(self, number: int) -> Server | None:
        """Return the warm server of a version and stop keeping it, None when there is none."""
        aside = self._warm.pop(number, None)
        return aside.server if aside is not None else None

    def keep(self, server: Server) -> None:
        """Take the traffic from the server of the version before, and keep it warm for a rollback."""
        server.leave_traffic()
        self._warm[server.number] = Aside(server, time.monotonic() + WARM_S)

    def let_go(self, server: Server) -> None:
        """Take the traffic from a server that nobody wants, and end it when it has answered what it has."""
        server.leave_traffic()
        self._going.append(Aside(server, time.monotonic() + DRAIN_S))

    @property
    def kept(self) -> frozenset[int]:
        """Numbers of the deployments whose servers run on purpose beside the one in service."""
        candidate = [] if self._candidate is None else [self._candidate.version.number]
        return frozenset([*self._warm, *candidate])

    # -- the end --------------------------------------------------------------------------------------------------

    def _end_those_due(self) -> None:
        """End the servers that have had their time, each in a thread, since that may take some seconds."""
        now = time.monotonic()
        due = [aside for aside in (*self._warm.values(), *self._going) if now > aside.until]
        self._warm = {number: aside for number, aside in self._warm.items() if aside not in due}
        self._going = [aside for aside in self._going if aside not in due]
        for aside in due:
            threading.Thread(target=aside.server.end, args=(GRACE_S + DRAIN_S,), daemon=True).start()

    def end(self) -> None:
        """End every server that has no traffic, and whatever is being prepared."""
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            candidate.abandon()
        for aside in (*self._warm.values(), *self._going):
            aside.server.end(GRACE_S)
        self._warm, self._going = {}, []
