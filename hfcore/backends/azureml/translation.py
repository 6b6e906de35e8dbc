"""Errors of the SDK as errors of ours: what is wrong, with which value, what to do. Nothing secret is repeated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hfcore.backends.azureml.transport import NoAnswer, Trouble
from hfcore.errors import BackendUnavailable, HfError, InvalidSettings, NameTaken, NotFound, NotSignedIn, QuotaExceeded

_STATUS = re.compile(r"(?:Response Code|StatusCode|status code|Code)[:\s\"']+(\d{3})\b", re.IGNORECASE)
_MESSAGE = re.compile(r"\"message\"\s*:\s*\"((?:[^\"\\]|\\.){1,400})\"", re.IGNORECASE)
_AADSTS = re.compile(r"AADSTS(\d{5,7})")
_SECRET = re.compile(r"(?i)(bearer\s+\S+|sig=[^&\s\"']+|(?:secret|password|key)[\"'\s:=]+\S+|eyJ[\w-]{10,}\.[\w.-]+)")
_LONGEST = 240
_SIGN_IN = {
    "7000215": "The service principal's secret is not right.",
    "7000222": "The service principal's secret has expired.",
    "700016": "The tenant knows no application with this client id.",
    "90002": "There is no tenant with this id.",
}
_ROLE = "Give this identity the role AzureML Data Scientist on the workspace; to make clusters also AzureML Compute Operator."
_SMALLER = "Ask for fewer cores or nodes, choose a smaller machine, or delete a cluster or service that is not needed."


def translated(error: BaseException, doing: str) -> HfError:
    """Return what an error of the SDK means.

    Args:
        error: Whatever the SDK has raised.
        doing: What was done, as it ends a sentence: "reading the runs".
    """
    for cause in _chain(error):
        if isinstance(cause, HfError):
            return cause
        if isinstance(cause, NoAnswer):
            return BackendUnavailable(f"Azure did not answer while {doing}: {cause}.", "Check the network and the proxy.")
        if isinstance(cause, Trouble):
            return _of_trouble(cause, doing)
    text, status = safe_text(error), status_of(error)
    return _by_status(status, text, doing) or _by_words(error, text, doing) or _unforeseen(error, text, doing)


def safe_text(error: BaseException) -> str:
    """Return an error's own text, "" where asking for it raises (the SDK's ServiceException may)."""
    told = getattr(error, "message", None)
    if isinstance(told, str) and told.strip():
        return told
    try:
        return str(error)
    except Exception:  # the text of an error is asked of foreign code; whatever that does, there is then no text
        return ""


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an error is about, None when it names none."""
    for cause in _chain(error):
        response = getattr(cause, "response", None)
        for holder in (cause, response):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int) and status >= 400:
                return status
        found = _STATUS.search(safe_text(cause))
        if found:
            return int(found[1])
    return None


def sentence_of(text: str) -> str:
    """Return the first sentence that Azure wrote for people in a longer text, without anything secret."""
    found = _MESSAGE.search(text)
    try:
        plain = json.loads(f'"{found[1]}"') if found else text
    except ValueError:
        plain = found[1] if found else text
    line = next((part.strip() for part in str(plain).splitlines() if part.strip()), "")
    return _SECRET.sub("[left out]", line)[:_LONGEST].rstrip(". ")


def _of_trouble(trouble: Trouble, doing: str) -> HfError:
    if trouble.status == 429:
        return BackendUnavailable(f"Azure is busy ({trouble.host} wants fewer requests) while {doing}.", "Try again in a minute.")
    if trouble.status:
        return BackendUnavailable(f"Azure failed while {doing}: {trouble.host} answers {trouble.status}.", "Try again later.")
    hint = "Check the network, the proxy and its certificate."
    return BackendUnavailable(f"Azure cannot be reached while {doing}: {trouble.host}, {trouble.what}.", hint)


def _by_status(status: int | None, text: str, doing: str) -> HfError | None:
    if status == 401:
        return NotSignedIn(f"Azure does not accept these credentials while {doing}.", _sign_in_words(text) or "Check them.")
    if status == 403:
        return NotSignedIn(f"Azure does not let this identity go on while {doing}.", _ROLE)
    if status == 409:
        return NameTaken(f"Azure has one of that name already: {sentence_of(text) or doing}.", "Choose another name.")
    return None


def _by_words(error: BaseException, text: str, doing: str) -> HfError | None:
    lower = text.lower()
    names = {type(cause).__name__ for cause in _chain(error)}
    code = _AADSTS.search(text)
    if "authority configuration" in lower:
        return NotSignedIn(f"Azure does not accept these credentials while {doing}.", _SIGN_IN["90002"])
    if code or names & {"AuthenticationException", "ClientAuthenticationError", "AuthenticationError"}:
        return NotSignedIn(f"Azure does not accept these credentials while {doing}.", _sign_in_words(text) or "Check them.")
    if "quota" in lower or "not enough" in lower or "notenough" in lower or "insufficient" in lower:
        return QuotaExceeded(f"Azure has no room for this: {sentence_of(text)}.", _SMALLER)
    if "already exist" in lower or "already in use" in lower or "alreadyexists" in lower:
        return NameTaken(f"Azure has one of that name already: {sentence_of(text)}.", "Choose another name.")
    if names & {"JSONDecodeError", "DeserializationError", "ChunkedEncodingError", "IncompleteRead", "DecodeError"}:
        return BackendUnavailable(f"Azure's answer broke off or cannot be read while {doing}.", "Try again.")
    if names & {"ConfigException", "ValidationException", "UserErrorException", "ValidationError"}:
        return InvalidSettings({"settings": f"Azure does not accept this: {sentence_of(text)}."})
    return None


def _unforeseen(error: BaseException, text: str, doing: str) -> HfError:
    if is_absent(error):
        absent = NotFound(doing)
        absent.message, absent.hint = f"Azure does not have this while {doing}: {sentence_of(text) or 'not found'}.", None
        return absent
    told = sentence_of(text)
    reason = f"{type(error).__name__}: {told}" if told else type(error).__name__
    return BackendUnavailable(f"Azure could not do this while {doing} ({reason}).", "Try again; its studio may say more.")


def is_absent(error: BaseException) -> bool:
    """Tell whether an error says that something is not there, rather than that asking has failed."""
    status = status_of(error)
    if status is not None:
        return status == 404
    return bool(re.search(r"not ?found|does not exist|no such|ResourceNotFound", safe_text(error), re.IGNORECASE))


def _sign_in_words(text: str) -> str:
    code = _AADSTS.search(text)
    if code is None:
        return ""
    return f"{_SIGN_IN.get(code[1], 'See what Azure says about the code.')} (AADSTS{code[1]})"


def _chain(error: BaseException) -> Iterator[Any]:
    """Yield an error and what it came from, those that the SDK carries inside included."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or any(cause is s for s in seen):
            continue
        seen.append(cause)
        yield cause
        waiting += [getattr(cause, name, None) for name in ("_inner_exception", "inner_exception", "__cause__", "__context__")]
