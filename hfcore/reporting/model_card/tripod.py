"""The 27 items of TRIPOD+AI in words of our own, each answered from the facts or as not available."""

from __future__ import annotations

from collections.abc import Iterator

from hfcore.reporting.model_card.blocks import NOT_AVAILABLE, Grid, Paragraph, Section
from hfcore.reporting.model_card.facts import CardFacts

CITATION = (
    "Collins GS, Moons KGM, Dhiman P, et al. (2024). TRIPOD+AI statement: updated guidance for reporting clinical prediction "
    "models that use regression or machine learning methods. BMJ 385:e078378."
)
_ASKED = (
    ("Title", "Says that a model was developed or tried out, for whom and what it predicts"),
    ("Abstract", "A structured summary"),
    ("Background", "The clinical setting, the people it is for, known inequalities among them"),
    ("Objectives", "What was to be found out"),
    ("Data", "Where the data come from and from when"),
    ("Participants", "Place, who could take part, treatments"),
    ("Data preparation", "What was done to the data before modelling, alike for all groups"),
    ("Outcome", "What is predicted, over which time, how it was assessed"),
    ("Predictors", "Which were chosen, how and when measured"),
    ("Sample size", "How many, and why that is enough"),
    ("Missing data", "How they were handled"),
    ("Analytical methods", "How the model was made, chosen and judged"),
    ("Class imbalance", "Whether and how it was dealt with"),
    ("Fairness", "What was done for fairness between groups"),
    ("Model output", "What the model gives, and how classes are made of it"),
    ("Training and evaluation", "How the data for the two differ"),
    ("Ethical approval", "Which board approved, and consent"),
    ("Open science", "Funding, interests, protocol, registration, data, code"),
    ("Patient and public involvement", "How patients had a part"),
    ("Participants in the results", "Numbers, characteristics, events, missing values"),
    ("Model development", "Patients and events in each analysis"),
    ("Model specification", "The full model, and how others can use it"),
    ("Model performance", "Figures with intervals, for groups too"),
    ("Model updating", "Results of any updating"),
    ("Interpretation", "The main results, with fairness and other studies in mind"),
    ("Limitations", "Weak points and what they mean"),
    ("Usability", "What care needs to use it: inputs, skills, next steps"),
)


def section(facts: CardFacts) -> Section:
    """Return the checklist with its answers."""
    rows = tuple((str(n), topic, asked, answer) for n, ((topic, asked), answer) in enumerate(_answered(facts), start=1))
    answered = sum(row[3] != NOT_AVAILABLE for row in rows)
    note = (
        "The 27 items of the reporting guideline TRIPOD+AI in words of our own; the wording that counts is Collins et al. 2024. "
        f"{answered} are answered from what this program knows; {len(rows) - answered} are not available and need a person."
    )
    return Section("TRIPOD+AI", (Paragraph(note), Grid(("No.", "Item", "What is asked", "Answer"), rows)))


def _answered(facts: CardFacts) -> Iterator[tuple[tuple[str, str], str]]:
    answers = (*_about_the_study(facts), *_about_the_methods(facts), *_about_the_results(facts))
    yield from zip(_ASKED, (a or NOT_AVAILABLE for a in answers), strict=True)


def _about_the_study(facts: CardFacts) -> tuple[str, ...]:
    """Answer items 1 to 8."""
    data, report, shipped = facts.data, facts.report, facts.data.is_shipped
    prepared = " ".join(g.sentence for g in facts.run.guardrails if g.state == "Done")
    outcome = f"{report.label_column} = {report.positive_label}"
    return (
        f"Model card: development of a model for {outcome} by automated machine learning.",
        "",
        "Heart failure with a weak left ventricle; inequalities were not examined." if shipped else "",
        f"To find the pipeline with the best {facts.run.primary_metric} for {outcome}, and to judge it honestly.",
        data.citation or data.description,
        "Two hospitals in Faisalabad, Pakistan; NYHA class III or IV, 40 to 95 years; treatments not recorded."
        if shipped
        else "",
        prepared or "Columns used as they are; what each pipeline does to them stands under Method. The same for everybody.",
        "Death during a follow-up of 4 to 285 days, from hospital records; no fixed time." if shipped else "",
    )


def _about_the_methods(facts: CardFacts) -> tuple[str, ...]:
    """Answer items 9 to 19."""
    report, data, model = facts.report, facts.data, facts.model
    left = f"; left out: {', '.join(report.excluded_columns)}" if report.excluded_columns else ""
    empty = (
        ""
        if data.missing is None
        else f"{sum(data.missing.values())} empty cells"
        + ("." if not sum(data.missing.values()) else "; filled in by rule within each training part.")
    )
    cut = f" Classes at a threshold of {100 * model.threshold:g} %." if model and model.threshold is not None else ""
    public = "Data: public, see Data. Code: this program. Funding, interests, protocol, registration: not available."
    return (
        f"{len(report.features)} columns: {', '.join(report.features)}{left}.",
        f"{report.rows} patients, {report.events} events: all there were; no calculation was made.",
        empty,
        f"{facts.run.finished} pipelines tried; {report.validation}; winner and figures as under Method and Performance.",
        "Nothing was resampled; metrics that weigh outcomes by their number stand beside those that do not.",
        "Nothing was done in training; figures for groups of patients are given." if report.subgroups else "",
        f"A probability for each patient.{cut}",
        "The same patients: each was scored by a model that had not seen that patient. No other data set was used.",
        "Approved by the institutional board in the original study (Ahmad et al. 2017)." if data.is_shipped else "",
        public if data.is_shipped else "",
        "",
    )


def _about_the_results(facts: CardFacts) -> tuple[str, ...]:
    """Answer items 20 to 27."""
    report, model = facts.report, facts.model
    known = f"SHA-256 {model.sha256}; served over HTTP or opened as a file." if model and model.sha256 else ""
    with_intervals = "with intervals" if report.intervals else "without intervals, which this backend does not give"
    return (
        f"{report.rows} patients, {report.events} events; columns and empty cells under Data.",
        f"Every analysis used all {report.rows} patients and {report.events} events.",
        f"The registered file is the full model. {known}" if known else "",
        f"Under Performance, Calibration and Groups of patients, {with_intervals}.",
        "The model was not updated.",
        "Under Performance, against simpler models and with the luck of having been picked taken out."
        if report.references
        else "",
        "Under Limits.",
        "Not to be used in care. Inputs with units and possible ranges are checked; what is outside is refused.",
    )
