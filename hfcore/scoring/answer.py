"""Reading an endpoint's answer in every form that Azure's and our own service give it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hfcore.errors import HfError, ScoringFailed, Unauthorized

MOST_NAMED = 10
_CANNOT_READ = "The endpoint's answer cannot be read"


def read_results(body: bytes, rows: int) -> list[Any]:
    """Return the results of an answer with status 200: version 1 (decoded twice) or version 2.

    Raises:
        ScoringFailed: the answer is an error string, or not one result per row.
    """
    answer = _decoded(body)
    if isinstance(answer, str):
        answer = _decoded(answer.encode())
    if isinstance(answer, Mapping) and "error" in answer:
        raise ScoringFailed(
            "The endpoint's entry script answered with an error instead of a result.",
            "The endpoint's log has the reason; check the columns and the method.",
            status=200,
        )
    results = answer.get("result", answer.get("Results")) if isinstance(answer, Mapping) else None
    if not isinstance(results, list):
        raise ScoringFailed(f"{_CANNOT_READ}: it holds no results.", "Check that the address is a scoring address.", status=200)
    if len(results) != rows:
        raise ScoringFailed(f"{_CANNOT_READ}: it holds {len(results)} results for {rows} rows.", status=200)
    return results


def read_probabilities(results: Sequence[Any]) -> list[list[float]]:
    """Return the results as one list of class probabilities per row.

    Raises:
        ScoringFailed: something that is no probability between 0 and 1.
    """
    classes = {len(r) if isinstance(r, list) else 0 for r in results}
    if len(classes) > 1 or 0 in classes or not all(_is_probability(p) for r in results for p in r):
        raise ScoringFailed(f"{_CANNOT_READ}: it holds something that is no probability between 0 and 1.", status=200)
    return [[float(p) for p in r] for r in results]


def _is_probability(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and -1e-6 <= value <= 1 + 1e-6  # type: ignore[arg-type, operator]


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ScoringFailed(f"{_CANNOT_READ}: it is not JSON.", "Check that the address is a scoring address.") from None


def refusal(status: int, body: bytes, request_id: str | None, rows_before: int = 0) -> HfError:
    """Return the error that an answer with another status than 200 stands for; it repeats no text it cannot vouch for.

    `rows_before` is how many rows other requests held, so that the caller's own row numbers are named.
    """
    if status == 401:
        return Unauthorized("The endpoint wants a key and none was sent.", "Pass the endpoint's primary or secondary key.")
    if status == 403:
        return Unauthorized(
            "The endpoint does not accept this key.", "Copy the key from the endpoint again; it may have been changed."
        )
    if 300 <= status < 400:
        hint = "Use the address it leads to; a key is never sent on to another address."
        return ScoringFailed(f"The address answers with a redirect ({status}).", hint, status=status, request_id=request_id)
    fields = _bad_fields(body, rows_before) if status == 422 else {}
    if fields:
        return _refused_fields(fields, request_id)
    sentence, hint = _STATUSES.get(status, (f"The endpoint answered with status {status}.", "Its log has the reason."))
    return ScoringFailed(sentence, hint, status=status, request_id=request_id)


_STATUSES = {
    400: ("The endpoint cannot read the request.", "Check that its entry script takes rows as data."),
    404: ("There is no scoring service at this address.", "Check the address; it usually ends in /score."),
    413: ("The request is too large for the endpoint.", "Send fewer rows at a time."),
    415: ("The endpoint does not take JSON.", "Check that the address is a scoring address."),
    429: ("The endpoint is busy.", "Try again in a moment."),
    500: ("The endpoint failed to score the rows.", "Its log has the reason; check the columns and their types."),
    503: ("The endpoint is not ready.", "Try again in a moment."),
    504: ("The endpoint took too long to score the rows.", "Send fewer rows at a time."),
}


def _bad_fields(body: bytes, rows_before: int) -> dict[str, str]:
    """Return a sentence per refused field, out of the list that our own service sends."""
    try:
        told = json.loads(body)
        listed = [(int(f["row"]), str(f["field"]), str(f["problem"]), str(f["expected"])) for f in told["fields"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    rows: dict[tuple[str, str, str], list[int]] = {}
    for row, field, problem, expected in listed:
        rows.setdefault((field, problem, expected), []).append(row + rows_before if row else 0)
    sentences: dict[str, str] = {}
    for (field, problem, expected), numbers in rows.items():
        sentence = f"{field} {problem}{_in_rows(numbers)}; expected {expected}."
        sentences[field] = f"{sentences[field]} {sentence}" if field in sentences else sentence
    return sentences


def _in_rows(numbers: Sequence[int]) -> str:
    """Say which rows, where it is not the only one."""
    if set(numbers) <= {0, 1}:
        return ""
    shown = ", ".join(str(n) for n in numbers[:5])
    rest = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f" in row {shown}{rest}" if len(numbers) == 1 else f" in rows {shown}{rest}"


def _refused_fields(fields: dict[str, str], request_id: str | None) -> ScoringFailed:
    named = " ".join(list(fields.values())[:MOST_NAMED])
    rest = f" And {len(fields) - MOST_NAMED} more fields." if len(fields) > MOST_NAMED else ""
    message = f"The endpoint cannot use what was sent: {named}{rest}"
    return ScoringFailed(message, fields=fields, status=422, request_id=request_id)
