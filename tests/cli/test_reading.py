"""Verbs that read: tables for people, JSON for programs, exit codes for scripts."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from aggregator.cli.demo.site import DemoSite

from .conftest import TOPIC, Verb, launch


def test_stories_are_listed_newest_change_first_and_narrowed_by_topic(verb: Verb, filled: Path) -> None:
    stories = verb("stories", "--json", "--limit", "500", config=filled).json
    changed = [story["changed"] for story in stories]
    assert changed == sorted(changed, reverse=True)
    assert len(stories) > 20
    inside = verb("stories", "--topic", TOPIC, "--json", "--limit", "500", config=filled).json
    assert 5 < len(inside) < len(stories)
    assert all(any(one["topic"] == TOPIC and one["in"] for one in story["topics"]) for story in inside)
    assert len(verb("stories", "--limit", "3", "--json").json) == 3


def test_the_table_has_a_line_a_story_and_its_id_whole(verb: Verb, filled: Path) -> None:
    stories = verb("stories", "--json", config=filled).json
    head, *lines = verb("stories", "--limit", "30", config=filled).out.splitlines()
    assert head.split() == ["id", "published", "entries", "sources", "state", "topics", "title"]
    assert [line.split()[0] for line in lines] == [story["id"] for story in stories]
    assert all(story["title"] in line for story, line in zip(stories, lines, strict=True))


def test_search_and_since_narrow_the_stories(verb: Verb, filled: Path) -> None:
    found = verb("stories", "--search", "미사일", "--json", config=filled).json
    assert found
    assert len(found) < len(verb("stories", "--limit", "500", "--json").json)
    assert "no story is like that" in verb("stories", "--search", "no such words anywhere").out
    assert verb("stories", "--since", "2100-01-01", "--json").json == []
    said = verb("stories", "--since", "yesterday")
    assert said.code == 2
    assert "30d" in said.err


def test_unknown_names_are_answered_with_the_known_ones(verb: Verb, filled: Path) -> None:
    said = verb("stories", "--topic", "nosuch", config=filled)
    assert said.code == 2
    assert TOPIC in said.err
    assert verb("storys").code == 2
    said = verb("feeds", "nosuch")
    assert said.code == 2
    assert "No such command 'nosuch'" in said.err


def test_explain_says_why_by_entry_story_and_url(verb: Verb, filled: Path) -> None:
    story = launch(verb, filled)
    entry = story["entries"][1]
    text = verb("explain", story["id"]).out
    assert story["title"] in text
    assert f"{TOPIC}: belongs" in text
    assert "found as" in text
    assert "began the story" in text
    by_entry = verb("explain", entry["id"]).out
    assert f"* {entry['id']}" in by_entry
    assert verb("explain", entry["url"]).out == by_entry
    assert verb("explain", entry["url"] + "?utm_source=mail#top").out == by_entry
    detail = verb("explain", entry["id"], "--json").json
    assert (detail["story"]["id"], detail["entry"]["id"]) == (story["id"], entry["id"])
    assert any(label["reasons"] for label in detail["entry"]["topics"])


def test_what_is_not_there_is_said_with_exit_code_4(verb: Verb, filled: Path) -> None:
    for words in (["explain", "nothing"], ["explain", "https://nowhere.example/"], ["poll", "nosuch"]):
        said = verb(*words, config=filled)
        assert said.code == 4, words
        assert words[1] in said.err


def test_feeds_are_listed_with_health_and_manners(verb: Verb, filled: Path, news: DemoSite) -> None:
    feeds = verb("feeds", "--json", config=filled).json
    assert {feed["url"] for feed in feeds} == {feed["url"] for feed in news.feeds}
    assert all(feed["health"] == "ok" and feed["last_success"] for feed in feeds)
    table = verb("feeds").out
    assert table.splitlines()[0].split()[:3] == ["feed", "origin", "health"]
    assert all(feed["title"] in table for feed in feeds)
    assert verb("feeds", "--troubled").out == "every feed is ok\n"
    assert verb("feeds", "--troubled", "--json").json == []
    (host,) = verb("feeds", "--politeness", "--json").json
    assert (host["host"], host["requests"], host["errors"]) == ("127.0.0.1", len(feeds), 0)
    assert "127.0.0.1" in verb("feeds", "--politeness").out


def test_a_feed_new_in_the_configuration_is_shown_without_touching_the_database(
    verb: Verb, own: Path
) -> None:
    database = own.with_name("aggregator.db")
    with own.open("a", encoding="utf-8") as file:
        file.write('\n[[feeds]]\nurl = "https://new.example/feed"\ntitle = "New"\n')
    last = verb("feeds", config=own).out.splitlines()[-1]
    assert last.split()[0] == "New"
    assert "not polled yet" in last
    with sqlite3.connect(database) as connection:
        assert connection.execute("select count(*) from feeds where url like '%new.example%'").fetchone() == (
            0,
        )
    connection.close()


def test_without_a_database_nothing_is_made(verb: Verb, filled: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(filled.read_text("utf-8").replace(str(filled.parent), str(tmp_path / "none")), "utf-8")
    for words in (
        ["stories"],
        ["explain", "x"],
        ["export", "entries"],
        ["deliveries"],
        ["feeds", "--politeness"],
        ["label", "x", "-t", TOPIC, "--yes"],
        ["train"],
        ["stories", "merge", "x", "y"],
    ):
        said = verb(*words, config=config)
        assert said.code == 3, words
        assert "aggregator.db yet" in said.err
        assert "poll" in said.err
    assert "not polled yet" in verb("feeds").out
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_database_is_named(verb: Verb, own: Path) -> None:
    for file in own.parent.glob("aggregator.db*"):
        file.unlink()
    own.with_name("aggregator.db").write_text("not a database, but long enough to be looked at" * 100)
    said = verb("stories", config=own)
    assert said.code == 3
    assert "aggregator.db is not a database" in said.err
    assert "Traceback" not in said.err


def test_without_a_configuration_one_is_asked_for(
    verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = verb("stories")
    assert said.code == 2
    assert "--config" in said.err
    said = verb("stories", "--config", "absent.toml")
    assert said.code == 2
    assert "absent.toml" in said.err


def test_a_missing_configuration_that_the_environment_names_is_shown_whole(
    verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["check"], ["stories"]):
        said = verb(*words, config=tmp_path / "deep" / "absent.toml")
        assert said.code == 2
        assert f"{tmp_path}/deep/absent.toml: there is no such file; AGGREGATOR_CONFIG names it" in said.err


def test_a_database_in_an_impossible_folder_is_a_database_error(verb: Verb, own: Path) -> None:
    taken = own.with_name("taken")
    taken.write_text("a file where a folder is wanted", "utf-8")
    text = own.read_text("utf-8").replace("aggregator.db", "taken/aggregator.db")
    own.write_text(text, "utf-8")
    for words in (["poll"], ["run"], ["import", str(taken)]):
        said = verb(*words, config=own)
        assert said.code == 3, words
        assert f"cannot make the folder {taken}: " in said.err
        assert "set [store] path to a writable place" in said.err
    own.write_text(text.replace("taken/aggregator.db", "folder"), "utf-8")
    own.with_name("folder.lock").mkdir()
    said = verb("poll", config=own)
    assert said.code == 3
    assert "folder.lock: Is a directory; " in said.err


def test_mistakes_are_all_named_by_every_verb(verb: Verb, own: Path) -> None:
    text = own.read_text("utf-8").replace('ceiling = "30s"', 'ceiling = "soon"')
    own.write_text(text + "\n[[feeds]]\nurl = 7\n", "utf-8")
    for words in (["stories"], ["poll"], ["check"]):
        said = verb(*words, config=own)
        assert said.code == 2, words
        assert "poll.ceiling" in said.err
        assert "2 mistakes in the configuration" in said.err


def test_only_check_speaks_of_absent_secrets(verb: Verb, own: Path) -> None:
    with own.open("a", encoding="utf-8") as file:
        file.write(
            '\n[[feeds]]\nurl = "https://new.example/f"\nheader = "X-Key"\nheader_env = "ABSENT_KEY"\n'
        )
    assert verb("stories", config=own).err == ""
    said = verb("check", config=own)
    assert (said.code, said.err.count("ABSENT_KEY")) == (0, 1)
    assert "1 warning" in said.out
    found = verb("check", "--json").json
    assert found["mistakes"] == []
    assert "ABSENT_KEY" in found["warnings"][0]


def test_check_names_feeds_of_which_nobody_said_what_they_are(verb: Verb, own: Path) -> None:
    assert verb("check", "--json", config=own).json["undescribed"] == []
    with own.open("a", encoding="utf-8") as file:
        file.write('\n[[feeds]]\nurl = "https://new.example/f"\n')
        file.write('\n[[feeds]]\nurl = "https://www.yna.co.kr/rss/news.xml"\n')
    said = verb("check", config=own)
    assert (said.code, "1 feed of unknown outlets" in said.out) == (0, True)
    assert "https://new.example/f" in said.out
    assert "yna.co.kr" not in said.out
    assert said.out.splitlines()[-1].endswith("all is well")


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("", ["holds no feed, no topic and no output"]),
        ('[[feeds]]\nurl = "https://new.example/f"', ["there is no output"]),
        ('[topics.x]\n[topics.x.terms]\n"ferry disaster" = 3', ["there is no feed", "there is no output"]),
        ('[[outputs]]\nslug = "all"', ["there is no feed"]),
    ],
)
def test_check_says_what_a_configuration_lacks(
    verb: Verb, tmp_path: Path, text: str, lacks: list[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text, "utf-8")
    said = verb("check", config=config)
    assert said.code == 0
    lines = said.err.splitlines()
    assert len(lines) == len(lacks)
    for line, lack in zip(lines, lacks, strict=True):
        assert line.startswith(f"warning: {config}: {lack}")
    assert "all is well" not in said.out


def test_check_finds_what_run_would_refuse(verb: Verb, own: Path) -> None:
    assert "all is well" in verb("check", config=own).out
    own.write_text(own.read_text("utf-8").replace('host = "127.0.0.1"', 'host = "0.0.0.0"'), "utf-8")
    said = verb("check", config=own)
    assert said.code == 2
    assert "web." in said.err


def test_check_online_tries_each_feed_and_stores_nothing(
    verb: Verb, own: Path, news: DemoSite, tmp_path: Path
) -> None:
    database = own.with_name("aggregator.db")
    database.unlink()
    said = verb("check", "--online", "--json", config=own)
    assert said.code == 0
    feeds = said.json["feeds"]
    assert len(feeds) == len(news.feeds)
    assert all(feed["entries"] > 0 and feed["trouble"] == "" for feed in feeds)
    own.write_text(own.read_text("utf-8").replace("/gangbuk/feed.xml", "/gangbuk/nosuch.xml"), "utf-8")
    said = verb("check", "--online", config=own)
    assert said.code == 1
    assert "404" in said.out.splitlines()[1], "trouble comes first"
    assert said.out.splitlines()[-1].endswith("1 feed in trouble")
    assert not database.exists()


def test_deliveries_are_counted(verb: Verb, own: Path) -> None:
    assert verb("deliveries", config=own).out == "nothing was ever pushed\n"
    assert verb("deliveries", "--json").json == {"channels": [], "dead_letters": []}
    assert "0 dead letters" in verb("deliveries", "revive").out


def test_a_table_without_rows_is_a_sentence(verb: Verb, filled: Path) -> None:
    said = verb("near-misses", "--margin", "0", "--topic", TOPIC, config=filled)
    assert said.out == "no story fell short by 0 or less; --margin looks further down\n"
    assert verb("models").out.startswith("no model was trained yet; ")
    assert "no terms to drop" in verb("suggest", "--topic", TOPIC).out.splitlines()


@pytest.mark.parametrize("words", [[], ["stories"], ["feeds", "add"], ["check"], ["label", "undo"]])
def test_h_is_help(verb: Verb, words: list[str]) -> None:
    said = verb(*words, "-h")
    assert (said.code, said.out) == (0, verb(*words, "--help").out)
    assert said.out.startswith("Usage: ")


def test_what_verbs_print_holds_no_terminal_escapes(verb: Verb, own: Path) -> None:
    with sqlite3.connect(own.with_name("aggregator.db")) as connection:
        connection.execute("update stories set title = 'red \x1b[31m alert\x07'")
        connection.execute("update entries set title = 'red \x1b[31m alert\x07'")
    connection.close()
    for words in (
        ["stories", "--limit", "2"],
        ["explain", verb("stories", "--json", config=own).json[0]["id"]],
    ):
        out = verb(*words, config=own).out
        assert "red" in out
        assert "\x1b" not in out
        assert "\x07" not in out


def test_json_and_tables_do_not_depend_on_the_terminal(
    verb: Verb, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = verb("stories", config=filled).out
    monkeypatch.setenv("COLUMNS", "100")
    narrow = verb("stories", config=filled).out
    assert max(map(len, narrow.splitlines())) <= 100
    assert len(whole.splitlines()) < len(narrow.splitlines())
    assert shutil.get_terminal_size().columns == 100
