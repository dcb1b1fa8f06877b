"""How well entries are grouped: labelled sets, the effect of order, re-issues of one agency, drift of long stories.

    python benchmarks/measure_stories.py --data ../shared/data

`--fit` fits the weights of the event model anew on all labelled sets and prints them, with what each set scores when
the weights come from the others alone (that is how it is told whether they carry over).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from story_streams import (
    JUDGED,
    Replay,
    b_cubed,
    candidates,
    clusters,
    f1,
    judged_sets,
    pair_f1,
    pairs,
    stream,
)

from aggregator.core.types import Candidate
from aggregator.stories.features.headlines import compact, headline
from aggregator.stories.grouping import similarity
from aggregator.stories.grouping.idf import Rarity
from aggregator.stories.grouping.member import member_of
from aggregator.stories.grouping.near_duplicate import same_text
from aggregator.stories.grouping.similarity import compare, likelihood
from aggregator.stories.grouping.traits import profile

NAMES = [name for name in similarity.WEIGHTS if name != "bias"]
FITTED = [name for name in NAMES if name not in ("different_doings", "no_name_shared")]
"""Those two are set by hand (similarity.py) and stay."""
ACROSS_LANGUAGES = 1.1
"""Added to what is fitted for pairs in two languages: their best threshold lies lower, in every set but one."""
LIGHTER = {"wikinews": 0.3}
"""Weight of a set's pairs in the fit: full English articles of 2014 are far from the entries of a feed."""


def report(name: str, labels: Sequence[Mapping[str, Any]], found: Mapping[str, str]) -> None:
    """Print the scores of one labelled set."""
    gold = {label["k"]: label["c"] for label in labels}
    lang = {label["k"]: label["lang"] for label in labels}
    mine = {key: found[key] for key in gold}
    precision, recall = b_cubed(gold, mine)
    foreign = pairs(gold, lang)
    copies = [(label["k"], label["dup"]) for label in labels if label.get("dup")]
    line = (
        f"{name:22} entries {len(gold):4}  B-cubed {f1(precision, recall):.3f} ({precision:.3f}/{recall:.3f})"
    )
    line += f"  pairs {pair_f1(pairs(gold), pairs(mine)):.3f}"
    if foreign:
        line += f"  across languages {pair_f1(foreign, pairs(mine, lang)):.3f} of {len(foreign)}"
    if copies:
        line += f"  copies {sum(mine[a] == mine[b] for a, b in copies)} of {len(copies)}"
    print(line)


def labelled(data: Path) -> None:
    """Every labelled set as a stream of its own."""
    for name, rows, labels in judged_sets(data):
        report(name, labels, Replay().feed(candidates(rows), 50).stories())


def order(data: Path) -> None:
    """What the order of arrival changes: every entry late by up to six hours at random, five times."""
    for name, rows, labels in judged_sets(data):
        if name == "wikinews":
            continue
        made = candidates(rows)
        gold = {label["k"]: label["c"] for label in labels}
        plain = Replay().feed(made, 50).stories()
        scores, same = [], []
        for seed in range(5):
            dice = random.Random(seed)
            late = sorted(made, key=lambda c: c.entry.time.timestamp() + dice.uniform(0, 6 * 3600))
            found = Replay().feed(late, 10).stories()
            scores.append(f1(*b_cubed(gold, {k: found[k] for k in gold})))
            same.append(pair_f1(pairs(plain), pairs(found)))
        base = f1(*b_cubed(gold, {k: plain[k] for k in gold}))
        print(
            f"{name:22} B-cubed in order {base:.3f}, late {min(scores):.3f} to {max(scores):.3f}; "
            f"pairs in common with the ordered run {sum(same) / len(same):.3f}"
        )


def reissues(data: Path) -> None:
    """Silver copies: an agency's marked re-issues whose headline, marks apart, it ran before within a day."""
    rows = stream(data)
    found = Replay().feed(candidates(rows)).stories()
    ran: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    total = joined = 0
    for row in rows:
        if row["source"] != "yna":
            continue
        core = compact(headline(row["title"]))
        if "종합" in row["title"] or "보]" in row["title"]:
            for earlier in ran[core][-1:]:
                total += 1
                joined += found[earlier["k"]] == found[row["k"]]
        ran[core].append(row)
    print(f"re-issues under the same headline: {joined} of {total} in the story of the text they replace")


