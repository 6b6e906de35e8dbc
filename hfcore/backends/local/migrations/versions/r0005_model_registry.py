"""Model registry: the threshold of a version, who registered and changed it, where it came from, and aliases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply this revision; of versions from before the threshold is not known here, only their own file tells it."""
    with op.batch_alter_table("models") as table:
        table.add_column(sa.Column("threshold", sa.Float(), nullable=True))
        table.add_column(sa.Column("threshold_rule", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("registered_by", sa.String(length=64), nullable=False, server_default=""))
        table.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("changed_by", sa.String(length=64), nullable=False, server_default=""))
        table.add_column(sa.Column("origin", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "model_aliases",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["name", "version"], ["models.name", "models.version"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", "alias"),
    )


def downgrade() -> None:
    """Undo this revision."""
    op.drop_table("model_aliases")
    with op.batch_alter_table("models") as table:
        for column in ("threshold", "threshold_rule", "registered_by", "changed_at", "changed_by", "origin"):
            table.drop_column(column)
