"""How what waits for a channel is cut into messages, so that there is never a storm. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.publish.push.plan import delivery_key
from aggregator.publish.push.types import Message, Waiting


def arrange(waiting: Sequence[Waiting], budget: int, *, merge: bool = False) -> list[Message]:
    """The messages to send now, of which there are at most `budget`.

    What fits is sent one by one, in the order given. Of more, all but the last of the budget are sent one by
    one, and the last is a summary of all the rest. Without budget nothing is sent, and nothing is lost: it
    stays in the outbox. `merge`: everything in one message, as for pings, of which one tells as much as ten.
    """
    if budget <= 0 or not waiting:
        return []
    alone = 0 if merge else len(waiting) if len(waiting) <= budget else budget - 1
    messages = [Message(one.delivery.key, (one,)) for one in waiting[:alone]]
    if rest := tuple(waiting[alone:]):
        messages.append(Message(_key(rest), rest))
    return messages


def _key(parts: Sequence[Waiting]) -> str:
    keys = [part.delivery.key for part in parts]
    return keys[0] if len(keys) == 1 else delivery_key("summary", *keys)
