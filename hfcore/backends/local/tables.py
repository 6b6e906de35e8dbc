"""The tables of the local store."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A timezone-aware datetime, kept in UTC by every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what is written into UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give what is read its time zone back; SQLite forgets it."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# A run, and the lease of the process that works it. `lease_token` changes with every worker that is
# started for the run; a write that names an older token changes nothing. `lease_beat` is in seconds
# since the epoch, `worked_seconds` the time that earlier attempts have used of the run's budget.
runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("experiment", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("settings", JSON, nullable=False),
    Column("dataset", String(128), nullable=False),
    Column("dataset_version", Integer, nullable=False),
    Column("dataset_sha256", String(64), nullable=False),
    Column("processes", Integer, nullable=False, default=1),
    Column("created_at", Moment, nullable=False, index=True),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("phase", Text, nullable=False, default=""),
    Column("message", Text),
    Column("planned", Integer),
    Column("finished", Integer, nullable=False, default=0),
    Column("best_child_id", String(80)),
    Column("best_algorithm", String(128)),
    Column("best_score", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fruitless", Integer, nullable=False, default=0),
    Column("finished_before", Integer, nullable=False, default=0),
    Column("worked_seconds", Float, nullable=False, default=0.0),
    Column("lease_token", String(32), nullable=False),
    Column("lease_pid", Integer),
    Column("lease_started", Float),
    Column("lease_claimed", Boolean, nullable=False, default=False),
    Column("lease_beat", Float, nullable=False),
    Column("guardrails", JSON, nullable=False, default=list),
)

# A child run. The files are named relative to the home folder; a name stands only together with its SHA-256.
children = Table(
    "children",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("run_id", String(64), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("algorithm", String(128), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("score", Float),
    Column("fold_scores", JSON, nullable=False, default=list),
    Column("metrics", JSON, nullable=False, default=dict),
    Column("seconds", Float),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("message", Text),
    Column("outcome_file", String(200)),
    Column("outcome_sha256", String(64)),
    Column("report_file", String(200)),
    Column("report_sha256", String(64)),
    Column("model_file", String(200)),
    Column("model_sha256", String(64)),
    Column("parity", Float),
    Column("export_note", Text, nullable=False, default=""),
    UniqueConstraint("run_id", "number"),
)

# A version of a data set. The one whose `current_since` is latest is the current one; registering and going back set it.
datasets = Table(
    "datasets",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file", String(200), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("schema", JSON, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("size_bytes", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(64), nullable=False, default=""),
    Column("source", JSON, nullable=False, default=dict),
    Column("current_since", Moment, nullable=False),
    UniqueConstraint("name", "version"),
)

compute_targets = Table(
    "compute_targets",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("vm_size", String(64), nullable=False),
    Column("min_nodes", Integer, nullable=False),
    Column("max_nodes", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# A registered model. `folder` is relative to the home folder; `sha256` is that of model.onnx, `manifest_sha256` of model.json.
models = Table(
    "models",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("folder", String(200), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("child_id", String(80), nullable=False),
    Column("algorithm", String(128), nullable=False),
    Column("features", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("parity", Float),
    Column("uses_follow_up_time", Boolean, nullable=False, default=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False, default=dict),
    Column("size_bytes", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("threshold", Float),
    Column("threshold_rule", Text, nullable=False, default=""),
    Column("registered_by", String(64), nullable=False, default=""),
    Column("changed_at", Moment),
    Column("changed_by", String(64), nullable=False, default=""),
    Column("origin", JSON, nullable=False, default=dict),
    UniqueConstraint("name", "version"),
)

# An alias of a model's name, such as champion: it points at one version, so moving it is one statement.
model_aliases = Table(
    "model_aliases",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("alias", String(32), primary_key=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(["name", "version"], ["models.name", "models.version"], ondelete="CASCADE"),
)

# An endpoint, with what its active deployment serves. The keys themselves are in a file that only its owner may read; here are
# their SHA-256s. `previous` is the deployment a rollback goes to, `wanted` the one that shall take over from the active one.
endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("phase", Text, nullable=False, default=""),
    Column("message", Text),
    Column("model_name", String(128), nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("model_dir", String(200), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False, default=dict),
    Column("cpu_cores", Float, nullable=False),
    Column("memory_gb", Float, nullable=False),
    Column("auth", Boolean, nullable=False, default=True),
    Column("host", String(64)),
    Column("port", Integer),
    Column("features", JSON, nullable=False, default=list),
    Column("uses_follow_up_time", Boolean, nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("supervisor_pid", Integer),
    Column("supervisor_started", Float),
    Column("server_pid", Integer),
    Column("server_started", Float),
    Column("lease_token", String(32)),
    Column("primary_sha256", String(64)),
    Column("secondary_sha256", String(64)),
    Column("active", Integer, nullable=False, default=1),
    Column("previous", Integer),
    Column("wanted", Integer),
)

# A deployment: a version that was put, or was to be put, into service. `port` is where its server answers checks.
deployments = Table(
    "deployments",
    metadata,
    Column("endpoint_id", String(64), ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("message", Text),
    Column("asked_by", String(64), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("port", Integer),
    Column("model_name", String(128), nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("model_dir", String(200), nullable=False),
    Column("features", JSON, nullable=False, default=list),
    Column("uses_follow_up_time", Boolean, nullable=False, default=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False, default=dict),
    Column("cpu_cores", Float, nullable=False),
    Column("memory_gb", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
