"""Which models were trained, from what, how good they are, and which of a topic is in use."""

from __future__ import annotations

from aggregator.store import feedback as queries
from aggregator.store.database import Database
from aggregator.store.feedback import StoredModel


class Models:
    """The register of trained models; their files lie beside the database (`store.models`).

    Raises StoreError when the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, topic: str | None = None) -> list[StoredModel]:
        """Trained models, newest first; of one topic, or all."""
        with self._database.read() as connection:
            return queries.models(connection, topic)

    def active(self, topic: str) -> StoredModel | None:
        """The topic's model in use; None: rules alone."""
        return next((model for model in self.all(topic) if model.active), None)

    def add(self, model: StoredModel, *, keep: int) -> list[StoredModel]:
        """Register a model (an active one is then the topic's only active one) and strike old ones.

        `keep`: versions that stay besides the one in use. Returns those that were struck, whose files can go.
        """
        with self._database.write() as connection:
            queries.add_model(connection, model)
            old = [m for m in queries.models(connection, model.topic) if not m.active][keep:]
            queries.forget_models(connection, [m.version for m in old])
        return old

    def activate(self, topic: str, version: str | None) -> None:
        """Make one version the model of its topic that is in use; None: rules alone."""
        with self._database.write() as connection:
            queries.activate_model(connection, topic, version)
