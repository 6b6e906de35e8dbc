import subprocess
import sys

import pytest

import hfcore.datasets
from hfcore.datasets.heart_failure import (
    HEART_FAILURE_CSV,
    HEART_FAILURE_SCHEMA,
    HEART_FAILURE_SHA256,
    SAMPLE_PATIENT,
    load_heart_failure,
    shipped_dataset,
)
from hfcore.errors import ArtifactDamaged


def test_table_is_the_published_one():
    """The shipped table has 299 patients, 13 columns and 96 deaths, and yes/no columns stay int64."""
    frame = hfcore.datasets.load_heart_failure()
    assert frame.shape == (299, 13)
    assert int(frame["DEATH_EVENT"].sum()) == 96
    assert str(frame["anaemia"].dtype) == "int64"
    assert str(frame["platelets"].dtype) == "float64"
    assert frame["age"].max() == 95


def test_a_changed_file_is_refused_before_parsing(tmp_path):
    """One changed digit in the CSV is refused because its SHA-256 no longer fits."""
    copy = tmp_path / "records.csv"
    content = HEART_FAILURE_CSV.read_bytes()
    copy.write_bytes(content.replace(b"75.0", b"76.0", 1) if b"75.0" in content else content.replace(b"75", b"76", 1))
    with pytest.raises(ArtifactDamaged, match="SHA-256"):
        load_heart_failure(copy)


def test_schema_names_the_columns_in_order():
    """The schema has the table's columns in the table's order and one label."""
    assert list(HEART_FAILURE_SCHEMA.names) == list(load_heart_failure().columns)
    assert HEART_FAILURE_SCHEMA.label is not None
    assert HEART_FAILURE_SCHEMA.label.name == "DEATH_EVENT"
    assert [c.name for c in HEART_FAILURE_SCHEMA.features if not c.known_at_scoring] == ["time"]


@pytest.mark.parametrize("column", HEART_FAILURE_SCHEMA.columns, ids=lambda c: c.name)
def test_every_training_row_is_in_range(column):
    """No training patient lies outside the accepted range, and every column says what it is and where that is from."""
    values = load_heart_failure()[column.name]
    assert column.low <= values.min()
    assert values.max() <= column.high
    assert column.title
    assert column.meaning
    assert column.group
    assert column.source


def test_normal_ranges_lie_inside_the_accepted_ones():
    """A usual reference range is never wider than what is accepted at all."""
    for column in HEART_FAILURE_SCHEMA:
        if column.normal_low is not None:
            assert column.low < column.normal_low < column.normal_high < column.high


def test_sample_patient_is_acceptable():
    """The lesson's sample patient has every feature, in order, inside its range."""
    assert list(SAMPLE_PATIENT) == [c.name for c in HEART_FAILURE_SCHEMA.features]
    for name, value in SAMPLE_PATIENT.items():
        assert HEART_FAILURE_SCHEMA[name].low <= value <= HEART_FAILURE_SCHEMA[name].high


def test_dataset_is_described_without_reading_and_read_on_demand():
    """The description matches the table it can read."""
    dataset = shipped_dataset()
    assert (dataset.name, dataset.version, dataset.sha256) == ("heart-failure-records", 1, HEART_FAILURE_SHA256)
    assert dataset.to_pandas().shape == (dataset.rows, dataset.columns)
    assert HEART_FAILURE_CSV.stat().st_size == dataset.size_bytes


def test_describing_does_not_import_pandas():
    """Importing the package and describing the shipped table loads neither pandas nor numpy."""
    code = (
        "import sys, hfcore.datasets as d; d.shipped_dataset(); assert d.load_heart_failure; "
        "print(sorted({'pandas', 'numpy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
