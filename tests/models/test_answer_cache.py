"""The store: what goes in comes out; and whoever wrote the database, nothing in it is run, opened or deleted."""

import dataclasses
import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_cli.models.answer_cache import DATABASE, AnswerCache
from llmops_cli.models.model import Request, Response, RetrievedContext, Usage
from tests.models.asking import FULL, ask

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "cache"


@pytest.fixture
def cache(folder: Path) -> Iterator[AnswerCache]:
    opened = AnswerCache(folder)
    yield opened
    opened.close()


def stored(folder: Path, request: Request = ask(), response: Response = FULL) -> Request:  # noqa: B008
    """A closed cache with one answer in it."""
    cache = AnswerCache(folder)
    cache.put(request, response)
    cache.close()
    return request


def edit(folder: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Write into the database as a stranger would."""
    connection = sqlite3.connect(folder / DATABASE)
    for statement, values in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()


def aside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".corrupt-" in path.name)


def test_an_answer_comes_back_whole_and_is_marked_as_cached(cache: AnswerCache) -> None:
    assert cache.get(ask().key) is None
    cache.put(ask(), FULL)
    kept = cache.get(ask().key)
    assert kept is not None
    assert kept.cached
    assert kept == Response(**{**{name: getattr(FULL, name) for name in FULL.__slots__}, "cached": True})


def test_answers_survive_the_process_that_gave_them(folder: Path) -> None:
    request = stored(folder)
    again = AnswerCache(folder)
    assert again.get(request.key) is not None
    again.close()


def test_every_repeat_has_its_own_answer(cache: AnswerCache) -> None:
    cache.put(ask(repeat=0), Response("first"))
    cache.put(ask(repeat=1), Response("second"))
    texts = [kept.text for repeat in (0, 1) if (kept := cache.get(ask(repeat=repeat).key))]
    assert texts == ["first", "second"]


def test_the_later_answer_replaces_the_earlier(cache: AnswerCache) -> None:
    cache.put(ask(), Response("a"))
    cache.put(ask(), Response("b"))
    kept = cache.get(ask().key)
    assert kept is not None
    assert kept.text == "b"


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    TEXT,
    st.none() | st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9)),
    st.none() | st.floats(0, 1e6),
    st.lists(st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}), max_size=2),
    st.lists(st.builds(RetrievedContext, TEXT, TEXT), max_size=2) | st.lists(st.floats(-1, 1), min_size=1),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_is_put_is_got(
    cache: AnswerCache,
    text: str,
    usage: Usage | None,
    number: float | None,
    calls: list[dict[str, str]],
    more: list[Any],
) -> None:
    response = Response(text, "stop", usage, number, number, text, tuple(calls), "2026-11-21T12:00:00Z", cached=True)
    kind = "vector" if more and isinstance(more[0], float) else "contexts"
    response = dataclasses.replace(response, **{kind: tuple(more)})
    cache.put(ask(text), response)
    assert cache.get(ask(text).key) == response


def test_the_index_and_what_was_asked_stand_beside_the_answer(cache: AnswerCache) -> None:
    index = {"judge_model": "openai/gpt-5", "judge_prompt_hash": "sha256:aa", "candidate_output_hash": "sha256:bb"}
    request = ask("secret question", repeat=3, endpoint="http://localhost:8000/v1")
    cache.put(request, FULL, index=index)
    entry = cache.entry(request.key)
    assert entry is not None
    assert entry["index"] == index
    assert entry["key"] == request.key
    asked = entry["request"]
    assert isinstance(asked, dict)
    assert (asked["model"], asked["endpoint"], asked["repeat"]) == ("openai/test-model", "http://localhost:8000/v1", 3)
    assert entry["usage"] == {"input_tokens": 12, "output_tokens": 7}
    assert "secret question" not in json.dumps(entry)
    assert cache.entry("sha256:nothing") is None


def test_an_answer_without_a_time_gets_one(cache: AnswerCache) -> None:
    cache.put(ask(), Response("x"))
    kept = cache.get(ask().key)
    assert kept is not None
    assert kept.answered_at.startswith("20")


# --- hostile databases ---------------------------------------------------------------------------------------------


class Bomb:
    """Runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def bomb(mark: Path) -> bytes:
    return pickle.dumps(Bomb(mark), protocol=0)


def test_the_bomb_is_real(tmp_path: Path) -> None:
    pickle.loads(bomb(tmp_path / "mark"))
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("mode", [0, 2, 3, 4, 5, None, "1; DROP"])
def test_a_row_that_says_it_is_a_pickle_is_not_unpickled(folder: Path, tmp_path: Path, mode: object) -> None:
    request = stored(folder)
    mark = tmp_path / "mark"
    edit(folder, ("UPDATE Cache SET mode = ?, value = ?", (mode, bomb(mark))))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    assert cache.entry(request.key) is None
    assert not mark.exists()
    assert len(cache.warnings) == 1
    assert "holds an entry that is not plain bytes; it was not read" in cache.warnings[0]
    cache.put(request, Response("honest"))
    kept = cache.get(request.key)
    assert kept is not None
    assert kept.text == "honest"
    cache.close()


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_a_file_that_a_row_names_is_neither_read_nor_deleted(folder: Path, tmp_path: Path, mode: int) -> None:
    request = stored(folder)
    outside = tmp_path / "outside.txt"
    outside.write_bytes(bomb(tmp_path / "mark"))
    name = os.path.relpath(outside, folder)
    edit(folder, ("UPDATE Cache SET mode = ?, filename = ?, value = NULL, size = 9", (mode, name)))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    assert "holds an entry that is not plain bytes" in cache.warnings[0]
    cache.put(request, Response("honest"))  # diskcache deletes the file of a row it replaces
    cache.close()
    assert outside.exists()
    assert not (tmp_path / "mark").exists()


def test_a_key_that_is_a_pickle_is_not_unpickled(folder: Path, tmp_path: Path) -> None:
    request = stored(folder)
    mark = tmp_path / "mark"
    insert = "INSERT INTO Cache (key, raw, store_time, access_time, mode, value) VALUES (?, 0, 1, 1, 1, ?)"
    edit(folder, (insert, (bomb(mark), b"{}")), ("UPDATE Cache SET raw = 0 WHERE key = ?", (request.key,)))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    cache.put(request, FULL)
    assert cache.get(request.key) is not None
    cache.close()
    assert not mark.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("eviction_policy", "least-recently-used"),
        ("cull_limit", 10),
        ("size_limit", 1),
        ("sqlite_temp_store_directory", "'/tmp'"),
        ("sqlite_journal_mode", "off"),
        ("sqlite_synchronous = 0; DROP TABLE Cache; --", 1),
        ("disk_min_file_size", 0),
        ("disk_evil", "x"),
        ("_directory", "/tmp"),
        ("get", "not a method any more"),
        ("count", "many"),
    ],
)
def test_settings_that_are_not_ours_put_the_database_aside(folder: Path, key: str, value: object) -> None:
    request = stored(folder)
    edit(folder, ("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (key, value)))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    cache.put(request, Response("anew"))
    assert cache.get(request.key) is not None
    cache.close()
    assert len([name for name in aside(folder) if name.endswith("Z")]) == 1
    assert len(cache.warnings) == 1
    assert f"the setting {key!r}, which is not ours" in cache.warnings[0]
    assert str(folder / "cache.db.corrupt-") in cache.warnings[0]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE Other (x)",
        "CREATE VIEW Looks AS SELECT * FROM Cache",
        "ALTER TABLE Cache RENAME TO Kept",
        "ALTER TABLE Cache DROP COLUMN filename",
        "ALTER TABLE Settings RENAME COLUMN value TO worth",
    ],
)
def test_tables_that_are_not_ours_put_the_database_aside(folder: Path, statement: str) -> None:
    request = stored(folder)
    edit(folder, (statement, ()))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    cache.put(request, FULL)
    assert cache.get(request.key) is not None
    cache.close()
    assert aside(folder) != []


