"""The shipped heart failure records: what every column means, where it comes from, and the way to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import ArtifactDamaged

if TYPE_CHECKING:
    import pandas as pd

HEART_FAILURE_NAME = "heart-failure-records"
HEART_FAILURE_VERSION = 1
HEART_FAILURE_SHA256 = "9c73cea7468ff5d517801ec050fe9993da5912fce4b56f296f8df3b38dd75912"
HEART_FAILURE_BYTES = 12_239
HEART_FAILURE_ROWS = 299
HEART_FAILURE_CSV = Path(__file__).with_name("heart_failure_clinical_records.csv")

DESCRIPTION = (
    "299 patients with heart failure (left ventricular systolic dysfunction, NYHA class III or IV), "
    "Faisalabad, Pakistan, April to December 2015; 96 died during follow-up."
)
CITATION = (
    "Ahmad T, Munir A, Bhatti SH, Aftab M, Raza MA (2017). Survival analysis of heart failure patients: a case study. "
    "PLoS ONE 12(7): e0181001. Published as a table by Chicco D, Jurman G (2020). Machine learning can predict survival "
    "of patients with heart failure from serum creatinine and ejection fraction alone. BMC Medical Informatics and "
    "Decision Making 20:16. UCI Machine Learning Repository, data set 519."
)
LICENCE = "Creative Commons Attribution 4.0 International (CC BY 4.0): free to use and share when the source is named."

_MEDLINE = "reference range: MedlinePlus Medical Encyclopedia"
_BOUNDS = "accepted range: wider than published extremes in living adults"
_ASE = "reference range, men 52 to 72 and women 54 to 74: Lang et al. 2015, J Am Soc Echocardiogr 28:1-39"


def _yes_no(name: str, title: str, meaning: str, group: str, choices: tuple[str, str] = ("no", "yes")) -> Column:
    return Column(name, title, "boolean", "", meaning, 0, 1, group=group, choices=choices, source="data set description, UCI 519")


_AGE = Column(
    name="age",
    title="Age",
    kind="number",
    unit="years",
    meaning="Age at the start of follow-up; this study has patients of 40 to 95 years.",
    low=18,
    high=122,
    group="demographics",
    bands=(65, 75),
    source="accepted range: an adult, up to the longest documented human life, 122 years; bands: by convention",
)
_CREATINE_PHOSPHOKINASE = Column(
    name="creatinine_phosphokinase",
    title="Creatine phosphokinase (CPK)",
    kind="number",
    unit="mcg/L",
    meaning="Enzyme in the blood that rises when heart or other muscle is damaged.",
    low=1,
    high=500_000,
    normal_low=10,
    normal_high=120,
    group="laboratory",
    source=f"{_MEDLINE}, total CPK; {_BOUNDS} (rhabdomyolysis)",
)
_EJECTION_FRACTION = Column(
    name="ejection_fraction",
    title="Ejection fraction",
    kind="number",
    unit="%",
    meaning="Share of the blood in the left ventricle that leaves it at each beat.",
    low=5,
    high=90,
    normal_low=52,
    normal_high=74,
    group="echocardiography",
    bands=(30, 41),
    source=f"{_ASE}, and so are the bands: severely (below 30 %) and moderately (30 to 40 %) reduced; {_BOUNDS}",
)
_PLATELETS = Column(
    name="platelets",
    title="Platelets",
    kind="number",
    unit="per µL",
    meaning="Blood platelets per microlitre; the publication's label says kiloplatelets/mL, which is the same number.",
    low=1_000,
    high=3_000_000,
    normal_low=150_000,
    normal_high=400_000,
    group="laboratory",
    source=f"{_MEDLINE}, platelet count; {_BOUNDS} (thrombocytosis)",
)
_CREATININE = Column(
    name="serum_creatinine",
    title="Serum creatinine",
    kind="number",
    unit="mg/dL",
    meaning="Waste product in the blood that rises when the kidneys work less well.",
    low=0.1,
    high=40,
    normal_low=0.6,
    normal_high=1.3,
    group="laboratory",
    source=f"{_MEDLINE}, men 0.7 to 1.3 and women 0.6 to 1.1; {_BOUNDS} (untreated kidney failure)",
)
_SODIUM = Column(
    name="serum_sodium",
    title="Serum sodium",
    kind="number",
    unit="mEq/L",
    meaning="Sodium in the blood; low values are common in advanced heart failure.",
    low=90,
    high=200,
    normal_low=135,
    normal_high=145,
    group="laboratory",
    source=f"{_MEDLINE}, sodium blood test; {_BOUNDS}",
)
_TIME = Column(
    name="time",
    title="Follow-up time",
    kind="integer",
    unit="days",
    meaning="Days until death or the end of follow-up; nobody knows it when a new patient is scored.",
    low=0,
    high=3_650,
    group="follow-up",
    known_at_scoring=False,
    source="accepted range: up to ten years of follow-up; this study has 4 to 285 days",
)
_DEATH = Column(
    name="DEATH_EVENT",
    title="Death",
    kind="boolean",
    meaning="Whether the patient died during follow-up: the outcome to predict.",
    low=0,
    high=1,
    group="follow-up",
    choices=("survived", "died"),
    is_label=True,
    known_at_scoring=False,
    source="data set description, UCI 519",
)

HEART_FAILURE_SCHEMA = Schema(
    (
        _AGE,
        _yes_no("anaemia", "Anaemia", "Low haemoglobin: haematocrit under 36 %.", "history"),
        _CREATINE_PHOSPHOKINASE,
        _yes_no("diabetes", "Diabetes", "The patient has diabetes.", "history"),
        _EJECTION_FRACTION,
        _yes_no("high_blood_pressure", "High blood pressure", "The patient has hypertension.", "history"),
        _PLATELETS,
        _CREATININE,
        _SODIUM,
        _yes_no("sex", "Sex", "Sex as recorded: 0 woman, 1 man.", "demographics", ("woman", "man")),
        _yes_no("smoking", "Smoking", "The patient smokes.", "history"),
        _TIME,
        _DEATH,
    )
)

SAMPLE_PATIENT: Mapping[str, int | float] = MappingProxyType(
    {
        "age": 60.0,
        "anaemia": 0,
        "creatinine_phosphokinase": 500,
        "diabetes": 0,
        "ejection_fraction": 38,
        "high_blood_pressure": 0,
        "platelets": 260_000.0,
        "serum_creatinine": 1.40,
        "serum_sodium": 137,
        "sex": 0,
        "smoking": 0,
        "time": 130,
    }
)


def load_heart_failure(path: Path | None = None) -> pd.DataFrame:
    """Read the 299 x 13 table after checking its SHA-256; yes/no columns are int64 0/1 as in the file.

    Args:
        path: Another copy of the same file; the shipped one by default.

    Raises:
        ArtifactDamaged: the bytes are not the published ones.
    """
    source = HEART_FAILURE_CSV if path is None else path
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != HEART_FAILURE_SHA256:
        raise ArtifactDamaged(
            f"The file {source.name} has SHA-256 {found[:12]}..., not the published {HEART_FAILURE_SHA256[:12]}...",
            "Install Heart Failure Studio again to get the original file back.",
        )
    return _parse(content)


def _parse(content: bytes) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(BytesIO(content), float_precision="round_trip")


def shipped_dataset() -> Dataset:
    """Describe the shipped table without reading a row of it."""
    return Dataset(
        name=HEART_FAILURE_NAME,
        version=HEART_FAILURE_VERSION,
        sha256=HEART_FAILURE_SHA256,
        rows=HEART_FAILURE_ROWS,
        columns=len(HEART_FAILURE_SCHEMA.columns),
        schema=HEART_FAILURE_SCHEMA,
        description=DESCRIPTION,
        size_bytes=HEART_FAILURE_BYTES,
        loader=load_heart_failure,
    )
