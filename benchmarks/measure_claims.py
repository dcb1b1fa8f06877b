"""How often a story says rightly who says so: judged stories of the reference stream, state by state.

    python benchmarks/measure_claims.py --data ../shared/data

`judged/claims/tune.jsonl` was looked at while the rules were written, `held.jsonl` was judged after. A row names the entries
of a story and the states a careful reader would accept, the best first; two where the texts leave it open.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from story_streams import JUDGED, stream

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Entry, FeedState, StoryEntry
from aggregator.entries.import_row import from_row
from aggregator.stories.summary.corroborate import corroborate
from aggregator.stories.summary.credits import attribute
from aggregator.stories.summary.outlets import Origins
from aggregator.stories.summary.summarise import rules_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def member(row: dict[str, Any], origins: Origins) -> StoryEntry:
    """An entry of the stream as a member of a story, as an import makes it."""
    outlet = origins.known(row["source"])
    slug = outlet.slug if outlet is not None else row["source"]
    feed = FeedState(1, f"import:{slug}", f"import:{slug}", origin=slug)
    entry: Entry = attribute(origins, from_row({**row, "id": row["k"]}, feed, NOW), slug)
    kind, country = (outlet.kind, outlet.country) if outlet is not None else ("", "")
    return StoryEntry(entry, "event", slug, slug, kind, country)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the reference data")
    rows = {row["k"]: row for row in stream(parser.parse_args().data)}
    rules = rules_for(StoriesConfig())
    for name in ("tune", "held"):
        table: Counter[tuple[str, str]] = Counter()
        for line in (JUDGED / f"claims/{name}.jsonl").read_text("utf-8").splitlines():
            judged = json.loads(line)
            members = [member(rows[key], rules.origins) for key in judged["entries"]]
            said = corroborate(members, None, NOW, rules).state
            table[said if said in judged["is"] else judged["is"][0], said] += 1
        right = sum(count for (judged_as, said), count in table.items() if judged_as == said)
        print(f"\n{name}: {right} of {sum(table.values())} right")
        for (judged_as, said), count in sorted(table.items()):
            print(f"  judged {judged_as:20} said {said:20} {count}")


if __name__ == "__main__":
    main()
