from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from hfcore.backends.local import opening
from hfcore.backends.local.files import write_bytes
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import compute_targets, deployments, endpoints, metadata
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import BackendUnavailable, InvalidSettings, StoreDamaged


def add_target(store: Store, name: str) -> None:
    with store.write() as connection:
        row = {"name": name, "vm_size": "s", "min_nodes": 0, "max_nodes": 1, "created_at": datetime.now(UTC)}
        connection.execute(insert(compute_targets).values(row))


def count_targets(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(compute_targets)).scalar_one()


def test_a_new_store_is_durable(home: Path) -> None:
    """A SQLite store writes ahead, flushes each commit and keeps foreign keys."""
    with Store.open(home).read() as connection:
        found = [connection.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "synchronous", "foreign_keys")]
    assert found == ["wal", 2, 1]


def test_migrations_build_the_tables(home: Path) -> None:
    """The migrations lead to exactly the tables the code uses, and their newest revision is the one it asks for."""
    with Store.open(home).read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == opening.HEAD


def test_an_older_store_keeps_its_endpoints(home: Path) -> None:
    """What an endpoint of an older store serves becomes its first deployment."""
    from alembic import command

    store = Store.open(home)
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).parent / "migrations"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        given = {"id": "e", "name": "risk", "state": "HEALTHY", "model_name": "m", "model_version": 3, "model_sha256": "0"}
        given |= {"manifest_sha256": "1", "model_dir": "models/m", "cpu_cores": 1, "memory_gb": 1, "auth": True, "port": 8601}
        given |= {"phase": "", "description": "", "tags": "{}", "features": '["age"]', "uses_follow_up_time": False}
        given |= {"created_at": "2026-11-22 15:00:00", "changed_at": "2026-11-22 15:00:00"}
        names = ", ".join(given)
        connection.execute(text(f"INSERT INTO endpoints ({names}) VALUES ({', '.join(f':{n}' for n in given)})"), given)
    store.close()
    with Store.open(home).read() as connection:
        row = connection.execute(select(deployments)).one()
        assert connection.execute(select(endpoints.c.active, endpoints.c.previous, endpoints.c.wanted)).one() == (1, None, None)
    assert (row.endpoint_id, row.number, row.state, row.model_version, row.features) == ("e", 1, "IN_SERVICE", 3, ["age"])


def test_opening_again_needs_no_migration_tool(home: Path) -> None:
    """Opening a store that is up to date imports neither Alembic nor pandas, so that it stays quick."""
    Store.open(home)
    code = (
        "import sys, pathlib; from hfcore.backends.local.store import Store; Store.open(pathlib.Path(sys.argv[1]));"
        "print([m for m in ('alembic', 'pandas', 'sklearn', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_failed_transaction_writes_nothing(home: Path) -> None:
    """Either all of a transaction is written or nothing."""
    store = Store.open(home)
    add_target(store, "one")
    row = {"vm_size": "s", "min_nodes": 0, "max_nodes": 1, "created_at": datetime.now(UTC)}

    def write_both() -> None:
        with store.write() as connection:
            for name in ("two", "one"):
                connection.execute(insert(compute_targets).values(name=name, **row))

    with pytest.raises(IntegrityError):
        write_both()
    assert count_targets(store) == 1


def test_moments_come_back_in_utc(home: Path) -> None:
    """A moment written in another time zone is read back as the same moment in UTC."""
    store = Store.open(home)
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=5)))
    with store.write() as connection:
        connection.execute(insert(compute_targets).values(name="t", vm_size="s", min_nodes=0, max_nodes=1, created_at=moment))
    with store.read() as connection:
        found = connection.execute(select(compute_targets.c.created_at)).scalar_one()
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_processes_that_create_a_store_at_once_share_it(home: Path) -> None:
    """Several processes that open the same new home end up with one store, and each one's row is in it."""
    code = (
        "import sys, pathlib; from hfcore.backends.local.store import Store;"
        "from tests.unit.backends.local.test_store import add_target;"
        "add_target(Store.open(pathlib.Path(sys.argv[1])), sys.argv[2])"
    )
    racing = [subprocess.Popen([sys.executable, "-c", code, str(home), f"n{i}"]) for i in range(4)]
    assert [process.wait(timeout=120) for process in racing] == [0] * 4
    assert count_targets(Store.open(home)) == 4


