"""Verbs that change something: polling, files in and out, feeds, judgements, corrections."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import demo_site, served, write_config

from .conftest import IN_PROCESS, TOPIC, Verb, launch

ROWS = [
    {
        "id": "i1",
        "source": "Wire",
        "url": "https://wire.example/1",
        "title": "North Korea fires ballistic missile toward East Sea, military says",
        "summary": "The missile was launched from Wonsan at dawn, the joint chiefs said.",
        "published": "2026-03-01T09:00:00+09:00",
        "lang": "en",
    },
    {"k": "i2", "source": "Other", "title": "Bakery opens second shop by the harbour", "lang": "en"},
]


def write_rows(path: Path, rows: list[Any]) -> Path:
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    data = lines.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def entries(verb: Verb, config: Path) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in verb("export", "entries", config=config).rows}


# --- polling and publishing ---


def test_poll_polls_what_is_named_and_again_brings_nothing_new(verb: Verb, tmp_path: Path) -> None:
    with demo_site() as site:
        config = write_config(tmp_path, site, replace=[IN_PROCESS])
        urls = [feed["url"] for feed in site.feeds]
        first = verb("poll", urls[0], "--json", config=config).json
        assert [feed["url"] for feed in first["feeds"]] == [urls[0]]
        assert first["new"] == first["feeds"][0]["entries"] > 0
        said = verb("poll", "saebyeok")
        assert re.match(r"2 feeds polled: 2 new\n\d+ new entries, 0 revised", said.out)
        due = verb("poll", "--due", "--json").json
        assert len(due["feeds"]) == len(urls) - 3, "the other feeds have had their turn"
        again = verb("poll").out
        assert f"{len(urls)} feeds polled: {len(urls)} not-modified\n0 new entries" in again
        for _ in range(site.instalments):
            site.step()
        assert verb("poll", "--json").json["new"] > 0
    said = verb("poll", urls[0])
    assert said.code == 1, "every feed that was polled failed"
    assert urls[0] in said.out


def test_publish_writes_files_once(verb: Verb, own: Path) -> None:
    assert "`files`" in verb("publish", config=own).err
    text = own.read_text("utf-8")
    own.write_text(text.replace(f'slug = "{TOPIC}"', f'slug = "{TOPIC}"\nfiles = "public"', 1), "utf-8")
    said = verb("publish")
    written = [Path(line) for line in said.out.splitlines()]
    assert {path.suffix for path in written} >= {".atom", ".rss", ".json"}
    assert all(path.is_file() and path.parent.name == "public" for path in written)
    atom = next(path for path in written if path.suffix == ".atom").read_text("utf-8")
    assert launch(verb, own)["title"] in atom
    assert verb("publish").out == "", "nothing changed, so nothing is written"


def test_publish_fails_where_a_folder_cannot_be_written_and_writes_the_others(
    verb: Verb, own: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder is wanted", "utf-8")
    before, *rest = own.read_text("utf-8").split("\n[[outputs]]\n")
    assert len(rest) >= 2
    rest[0], rest[1] = f'files = "{taken}/public"\n{rest[0]}', f'files = "public"\n{rest[1]}'
    own.write_text("\n[[outputs]]\n".join((before, *rest)), "utf-8")
    said = verb("publish", config=own)
    assert said.code == 1
    assert f"cannot be written into {taken}/public: Not a directory; let the user" in said.err
    assert "had not changed" not in said.err
    assert all(Path(line).parent.name == "public" for line in said.out.splitlines())
    assert said.out


def test_the_demo_overwrites_nobodys_configuration(verb: Verb, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("# mine\n")
    said = verb("demo", "--port", "0", "--state", str(tmp_path))
    assert said.code == 2
    assert str(config) in said.err
    assert config.read_text() == "# mine\n"
    assert verb("demo", "--port", "99999").code == 2


# --- files in and out ---


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_an_import_is_stored_once_and_exported(verb: Verb, own: Path, tmp_path: Path, name: str) -> None:
    file = write_rows(tmp_path / name, ROWS)
    before = entries(verb, own)
    done = verb("import", str(file), "--json").json
    assert (done["new"], done["revised"], done["bad_rows"]) == (2, 0, [])
    assert sum(done["stages"].values()) > 0
    after = entries(verb, own)
    assert after.keys() - before.keys() == {"i1", "i2"}
    wire = after["i1"]
    assert (wire["source"], wire["lang"], wire["published"]) == ("Wire", "en", "2026-03-01T00:00:00+00:00")
    (label,) = [label for label in wire["topics"] if label["topic"] == TOPIC]
    assert label["in"]
    assert label["facet"]
    assert label["reasons"]
    assert "0 new entries, 0 revised" in verb("import", str(file)).out
    assert entries(verb, own) == after


def test_bad_rows_are_named_and_the_rest_is_stored(verb: Verb, own: Path, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "rows.jsonl", ["{", ROWS[0], {"id": "no title"}, "[]"])
    said = verb("import", str(file), config=own)
    assert said.code == 1
    assert said.out.startswith("1 new entry,")
    assert [re.match(r"skipped line (\d)", line)[1] for line in said.err.splitlines()] == ["1", "4", "3"]  # type: ignore[index]


def test_a_file_cut_off_on_the_way_is_stored_as_far_as_it_goes(verb: Verb, own: Path, tmp_path: Path) -> None:
    many = [ROWS[0] | {"id": f"m{n}", "url": f"https://wire.example/m{n}"} for n in range(600)]
    whole = write_rows(tmp_path / "rows.jsonl.gz", many).read_bytes()
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    said = verb("import", str(cut), config=own)
    assert said.code == 1
    assert "is the file complete?" in said.err
    assert "m0" in entries(verb, own)


@pytest.mark.parametrize("words", [["import"], ["classify"], ["opml", "import"], ["label", "import"]])
def test_a_missing_file_is_named(verb: Verb, own: Path, words: list[str]) -> None:
    said = verb(*words, "absent.jsonl", config=own)
    assert said.code in {1, 2}
    assert "absent.jsonl" in said.err
    assert "Traceback" not in said.err


def test_classify_answers_each_row_by_its_id_and_k_and_stores_nothing(
    verb: Verb, own: Path, tmp_path: Path
) -> None:
    own.with_name("aggregator.db").unlink()
    file = write_rows(tmp_path / "rows.jsonl.gz", [*ROWS, {"title": "A row without a name"}])
    first, second, third = verb("classify", str(file), config=own).rows
    assert (first["id"], second["id"], second["k"]) == ("i1", "i2", "i2")
    assert third["id"], "one is made"
    assert "k" not in first
    assert [label["topic"] for label in first["topics"] if label["in"]] == [TOPIC]
    assert not any(label["in"] for label in second["topics"])
    one, two, _ = verb("classify", str(file), "--topic", TOPIC, "--rules-only").rows
    assert (one["in"], two["in"], two["score"], two["reasons"]) == (True, False, 0.0, [])
    assert one["score"] > one["threshold"]
    assert not own.with_name("aggregator.db").exists()
    assert verb("classify", str(file), "--topic", "nosuch").code == 2


def test_stories_are_exported_whole(verb: Verb, filled: Path) -> None:
    stories = {story["id"]: story for story in verb("export", "stories", config=filled).rows}
    by_entry = entries(verb, filled)
    assert {entry["id"] for story in stories.values() for entry in story["entries"]} == by_entry.keys()
    story = launch(verb, filled)
    assert stories[story["id"]] == story
    assert verb("export", "entries", "--since", "2100-01-01").out == ""
    assert verb("export", "stories", "--since", "2100-01-01").out == ""


# --- feeds ---


RSS = (
    b'<rss version="2.0"><channel><title>Harbour news</title><language>en-GB</language><link>http://x.example/</link>'
    b"<item><title>One</title><link>http://x.example/1</link></item></channel></rss>"
)
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/files/news.rss"></head><body>Hi</body></html>'


def test_a_feed_is_found_on_a_page_and_written_with_comments_kept(verb: Verb, own: Path) -> None:
    commented = "# The first line.\n" + own.read_text("utf-8") + "\n# The last line.\n"
    own.write_text(commented, "utf-8")
    with served({"index.html": PAGE, "files/news.rss": RSS}) as site:
        said = verb("feeds", "add", f"{site.url}/index.html", config=own)
        assert said.code == 4
        assert "--allow-private" in said.err
        said = verb("feeds", "add", f"{site.url}/index.html", "--allow-private", "--country", "KR")
        assert said.code == 0, said.err
        url = f"{site.url}/files/news.rss"
        assert f"added {url} (Harbour news, 1 entry)" in said.out
        assert "systemctl reload" in said.err
        (added,) = [feed for feed in verb("feeds", "--json").json if feed["url"] == url]
        assert (added["title"], added["language"], added["country"]) == ("Harbour news", "en", "KR")
        assert verb("poll", url, "--json").json["new"] == 1, "it may be polled where it is"
        assert verb("feeds", "add", url, "--allow-private").code == 2, "it is there already"
    assert all(line in own.read_text("utf-8") for line in commented.splitlines())
    assert verb("feeds", "remove", url).code == 0
    assert own.read_text("utf-8").splitlines() == commented.splitlines()
    said = verb("feeds", "remove", url)
    assert (said.code, url in said.err) == (4, True)


def test_a_feed_without_a_scheme_is_looked_for_by_https(verb: Verb, own: Path) -> None:
    before = own.read_text("utf-8")
    with served({"index.html": RSS}) as site:  # it speaks no TLS, so the attempt fails and is named
        said = verb(
            "feeds", "add", f"{site.url.partition('://')[2]}/index.html", "--allow-private", config=own
        )
    assert said.code == 4
    assert f"https://{site.url.partition('://')[2]}/index.html: " in said.err
    assert own.read_text("utf-8") == before


def test_a_feed_that_a_page_only_links_to_is_found_too(verb: Verb, own: Path) -> None:
    page = b'<html><body><a href="/files/rss.xml">RSS</a></body></html>'
    with served({"index.html": page, "files/rss.xml": RSS}) as site:
        said = verb("feeds", "add", f"{site.url}/index.html", "--allow-private", config=own)
    assert f"{site.url}/files/rss.xml" in said.out


def test_a_feed_that_cannot_be_added_leaves_the_configuration_alone(verb: Verb, own: Path) -> None:
    before = own.read_bytes()
    with served({"index.html": b"<html><body>No feed here.</body></html>"}) as site:
        for words, code, wanted in (
            ([f"{site.url}/index.html"], 4, "no feed was found"),
            ([f"{site.url}/absent"], 4, "404"),
            ([f"{site.url}/index.html", "--kind", "rumour"], 2, "--kind: must be one of agency"),
            (["gopher://news.example/"], 2, "must begin with http"),
        ):
            said = verb("feeds", "add", *words, "--allow-private", config=own)
            assert (said.code, wanted in said.err) == (code, True), said.err
    assert own.read_bytes() == before


def test_a_feeds_name_is_kept_within_bounds(verb: Verb, own: Path) -> None:
    endless = RSS.replace(b"Harbour news", b"Harbour\n" + b"news " * 20_000).replace(b"en-GB", b"1x")
    with served({"index.html": endless}) as site:
        url = f"{site.url}/index.html"
        for words, wanted in (
            ([url, "--title", "x" * 100_000], "--title: must have at most 300 characters, it has 100,000"),
            ([url, "--title", "two\nlines"], "--title: must be one line without control characters"),
            ([f"{url}\n/x"], "the URL must be one line without control characters"),
        ):
            said = verb("feeds", "add", *words, "--allow-private", config=own)
            assert (said.code, wanted in said.err) == (2, True), said.err
            assert len(said.err) < 1000
        assert verb("feeds", "add", url, "--allow-private", config=own).code == 0
    (added,) = [feed for feed in verb("feeds", "--json", config=own).json if feed["url"] == url]
    assert added["title"].startswith("Harbour news news")
    assert len(added["title"]) == 300
    assert added["language"] == ""


def test_opml_goes_out_and_comes_in_again(verb: Verb, own: Path, tmp_path: Path) -> None:
    exported = verb("opml", "export", config=own).out
    feeds = [(feed["url"], feed["title"]) for feed in verb("feeds", "--json").json]
    file = tmp_path / "feeds.opml"
    file.write_text(exported, "utf-8")
    said = verb("opml", "import", str(file))
    assert said.out == f"0 feeds added to {own}; {len(feeds)} were there already\n"
    bare = tmp_path / "bare" / "config.toml"
    bare.parent.mkdir()
    bare.write_text('# Mine.\n[store]\npath = "a.db"\n', "utf-8")
    assert f"{len(feeds)} feeds added" in verb("opml", "import", str(file), config=bare).out
    assert bare.read_text("utf-8").startswith("# Mine.\n")
    assert [(feed["url"], feed["title"]) for feed in verb("feeds", "--json").json] == feeds
    file.write_text("no list of feeds")
    said = verb("opml", "import", str(file))
    assert said.code == 1
    assert "lists no feed" in said.err


# --- judgements and corrections ---


def belongs(verb: Verb, story: str) -> bool:
    labels = verb("explain", story, "--json").json["story"]["topics"]
    return any(label["topic"] == TOPIC and label["in"] for label in labels)


def test_a_judgement_wins_is_exported_and_can_be_taken_back(verb: Verb, own: Path, tmp_path: Path) -> None:
    story = launch(verb, own)["id"]
    said = verb("label", story, "--topic", TOPIC, "--no")
    assert f"{story} does not belong to {TOPIC}" in said.out
    assert not belongs(verb, story)
    (judged,) = verb("export", "labels").rows
    assert (judged["id"], judged["topic"], judged["relevant"]) == (story, TOPIC, False)
    exported = verb("label", "export").out
    assert verb("export", "labels", "--topic", "semiconductor-supply").out == ""
    assert verb("label", "undo", story, "-t", TOPIC).code == 0
    assert belongs(verb, story)
    assert verb("label", "undo", story, "-t", TOPIC).code == 1
    file = tmp_path / "labels.jsonl"
    file.write_text(exported + '{"id": "nothing", "topic": "x"}\n', "utf-8")
    for taken in ("1 judgement", "0 judgement"):
        said = verb("label", "import", str(file))
        assert said.code == 1, "one row names nothing"
        assert said.out.startswith(taken)
        assert "line 2" in said.err
    assert not belongs(verb, story)
    said = verb("label", story, "-t", TOPIC, "--yes", "--facet", "nosuch")
    assert (said.code, "has no facet" in said.err) == (2, True)


def test_a_word_taken_back_is_named_with_what_holds_now(verb: Verb, own: Path) -> None:
    story = launch(verb, own)
    entry = story["entries"][0]
    said = verb("label", story["id"], "--topic", TOPIC)
    assert said.code == 2
    assert "with --yes or --no" in said.err
    assert verb("label", story["id"], "--topic", TOPIC, "--yes").code == 0
    assert verb("label", entry["url"], "--topic", TOPIC, "--no").code == 0
    taken, now = verb("label", "undo", entry["url"], "-t", TOPIC).out.splitlines()
    assert taken.startswith(f"taken back: {entry['id']} does not belong to {TOPIC} (")
    assert now == f"now: {story['id']} belongs to {TOPIC}, as a person said before: {story['title']}"
    taken, now = verb("label", "undo", story["id"], "-t", TOPIC).out.splitlines()
    assert taken.startswith(f"taken back: {story['id']} belongs to {TOPIC} (")
    assert f"belongs to {TOPIC}, by its score " in now
    assert verb("label", "undo", story["id"], "-t", TOPIC).code == 1


def test_explain_shows_a_persons_word_by_story_entry_and_url(verb: Verb, own: Path) -> None:
    story = launch(verb, own)
    entry = story["entries"][1]
    assert verb("label", entry["url"], "--topic", TOPIC, "--no").code == 0
    for what in (story["id"], entry["id"], entry["url"]):
        text = verb("explain", what).out
        assert f"{TOPIC}: does not belong" in text, what
        assert text.count('feedback "not relevant"') == 1, what
    assert f"* {entry['id']}" in text


def test_stories_are_split_and_merged_for_good(verb: Verb, own: Path) -> None:
    story = launch(verb, own)
    one, *others = story["entries"]
    said = verb("stories", "split", story["id"], one["id"])
    assert said.code == 0, said.err
    new = verb("explain", one["id"], "--json").json["story"]
    assert [entry["id"] for entry in new["entries"]] == [one["id"]]
    assert f"{new['id']} has 1 entry" in said.out
    assert "was put here by a person" in verb("explain", one["id"]).out
    verb("poll")
    assert verb("explain", one["id"], "--json").json["story"]["id"] == new["id"], "polling does not undo it"
    said = verb("stories", "merge", story["id"], new["id"])
    assert f"now has {len(others) + 1} entries" in said.out
    assert verb("explain", new["id"], "--json").json["story"]["id"] in said.out, "the old id leads to it"
    assert verb("stories", "merge", story["id"]).code == 2
    assert verb("stories", "split", story["id"], "nothing").code == 4


def test_every_key_of_exported_labels_is_described(verb: Verb, own: Path, root: Path) -> None:
    story = launch(verb, own)
    one, two, *_ = story["entries"]
    for words in (
        ("label", story["id"], "-t", TOPIC, "--yes"),
        ("label", one["id"], "-t", TOPIC, "--yes"),
        ("stories", "split", story["id"], two["id"]),
    ):
        assert verb(*words).code == 0
    keys = {key for row in verb("export", "labels").rows for key in row}
    assert keys >= {"relevant", "together"}
    text = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    section = text.partition("\n### `export labels`\n")[2].partition("\n## ")[0]
    assert {key for key in keys if f"`{key}`" not in section} == set()


def test_a_story_is_split_by_the_urls_of_entries(verb: Verb, own: Path) -> None:
    story = launch(verb, own)
    one, two, *others = story["entries"]
    said = verb("stories", "split", one["url"], one["url"] + "?utm_source=mail#top", two["id"])
    assert said.code == 0, said.err
    assert f"{story['id']} keeps {len(others)} " in said.out
    new = verb("explain", one["url"], "--json").json["story"]
    assert {entry["id"] for entry in new["entries"]} == {one["id"], two["id"]}
    said = verb("stories", "split", story["id"], one["url"])
    assert said.code == 4
    assert f"has no entry {one['url']}" in said.err


def test_only_the_daemon_and_poll_take_over_changed_feeds(verb: Verb, own: Path) -> None:
    """A configuration that is being edited reaches the daemon's feeds when it is read again, and not by the way."""
    story = launch(verb, own)
    text = own.read_text("utf-8")
    first = text.index("[[feeds]]")
    without = text[:first] + text[text.index("[[feeds]]", first + 1) :]
    without = without.replace(f'slug = "{TOPIC}"', f'slug = "{TOPIC}"\nfiles = "public"', 1)
    own.write_text(without + '\n[[feeds]]\nurl = "https://new.example/feed"\n', "utf-8")
    before = stored_feeds(own)
    for words in (
        ["label", story["id"], "-t", TOPIC, "--no"],
        ["label", "undo", story["id"], "-t", TOPIC],
        ["stories", "split", story["id"], story["entries"][0]["id"]],
        ["models", "use", TOPIC, "none"],
        ["publish"],
    ):
        said = verb(*words)
        assert said.code == 0, said.err
        assert stored_feeds(own) == before, words


def stored_feeds(config: Path) -> list[tuple[str, bool]]:
    with closing(sqlite3.connect(config.with_name("aggregator.db"))) as connection:
        return connection.execute("select url, active from feeds order by id").fetchall()


def test_what_a_feed_holds_back_is_let_through(verb: Verb, own: Path) -> None:
    feed = verb("feeds", "--json", config=own).json[0]
    done = verb("feeds", "release", feed["url"])
    assert (done.code, done.out) == (0, f"nothing of {feed['title']} is held back\n")
    wrong = verb("feeds", "release", "https://nobody.example/feed")
    assert wrong.code != 0
    assert "there is no feed https://nobody.example/feed" in wrong.err
