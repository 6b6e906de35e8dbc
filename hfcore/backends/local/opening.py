"""Opening a store: made whole or not at all, brought up to date, and never silently replaced when it is damaged."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, inspect, make_url, text

from hfcore.backends.local.files import flush_folder
from hfcore.errors import StoreDamaged

STORE = "store.db"
HEAD = "0005"  # the newest revision in migrations/versions; a test keeps the two equal
DAMAGE_CODES = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB
_MARKER = ".store"  # there as long as a store is meant to be there
_LOST = ".store.lost-"  # it was, and the store was lost: artifacts in the home may be named by a copy of it
_LOCK = ".store.lock"
_COMPANIONS = ("", "-wal", "-shm")
_SERVER_LOCK = 0x4846_5354


def prepare_home(home: Path) -> None:
    """Make the home folder, readable by its owner only, or say why it cannot be used."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(home, error) from error


def sqlite_path(home: Path, url: str | None) -> Path:
    """Return the file of a SQLite store: the one in `url`, or store.db in the home folder."""
    named = make_url(url).database if url else None
    return Path(named) if named else home / STORE


def open_sqlite(home: Path, path: Path) -> None:
    """Make sure that a sound store of the newest revision is at `path`.

    Raises:
        StoreDamaged: what was found there instead and where it was put.
    """
    if path.exists() and _trouble(path) is None and _revision(path) == HEAD:
        return
    with _locked(home):
        if not path.exists():
            _create(path)
            return
        trouble = _trouble(path)
        if trouble:
            raise _set_aside(path, trouble)
        _bring_up_to_date(path)


def open_server(home: Path, engine: Engine) -> None:
    """Make sure that the tables on a database server are of the newest revision."""
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if found == HEAD:
                return
    with _locked(home), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SERVER_LOCK})
        migrate(connection)


def migrate(connection: Connection) -> None:
    """Bring the tables behind `connection` to the newest revision, inside its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def damaged_while_open(home: Path) -> StoreDamaged:
    """Return the error for damage that showed itself in the middle of work; nothing is moved yet."""
    return StoreDamaged(
        f"The store in {home} is damaged and cannot be read any further.",
        "Start the app again: the damaged file is then set aside and what to do is said.",
    )


def _unusable(home: Path, error: OSError) -> StoreDamaged:
    return StoreDamaged(
        f"The folder {home} cannot be used for the store: {error.strerror or error}.",
        "Check its permissions and the disk, or choose another folder with HF_HOME.",
    )


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold the home's lock, so that two processes never make or move a store at the same time."""
    try:
        descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unusable(home, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30)


def _trouble(path: Path) -> str | None:
    """Say in a few words what is wrong with a store file, None when it is sound."""
    if path.stat().st_size == 0:
        return "the file is empty"
    try:
        with closing(_raw(path)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found == "ok":
                return None if _has_revision(connection) else "its tables are missing"
            return "its pages do not fit together"
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in DAMAGE_CODES:
            return "it is not readable as a database any more"
        reason = f"The store {path} cannot be used: {error}."
        raise StoreDamaged(reason, "Check the disk and the folder's permissions.") from error


def _has_revision(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is not None


def _revision(path: Path) -> str | None:
    with closing(_raw(path)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])


def _create(path: Path) -> None:
    """Build the store beside its place and move it there when it is complete."""
    marker = path.with_name(_MARKER)
    if marker.exists():
        marker.replace(marker.with_name(f"{_LOST}{_stamp()}"))
        raise StoreDamaged(
            f"The store {path} is gone, although this folder has held one.",
            "Put the file back, or open the workspace once more to start with an empty store.",
        )
    fresh = path.with_name(f"{path.name}.new")
    try:
        for ending in _COMPANIONS:
            fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
        _upgrade_file(fresh)
        os.replace(fresh, path)
        flush_folder(path.parent)
        marker.touch()
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path.parent, error if isinstance(error, OSError) else OSError(str(error))) from error


def _upgrade_file(path: Path) -> None:
    from hfcore.backends.local.store import sqlite_engine

    engine = sqlite_engine(path)
    try:
        with engine.connect().execution_options(hf_write=True) as connection, connection.begin():
            migrate(connection)
    finally:
        engine.dispose()


def _bring_up_to_date(path: Path) -> None:
    revision = _revision(path)
    if revision == HEAD:
        return
    if revision is None or revision > HEAD:
        raise StoreDamaged(
            f"The store {path} was written by a newer version of this program (revision {revision}, known is {HEAD}).",
            "Update the program, or choose another folder with HF_HOME.",
        )
    _upgrade_file(path)


def has_lost_a_store(home: Path) -> bool:
    """Tell whether a store of this home was ever damaged or gone, so that files which no row names may still be wanted."""
    return any(home.glob(f"{_LOST}*"))


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")


def _set_aside(path: Path, trouble: str) -> StoreDamaged:
    kept = path.with_name(f"{path.name}.damaged-{_stamp()}")
    for ending in _COMPANIONS:
        source = path.with_name(path.name + ending)
        if source.exists():
            os.replace(source, kept.with_name(kept.name + ending))
    marker = path.with_name(_MARKER)
    marker.touch()
    marker.replace(marker.with_name(f"{_LOST}{_stamp()}"))
    flush_folder(path.parent)
    return StoreDamaged(
        f"The store {path} is damaged: {trouble}. It was set aside as {kept.name}; nothing was deleted.",
        "Put a good copy in its place, or open the workspace once more to start with an empty store.",
    )
