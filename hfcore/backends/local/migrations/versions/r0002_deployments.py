"""Deployments: the versions that an endpoint has served, serves and shall serve."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_VERSION = (
    "model_name, model_version, model_sha256, manifest_sha256, model_dir, features, uses_follow_up_time, description, tags, "
    "cpu_cores, memory_gb, created_at, changed_at"
)


def upgrade() -> None:
    """Apply this revision; what an endpoint serves becomes its first deployment."""
    with op.batch_alter_table("endpoints") as table:
        table.add_column(sa.Column("active", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("previous", sa.Integer(), nullable=True))
        table.add_column(sa.Column("wanted", sa.Integer(), nullable=True))
    _deployments()
    state = "CASE state WHEN 'TRANSITIONING' THEN 'UNDERWAY' WHEN 'FAILED' THEN 'REFUSED' ELSE 'IN_SERVICE' END"
    op.execute(
        f"INSERT INTO deployments (endpoint_id, number, state, message, asked_by, attempts, {_VERSION}) "
        f"SELECT id, 1, {state}, message, '', 0, {_VERSION} FROM endpoints"
    )


def downgrade() -> None:
    """Undo this revision."""
    op.drop_table("deployments")
    with op.batch_alter_table("endpoints") as table:
        for column in ("active", "previous", "wanted"):
            table.drop_column(column)


def _deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("endpoint_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("model_name", sa.String(length=128), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("model_dir", sa.String(length=200), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("uses_follow_up_time", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("cpu_cores", sa.Float(), nullable=False),
        sa.Column("memory_gb", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("endpoint_id", "number"),
    )
