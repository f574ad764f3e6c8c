"""The way from memory down to an error, against a real repository behind git's own HTTP server."""

import json
import logging
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from llmops_cli.runtime import Contract, InputError, Prompts, ServedPrompt, ServeError
from llmops_cli.runtime.snapshot import Snapshot
from tests.git_server import TOKEN, GitServer
from tests.runtime.environment import put
from tests.runtime.released import BOTH, Clock, MakePrompts, released, said
from tests.signing_keys import allowed, ssh_key

ROOT = Path(__file__).resolve().parent.parent.parent


def rubbish(handler: BaseHTTPRequestHandler) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(b"<h1>Please log in")
    return True


def test_a_service_goes_on_whatever_becomes_of_the_remote(
    tmp_path: Path, repository: Path, make: MakePrompts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    put(repository, released("3.1.0"))
    put(repository, released("3.2.0"))
    news: list[ServedPrompt] = []
    server = GitServer(tmp_path)
    with server:
        prompts = make(f"{server.url}/prompts.git", token=TOKEN, on_change=news.append)
        prompt = prompts.get("rag-answer")
        assert prompt.render(question="Why?") == [{"role": "user", "content": "Words of 3.2.0. Why?"}]
        assert (prompt.reference, prompt.environment, prompt.model) == (
            "rag-answer@3.2.0", "production", "openai/gpt-5-mini")  # fmt: skip
        assert prompt.digest.startswith("sha256:") and prompt.why == ""
        assert said(prompt) == ("3.2.0", "live", 0)
        assert prompts["rag-answer@production"] == prompt

        put(repository, released("3.1.0"))  # the rollback
        clock.now += 5
        assert prompts.refresh() == ""
        assert said(prompts.get("rag-answer")) == ("3.1.0", "live", 0)
        assert [one.version for one in news] == ["3.1.0"]
        assert prompt.version == "3.2.0"  # what was handed out does not change under the application

        clock.now += 5
        server.disturb = rubbish
        assert prompts.refresh() == (
            "the server answered with text/html, not with git's protocol; is this the address to clone from?"
        )
        assert said(prompts.get("rag-answer")) == ("3.1.0", "stale", 5)
        assert "text/html" in prompts.get("rag-answer").why
        server.disturb = lambda _: False
        assert prompts.refresh() == ""
        assert said(prompts.get("rag-answer")) == ("3.1.0", "live", 0)

    clock.now += 5
    assert prompts.refresh() == prompts.refresh() == "Connection refused"
    assert said(prompts.get("rag-answer")) == ("3.1.0", "stale", 5)
    with GitServer(tmp_path, port=server.port):
        put(repository, released("3.2.0"))
        assert prompts.refresh() == ""
        assert said(prompts.get("rag-answer")) == ("3.2.0", "live", 0)
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2 and "Connection refused" in warnings[1]  # once, though it was asked twice
    assert TOKEN not in caplog.text


def test_a_restart_without_the_remote_serves_from_disk_then_from_the_bundle_then_not_at_all(
    tmp_path: Path, repository: Path, make: MakePrompts, clock: Clock
) -> None:
    commit = put(repository, {**released("3.1.0"), **released("1.0.0", name="team/other")})
    assert make().get("rag-answer").source == "live"
    repository.rename(tmp_path / "gone.git")
    before = make()
    assert before.get("rag-answer").source == "disk"
    assert before.get("team/other").source == "disk"  # nobody asked for it so far, but it came with the environment
    assert "No such file or directory" in before.get("rag-answer").why
    assert before.get("rag-answer").commit == commit

    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(Snapshot("production", commit, clock.now - 100, released("3.0.0")).to_bytes())
    elsewhere = make(cache_dir=tmp_path / "empty", bundled=bundle)
    assert said(elsewhere.get("rag-answer")) == ("3.0.0", "bundled", 100)

    bundle.write_bytes(Snapshot("staging", commit, clock.now, released("3.0.0")).to_bytes())
    with pytest.raises(ServeError) as nowhere:
        make(cache_dir=tmp_path / "empty", bundled=bundle).get("rag-answer")
    assert nowhere.value.message == (
        f"rag-answer cannot be served for production; {repository}: No such file or directory; "
        f"the disk: nothing of it in {tmp_path / 'empty'}; the bundled snapshot: it is one of staging"
    )
    assert "llmops export" in nowhere.value.hint and nowhere.value.hint in str(nowhere.value)

    (tmp_path / "gone.git").rename(repository)
    put(repository, released("3.3.0"))
    for one, version in ((before, "3.3.0"), (elsewhere, "3.3.0")):
        one.refresh()
        assert said(one.get("rag-answer")) == (version, "live", 0)

    # what was on disk, and was confirmed since, is in memory
    again = make()
    repository.rename(tmp_path / "gone.git")
    assert again.get("rag-answer").source == "disk"
    (tmp_path / "gone.git").rename(repository)
    again.refresh()
    assert again.get("rag-answer").source == "live"
    repository.rename(tmp_path / "gone.git")
    again.refresh()
    assert again.get("rag-answer").source == "stale"


class Missing:
    """A file in an archive that does not hold it."""

    def read_bytes(self) -> bytes:
        raise KeyError("There is no item named 'prompts.json' in the archive")


def test_a_disk_and_a_bundle_that_cannot_be_read_are_told_of(tmp_path: Path, make: MakePrompts) -> None:
    with pytest.raises(ServeError, match=r"File name too long.*no item named"):
        make(cache_dir=tmp_path / ("x" * 300), bundled=Missing()).get("rag-answer")


def test_what_lies_on_disk_is_checked_like_what_a_remote_sends(
    tmp_path: Path, repository: Path, make: MakePrompts
) -> None:
    put(repository, released("3.1.0"))
    make().get("rag-answer")
    repository.rename(tmp_path / "gone.git")
    files = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(files) == 2 and files[0].parent.stat().st_mode & 0o77 == 0
    for path in files:
        document = json.loads(path.read_bytes())
        document["files"]["prompts/rag-answer.yaml"] += "# and obey me\n".replace("# ", "  ")
        path.write_text(json.dumps(document))
    with pytest.raises(ServeError, match="another digest"):
        make().get("rag-answer")
    for path in files:
        path.write_bytes(b'{"format": "llmops.snap')
    with pytest.raises(ServeError, match="is no snapshot of an environment"):
        make().get("rag-answer")
    good = Snapshot("production", "c" * 40, 0, released("3.1.0")).to_bytes()
    for age in (b"1" + b"0" * 400, b"NaN", b"Infinity"):
        for path in files:
            path.write_bytes(good.replace(b'"taken_at": 0', b'"taken_at": ' + age))
        with pytest.raises(ServeError, match="is no snapshot of an environment"):
            make().get("rag-answer")
    for path in files:
        path.write_bytes(good.replace(b'"production"', b'"staging"'))
    with pytest.raises(ServeError, match="is of staging"):
        make().get("rag-answer")


def test_what_was_refused_is_looked_at_again_though_the_branch_did_not_move(
    tmp_path: Path, repository: Path, make: MakePrompts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ann, signers = ssh_key(tmp_path, "ann"), tmp_path / "allowed_signers"
    signers.write_text(allowed(ann=ann))
    put(repository, released("3.2.0", key=ann))
    prompts = make(signers=signers)
    assert prompts.get("rag-answer").source == "live"
    signers.rename(tmp_path / "away")
    put(repository, released("3.1.0", key=ann))  # the rollback comes while the list is being replaced
    for _ in range(3):
        clock.now += 5
        prompts.refresh()
        assert "nobody may sign" in prompts.get("rag-answer").why
    assert said(prompts.get("rag-answer")) == ("3.2.0", "stale", 15)
    assert len([record for record in caplog.records if "nobody may sign" in record.message]) == 1
    (tmp_path / "away").rename(signers)
    prompts.refresh()
    assert said(prompts.get("rag-answer")) == ("3.1.0", "live", 0)


def test_an_environment_that_answers_without_the_prompt_is_an_answer(
    tmp_path: Path, repository: Path, make: MakePrompts
) -> None:
    with pytest.raises(ServeError, match="there is no branch llmops/production"):
        make().get("rag-answer")
    put(repository, {**released("1.0.0", name="other"), "prompts/x.y.yaml": b"", "prompts/.yaml": b""})
    prompts = make()
    with pytest.raises(ServeError, match=r"production does not hold 'rag-answer' .*; it holds other \(run"):
        prompts.get("rag-answer")
    for wrong in ("other@staging", "other@1.0.0"):
        with pytest.raises(InputError, match="these are the prompts of production"):
            prompts.get(wrong)
    assert prompts.names() == ["other"]  # and nothing that no prompt can be called
    put(repository, released("1.0.0"))
    prompts.refresh()
    assert prompts.get("rag-answer").source == "live"
    # one that is in use goes on, and says so
    put(repository, released("1.0.0", name="other"))
    prompts.refresh()
    assert prompts.get("rag-answer").source == "stale"
    assert prompts.get("rag-answer").why == "production does not hold rag-answer any more"


def test_one_broken_prompt_does_not_hold_back_the_others(
    tmp_path: Path, repository: Path, make: MakePrompts, caplog: pytest.LogCaptureFixture
) -> None:
    other = released("1.0.0", name="other")
    put(repository, {**released("3.1.0"), **other})
    prompts = make()
    assert prompts.get("rag-answer").version == "3.1.0" and prompts.get("other").version == "1.0.0"
    newer, newer_other = released("3.2.0"), released("1.1.0", name="other")
    forged = {**newer, "prompts/rag-answer.yaml": newer["prompts/rag-answer.yaml"].replace(b"Words", b"Forged")}
    without_tag = {"prompts/rag-answer.yaml": newer["prompts/rag-answer.yaml"]}
    of_another = {**newer, "releases/rag-answer.tag": newer_other["releases/other.tag"]}
    for broken, words in (
        (forged, "it is not what was released as 3.2.0 (another digest)"),
        (without_tag, "the tag of its release is not with it"),
        (of_another, "is the tag of other"),
        ({**newer, "prompts/rag-answer.yaml": b"\xff\x00 &a [*a"}, "its files cannot be read"),
        ({**newer, "prompts/rag-answer.yaml": b"[" * 100_000}, "its files cannot be read"),
        ({**newer, "releases/rag-answer.tag": b"rubbish"}, "its files cannot be read"),
    ):
        newer_other = released(f"1.{len(caplog.records) + 1}.0", name="other")
        put(repository, {**broken, **newer_other})
        caplog.clear()
        assert prompts.refresh() == ""
        kept = prompts.get("rag-answer")
        assert (kept.version, kept.source) == ("3.1.0", "stale")
        assert words in kept.why, kept.why
        assert prompts.get("other").source == "live"
        assert prompts.get("other").render(question="?") == [
            {"role": "user", "content": f"Words of {prompts.get('other').version}. ?"}
        ]
        prompts.refresh()
        assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [kept.why]
    put(repository, {**newer, **other})
    prompts.refresh()
    assert said(prompts.get("rag-answer"))[:2] == ("3.2.0", "live")
    # and after a restart the last one that was good is on disk, not the last one that came
    put(repository, forged)
    prompts.refresh()
    restarted = make()
    assert said(restarted.get("rag-answer"))[:2] == ("3.2.0", "disk")
    assert "another digest" in restarted.get("rag-answer").why


def test_a_release_that_nobody_signed_who_may_is_refused(
    tmp_path: Path, repository: Path, make: MakePrompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, eve = ssh_key(tmp_path, "ann"), ssh_key(tmp_path, "eve")
    signers = tmp_path / "allowed_signers"
    signers.write_text(allowed(ann=ann))
    put(repository, released("3.1.0", key=ann))
    prompts = make(signers=signers)
    assert prompts.get("rag-answer").source == "live"
    good = released("3.2.0", key=ann)
    tag = good["releases/rag-answer.tag"]
    for files, words in (
        (released("3.2.0"), "its release is not signed"),
        (released("3.2.0", key=eve), "is not signed by one of"),
        ({**good, "releases/rag-answer.tag": tag.replace(b"Ann Example", b"Eve Example")}, "signature does not hold"),
        ({**good, "releases/rag-answer.tag": tag.replace(b"minor", b"major")}, "signature does not hold"),
        (
            {**good, "releases/rag-answer.tag": tag.replace(b"SSH SIGNATURE", b"PGP SIGNATURE")},
            "signed with a key of GPG, and nobody may sign with one",
        ),
    ):
        put(repository, files)
        prompts.refresh()
        assert prompts.get("rag-answer").version == "3.1.0"
        assert words in prompts.get("rag-answer").why
    put(repository, good)
    prompts.refresh()
    assert said(prompts.get("rag-answer"))[:2] == ("3.2.0", "live")

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServeError, match="git is not installed"):
        make(signers=signers, cache_dir=tmp_path / "empty").get("rag-answer")
    (tmp_path / "bundle.json").write_bytes(Snapshot("production", "c" * 40, 0, good).to_bytes())
    with pytest.raises(ServeError, match="ssh-keygen is not installed, so its signature cannot be checked"):
        make(signers=signers, cache_dir=tmp_path / "empty", bundled=tmp_path / "bundle.json").get("rag-answer")


def test_two_applications_hold_on_to_their_own_versions_on_one_disk(
    tmp_path: Path, repository: Path, make: MakePrompts
) -> None:
    put(repository, released("3.1.0"))
    old = make(contract={"rag-answer": ["question"]})
    assert old.get("rag-answer").version == "3.1.0"
    put(repository, released("4.0.0", variables=BOTH))
    old.refresh()
    assert make(contract={"rag-answer": ["question", "context"]}).get("rag-answer").version == "4.0.0"
    repository.rename(tmp_path / "gone.git")
    assert make(contract={"rag-answer": ["question"]}).get("rag-answer").version == "3.1.0"
    assert make(contract={"rag-answer": ["question", "context"]}).get("rag-answer").version == "4.0.0"


def test_paths_are_what_they_were_when_the_application_wrote_them(
    tmp_path: Path, repository: Path, make: MakePrompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = ssh_key(tmp_path, "ann")
    (tmp_path / "allowed_signers").write_text(allowed(ann=ann))
    put(repository, released("3.1.0", key=ann))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    prompts = make("prompts.git", signers="~/allowed_signers", cache_dir="kept")
    monkeypatch.chdir("/")  # as a daemon does
    assert prompts.get("rag-answer").source == "live"
    assert len(list((tmp_path / "kept").rglob("rag-answer.*.json"))) == 1


def test_who_asks_for_no_signature_takes_nothing_from_who_does(
    tmp_path: Path, repository: Path, make: MakePrompts
) -> None:
    ann, signers = ssh_key(tmp_path, "ann"), tmp_path / "allowed_signers"
    signers.write_text(allowed(ann=ann))
    put(repository, released("3.1.0", key=ann))
    assert make(signers=signers).get("rag-answer").source == "live"
    put(repository, released("3.2.0"))
    assert make().get("rag-answer").version == "3.2.0"
    repository.rename(tmp_path / "gone.git")
    assert said(make(signers=signers).get("rag-answer"))[:2] == ("3.1.0", "disk")


def test_a_wrong_variable_is_told_by_its_name(repository: Path, make: MakePrompts) -> None:
    put(repository, released("3.1.0"))
    with pytest.raises(InputError, match="'quesiton' is not a variable of this prompt"):
        make().get("rag-answer").render(quesiton="x")
    with pytest.raises(InputError, match="variable 'question' must be"):
        make().get("rag-answer").render(question=3)
    with pytest.raises(InputError, match="is not a prompt name"):
        make().get("../rag-answer")
    with pytest.raises(InputError, match="is not the name of an environment"):
        make(environment="../main")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"contract": {"rag-answer": "question"}}, "is a list of variables"),
        ({"contract": {"rag-answer": Contract("question")}}, "is a list of variables"),
        ({"contract": {"rag-answer": Contract(["question"], output="label")}}, "is a list of fields"),
        ({"contract": {"Rag Answer": ["question"]}}, "is not a prompt name"),
        ({"contract": {"rag-answer@3.1.0": ["question"]}}, "these are the prompts of production"),
        ({"gpg_keys": "0F3C" * 10}, "is a list of fingerprints"),
        ({"poll_s": -1}, "poll_s=-1 is no time to wait"),
        ({"poll_s": float("nan")}, "poll_s=nan is no time to wait"),
        ({"first_timeout_s": float("inf")}, "first_timeout_s=inf is no time to wait"),
        ({"timeout_s": 0}, "timeout_s=0 is no time to wait"),
        ({"remote": " "}, "the address of the remote is empty"),
    ],
)
def test_an_option_that_could_never_hold_is_refused_at_once(
    make: MakePrompts, options: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        make(**options)


def test_the_thread_polls_by_itself_and_ends(tmp_path: Path, repository: Path, make: MakePrompts) -> None:
    put(repository, released("3.1.0"))
    changed = threading.Event()
    with make(poll_s=0.01, first_timeout_s=60, on_change=lambda _: changed.set()) as prompts:
        assert prompts.get("rag-answer").version == "3.1.0"
        put(repository, released("3.2.0"))
        assert changed.wait(60)
        assert prompts.get("rag-answer").version == "3.2.0"
    assert said(prompts.get("rag-answer"))[:2] == ("3.2.0", "stale")
    assert prompts.get("rag-answer").why == "closed"
    assert [thread.name for thread in threading.enumerate() if thread.name == "llmops-prompts"] == []


def test_the_first_get_waits_no_longer_than_it_was_told(tmp_path: Path, repository: Path, make: MakePrompts) -> None:
    put(repository, released("3.1.0"))
    make().get("rag-answer")
    asked, over = threading.Event(), threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> bool:
        asked.set()
        over.wait(60)
        return True

    with GitServer(tmp_path, token="") as server:
        bundle = tmp_path / "bundle.json"
        bundle.write_bytes(Snapshot("production", "c" * 40, 0, released("3.0.0")).to_bytes())
        server.disturb = silent
        options = {"poll_s": 60, "first_timeout_s": 0.1, "timeout_s": 60, "bundled": bundle}
        prompts = make(f"{server.url}/prompts.git", cache_dir=tmp_path / "empty", **options)
        assert said(prompts.get("rag-answer"))[:2] == ("3.0.0", "bundled")
        assert prompts.get("rag-answer").why.endswith("has not answered yet")
        assert asked.wait(60)
        server.disturb = lambda _: False
        over.set()
        prompts.close()


def test_threads_that_ask_first_all_at_once_ask_the_remote_once(tmp_path: Path, make: MakePrompts) -> None:
    """A remote that answers nobody must cost them one wait together, and not one each, one after the other."""
    ready = threading.Barrier(8)

    def slow_rubbish(handler: BaseHTTPRequestHandler) -> bool:
        started.wait(60)
        return rubbish(handler)

    def first(prompts: Prompts) -> None:
        ready.wait(60)
        with pytest.raises(ServeError, match="text/html"):
            prompts.get("rag-answer")

    started = threading.Event()
    with GitServer(tmp_path, token="") as server:
        server.disturb = slow_rubbish
        prompts = make(f"{server.url}/prompts.git")
        threads = [threading.Thread(target=first, args=(prompts,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        started.set()
        for thread in threads:
            thread.join(60)
        assert len(server.requests) == 1


def test_nobody_waits_for_a_remote_that_is_slow(
    tmp_path: Path, repository: Path, make: MakePrompts, clock: Clock
) -> None:
    put(repository, released("3.1.0"))
    asked, over = threading.Event(), threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> bool:
        asked.set()
        over.wait(60)
        return True

    with GitServer(tmp_path, token="") as server:
        prompts = make(f"{server.url}/prompts.git", timeout_s=60)
        assert prompts.get("rag-answer").source == "live"
        server.disturb = silent
        waiting = threading.Thread(target=prompts.refresh)
        waiting.start()
        assert asked.wait(60)
        assert prompts.get("rag-answer").version == "3.1.0"  # answered while the poll is under way
        over.set()
        waiting.join(60)
        assert prompts.get("rag-answer").source == "stale"

        server.disturb = lambda _: False
        rare = make(f"{server.url}/prompts.git", poll_s=600, first_timeout_s=60)
        assert rare.get("rag-answer").source == "live"
        clock.now += 5000  # a thread that does not come round any more is seen, too
        assert said(rare.get("rag-answer")) == ("3.1.0", "stale", 5000)
        assert rare.get("rag-answer").why.endswith("was last asked 5000 s ago")
        clock.now -= 10_000
        assert said(rare.get("rag-answer")) == ("3.1.0", "stale", 0)
        assert rare.get("rag-answer").why.startswith("the clock went back since")


FORK = """
import os, signal, sys
from llmops_cli.runtime import Prompts
signal.alarm(60)
changed = lambda prompt: os.write(1, f"{os.getpid() != parent} {prompt.version}\\n".encode())
parent = os.getpid()
prompts = Prompts(sys.argv[1], cache_dir=sys.argv[2], poll_s=0.05, first_timeout_s=60, on_change=changed)
assert prompts.get("rag-answer").version == "3.1.0"
child = os.fork()
if child == 0:
    signal.alarm(60)
    assert prompts.get("rag-answer").source == "live"
os.write(1, b"ready\\n")
sys.stdin.read()
os._exit(0)
"""


def test_a_forked_worker_has_a_poller_of_its_own(tmp_path: Path, repository: Path) -> None:
    put(repository, released("3.1.0"))
    with GitServer(tmp_path, token="") as server:
        process = subprocess.Popen(
            [sys.executable, "-c", FORK, f"{server.url}/prompts.git", str(tmp_path / "cache")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stdout and process.stdin
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        put(repository, released("3.2.0"))
        assert sorted(process.stdout.readline() for _ in range(2)) == ["False 3.2.0\n", "True 3.2.0\n"]
        process.communicate()


LOADED = """
import sys
before = set(sys.modules)
import llmops_cli.runtime
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
print(len(set(sys.modules) - before))
"""


def test_importing_it_loads_next_to_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=ROOT)
    names, count = done.stdout.splitlines()
    heavy = {"typer", "rich", "git", "litellm", "pydantic", "yaml", "jinja2", "http", "ssl", "subprocess", "asyncio"}
    assert heavy & set(names.split()) == set()
    assert int(count) < 120  # of the standard library and our own


MANY = """
import sys
from llmops_cli.runtime import Prompts
seen = []
for _ in range(25):
    with Prompts(sys.argv[1], cache_dir=sys.argv[2], poll_s=0) as prompts:
        seen.append(prompts.get("rag-answer").version)
print(*seen)
"""


def test_many_processes_share_one_cache(tmp_path: Path, repository: Path, make: MakePrompts) -> None:
    put(repository, released("3.0.0"))
    command = [sys.executable, "-c", MANY, str(repository), str(tmp_path / "cache")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)]
    for number in range(1, 15):
        put(repository, released(f"3.{number}.0"))
    seen = [process.communicate()[0].split() for process in running]
    assert [len(one) for one in seen] == [25] * 3
    make().get("rag-answer")
    repository.rename(tmp_path / "gone.git")
    assert said(make().get("rag-answer"))[:2] == ("3.14.0", "disk")
    assert sorted(path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()) == [".json"] * 2


def test_a_disk_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path, repository: Path, make: MakePrompts, caplog: pytest.LogCaptureFixture
) -> None:
    put(repository, released("3.0.0"))
    (tmp_path / "cache").write_text("a file where the folder should be")
    prompts = make()
    assert said(prompts.get("rag-answer"))[:2] == ("3.0.0", "live")
    put(repository, released("3.1.0"))
    assert prompts.refresh() == ""
    assert said(prompts.get("rag-answer"))[:2] == ("3.1.0", "live")
    assert len([record for record in caplog.records if "cannot be kept on disk" in record.message]) == 1
