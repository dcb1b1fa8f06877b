"""The database schema, as SQLModel tables. Objects of these classes never leave `aggregator.store`.

Times are whole microseconds since 1970 UTC in integer columns: they compare and index the same on SQLite
and PostgreSQL and cost nothing to read in bulk. Columns that end in `_json` hold one JSON value.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text
from sqlmodel import Field, SQLModel


def _big(*, nullable: bool = False, primary_key: bool = False, index: bool = False) -> Column:  # type: ignore[type-arg]
    return Column(BigInteger, nullable=nullable, primary_key=primary_key, index=index)


class FeedRow(SQLModel, table=True):
    """A feed we poll, or once polled, or an import's source (`url` then starts with `import:`)."""

    __tablename__ = "feeds"

    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(unique=True)
    location: str
    title: str = ""
    origin: str = ""
    kind: str = ""
    country: str = ""
    language: str = ""
    active: bool = True
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    next_due: int | None = Field(default=None, sa_column=_big(nullable=True, index=True))
    last_polled: int | None = Field(default=None, sa_column=_big(nullable=True, index=True))
    last_success: int | None = Field(default=None, sa_column=_big(nullable=True))
    failures: int = 0
    health: str = "ok"
    health_since: int | None = Field(default=None, sa_column=_big(nullable=True))
    health_why: str = ""
    memory_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class EntryRow(SQLModel, table=True):
    """A feed item."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("ix_entries_story", "story"),
        Index("ix_entries_seen", "seen"),
        Index("ix_entries_url", "url"),
    )

    n: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    feed_id: int = Field(foreign_key="feeds.id", index=True)
    story: str
    basis: str
    guid: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    text: str = ""
    author: str = ""
    language: str = ""
    origin: str = ""
    credit: str = ""
    hash: str = ""
    published: int | None = Field(default=None, sa_column=_big(nullable=True, index=True))
    updated: int | None = Field(default=None, sa_column=_big(nullable=True))
    seen: int = Field(sa_column=_big())
    archived: bool = False
    page: str = ""
    """Full text: empty when not asked for, else wanted, done, or why it could not be had."""
    revisions: int = 0
    recent_hashes: str = ""
    """Space-separated."""
    extra_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    """categories, enclosures, image, listed_after."""
    fingerprint_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    """What grouping needs of it, kept while the entry can be inside the window; the signature's bands too."""


class HeldBackRow(SQLModel, table=True):
    """An archived entry that was more than its feed may announce, as long as nobody let it through."""

    __tablename__ = "held_back"

    entry: str = Field(primary_key=True)
    feed_id: int = Field(index=True)


class EntryLabelRow(SQLModel, table=True):
    """A topic's decision on an entry; only where there was any evidence."""

    __tablename__ = "entry_labels"

    entry: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    score: float
    threshold: float
    belongs: bool
    facet: str = ""
    rules: str = ""
    model: str = ""
    reasons_json: str = Field(default="[]", sa_column=Column(Text, nullable=False))


class StoryRow(SQLModel, table=True):
    """An event. What is derived from its entries is kept, so that publishing reads one row a story."""

    __tablename__ = "stories"
    __table_args__ = (Index("ix_stories_changed", "changed"), Index("ix_stories_published", "published"))

    n: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    title: str = ""
    lead: str = ""
    url: str = ""
    language: str = ""
    first_seen: int = Field(sa_column=_big())
    published: int = Field(sa_column=_big())
    changed: int = Field(sa_column=_big())
    change: str = ""
    size: int = 1
    state: str = "single-source"
    burst: bool = False
    announced: bool = True
    corroboration_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    memory_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class StoryLabelRow(SQLModel, table=True):
    """A topic's decision on a story. `changed` is copied from the story to make an output one index scan."""

    __tablename__ = "story_labels"
    __table_args__ = (Index("ix_story_labels_topic", "topic", "belongs", "changed"),)

    story: str = Field(primary_key=True)
    topic: str = Field(primary_key=True)
    score: float
    threshold: float
    belongs: bool
    facet: str = ""
    rules: str = ""
    model: str = ""
    changed: int = Field(sa_column=_big())
    reasons_json: str = Field(default="[]", sa_column=Column(Text, nullable=False))


class StoryRedirectRow(SQLModel, table=True):
    """A story that was merged into another; its id resolves for ever."""

    __tablename__ = "story_redirects"

    story: str = Field(primary_key=True)
    into: str = Field(index=True)
    at: int = Field(sa_column=_big())


