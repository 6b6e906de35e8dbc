"""Parquet to columns: plain columns only, counted before a row is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.datasets.reading.record import MAX_CELLS, MAX_COLUMNS, Columns, Found, listed, refusal

if TYPE_CHECKING:
    import pyarrow as pa

_HINT = "Write the table anew as Parquet with plain columns, or save it as CSV."


def split(content: bytes, name: str, found: Found) -> Columns:
    """Return the columns of a Parquet file.

    Raises:
        InvalidDataset: it is damaged, too wide or too long, or has columns that hold lists or bytes.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        _check_size(file.metadata.num_rows, file.metadata.num_columns, name)
        nested = [f.name for f in file.schema_arrow if pa.types.is_nested(f.type) or _is_bytes(f.type)]
        if nested:
            raise refusal(name, f"has lists, structures or bytes in {listed(nested)}; only plain values are read.", _HINT)
        table = file.read(use_threads=False)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise refusal(name, f"is not a sound Parquet file ({type(error).__name__}).", _HINT) from error
    found.facts["encoding"] = "UTF-8"
    names = [str(n) for n in table.column_names]
    return Columns(tuple(names), tuple(_plain(c, n, found) for n, c in zip(names, table.columns, strict=True)))


def _check_size(rows: int, columns: int, name: str) -> None:
    if columns > MAX_COLUMNS:
        raise refusal(name, f"has {columns:,} columns; at most {MAX_COLUMNS:,} are accepted.", "Leave out columns.")
    if rows * columns > MAX_CELLS:
        cells = f"{rows * columns / 1e6:,.0f} million cells"
        raise refusal(name, f"says that it holds {cells}; at most {MAX_CELLS / 1e6:.0f} million are read.", "Give fewer rows.")


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _plain(column: pa.ChunkedArray, name: str, found: Found) -> pa.ChunkedArray:
    """Return a column as integers, numbers, true/false or text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), name, found)
    if pa.types.is_null(kind):
        return column.cast(pa.float64())
    if pa.types.is_uint64(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_boolean(kind) or pa.types.is_large_string(kind):
        return column
    if pa.types.is_temporal(kind):
        found.repaired("dates", f"The dates or times in {listed([name])} are kept as text.")
    return column.cast(pa.large_string())
