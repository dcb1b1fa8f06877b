"""Stories by words."""

from __future__ import annotations

import re

from sqlalchemy import Connection, or_, select

from aggregator.core.text import straight_quotes
from aggregator.store.tables import ENTRIES


def search(connection: Connection, words: str, limit: int) -> list[str]:
    """Ids of stories with an entry that has all these words in title, summary or full text; newest first.

    A phrase in quotation marks, straight or typographic, must stand there as written. Words beyond the tenth are not
    looked for.
    """
    straight = straight_quotes(words)
    wanted = [phrase or word for phrase, word in re.findall(r'"([^"]+)"|([^\s"]+)', straight)][:10]
    if not wanted:
        return []
    everywhere = (ENTRIES.c.title, ENTRIES.c.summary, ENTRIES.c.text)
    has = [or_(*[column.contains(one, autoescape=True) for column in everywhere]) for one in wanted]
    statement = select(ENTRIES.c.story).where(*has).order_by(ENTRIES.c.n.desc()).limit(limit * 5)
    return list(dict.fromkeys(row.story for row in connection.execute(statement)))[:limit]