def test_a_database_whose_settings_are_ours_is_kept(folder: Path) -> None:
    request = stored(folder)
    for _ in range(3):
        cache = AnswerCache(folder)
        assert cache.get(request.key) is not None
        assert cache.warnings == []
        cache.close()
    assert aside(folder) == []


@pytest.mark.parametrize(
    "change",
    [
        {"key": "sha256:of-another-question"},
        {"v": 2},
        {"text": None},
        {"text": 7},
        {"extra": 1},
        {"usage": {"input_tokens": -1, "output_tokens": 1}},
        {"cost_usd": -0.5},
        {"cost_usd": "0.5"},
        {"index": ["x"]},
    ],
)
def test_an_entry_that_does_not_fit_is_a_miss(folder: Path, change: dict[str, object]) -> None:
    request = stored(folder)
    connection = sqlite3.connect(folder / DATABASE)
    ((value,),) = connection.execute("SELECT value FROM Cache").fetchall()
    connection.close()
    edit(folder, ("UPDATE Cache SET value = ?", (json.dumps({**json.loads(value), **change}).encode(),)))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    assert cache.warnings == []
    cache.close()


@pytest.mark.parametrize("value", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"cost_usd": NaN}', b"[" * 100_000])
def test_an_entry_that_is_no_json_is_a_miss(folder: Path, value: bytes) -> None:
    request = stored(folder)
    edit(folder, ("UPDATE Cache SET value = ?", (value,)))
    cache = AnswerCache(folder)
    assert cache.get(request.key) is None
    cache.close()


