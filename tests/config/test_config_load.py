"""config.toml in, a Config or every mistake out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.load import load, mistakes, warnings
from aggregator.core.errors import ConfigError

Write = Callable[[str], Path]

TOPIC = """
[topics.ports]
title = "Ports"
threshold = 0.5
[topics.ports.terms]
harbour = 2
"""


def test_an_empty_file_is_all_defaults(write: Write) -> None:
    config = load(write(""))
    assert config.poll.floor == timedelta(minutes=15)
    assert config.feeds == ()
    assert config.warnings == ()


def test_settings_arrive(write: Write) -> None:
    config = load(
        write(
            """
            [poll]
            floor = "1h30m"
            [http]
            max_size = "2MiB"
            [[outputs]]
            slug = "all"
            [[feeds]]
            url = "https://one.example/feed"
            kind = "agency"
            interval = "90s"
            """
        )
    )
    assert config.poll.floor == timedelta(minutes=90)
    assert config.http.max_size == 2 * 1024**2
    assert config.feed_by_url["https://one.example/feed"].interval == timedelta(seconds=90)
    assert config.outputs[0].slug == "all"


def test_topics_are_read_and_kept_as_written(write: Write) -> None:
    config = load(write(TOPIC))
    assert list(config.topics) == ["ports"]
    assert config.topics["ports"].title == "Ports"
    assert config.topic_tables["ports"]["terms"] == {"harbour": 2}


def test_five_mistakes_are_five_located_errors(write: Write) -> None:
    path = write(
        """\
[poll]
jitter = 7
flor = "10m"

[[outputs]]
slug = "sea"
topics = ["harbours"]

[[feeds]]
url = "gopher://one.example/"

