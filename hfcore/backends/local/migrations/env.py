"""Run by Alembic: applies the revisions over the connection it is given."""

from alembic import context

from hfcore.backends.local.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
context.run_migrations()
