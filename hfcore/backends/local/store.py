"""The local store: one database per home folder, read and written in short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from hfcore.backends.local import opening
from hfcore.errors import BackendUnavailable, DiskFull, HfError, InvalidSettings, StoreDamaged

BUSY_S = 30.0
_FULL, _BUSY, _LOCKED = 13, 5, 6
_UNUSABLE = {8: "it is read-only", 10: "the disk answered with an error", 14: "it cannot be opened"}


class Store:
    """The database of one home folder. Any number of processes and threads may hold one on the same home."""

    def __init__(self, engine: Engine, home: Path, url: str | None = None) -> None:
        self.engine = engine
        self.home = home
        self.url = url

    @classmethod
    def open(cls, home: Path, url: str | None = None) -> Store:
        """Open the store of `home`, made or brought up to date first when needed.

        Raises:
            StoreDamaged: what is wrong with the store; a damaged file was set aside and a second call starts empty.
            BackendUnavailable: the database at `url` does not answer.
        """
        opening.prepare_home(home)
        if url is None or url.startswith("sqlite:"):
            path = opening.sqlite_path(home, url)
            opening.open_sqlite(home, path)
            return cls(sqlite_engine(path), home, url)
        engine = _server_engine(url)
        with _translated(home):
            opening.open_server(home, engine)
        return cls(engine, home, url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent moment of the store."""
        with _translated(self.home), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, patience_s: float = BUSY_S) -> Iterator[Connection]:
        """Give a connection that writes all or nothing: committed at the end, undone by an exception.

        Args:
            patience_s: How long to wait while somebody else writes (SQLite).

        Raises:
            DiskFull: there is no room for it; nothing was written.
            BackendUnavailable: somebody else wrote for all that time.
            StoreDamaged: the store cannot be written.
        """
        with _translated(self.home), self.engine.connect() as plain:
            connection = plain.execution_options(hf_write=True, hf_patience=patience_s)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()


def _server_engine(url: str) -> Engine:
    """Return an engine on a database server. What is wrong with the URL is said without its password."""
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        sentence = "The store's URL (HF_STORE_URL) is not one that SQLAlchemy knows, such as postgresql+psycopg://user@host/name."
        raise InvalidSettings({"store_url": sentence}) from error
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            f"The store's database needs the Python package {error.name!r}, which is not installed.",
            f"Run: pip install {error.name}",
        ) from error


def sqlite_engine(path: Path) -> Engine:
    """Return an engine on a SQLite file: write-ahead log, every commit flushed to the disk, foreign keys kept."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """Take the write lock at the start, so that no transaction finds out half-way that another was first."""
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options.get('hf_patience', BUSY_S) * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("hf_write", False) else "BEGIN")


@contextmanager
def _translated(home: Path) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise _said_plainly(error, home) from error


def _said_plainly(error: DBAPIError, home: Path) -> Exception:
    code = getattr(error.orig, "sqlite_errorcode", -1) & 0xFF
    if code == _FULL:
        return DiskFull(f"The disk is full: the store in {home} could not be written.", "Free some space and try again.")
    if code in (_BUSY, _LOCKED):
        return BackendUnavailable(f"Somebody else has been writing to the store in {home} all the time.", "Try again.")
    if code in opening.DAMAGE_CODES:
        return opening.damaged_while_open(home)
    if code in _UNUSABLE:
        return StoreDamaged(
            f"The store in {home} cannot be used: {_UNUSABLE[code]}.", "Check the disk and the folder's permissions."
        )
    if error.connection_invalidated or type(error).__name__ == "OperationalError":
        return _unanswered(error)
    return error


def _unanswered(error: DBAPIError) -> HfError:
    kind = type(error.orig).__name__
    return BackendUnavailable(f"The store's database does not answer ({kind}).", "Check HF_STORE_URL and that the server runs.")
