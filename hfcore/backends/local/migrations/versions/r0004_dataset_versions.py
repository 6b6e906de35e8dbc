"""Versions of data sets: who registered each, from which file, and since when it is the current one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply this revision; the newest version of a data set from before is its current one."""
    with op.batch_alter_table("datasets") as table:
        table.add_column(sa.Column("created_by", sa.String(length=64), nullable=False, server_default=""))
        table.add_column(sa.Column("source", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("current_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE datasets SET current_since = created_at")
    with op.batch_alter_table("datasets") as table:
        table.alter_column("current_since", nullable=False)


def downgrade() -> None:
    """Undo this revision."""
    with op.batch_alter_table("datasets") as table:
        for column in ("created_by", "source", "current_since"):
            table.drop_column(column)
