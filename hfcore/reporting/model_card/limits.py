"""What a model is for, what it is not for, and where it must not be trusted; the shipped records have limits of their own."""

from __future__ import annotations

from hfcore.reporting.model_card.blocks import Bullets, Paragraph, Section
from hfcore.reporting.model_card.facts import CardFacts
from hfcore.settings import NOTICE

FEW_EVENTS = 100  # fewer are too few to judge a model: Vergouwe et al. 2005, J Clin Epidemiol 58:475-483

_FOR = (
    "Research and teaching: to study how a risk model is searched for, judged, put into service and watched.",
    "Reproducing and questioning what others have published about these records.",
)
_NOT_FOR = (
    "Deciding anything about a patient: diagnosis, treatment, admission, discharge, or what a family is told.",
    "Patients unlike those of the table: another severity (NYHA class I or II), a preserved ejection fraction, children, other "
    "regions or health systems, other years or treatments.",
    "Ranking hospitals, staff or groups of people.",
)
_LATE = "Any new patient: it uses follow-up time, which nobody knows when a patient is scored."
_SHIPPED = (
    "One region: two hospitals in Faisalabad, Pakistan, April to December 2015. The model was tried nowhere else.",
    "299 patients and 96 deaths are few: an AUC from them is uncertain by about 0.06 either way.",
    "Follow-up was between 4 and 285 days and ended at a different time for each patient; somebody who left early counts as a "
    "survivor. The risk is that of dying during such a follow-up, not within a fixed time.",
    "Some values look filled in by the publishers, such as one platelet count that 25 patients share.",
    "Treatments, other diseases and the cause of death are not in the table.",
)


def intended(facts: CardFacts) -> Section:
    """What the model is for, and what not."""
    late = (_LATE,) if facts.report.uses_follow_up_time else ()
    if facts.data.is_shipped:
        never = Bullets((*late, *_NOT_FOR))
        return Section("Intended use", (Paragraph("For:"), Bullets(_FOR), Paragraph("Not for:"), never))
    said = facts.model.description if facts.model else ""
    purpose = f"Whoever registered it says: {said}" if said else "Nobody has written down what it is for."
    other = "Patients unlike those of the table; who they are is known to whoever has collected it."
    return Section("Intended use", (Paragraph(purpose), Paragraph("Not for:"), Bullets((*late, _NOT_FOR[0], other))))


def limits(facts: CardFacts) -> Section:
    """Where the model must not be trusted."""
    report = facts.report
    found = [NOTICE]
    found += list(_SHIPPED) if facts.data.is_shipped else []
    if report.uses_follow_up_time:
        found.append(
            "It uses follow-up time. Its figures cannot be had for a new patient; train without `time` for one that can."
        )
    rarer = min(report.events, report.rows - report.events)
    if rarer < FEW_EVENTS:
        found.append(
            f"Only {rarer} patients have the rarer outcome; fewer than {FEW_EVENTS} are too few to judge a model closely."
        )
    found.append("It was judged on patients of the same table only. How it does elsewhere, or later, is not known.")
    found.append("Its threshold, if one was chosen, was chosen on the same patients by which its errors are counted.")
    if facts.data.missing is None or any(facts.data.missing.values()):
        found.append("Empty cells were filled in by rule; a served model takes complete patients only.")
    return Section("Limits", (Bullets(tuple(found)),))
