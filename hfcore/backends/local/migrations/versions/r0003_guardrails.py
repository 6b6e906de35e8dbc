"""Guardrails: what was checked in a run's table and what was done about it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply this revision; runs from before have no guardrails."""
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("guardrails", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Undo this revision."""
    with op.batch_alter_table("runs") as table:
        table.drop_column("guardrails")