[topics.ports]
title = "Ports"
threshold = 7
[topics.ports.terms]
harbour = 2
"""
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    found = list(caught.value.mistakes)
    assert found == mistakes(path)
    assert found[:4] == [
        "config.toml:2: poll.jitter: must be between 0 and 0.5, got 7",
        'config.toml:3: poll.flor: is not a setting; did you mean "floor"?',
        'config.toml:7: outputs[1].topics[1]: there is no topic "harbours"; there are: ports',
        'config.toml:10: feeds[1].url: must begin with http:// or https://, got "gopher://one.example/"',
    ]
    assert len(found) == 5
    assert found[4].startswith("config.toml:14: topics.ports.threshold: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path = 'x'", "1: path: is not a setting; known here: poll, http,"),
        ("[poll]\n\ntick = 'soon'", "3: poll.tick: must be a duration"),
        ("[poll]\ntick = '-3s'", "2: poll.tick: must be a duration"),
        (
            "[poll]\nfloor = 15",
            '2: poll.floor: must be a duration with its unit, such as "15s" or "15m", got 15',
        ),
        ("[poll]\ntick = inf", "2: poll.tick: must be a duration"),
        ("[poll]\ntick = '99999999999w'", "2: poll.tick: must be a shorter duration"),
        ("[poll]\nworkers = 'two'", '2: poll.workers: must be a whole number, got "two"'),
        ("[poll]\nfloor = '2d'", "2: poll.floor: floor (2d) must not be longer than ceiling (1d)"),
        ("[poll]\nceiling = '1m'", "2: poll.ceiling: floor (15m) must not be longer than ceiling (1m)"),
        ("[store]\nretention = '0s'", '2: store.retention: must be at least a day, got "0s"'),
        ("[http]\nmax_size = 'big'", "2: http.max_size: must be a size"),
        ("[http]\nmax_size = 0", "2: http.max_size: must be more than 0, got 0"),
        ("[http]\ncontact.mail = 'x'", '2: http.contact: must be text in quotes, got {"mail": "x"}'),
        (
            "[http]\nproxy = 'socks5://me:secret@p'",
            '2: http.proxy: must begin with http://, got "socks5://***@p"',
        ),
        ("[web]\nport = 70000", "2: web.port: must be between 0 and 65535, got 70000"),
        ("[web]\nenabled = 'maybe'", '2: web.enabled: must be true or false, got "maybe"'),
        (
            "[log]\nlevel = 'warn'",
            '2: log.level: must be one of debug, info, warning, error, got "warn"; did you',
        ),
        ("poll = 3", "1: poll: must be a table, got 3"),
        ("feeds = 3", "1: feeds: must be a list"),
        ("[feeds]\nurl = 'x'", "1: feeds: there may be several, so write [[feeds]] in double brackets"),
        ("# c\n[outputs]\nslug = 'x'", "2: outputs: there may be several, so write [[outputs]]"),
        ("[[outputs]]\nslug = 'x'\n[outputs.push]\nkind = 'x'", "3: outputs[1].push: there may be several"),
        ("feeds = ['https://one.example/']", "1: feeds[1]: must be a table"),
        ("topics = 3", "1: topics: must be a table, got 3"),
        ("entities = 3", "1: entities: must be a table, got 3"),
        ("[pol]\nfloor = '1h'", '1: pol: is not a setting; did you mean "poll"?'),
        ("# c\n[[outputs]]\ntitle = 'T'", "2: outputs[1].slug: is missing. Names the output in its URL"),
        (
            "[[outputs]]\nslug = 'Big One'",
            "2: outputs[1].slug: must be lower-case letters and digits joined by",
        ),
        (
            "[[outputs]]\nslug='a'\n[[outputs]]\nslug='a'",
            '4: outputs[2].slug: "a" is taken by the output on line 2',
        ),
        ("[[outputs]]\nslug='a'\ntopics='b'", "3: outputs[1].topics: must be a list"),
        ("[[outputs]]\nslug='a'\ntopics=['b']", '3: outputs[1].topics[1]: there is no topic "b"'),
        (
            "[[outputs]]\nslug='a'\nkinds=['agenci']",
            "3: outputs[1].kinds[1]: must be one of agency, newspaper",
        ),
        (
            "[[outputs]]\nslug='a'\ncountries=['KR',\n'kr']",
            "4: outputs[1].countries[2]: must be a two-letter ISO",
        ),
        (
            "[[outputs]]\nslug='a'\ndigest_at='25:00'",
            "3: outputs[1].digest_at: must be a time of day such as",
        ),
        ("[[feeds]]\ntitle='T'", "1: feeds[1].url: is missing. Address of the feed."),
        ("[[feeds]]\nurl='one.example/feed'", "2: feeds[1].url: must begin with http:// or https://"),
        ("[[feeds]]\nurl='https://'", "2: feeds[1].url: "),
        ("[[feeds]]\nurl='https://[::1'", "2: feeds[1].url: is not a URL"),
        ("[[feeds]]\nurl='file:///etc/passwd'", "2: feeds[1].url: must begin with http:// or https://"),
        (
            "[[feeds]]\nurl='https://me:secret@one.example/'",
            "2: feeds[1].url: must not hold a user name or password",
        ),
        (
            "[[feeds]]\nurl='http://a.example/'\ncountry='kr'",
            "3: feeds[1].country: must be a two-letter ISO 3166",
        ),
        (
            "[[feeds]]\nurl='http://a.example/'\nkind='newspapers'",
            "3: feeds[1].kind: must be one of agency, newsp",
        ),
        (
            "[[feeds]]\nurl='http://a.example/'\nusername='me'",
            "3: feeds[1].username: needs `password_env` beside",
        ),
        (
            "[[feeds]]\nurl='http://a.example/'\nheader_env='X'",
            "3: feeds[1].header_env: needs `header` beside it",
        ),
        ("[[feeds]]\nurl='http://a.example/'\ninterval='x'", "3: feeds[1].interval: must be a duration"),
        ("[origins.Big]\nname='B'", "1: origins.Big: must be lower-case letters"),
        ("[origins.big]\nnmae='B'", '2: origins.big.nmae: is not a setting; did you mean "name"?'),
        ("[web]\ninclude = ['a.toml']", "2: web.include: stands inside [web]; move this line to the top of"),
        (
            "[entities]\nopml = ['a.opml']",
            "2: entities.opml: stands inside [entities]; move this line to the top",
        ),
        (
            "[topics.a.terms]\nx = 3\ninclude = ['a']",
            "3: topics.a.terms.include: stands inside a topic; move",
        ),
        ("opml = ['none.opml']", "1: opml[1]: none.opml cannot be read: No such file"),
        ("opml = 'none.opml'", "1: opml: must be a list"),
        ("opml = [3]", "1: opml[1]: must be text in quotes, got 3"),
        ("a = 1\nb = \n", "2: is not TOML: "),
        ("[poll]\n[poll]\n", "2: is not TOML: duplicate key: [poll] stands on line 1 already; write"),
    ],
)
def test_each_mistake_is_named_where_it_stands(write: Write, text: str, expected: str) -> None:
    found = mistakes(write(text))
    assert len(found) == 1, found
    assert found[0].startswith(f"config.toml:{expected}"), found[0]


def test_the_lines_of_many_feeds_are_right(write: Write) -> None:
    tables = [
        f'# Outlet {n}\n[[feeds]]\nurl = "https://{n}.example/feed"\ntitle = "T"\n'
        + ("kind = 'x'\n" if n == 17 else "")
        for n in range(1, 41)
    ]
    text = "".join(tables)
    line = text.splitlines().index("kind = 'x'") + 1
    assert mistakes(write(text))[0].startswith(f"config.toml:{line}: feeds[17].kind: ")


def test_a_feed_twice_names_both_lines(write: Write) -> None:
    path = write(
        '[[feeds]]\nurl = "https://one.example/feed"\n[[feeds]]\ntitle = "again"\nurl = "https://ONE.example:443/feed#x"\n'
    )
    assert mistakes(path) == [
        "config.toml:5: feeds[2].url: is the same as on line 2; remove one: https://ONE.example:443/feed#x"
    ]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "config.toml")


def test_a_directory_or_another_encoding_is_a_located_mistake(tmp_path: Path) -> None:
    assert "cannot be read" in mistakes(tmp_path)[0]
    path = tmp_path / "config.toml"
    path.write_bytes("[poll]\n# caf\xe9\n".encode("latin-1"))
    assert mistakes(path)[0].endswith("config.toml:2: is not UTF-8; save the file in that encoding")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[poll]\r\nworkers = 3\r\n")
    assert load(path).poll.workers == 3


def test_relative_paths_start_at_the_file(write: Write) -> None:
    path = write(
        "[store]\npath = 'state/a.db'\n[[outputs]]\nslug = 'a'\nfiles = 'out'\n[[outputs]]\nslug = 'b'\n"
    )
    config = load(path)
    assert config.store.path == str(path.parent / "state/a.db")
    assert [output.files for output in config.outputs] == [str(path.parent / "out"), ""]
    assert config.path == path


def test_absent_secrets_are_warnings(write: Write) -> None:
    path = write("[[feeds]]\nurl = 'https://a.example/'\nusername = 'me'\npassword_env = 'FEED_PASSWORD'\n")
    assert "FEED_PASSWORD" in warnings(path, env={})[0]
    assert warnings(path, env={})[0].startswith("config.toml:4: feeds[1].password_env: ")
    assert load(path, env={"FEED_PASSWORD": "hush"}).warnings == ()


def test_feeds_of_opml_files_are_added_and_tables_win(write: Write, tmp_path: Path) -> None:
    (tmp_path / "more.opml").write_text(
        """<opml version="2.0"><body><outline text="Asia"><outline text="Korea">
        <outline type="rss" text="One" xmlUrl="https://one.example/feed"/>
        <outline type="rss" text="Two" xmlUrl="https://two.example/feed"/></outline></outline>
        <outline type="rss" text="Local" xmlUrl="file:///etc/passwd"/></body></opml>"""
    )
    path = write("opml = ['more.opml']\n[[feeds]]\nurl = 'https://one.example/feed'\ntitle = 'Mine'\n")
    config = load(path)
    assert [(feed.url, feed.title, feed.folder) for feed in config.feeds] == [
        ("https://one.example/feed", "Mine", ""),
        ("https://two.example/feed", "Two", "Asia/Korea"),
    ]
    assert config.warnings[0].startswith("config.toml:1: opml[1]: more.opml: line 4: left out Local: ")


def test_no_configuration_raises_anything_but_a_config_error(write: Write) -> None:
    """Values of every type under every setting's name."""
    values = [
        "3",
        "-1",
        "nan",
        "''",
        "'x'",
        "[]",
        "[1]",
        "['x']",
        "{}",
        "{ x = 1 }",
        "true",
        "2026-01-01",
        "[[[]]]",
    ]
    sections = [
        "poll",
        "http",
        "store",
        "log",
        "web",
        "stories",
        "feeds",
        "outputs",
        "origins",
        "topics",
        "entities",
    ]
    for value in values:
        for section in [*sections, "opml"]:
            mistakes(write(f"{section} = {value}"))
        for header in [
            *(f"[{s}]" for s in sections),
            *(f"[[{s}]]" for s in sections),
            "[topics.a]",
            "[origins.a]",
        ]:
            for key in ("url", "slug", "topics", "kind", "terms", "push"):
                mistakes(write(f"{header}\n{key} = {value}"))
