import pytest
from pandas.testing import assert_frame_equal

from hfcore.datasets.heart_failure import HEART_FAILURE_CSV, load_heart_failure
from hfcore.datasets.reading import read_table
from hfcore.errors import InvalidDataset


def test_reads_the_published_file_as_the_loader_does():
    """A CSV in UTF-8 gives the same table as the shipped loader."""
    assert_frame_equal(read_table(HEART_FAILURE_CSV), load_heart_failure())


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    """A byte order mark in front of the header is dropped."""
    file = tmp_path / "bom.csv"
    file.write_bytes(b"\xef\xbb\xbfage,name\n1,\xc3\xa9\n")
    frame = read_table(file)
    assert list(frame.columns) == ["age", "name"]
    assert frame["name"].tolist() == ["é"]


def test_repeated_column_names_are_refused_where_nobody_sees_the_repair(tmp_path):
    """Two columns of one name are not told apart in silence: a script's file is refused, and the name is said."""
    file = tmp_path / "twice.csv"
    file.write_text("a,a\n1,2\n")
    with pytest.raises(InvalidDataset, match="More than one column is called 'a'"):
        read_table(file)


REFUSED = {
    "utf16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    "latin1": (b"name\nJos\xe9\n", "UTF-8 at byte 8"),
    "nul": (b"a,b\n1,\x002\n", "zero bytes"),
    "zip": (b"PK\x03\x04rest", "zip or Excel"),
    "parquet": (b"PAR1rest", "Parquet"),
    "empty": (b"", "empty"),
    "blank lines": (b"\n\n  \n", "empty"),
    "semicolons": (b"a;b\n1;2\n", "commas"),
    "ragged": (b"a,b\n1,2\n1,2,3\n", "cannot be read"),
    "wider than the header": (b"a,b\n1,2,3\n4,5,6\n", "cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, case):
    """Bytes that are no comma-separated UTF-8 table give a sentence that names the file and the reason."""
    content, reason = REFUSED[case]
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidDataset, match=reason) as caught:
        read_table(file)
    assert "table.csv" in str(caught.value)
    assert caught.value.hint


def test_a_missing_file_is_a_sentence(tmp_path):
    """A path with no file behind it is an InvalidDataset, not an OSError."""
    with pytest.raises(InvalidDataset, match="does not exist"):
        read_table(tmp_path / "none.csv")
