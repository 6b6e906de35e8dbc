"""The registered models of a home folder: code-free artifacts in versions, checked when they are kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hfcore.backends.local import aliases, origin, who
from hfcore.backends.local.data import Datasets
from hfcore.backends.local.deployments import in_use
from hfcore.backends.local.files import read_checked, remove_tree, write_bytes
from hfcore.backends.local.lease import ACTIVE
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, models, runs
from hfcore.errors import BackendUnavailable, ExportFailed, InvalidSettings, ModelNotFound, RunNotFound, StillRunning
from hfcore.records import ModelVersion, checked_aliases
from hfcore.reporting.kept_threshold import kept
from hfcore.reporting.report import ModelReport
from hfcore.reporting.serial import report_from_json
from hfcore.reporting.threshold_choice import ThresholdChoice

DEFAULT_NAME = "heart-failure-risk"
FOLDER = "models"
MOST_RACES = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}", re.ASCII)


class Models:
    """The registered models of one home folder."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home

    def register(
        self,
        run_id: str,
        child: str | None = None,
        name: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """Keep a child run's model, the best one's by default, as the next version of `name`.

        Raises:
            RunNotFound: no such run or child.
            StillRunning: the run has not finished, so its winner is not known.
            ExportFailed: this child has no artifact that predicts what its pipeline predicts.
            ArtifactDamaged: a file of the run is not what was written.
            InvalidInput: the name cannot be a model's, or the threshold is no probability, or the model has several classes.
        """
        chosen, cut = _checked_name(name or DEFAULT_NAME), kept(threshold)
        with self._store.read() as connection:
            run = _run_row(connection, run_id)
            tried = _child_row(connection, run, child)
        data = read_checked(self._home / tried.model_file, tried.model_sha256)
        report = report_from_json(read_checked(self._home / tried.report_file, tried.report_sha256))
        manifest = self._describe(run, tried, data, report, cut.value if cut.is_chosen else None)
        row = {"description": description, "tags": _plain(tags or {}), "parity": tried.parity, "registered_by": who.user()}
        row |= {"threshold": cut.value, "threshold_rule": cut.words} if len(manifest["labels"]) == 2 else {}
        return self._keep(chosen, data, manifest, row | {"origin": origin.of(run, report)})

    def _describe(self, run: Row[Any], tried: Row[Any], data: bytes, report: ModelReport, cut: float | None) -> dict[str, Any]:
        """Return the manifest of a child run's model. Raises ExportFailed, ArtifactDamaged, InvalidSettings."""
        from hfcore.backends.local.manifest import describe
        from inference.score import ModelRefused

        table = Datasets(self._store).get(run.dataset, run.dataset_version)
        try:
            return describe(data, report, table.to_pandas(), table.schema, cut)
        except ModelRefused as error:
            raise ExportFailed(f"The model of child run {tried.number} cannot be opened: {error}") from error

    def _keep(self, name: str, data: bytes, manifest: dict[str, Any], row: dict[str, Any]) -> ModelVersion:
        """Write the model's folder and its row under the next free version of `name`."""
        identity = uuid.uuid4().hex
        folder = self._home / FOLDER / identity
        write_bytes(folder / "model.onnx", data)
        try:
            for _ in range(MOST_RACES):
                try:
                    return self._insert(identity, name, len(data), manifest, row)
                except IntegrityError:  # another process has taken this version meanwhile: take the next one
                    continue
        except BaseException:
            remove_tree(folder)
            raise
        remove_tree(folder)
        raise BackendUnavailable(f"{MOST_RACES} other registrations of {name!r} came first.", "Try again.")

    def _insert(self, identity: str, name: str, size: int, manifest: dict[str, Any], row: dict[str, Any]) -> ModelVersion:
        from hfcore.backends.local.manifest import to_bytes

        folder = f"{FOLDER}/{identity}"
        with self._store.write() as connection:
            top = connection.execute(select(func.max(models.c.version)).where(models.c.name == name)).scalar()
            created_at = datetime.now(UTC)
            told = to_bytes(manifest, name, (top or 0) + 1, created_at)
            values = {
                "id": identity,
                "name": name,
                "version": (top or 0) + 1,
                "sha256": manifest["sha256"],
                "manifest_sha256": write_bytes(self._home / folder / "model.json", told),
                "folder": folder,
                "features": [f["name"] for f in manifest["features"]],
                "size_bytes": size + len(told),
                "created_at": created_at,
                **{k: manifest[k] for k in ("run_id", "child_id", "algorithm", "metrics", "uses_follow_up_time")},
                **row,
            }
            connection.execute(insert(models).values(values))
            return model_version(connection.execute(select(models).where(models.c.id == identity)).one())

    def list(self) -> Sequence[ModelVersion]:
        """Return every registered version, newest first."""
        query = select(models).order_by(models.c.created_at.desc(), models.c.version.desc())
        with self._store.read() as connection:
            known = aliases.of_all(connection)
            return [model_version(row, known.get((row.name, row.version), ())) for row in connection.execute(query)]

    def update(
        self, model: ModelVersion, description: str | None, tags: Mapping[str, str] | None, wanted: Sequence[str] | None
    ) -> ModelVersion:
        """Change what people say about a version; None leaves a thing as it is. Raises ModelNotFound, InvalidSettings."""
        given = None if wanted is None else checked_aliases(wanted)
        values: dict[str, Any] = {"changed_at": datetime.now(UTC), "changed_by": who.user()}
        values |= {} if description is None else {"description": description}
        values |= {} if tags is None else {"tags": _plain(tags)}
        with self._store.write() as connection:
            row = registered_row(connection, model)
            connection.execute(update(models).where(models.c.id == row.id).values(values))
            if given is not None:
                aliases.give(connection, row.name, row.version, given)
            changed = connection.execute(select(models).where(models.c.id == row.id)).one()
            return model_version(changed, aliases.of_all(connection).get((row.name, row.version), ()))

    def delete(self, model_id: str) -> None:
        """Forget a model and remove its files. Raises ModelNotFound, StillRunning while an endpoint serves it."""
        with self._store.write() as connection:
            row = connection.execute(select(models).where(models.c.id == model_id)).one_or_none()
            if row is None:
                raise ModelNotFound(model_id, connection.execute(select(models.c.id).limit(10)).scalars())
            user, serves = in_use(connection).get((row.name, row.version), (None, False))
            if user is not None:
                how = "serves" if serves else "may go back to"
                raise StillRunning(f"The endpoint {user!r} {how} {row.name}:{row.version}.", "Delete the endpoint first.")
            connection.execute(delete(models).where(models.c.id == model_id))
        remove_tree(self._home / row.folder)


def registered_row(connection: Connection, model: ModelVersion) -> Row[Any]:
    """Return the row of a registered model. Raises ModelNotFound, which lists the known ones."""
    same = (models.c.name == model.name) & (models.c.version == model.version) & (models.c.sha256 == model.sha256)
    found = connection.execute(select(models).where(same)).one_or_none()
    if found is None:
        known = connection.execute(select(models.c.name, models.c.version).order_by(models.c.created_at.desc()))
        raise ModelNotFound(model.label, [f"{m.name}:{m.version}" for m in known])
    return found


def model_version(row: Row[Any], known_as: Sequence[str] = ()) -> ModelVersion:
    """Return a row of the table of models as a record."""
    return ModelVersion(
        name=row.name,
        version=row.version,
        sha256=row.sha256,
        run_id=row.run_id,
        child_id=row.child_id,
        algorithm=row.algorithm,
        features=tuple(row.features),
        created_at=row.created_at,
        size_bytes=row.size_bytes,
        metrics=row.metrics,
        parity=row.parity,
        uses_follow_up_time=row.uses_follow_up_time,
        description=row.description,
        tags=row.tags,
        threshold=row.threshold,
        threshold_rule=row.threshold_rule,
        aliases=tuple(known_as),
        registered_by=row.registered_by,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        origin=origin.restored(row.origin),
    )


def _plain(tags: Mapping[str, str]) -> dict[str, str]:
    return {str(k): str(v) for k, v in tags.items()}


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        sentence = f"The model name {name!r} does not fit: up to 127 letters, digits, dots, hyphens or underscores."
        raise InvalidSettings({"name": sentence})
    return name


def _run_row(connection: Connection, run_id: str) -> Row[Any]:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise RunNotFound(run_id, connection.execute(select(runs.c.id).order_by(runs.c.created_at.desc())).scalars())
    return row


def _child_row(connection: Connection, run: Row[Any], child: str | None) -> Row[Any]:
    """Return the child run to register. Raises StillRunning, RunNotFound, ExportFailed."""
    if child is None and run.state in ACTIVE:
        raise StillRunning(f"Run {run.id} is still {run.state}, so its winner is not known.", "Wait until it has finished.")
    if child is None and run.best_child_id is None:
        raise ExportFailed(f"Run {run.id} has no child run with a model.", "Look at its log, or train again.")
    mine = children.c.run_id == run.id
    row = connection.execute(select(children).where(mine & (children.c.id == (child or run.best_child_id)))).one_or_none()
    if row is None:
        raise RunNotFound(child or run.best_child_id, connection.execute(select(children.c.id).where(mine)).scalars())
    if row.model_file is None or row.report_file is None:
        reason = row.export_note or row.message or f"It is {row.state}."
        raise ExportFailed(f"Child run {row.number} has no model that could be kept. {reason}", "Choose another child run.")
    return row
