"""An answer written down: as plain text, and as an HTML page that loads nothing and shows every text literally."""

from __future__ import annotations

import html
from dataclasses import dataclass

_STYLE = (
    "body{font:15px/1.5 sans-serif;color:#1d2733;max-width:42rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}"
    "table{border-collapse:collapse;width:100%}td{border-bottom:1px solid #e3e8ec;padding:.2rem .4rem}td+td{text-align:right}"
    "small{color:#5b6672;display:block}strong{display:block;margin-top:1rem}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEAD = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'


@dataclass(frozen=True)
class Sheet:
    """What is written down: the risk as a title, sentences about it, the patient's values, where it comes from, the notice."""

    title: str
    said: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    source: tuple[str, ...]
    notice: str


def as_text(sheet: Sheet) -> str:
    """Return the sheet as plain text."""
    values = [f"  {name}: {value}" for name, value in sheet.values]
    return "\n".join([sheet.title, *sheet.said, "", "Values", *values, "", *sheet.source, "", sheet.notice])


def as_html(sheet: Sheet) -> str:
    """Return the sheet as one HTML page."""
    said = "".join(f"<p>{_safe(line)}</p>" for line in sheet.said)
    rows = "".join(f"<tr><td>{_safe(name)}</td><td>{_safe(value)}</td></tr>" for name, value in sheet.values)
    source = "".join(f"<small>{_safe(line)}</small>" for line in sheet.source)
    return (
        f'<!doctype html><html lang="en"><head>{_HEAD}<title>{_safe(sheet.title)}</title></head>'
        f"<body><h1>{_safe(sheet.title)}</h1>{said}"
        f"<table>{rows}</table><p>{source}</p><strong>{_safe(sheet.notice)}</strong></body></html>"
    )


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
