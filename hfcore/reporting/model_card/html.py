"""A card as one HTML file that needs nothing else: no script, no picture, no address, fit to be printed."""

from __future__ import annotations

from html import escape

from hfcore.reporting.model_card.blocks import Block, Bullets, Card, Grid

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; color: #1c2430; background: #fff; max-width: 860px;
  margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-top: .5rem; border-top: 1px solid #d4d9e0; break-after: avoid; }
.notice { font-weight: 600; color: #8a3c0f; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #e3e7ec;
  overflow-wrap: anywhere; }
th { font-weight: 600; color: #4a5565; }
tr { break-inside: avoid; }
footer { margin-top: 2rem; border-top: 1px solid #d4d9e0; padding-top: .75rem; }
@page { margin: 18mm; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(card: Card) -> str:
    """Write the card as a page of its own; text from data is escaped and nothing on the page can run or call anybody."""
    body = "".join(
        f"<section><h2>{escape(s.title)}</h2>{''.join(_block(b) for b in s.blocks)}</section>\n" for s in card.sections
    )
    title, notice = escape(card.title), f'<p class="notice">{escape(card.notice)}</p>'
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header><h1>{title}</h1>{notice}</header>\n{body}"
        f"<footer>{notice}</footer>\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Bullets):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Grid):
        heading = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in block.heading)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
        return f"<table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
    text = escape(block.text)
    return f"<p><strong>{text}</strong></p>" if block.strong else f"<p>{text}</p>"