class StoryHistoryRow(SQLModel, table=True):
    """What happened to a story, for its page and for subscribers: state changes, merges, withdrawals."""

    __tablename__ = "story_history"

    n: int | None = Field(default=None, primary_key=True)
    story: str = Field(index=True)
    at: int = Field(sa_column=_big())
    kind: str
    """state, merged, split, title, burst, withdrawn, restored."""
    detail_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class StoryConstraintRow(SQLModel, table=True):
    """A person's correction of grouping: these two entries belong together, or apart."""

    __tablename__ = "story_constraints"

    a: str = Field(primary_key=True)
    b: str = Field(primary_key=True)
    together: bool
    at: int = Field(sa_column=_big())
    by: str = ""


class FingerprintRow(SQLModel, table=True):
    """A hash that means "the same text". Outlives its entry, so an old item that comes back is not news."""

    __tablename__ = "fingerprints"

    # On SQLite an INTEGER primary key is the row's own address: one tree instead of a table and an index.
    key: int = Field(
        sa_column=Column(
            BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False
        )
    )
    story: str
    seen: int = Field(sa_column=_big())


class RevisionRow(SQLModel, table=True):
    """An earlier version of an entry."""

    __tablename__ = "revisions"

    n: int | None = Field(default=None, primary_key=True)
    entry: str = Field(index=True)
    at: int = Field(sa_column=_big())
    title: str = ""
    summary: str = ""
    hash: str = ""
    diff: str = ""
    flapping: bool = False


class PollRow(SQLModel, table=True):
    """One poll of one feed."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_feed", "feed_id", "at"), Index("ix_polls_at", "at"))

    n: int | None = Field(default=None, primary_key=True)
    feed_id: int
    at: int = Field(sa_column=_big())
    outcome: str
    status: int = 0
    seconds: float = 0.0
    received: int = 0
    entries: int = 0
    new: int = 0
    revised: int = 0
    host: str = ""
    error: str = ""


class AlarmRow(SQLModel, table=True):
    """A feed's health changed."""

    __tablename__ = "alarms"

    n: int | None = Field(default=None, primary_key=True)
    feed_id: int = Field(index=True)
    at: int = Field(sa_column=_big(index=True))
    kind: str
    message: str


class FeedbackRow(SQLModel, table=True):
    """A person's yes or no. The newest row of a story, entry and topic counts; undo deletes it."""

    __tablename__ = "feedback"

    n: int | None = Field(default=None, primary_key=True)
    entry: str = Field(default="", index=True)
    story: str = Field(default="", index=True)
    topic: str
    relevant: bool
    facet: str = ""
    at: int = Field(sa_column=_big())
    by: str = ""


class ModelRow(SQLModel, table=True):
    """A trained model of a topic."""

    __tablename__ = "models"

    version: str = Field(primary_key=True)
    topic: str = Field(index=True)
    at: int = Field(sa_column=_big())
    path: str
    active: bool = False
    corpus: str = ""
    metrics_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class DeliveryRow(SQLModel, table=True):
    """The outbox: a push that must arrive at least once."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "due"),)

    n: int | None = Field(default=None, primary_key=True)
    output: str
    channel: str
    """websub, notify or webhook, with its name: `webhook:desk`."""
    story: str = ""
    key: str = Field(unique=True)
    """Of the event; makes queueing it twice harmless."""
    body_json: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    state: str = "waiting"
    """waiting, sent, merged (sent inside the message of a `sent` row) or dead."""
    due: int = Field(sa_column=_big())
    attempts: int = 0
    created: int = Field(sa_column=_big())
    error: str = ""


class ValueRow(SQLModel, table=True):
    """Small facts of the installation: the hash of the topics last applied, secrets made at first start."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str = Field(default="", sa_column=Column(Text, nullable=False))


def _core(model: type[SQLModel]) -> Table:
    """The SQLAlchemy Core table behind a model: bulk statements are an order of magnitude faster on it."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


ENTRIES = _core(EntryRow)
FEEDS = _core(FeedRow)
LABELS = _core(EntryLabelRow)
FINGERPRINTS = _core(FingerprintRow)
REVISIONS = _core(RevisionRow)
REDIRECTS = _core(StoryRedirectRow)
FEEDBACK = _core(FeedbackRow)
STORIES = _core(StoryRow)
STORY_LABELS = _core(StoryLabelRow)
HISTORY = _core(StoryHistoryRow)
CONSTRAINTS = _core(StoryConstraintRow)
POLLS = _core(PollRow)
ALARMS = _core(AlarmRow)
MODELS = _core(ModelRow)
VALUES = _core(ValueRow)
DELIVERIES = _core(DeliveryRow)
HELD_BACK = _core(HeldBackRow)
