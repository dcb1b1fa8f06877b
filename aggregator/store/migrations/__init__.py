"""Alembic migrations, applied at start by `aggregator.store.migrate`."""
