"""Table 1 of a clinical paper: every column by outcome, with what is missing and the test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfcore.datasets.comparison import Comparison
from hfcore.datasets.profile import ColumnProfile, Summary, TableProfile

if TYPE_CHECKING:
    import pandas as pd

LEGEND = (
    "Numbers: median [lower quartile, upper quartile]. Yes/no and text: number of patients (share of those with a value). "
    "p: Mann-Whitney test for numbers, chi-square test or Fisher's exact test otherwise; q: p corrected for the number of rows "
    "tested (Benjamini-Hochberg)."
)


@dataclass(frozen=True)
class TableOneRow:
    """One line: `cells` by heading, one for all patients and one per outcome; `missing` is None on the lines of single values."""

    title: str
    cells: Mapping[str, str]
    missing: int | None = None
    test: Comparison | None = None


def table_one(profile: TableProfile, comparisons: Iterable[Comparison]) -> tuple[TableOneRow, ...]:
    """Return the lines of the table: one per column, and one per value of a text column underneath."""
    tests = {c.column: c for c in comparisons}
    described = [p for p in profile.columns if p.column.name != profile.label]
    return tuple(row for p in described for row in _rows(p, profile, tests.get(p.column.name)))


def headings(profile: TableProfile) -> dict[str, str]:
    """Return the heading of each group of patients with its size: all, then each outcome."""
    groups = {"all": profile.rows, **profile.outcomes}
    return {name: f"{'All patients' if name == 'all' else name} (n = {rows:,})" for name, rows in groups.items()}


def _rows(described: ColumnProfile, profile: TableProfile, test: Comparison | None) -> list[TableOneRow]:
    named = headings(profile)
    summaries = {"all": described.overall, **described.by_outcome}
    title, missing = _title(described), described.overall.missing
    if not _is_text(described):
        cells = {named[group]: _cell(described, summary) for group, summary in summaries.items()}
        return [TableOneRow(title, cells, missing, test)]
    return [TableOneRow(title, dict.fromkeys(named.values(), ""), missing, test), *_values(described, summaries, named)]


def _is_text(described: ColumnProfile) -> bool:
    return described.overall.mean is None and bool(described.histogram.names)


def _values(described: ColumnProfile, summaries: Mapping[str, Summary], named: Mapping[str, str]) -> list[TableOneRow]:
    counts = dict(described.histogram.counts)
    counts["all"] = counts.get("all") or tuple(sum(each) for each in zip(*counts.values(), strict=True))
    return [
        TableOneRow(f"    {name}", {named[g]: _share(counts[g][at], summary.count) for g, summary in summaries.items()})
        for at, name in enumerate(described.histogram.names)
    ]


def _title(described: ColumnProfile) -> str:
    column = described.column
    if column.kind == "boolean":
        return f"{column.title}: {(column.choices or ('no', 'yes'))[1]}"
    return f"{column.title}, {column.unit}" if column.unit else column.title


def _cell(described: ColumnProfile, summary: Summary) -> str:
    if summary.share_yes is not None:
        return _share(round(summary.share_yes * summary.count), summary.count)
    if summary.median is None:
        return ""
    median, low, high = (_figure(v) for v in (summary.median, summary.lower_quartile, summary.upper_quartile))
    return f"{median} [{low}, {high}]"


def _share(number: int, of: int) -> str:
    return f"{number:,} ({100 * number / of:.0f} %)" if of else "0"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}".replace("-", "−") if abs(value) < 1e4 else f"{value:,.0f}".replace("-", "−")


def to_pandas(rows: Iterable[TableOneRow]) -> pd.DataFrame:
    """Write the lines as a table of text, p and q as numbers."""
    import pandas as pd

    records = [
        {
            "Variable": row.title,
            **row.cells,
            "Missing": row.missing,
            "p": row.test.p if row.test else None,
            "q": row.test.q if row.test else None,
            "Test": row.test.test if row.test else "",
        }
        for row in rows
    ]
    return pd.DataFrame(records).astype({"Missing": "Int64", "p": "float64", "q": "float64"})
