"""The aliases of registered models: each points at one version of a name, and moving it is one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from hfcore.backends.local.tables import model_aliases


def of_all(connection: Connection) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """Return the aliases in order by name and version."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for row in connection.execute(select(model_aliases).order_by(model_aliases.c.alias)):
        found[row.name, row.version] = (*found.get((row.name, row.version), ()), row.alias)
    return found


def give(connection: Connection, name: str, version: int, wanted: Sequence[str]) -> None:
    """Let exactly these aliases of `name` point at a version, those that pointed at another one too."""
    mine = (model_aliases.c.name == name) & (model_aliases.c.version == version)
    connection.execute(delete(model_aliases).where(mine & model_aliases.c.alias.not_in(wanted)))
    put = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(model_aliases)
    moved = put.on_conflict_do_update(index_elements=["name", "alias"], set_={"version": put.excluded.version})
    if wanted:
        connection.execute(moved, [{"name": name, "alias": alias, "version": version} for alias in wanted])