@pytest.mark.parametrize("damage", [b"this is not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_file_that_is_no_database_is_moved_aside(folder: Path, damage: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / DATABASE).write_bytes(damage)
    cache = AnswerCache(folder)
    cache.put(ask(), FULL)
    assert cache.get(ask().key) is not None
    cache.close()
    (name,) = aside(folder)
    assert (folder / name).read_bytes() == damage
    assert len(cache.warnings) == 1
    assert cache.warnings[0].startswith("the cache was unusable (")


def test_a_database_with_torn_pages_is_noticed_when_it_is_read(folder: Path) -> None:
    cache = AnswerCache(folder)
    requests = [ask(str(n)) for n in range(500)]
    for request in requests:
        cache.put(request, FULL)
    cache.close()
    data = bytearray((folder / DATABASE).read_bytes())
    middle = slice(4096 * 8, len(data))
    data[middle] = b"\xa5" * len(data[middle])
    (folder / DATABASE).write_bytes(bytes(data))
    cache = AnswerCache(folder)
    assert all(cache.get(request.key) is None for request in requests)
    cache.put(requests[0], Response("anew"))
    kept = cache.get(requests[0].key)
    assert kept is not None
    assert kept.text == "anew"
    cache.close()
    assert aside(folder) != []
    assert any("moved to" in warning for warning in cache.warnings)


def test_two_corrupt_databases_in_one_second_are_both_kept(folder: Path) -> None:
    folder.mkdir(parents=True)
    for _ in range(3):
        (folder / DATABASE).write_bytes(b"rubbish" * 1000)
        AnswerCache(folder).close()
    assert len([name for name in aside(folder) if "-wal" not in name and "-shm" not in name]) == 3


def test_an_empty_file_is_an_empty_cache(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / DATABASE).write_bytes(b"")
    cache = AnswerCache(folder)
    cache.put(ask(), FULL)
    assert cache.get(ask().key) is not None
    assert cache.warnings == []
    cache.close()


# --- folders and processes -----------------------------------------------------------------------------------------


def test_without_a_place_the_run_goes_on_without_a_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = AnswerCache(tmp_path / "file" / "cache")
    cache.put(ask(), FULL)
    assert cache.get(ask().key) is None
    assert len(cache.warnings) == 1
    assert cache.warnings[0].startswith("running without a cache: ")
    assert "Not a directory" in cache.warnings[0]
    cache.close()


async def test_keeping_without_a_place_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = AnswerCache(tmp_path / "file" / "cache")
    await cache.keep(ask(), FULL)
    cache.close()


def test_a_database_that_cannot_be_written_is_still_read(folder: Path) -> None:
    request = stored(folder)
    cache = AnswerCache(folder)
    guard = sqlite3.connect(folder / DATABASE)
    guard.execute("CREATE TRIGGER Settings_full BEFORE INSERT ON Cache BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    guard.commit()
    guard.close()
    cache.put(ask("other"), FULL)
    cache.put(ask("third"), FULL)
    assert cache.get(request.key) is not None
    assert cache.get(ask("other").key) is None
    assert cache.warnings == [f"answers are not kept in {folder} any more: disk is full"]
    cache.close()


def test_a_closed_cache_has_no_answers_and_closing_twice_is_fine(folder: Path) -> None:
    cache = AnswerCache(folder)
    cache.put(ask(), FULL)
    cache.close()
    cache.close()
    assert cache.get(ask().key) is None
    cache.put(ask("b"), FULL)


def test_reading_from_another_thread_is_fine(cache: AnswerCache) -> None:
    cache.put(ask(), FULL)
    found: list[Response | None] = []
    thread = threading.Thread(target=lambda: found.append(cache.get(ask().key)))
    thread.start()
    thread.join()
    assert found[0] is not None


WRITER = """
import sys
from pathlib import Path
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.model import Response
from tests.models.asking import ask
cache = AnswerCache(Path(sys.argv[1]))
for n in range(int(sys.argv[3])):
    cache.put(ask(f"{sys.argv[2]} {n}"), Response("x" * 500))
    cache.put(ask(f"shared {n}"), Response("y" * 500))
cache.close()
assert cache.warnings == [], cache.warnings
"""


def test_processes_that_begin_a_cache_together_lose_nothing(folder: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), f"p{n}", "20"], cwd=ROOT, stderr=subprocess.PIPE)
        for n in range(8)
    ]
    for writer in writers:
        _, stderr = writer.communicate(timeout=60)
        assert writer.returncode == 0, stderr.decode()
    cache = AnswerCache(folder)
    keys = {ask(f"p{p} {n}").key for p in range(8) for n in range(20)} | {ask(f"shared {n}").key for n in range(20)}
    assert all(cache.get(key) is not None for key in keys)
    cache.close()
    assert aside(folder) == []