def copies(data: Path) -> None:
    """300 pairs of the stream judged by reading: is what `same_text` takes for one text one text?"""
    made = {c.entry.id: member_of("", c.entry, c.fingerprint) for c in candidates(stream(data))}
    judged = [
        json.loads(line) for line in (JUDGED / "pairs/stream-2025.jsonl").read_text("utf-8").splitlines()
    ]
    taken = [pair for pair in judged if same_text(made[pair["a"]], made[pair["b"]]) > 0]
    kinds = Counter(pair["is"] for pair in taken)
    right = kinds["one text"]
    all_copies = sum(pair["is"] == "one text" for pair in judged)
    print(
        f"{len(taken)} of {len(judged)} judged pairs taken for one text: {right} are, {kinds['own words']} are the same "
        f"news in another desk's own words, {kinds['different']} neither"
    )
    print(f"precision {right / len(taken):.3f}, recall {right / all_copies:.3f} of {all_copies}")
    for pair in taken:
        if pair["is"] == "different":
            print(f"  not one: {made[pair['a']].title[:60]} ## {made[pair['b']].title[:60]}")


def drift(data: Path) -> None:
    """How far long stories wander: the likelihood that their first and last entry are one event, and their span."""
    made = {c.entry.id: c for c in candidates(stream(data))}
    replay = Replay().feed(list(made.values()))
    sizes = [[made[k] for k in sorted(members)] for members in clusters(replay.stories()).values()]
    print(
        f"stories {len(sizes)}, of two or more {sum(len(s) > 1 for s in sizes)}, largest {max(map(len, sizes))}"
    )
    for least in (3, 6, 10):
        ends, hours = [], []
        for members in sizes:
            if len(members) >= least:
                members.sort(key=lambda c: c.entry.time)
                ends.append(_likelihood(members[0], members[-1]))
                hours.append((members[-1].entry.time - members[0].entry.time).total_seconds() / 3600)
        print(
            f"  {least:2} entries or more: {len(ends)} stories, first and last alike at {np.mean(ends):.2f} on average, "
            f"{np.mean(np.array(ends) < 0.1):.0%} below 0.1; span {np.median(hours):.0f} h (median)"
        )


def _likelihood(a: Candidate, b: Candidate) -> float:
    rarity = Rarity()
    left, right = member_of("", a.entry, a.fingerprint), member_of("", b.entry, b.fingerprint)
    for one in (left, right):
        one.traits.norms = profile(one.traits, rarity).norms
    return likelihood(profile(left.traits, rarity), right.traits)


def fit(data: Path) -> None:
    """Fit the event model; see the module's docstring."""
    sets = [(name, labels, candidates(rows)) for name, rows, labels in judged_sets(data)]
    tables = {name: _pairs(made, {label["k"]: label["c"] for label in labels}) for name, labels, made in sets}
    for name, labels, made in sets:
        similarity.WEIGHTS.update(_weights({other: t for other, t in tables.items() if other != name}))
        report(f"{name} (unseen)", labels, Replay().feed(made, 50).stories())
    for name, value in _weights(tables).items():
        print(f'    "{name}": {value},')


def _pairs(made: Sequence[Candidate], gold: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Comparisons of all pairs within 72 hours that have anything in common, and whether they are one event."""
    rarity = Rarity()
    profiles = []
    for candidate in made:
        traits = member_of("", candidate.entry, candidate.fingerprint).traits
        profiles.append(profile(traits, rarity))
        traits.norms = profiles[-1].norms
        rarity.add(candidate.fingerprint.features)
    rows, same = [], []
    for i, one in enumerate(profiles):
        for j in range(i):
            if abs(one.traits.time - profiles[j].traits.time) > 72 * 3600:
                continue
            values = dict(zip(NAMES, compare(one, profiles[j].traits), strict=True))
            together = gold[made[i].entry.id] == gold[made[j].entry.id]
            if together or values["all"] >= 0.04 or values["rare"] >= 0.3:
                rows.append([values[name] for name in FITTED])
                same.append(together)
    return np.array(rows), np.array(same)


def _weights(tables: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    rows = np.vstack([table[0] for table in tables.values()])
    same = np.concatenate([table[1] for table in tables.values()])
    weight = np.concatenate(
        [np.full(len(table[1]), LIGHTER.get(name, 1.0)) for name, table in tables.items()]
    )
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=3000).fit((rows - mean) / spread, same, sample_weight=weight)
    slopes = model.coef_[0] / spread
    bias = model.intercept_[0] - (slopes * mean).sum()
    slopes[FITTED.index("languages")] += ACROSS_LANGUAGES
    return {
        **{n: round(float(s), 3) for n, s in zip(FITTED, slopes, strict=True)},
        "bias": round(float(bias), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the reference data")
    parser.add_argument("--fit", action="store_true", help="fit the event model and check it on unseen sets")
    args = parser.parse_args()
    if args.fit:
        fit(args.data)
        return
    for part in (labelled, order, reissues, copies, drift):
        print(f"\n{(part.__doc__ or '').splitlines()[0]}")
        part(args.data)


if __name__ == "__main__":
    main()
