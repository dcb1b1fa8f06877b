"""Alembic runs this for every command; it works on the connection that `migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import aggregator.store.tables  # noqa: F401  (registers the tables)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
