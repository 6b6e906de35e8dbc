"""What a card is made of: sections of paragraphs, lists and tables, all of it plain text that the writers escape."""

from __future__ import annotations

from dataclasses import dataclass

NOT_AVAILABLE = "not available"


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; `strong` for what must not be overlooked."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table: its heading and its rows of as many cells."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Bullets | Grid


@dataclass(frozen=True)
class Section:
    """A titled part of the card."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """The whole card: its title, the notice that stands on every copy, and its sections."""

    title: str
    notice: str
    sections: tuple[Section, ...]


def facts(*pairs: tuple[str, str]) -> Grid:
    """Return a table of names and values; what is empty is not available."""
    return Grid(("What", "Value"), tuple((name, value or NOT_AVAILABLE) for name, value in pairs))