def damage(path: Path, how: str) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        if how == "emptied":
            file.truncate(0)
        elif how == "truncated":
            file.truncate(size // 3)
        elif how == "zeroed header":
            file.write(b"\0" * 100)
        elif how == "flipped pages":
            file.seek(4096)
            file.write(bytes(255 - b for b in path.read_bytes()[4096:40960]))
        elif how == "zeroed":
            file.write(b"\0" * size)
        else:
            file.truncate(0)
            file.write(b"this is not a database at all" * 200)


@pytest.mark.fault
@pytest.mark.parametrize("how", ["emptied", "truncated", "zeroed header", "flipped pages", "zeroed", "another file"])
def test_a_damaged_store_is_set_aside_and_said(home: Path, how: str) -> None:
    """A damaged store is never silently replaced: its bytes are kept under a name that the error tells, and the
    second opening starts empty."""
    store = Store.open(home)
    add_target(store, "precious")
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    damage(home / "store.db", how)
    bytes_before = (home / "store.db").read_bytes()
    with pytest.raises(StoreDamaged, match=r"set aside as store\.db\.damaged-") as caught:
        Store.open(home)
    kept = [p for p in home.glob("store.db.damaged-*") if not p.name.endswith(("-wal", "-shm"))]
    assert [p.read_bytes() for p in kept] == [bytes_before]
    assert kept[0].name in str(caught.value)
    assert count_targets(Store.open(home)) == 0


@pytest.mark.fault
@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_the_files_of_a_lost_store_are_kept(home: Path, how: str) -> None:
    """After a store was lost, models that no row names are kept, however old: a copy of the store may name them."""
    LocalWorkspace(home)
    model = home / "models" / "0123" / "model.onnx"
    write_bytes(model, b"onnx")
    os.utime(model.parent, (0, 0))
    (home / "store.db").unlink() if how == "gone" else damage(home / "store.db", "zeroed")
    with pytest.raises(StoreDamaged):
        LocalWorkspace(home)
    LocalWorkspace(home)
    assert model.exists()


@pytest.mark.fault
def test_a_store_that_went_missing_is_said(home: Path) -> None:
    """A home folder whose store was removed says so once before it starts empty."""
    Store.open(home).close()
    (home / "store.db").unlink()
    with pytest.raises(StoreDamaged, match="is gone"):
        Store.open(home)
    assert count_targets(Store.open(home)) == 0


def test_an_interrupted_creation_is_repeated(home: Path) -> None:
    """A store that was being made when the power went is made anew, without an error."""
    home.mkdir()
    (home / "store.db.new").write_bytes(b"half a store")
    assert count_targets(Store.open(home)) == 0
    assert not (home / "store.db.new").exists()


def test_a_store_of_a_newer_program_is_left_alone(home: Path) -> None:
    """A store with an unknown, newer revision is refused with a sentence and not moved."""
    store = Store.open(home)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreDamaged, match="newer version"):
        Store.open(home)
    assert (home / "store.db").exists()


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A home folder that cannot exist is refused with its path and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreDamaged, match="HF_HOME"):
        Store.open(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    ("url", "error", "told"),
    [
        ("nonsense", InvalidSettings, "HF_STORE_URL"),
        ("oracle9://me:canary@host/db", InvalidSettings, "HF_STORE_URL"),
        ("postgresql+pg8000://me:canary@127.0.0.1:1/db", BackendUnavailable, "pip install pg8000"),
    ],
)
def test_a_store_url_that_cannot_be_used_is_said(home: Path, url: str, error: type[Exception], told: str) -> None:
    """A wrong URL or a missing driver is a plain sentence that does not hold the password."""
    with pytest.raises(error, match=told) as caught:
        Store.open(home, url)
    assert "canary" not in str(caught.value)


def test_a_sqlite_store_may_lie_elsewhere(home: Path, tmp_path: Path) -> None:
    """A SQLite URL puts the store where it says, and the artifacts stay in the home folder."""
    store = Store.open(home, f"sqlite:///{tmp_path / 'other.db'}")
    add_target(store, "one")
    assert (tmp_path / "other.db").exists()
    assert not (home / "store.db").exists()
