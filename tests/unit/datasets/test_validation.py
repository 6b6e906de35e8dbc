import numpy as np
import pandas as pd
import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.validation import check_table, check_trainable, infer_schema
from hfcore.errors import InvalidDataset, InvalidSettings


def settings(**changes):
    return AutoMLSettings(**({"label_column_name": "DEATH_EVENT"} | changes))


def table(rows=30):
    return pd.DataFrame({"x": np.arange(rows) * 0.5, "y": np.arange(rows) % 2})


def test_the_shipped_table_is_accepted():
    """The heart failure records may be registered and trained on, with and without `time`."""
    frame = load_heart_failure()
    check_table(frame, "heart-failure-records")
    check_trainable(frame, settings())
    check_trainable(frame, settings(excluded_columns=["time"]))


BAD_TABLES = {
    "rows": (pd.DataFrame({"a": []}), "no rows"),
    "columns": (pd.DataFrame(index=range(3)), "no columns"),
    "blank names": (pd.DataFrame([[1, 2]], columns=["a", " "]), "Column '2' has no name"),
    "repeated names": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "called 'a'"),
    "empty columns": (pd.DataFrame({"a": [1.0], "b": [np.nan]}), "value in 'b'"),
    "infinite values": (pd.DataFrame({"a": [1.0, np.inf]}), "infinite values in 'a'"),
}


@pytest.mark.parametrize("field", BAD_TABLES)
def test_each_fault_of_a_table_is_named(field):
    """A table that cannot be registered says which column or count is wrong."""
    frame, sentence = BAD_TABLES[field]
    with pytest.raises(InvalidDataset, match=sentence) as caught:
        check_table(frame, "mine")
    assert list(caught.value.fields) == [field]


def test_too_many_columns_are_refused():
    """A table of more than 2,000 columns is refused with its count."""
    with pytest.raises(InvalidDataset, match="2,001 columns"):
        check_table(pd.DataFrame(np.zeros((1, 2001))), "wide")


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 101])
def test_a_name_must_be_printable(name):
    """An empty, overlong or unprintable data set name is refused."""
    with pytest.raises(InvalidDataset) as caught:
        check_table(table(), name)
    assert "name" in caught.value.fields


def test_all_faults_are_told_at_once():
    """A table with several faults names all of them in one error."""
    frame = pd.DataFrame([[1.0, np.inf, np.nan]], columns=["a", "a", " "])
    with pytest.raises(InvalidDataset) as caught:
        check_table(frame, "")
    assert set(caught.value.fields) == {"name", "blank names", "repeated names", "empty columns", "infinite values"}


def test_known_columns_get_their_known_description():
    """A heart failure table is described with units and ranges whatever the order of its columns."""
    shuffled = load_heart_failure()[list(reversed(HEART_FAILURE_SCHEMA.names))]
    schema = infer_schema(shuffled)
    assert schema.names == tuple(reversed(HEART_FAILURE_SCHEMA.names))
    assert all(column == HEART_FAILURE_SCHEMA[column.name] for column in schema)


def test_unknown_columns_are_described_by_their_values():
    """Kinds come from the values: 0/1 and true/false are yes/no, text is a category."""
    frame = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, 1.5], "flag": [True, False], "bit": [0, 1], "maybe": [1.0, np.nan], "word": ["a", "b"]}
    )
    kinds = {c.name: c.kind for c in infer_schema(frame)}
    assert kinds == {"n": "integer", "x": "number", "flag": "boolean", "bit": "boolean", "maybe": "boolean", "word": "category"}


def test_a_known_name_with_other_values_is_not_taken_for_the_known_column():
    """A column called sex that holds words is a category, not the yes/no of the records."""
    schema = infer_schema(pd.DataFrame({"sex": ["f", "m"], "anaemia": [3, 4]}))
    assert (schema["sex"].kind, schema["anaemia"].kind) == ("category", "integer")


BAD_LABELS = {
    "unknown": (table(), {"label_column_name": "z"}, "no column 'z'; it has 'x', 'y'"),
    "constant": (table().assign(y=1), {}, "same value in every row"),
    "continuous": (table(), {"label_column_name": "x"}, "30 different values"),
    "missing": (table().assign(y=[np.nan, *[0, 1] * 14, 0]), {}, "missing in 1 rows"),
    "rare": (table().assign(y=[1, *[0] * 29]), {}, "only 1 row has"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_each_bad_label_is_named(case):
    """A label that no classifier can learn is refused under its setting's name."""
    frame, changes, sentence = BAD_LABELS[case]
    with pytest.raises(InvalidSettings, match=sentence) as caught:
        check_trainable(frame, settings(**({"label_column_name": "y"} | changes)))
    assert list(caught.value.fields) == ["label_column_name"]


def test_unknown_excluded_columns_list_the_known_ones():
    """Leaving out a column that does not exist names it and lists what exists."""
    with pytest.raises(InvalidSettings, match=r"no column 'tme' to leave out; it has 'x', 'y'"):
        check_trainable(table(), settings(label_column_name="y", excluded_columns=["tme"]))


def test_text_features_are_named_with_the_way_out():
    """Without featurization columns of text are named, and leaving them out makes the table trainable."""
    frame = table().assign(city="Faisalabad")
    with pytest.raises(InvalidSettings, match="'city' holds text; add it to excluded_columns"):
        check_trainable(frame, settings(label_column_name="y", featurization="off"))
    check_trainable(frame, settings(label_column_name="y", featurization="off", excluded_columns=["city"]))


def test_text_is_accepted_where_it_is_turned_into_yes_and_no():
    """With featurization text, ids and constants do not stand in the way; dates do, and so does a table of nothing else."""
    frame = table().assign(city=["Lahore", "Multan", "Lahore"] * 10, code=[f"P{i}" for i in range(30)], land="Pakistan")
    check_trainable(frame, settings(label_column_name="y"))
    with pytest.raises(InvalidSettings, match="'seen' holds dates or lists; add it to excluded_columns"):
        check_trainable(frame.assign(seen="2026-01-02"), settings(label_column_name="y"))
    with pytest.raises(InvalidSettings, match="Nothing can be learned from 'land', 'code'"):
        check_trainable(frame[["y", "code", "land"]], settings(label_column_name="y"))


def test_no_feature_left_is_refused():
    """Leaving out every feature is refused."""
    with pytest.raises(InvalidSettings, match="No feature is left"):
        check_trainable(table(), settings(label_column_name="y", excluded_columns=["x"]))


def test_everything_untrainable_is_told_at_once():
    """Too few rows, a constant label and an unknown column come in one error."""
    with pytest.raises(InvalidSettings) as caught:
        check_trainable(table(10).assign(y=0), settings(label_column_name="y", excluded_columns=["q"]))
    assert set(caught.value.fields) == {"rows", "label_column_name", "excluded_columns"}
