"""Ten people, as many of them filled as die on average out of ten with this risk."""

from __future__ import annotations

from hfcore.ui.palette import Palette

PEOPLE = 10
_STEP, _HEIGHT = 26, 52
_BODY = "M3 48 V30 Q1 29 1 26 Q1 19 7 19 H13 Q19 19 19 26 Q19 29 17 30 V48 Z"


def build(affected: int, colours: Palette) -> str:
    """Return the drawing as SVG; `affected` people are filled, the others are outlines."""
    people = "".join(_person(i * _STEP + 2, i < affected, colours) for i in range(PEOPLE))
    size = f'width="{_STEP * PEOPLE}" height="{_HEIGHT}" viewBox="0 0 {_STEP * PEOPLE} {_HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{people}</svg>'


def _person(x: int, filled: bool, colours: Palette) -> str:
    colour = colours.died if filled else colours.survived
    paint = f'fill="{colour if filled else "none"}" stroke="{colour}" stroke-width="1.6"'
    head = f'<circle cx="{x + 10}" cy="9" r="6" {paint}/>'
    return f'{head}<path transform="translate({x} 0)" d="{_BODY}" {paint}/>'
