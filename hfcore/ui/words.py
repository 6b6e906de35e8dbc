"""How numbers, moments and sizes are written on every page."""

from __future__ import annotations

import re
from datetime import UTC, datetime

MISSING = "–"


def metric(value: float | None) -> str:
    """Write a metric with three decimals: 0.803."""
    return MISSING if value is None or value != value else f"{value:.3f}"


def slug(text: str) -> str:
    """Write a text as a name for machines: its lower-case letters a to z and digits, in words joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """Write an estimate with its interval in one cell: 0.803 (95 % 0.740 to 0.860)."""
    if low is None or high is None:
        return metric(value)
    return f"{metric(value)} (95 % {metric(low)} to {metric(high)})"


def percent(share: float | None, decimals: int = 0) -> str:
    """Write a share as a percentage: 0.321 as 32 %."""
    return MISSING if share is None else f"{100 * share:.{decimals}f} %"


def signed_percent(share: float, decimals: int = 0) -> str:
    """Write a difference of shares in percentage points with its sign, never "-0": +3 %, 0 %, −12 %."""
    rounded = round(100 * share, decimals)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{decimals}f} %"


def p_value(p: float | None) -> str:
    """Write a p or q value: 0.043, 0.31, < 0.001."""
    if p is None or p != p:
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def equals(p: float) -> str:
    """Write a p or q value after its letter, for markdown: = 0.31, \\< 0.001."""
    written = p_value(p)
    return literal(written) if written.startswith("<") else f"= {written}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 run, 2 runs, 1,204 runs."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float | None, whole: bool = False) -> str:
    """Write a duration: 4.2 s, 3 min 05 s, 2 h 10 min; with `whole` no tenths of seconds."""
    if seconds is None:
        return MISSING
    if seconds < 60:
        return f"{int(seconds)} s" if whole else f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(number: float) -> str:
    """Write a size in bytes as people read it: 12.2 kB, 3.4 MB."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Write a moment as a distance from now: 4 minutes ago."""
    if moment is None:
        return MISSING
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 10:
        return "just now"
    for limit, divisor, noun in ((60, 1, "second"), (3600, 60, "minute"), (86_400, 3600, "hour")):
        if seconds < limit:
            return f"{count(int(seconds // divisor), noun)} ago"
    return f"{count(int(seconds // 86_400), 'day')} ago"


def exact(moment: datetime | None) -> str:
    """Write a moment in full, in UTC: 2026-11-22 15:04:05 UTC."""
    return MISSING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(moment: datetime) -> str:
    """Write a moment so that it stays the same however late it is read, as a choice in a list must: 22 Nov 15:04 UTC."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %H:%M} UTC"


def inside(title: str) -> str:
    """Write a title inside a sentence: its first letter small, unless it is an abbreviation; what follows stays as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def literal(text: str) -> str:
    """Escape text that came from data, so that markdown shows it as it is."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|$<>~:&" else c for c in text)
