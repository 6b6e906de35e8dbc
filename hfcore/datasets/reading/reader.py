"""The process that reads one file within limits: python -m hfcore.datasets.reading.reader FOLDER NAME SECONDS BYTES."""

from __future__ import annotations

import json
import os
import resource
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

_MOST_WRITTEN = 1024 * 1024 * 1024


def main(folder: Path, name: str, seconds: int, memory: int) -> None:
    """Read `source` in the folder; leave `table.arrow` and `told.json`, or only the latter with the refusal."""
    _limit(seconds, memory)
    sys.meta_path.insert(0, _WithoutPandas())
    from hfcore.datasets.reading.file import table_of
    from hfcore.errors import InvalidDataset

    try:
        table, found = table_of((folder / "source").read_bytes(), name)
        _write_table(table, folder / "table.arrow")
        told: dict[str, object] = {"facts": found.facts, "repairs": [[r.kind, r.sentence] for r in found.repairs]}
    except InvalidDataset as error:
        told = {"refused": error.fields, "hint": error.hint}
    except MemoryError:
        sentence = "The file is far larger inside than outside: reading it takes more memory than it may have."
        told = {"refused": {"file": sentence}, "hint": "Give fewer rows or columns, as plain CSV."}
    (folder / "told.part").write_text(json.dumps(told))
    os.replace(folder / "told.part", folder / "told.json")


class _WithoutPandas(MetaPathFinder):
    """Keeps Arrow from loading pandas, which it does on sight; nobody needs it here, and it takes half of the time."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas, leave everything else to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError("This process does without pandas.", name=name)


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _write_table(table: object, target: Path) -> None:
    import pyarrow as pa

    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:  # type: ignore[attr-defined]
        writer.write_table(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
