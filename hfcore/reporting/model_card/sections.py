"""A card's sections in their order, each from the facts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hfcore.reporting.model_card import figures, limits, tripod
from hfcore.reporting.model_card.blocks import Block, Bullets, Card, Grid, Paragraph, Section
from hfcore.reporting.model_card.blocks import facts as table
from hfcore.reporting.model_card.facts import CardFacts
from hfcore.settings import NOTICE


def card(facts: CardFacts) -> Card:
    """Return the card of one model. A pure function of the facts; no value of any patient is in them."""
    named = facts.model.label if facts.model else f"{facts.report.algorithm} (not registered)"
    return Card(
        f"Model card: {named}",
        NOTICE,
        (
            _about(facts),
            limits.intended(facts),
            _data(facts),
            _method(facts),
            figures.performance(facts),
            figures.calibration(facts),
            figures.subgroups(facts),
            limits.limits(facts),
            _versions(facts),
            tripod.section(facts),
            _sources(facts),
        ),
    )


def _about(facts: CardFacts) -> Section:
    model, report = facts.model, facts.report
    threshold = f"{100 * model.threshold:g} %, {model.threshold_rule}" if model and model.threshold is not None else ""
    by = f" by {model.registered_by}" if model and model.registered_by else ""
    return Section(
        "About this model",
        (
            table(
                ("Name and version", model.label if model else "not registered"),
                ("Known as", ", ".join(model.aliases) if model else ""),
                ("Description", model.description if model else ""),
                ("Tags", ", ".join(f"{k}={v}" for k, v in model.tags.items()) if model else ""),
                ("Registered", f"{model.created_at:%Y-%m-%d %H:%M} UTC{by}" if model else ""),
                ("Kind of model", report.algorithm),
                ("Predicts", f"{report.label_column} = {report.positive_label}, as a probability"),
                ("Threshold of its predictions", threshold),
                ("Card written", f"{facts.written_at:%Y-%m-%d %H:%M} UTC by {facts.program}"),
            ),
        ),
    )


def _data(facts: CardFacts) -> Section:
    data, report = facts.data, facts.report
    empty = "not known" if data.missing is None else str(sum(data.missing.values()))
    share = f" ({100 * report.events / report.rows:.1f} %)" if report.rows else ""
    heading = ("Column", "Meaning", "Unit", "Part in the model", "Empty cells")
    return Section(
        "Data",
        (
            table(
                ("Data set", f"{data.name}, version {data.version}"),
                ("Description", data.description),
                ("Source", data.citation),
                ("Licence", data.licence),
                ("Patients", f"{data.rows}; judged on {report.rows}"),
                ("Events", f"{report.events} of {report.rows} who {facts.event}{share}"),
                ("Empty cells", empty),
            ),
            Grid(heading, tuple(_columns(facts))),
        ),
    )


def _columns(facts: CardFacts) -> Iterator[tuple[str, ...]]:
    data, report = facts.data, facts.report
    for column in data.schema:
        part = "input" if column.name in report.features else "outcome" if column.name == report.label_column else "left out"
        empty = "not known" if data.missing is None else str(data.missing.get(column.name, 0))
        yield column.name, column.meaning or column.title, column.unit or "none", part, empty


def _method(facts: CardFacts) -> Section:
    report, settings = facts.report, facts.run.settings
    told = (
        "primary_metric",
        "n_cross_validations",
        "validation_size",
        "iterations",
        "experiment_timeout_minutes",
        "random_state",
    )
    blocks: list[Block] = [
        Paragraph(
            f"A search over {facts.run.finished} pipelines; the model was judged by {report.validation}. "
            "Every patient was scored by a model that had not seen that patient."
        ),
        table(*((name, str(settings.get(name) or "")) for name in told)),
    ]
    steps = [f"{s.name}: {_parameters(s.parameters)}" for s in report.steps]
    members = [
        f"{100 * m.weight:.0f} % child run {m.number}, {m.algorithm}" for m in sorted(report.members, key=lambda m: -m.weight)
    ]
    blocks += [Paragraph("Steps of the pipeline:"), Bullets(tuple(steps))] if steps else []
    blocks += [Paragraph("Members and their weight:"), Bullets(tuple(members))] if members else []
    checks = tuple((g.name, g.state, f"{g.sentence} {g.what_to_do}".strip()) for g in facts.run.guardrails)
    blocks += (
        [Paragraph("What was checked in the table:"), Grid(("Check", "Came out", "What was found"), checks)] if checks else []
    )
    return Section("Method", tuple(blocks))


def _parameters(parameters: Mapping[str, object]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in parameters.items()) or "default settings"


def _versions(facts: CardFacts) -> Section:
    model, report = facts.model, facts.report
    libraries = ", ".join(f"{name} {version}" for name, version in report.libraries.items())
    parity = f"{report.parity:.1e} (allowed: 1e-6)" if report.parity is not None else report.artifact
    return Section(
        "Hashes and versions",
        (
            table(
                ("SHA-256 of the model file", model.sha256 if model else ""),
                ("SHA-256 of the data set", facts.data.sha256),
                ("Run", report.run_id),
                ("Child run", report.child_id),
                ("Largest difference of the served file to the fitted pipeline", parity),
                ("Trained with", libraries),
                ("Card written by", facts.program),
            ),
        ),
    )


def _sources(facts: CardFacts) -> Section:
    own = (facts.data.citation,) if facts.data.citation else ()
    return Section(
        "Sources",
        (
            Bullets(
                (
                    *own,
                    tripod.CITATION,
                    "Mitchell M, et al. (2019). Model cards for model reporting. Proceedings of FAT* 2019, 220-229.",
                    "Tsamardinos I, Greasidou E, Borboudakis G (2018). Bootstrapping the out-of-sample predictions for efficient "
                    "and accurate cross-validation. Machine Learning 107:1895-1922.",
                )
            ),
        ),
    )
