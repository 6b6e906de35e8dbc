"""A card as Markdown in which text from data is shown literally."""

from __future__ import annotations

from hfcore.reporting.model_card.blocks import Block, Bullets, Card, Grid

_MARKS = frozenset("\\`*_{}[]()#+-.!|$<>~:&")


def to_markdown(card: Card) -> str:
    """Write the card; nothing in it is taken for a mark, a link or a tag."""
    parts = [f"# {_literal(card.title)}", f"**{_literal(card.notice)}**"]
    for section in card.sections:
        parts += [f"## {_literal(section.title)}", *(_block(b) for b in section.blocks)]
    return "\n\n".join([*parts, f"*{_literal(card.notice)}*", ""])


def _block(block: Block) -> str:
    if isinstance(block, Bullets):
        return "\n".join(f"- {_literal(item)}" for item in block.items)
    if isinstance(block, Grid):
        rows = [block.heading, ("---",) * len(block.heading), *block.rows]
        return "\n".join(f"| {' | '.join(c if c == '---' else _literal(c) for c in row)} |" for row in rows)
    text = _literal(block.text)
    return f"**{text}**" if block.strong else text


def _literal(text: str) -> str:
    """Escape a text, in one line."""
    return "".join(f"\\{c}" if c in _MARKS else c for c in " ".join(text.split()))
