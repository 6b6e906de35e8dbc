"""The model card: what a model is, for whom, how good and where it must not be trusted, as Markdown and as HTML."""

from __future__ import annotations

from hfcore.reporting.model_card.facts import CardFacts, DataFacts
from hfcore.reporting.model_card.html import to_html
from hfcore.reporting.model_card.markdown import to_markdown
from hfcore.reporting.model_card.sections import card

__all__ = ["CardFacts", "DataFacts", "card", "to_html", "to_markdown"]
