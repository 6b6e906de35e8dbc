"""What a reader sees when an endpoint cannot be used: the sentence, and the way out that fits it."""

from __future__ import annotations

from hfcore.errors import EndpointUnreachable, HfError, ScoringFailed, Unauthorized
from hfcore.records import Endpoint
from hfcore.ui import guard, navigation


def draw(error: HfError, endpoint: Endpoint) -> None:
    """Say what went wrong, then lead to where it can be put right."""
    guard.show(error)
    navigation.link("deploy", way_out(error, endpoint), ":material/arrow_forward:")


def way_out(error: HfError, endpoint: Endpoint) -> str:
    """Return in a few words what there is to do on the Deploy page."""
    if isinstance(error, Unauthorized):
        return "Look at the endpoint's keys"
    if isinstance(error, ScoringFailed) and error.status in (404, 422, 500):
        return "Look at the endpoint's log and what it takes"
    if isinstance(error, EndpointUnreachable):
        return "Look at the endpoint's state and log"
    return f"Look at {endpoint.name} on the Deploy page"


def kind(error: HfError) -> str:
    """Say in two or three words what kind of trouble it was, for the list of requests."""
    if isinstance(error, Unauthorized):
        return "key refused"
    return "no answer" if isinstance(error, EndpointUnreachable) else "refused"