ANSWERER = """
import asyncio, sys
from pathlib import Path
from llmops_cli.models.answer_cache import AnswerCache
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.scripted import ScriptedModel
from tests.models.asking import ask

async def main():
    model = CachedModel(ScriptedModel(lambda request: "x" * 2000), AnswerCache(Path(sys.argv[1])))
    async def worker(name):
        for n in range(100000):
            await model.answer(ask(f"{name} {n}"))
            sys.stdout.write(f"{name} {n}\\n")
            sys.stdout.flush()
    await asyncio.gather(*(worker(name) for name in "abcdefgh"))

asyncio.run(main())
"""


def test_kill_minus_nine_loses_no_answer_that_was_returned(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    returned = [process.stdout.readline().strip() for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    returned += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    process.wait(timeout=20)
    cache = AnswerCache(folder)
    keys = {ask(name).key for name in returned}
    assert len(keys) >= 200
    assert all(cache.get(key) is not None for key in keys)
    assert cache.warnings == []
    cache.close()


def test_a_password_in_an_endpoint_is_not_kept(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    request = ask(endpoint="https://team:hunter2secret@proxy.example.org/v1")
    cache.put(request, Response("yes"))
    assert (kept := cache.get(request.key)) is not None
    assert kept.text == "yes"
    assert "hunter2secret" not in str(cache.entry(request.key))
    cache.close()
