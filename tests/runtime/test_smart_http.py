"""The client against git's own server, and against servers that lie, dawdle, or are none."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_cli.errors import InputError, ServeError
from llmops_cli.runtime.git_process import LocalRepository
from llmops_cli.runtime.smart_http import SmartHttp
from tests.git_server import TOKEN, GitServer
from tests.runtime.environment import BRANCH, bare, git, put

FILES = {
    "prompts/rag-answer.yaml": b"name: rag-answer\n" * 40,
    "prompts/team/deep/one.yaml": b"a\r\n\xff\x00",
    "releases/rag-answer.tag": b"object 1\n",
    "README.md": b"not of the environment",
}
SERVED = {path: data for path, data in FILES.items() if path != "README.md"}


Connect = Callable[..., SmartHttp]


@pytest.fixture
def client() -> Iterator[Connect]:
    """A client of a server's repository, hung up in the end."""
    made: list[SmartHttp] = []

    def connect(
        server: GitServer, *, token: str = "", name: str = "prompts.git", timeout_s: float = 20, login: str = ""
    ) -> SmartHttp:
        address = f"{server.url.replace('//', f'//{login}')}/{name}"
        made.append(SmartHttp(address, token=token, poll_timeout_s=timeout_s, fetch_timeout_s=timeout_s))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture(params=["sha1", "sha256"])
def commit(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The second commit of an environment, in a repository of either kind of ids."""
    folder = bare(tmp_path / "prompts.git", object_format=request.param)
    put(folder, {"prompts/rag-answer.yaml": b"name: rag-answer\n" * 39})
    git(folder, "repack", "-adfq", "--depth=50")
    return put(folder, FILES)


def test_a_branch_is_polled_and_its_commit_fetched_over_one_connection(
    client: Connect, tmp_path: Path, commit: str
) -> None:
    put(tmp_path / "prompts.git", {}, branch=BRANCH + "-old")
    with GitServer(tmp_path, token="") as server:
        remote = client(server)
        assert remote.tip(BRANCH) == commit
        assert remote.tip(BRANCH + "-none") is None
        assert remote.files(commit) == SERVED
        assert len(server.open) == 1
        assert server.requests == [
            "GET /prompts.git/info/refs?service=git-upload-pack",
            *["POST /prompts.git/git-upload-pack"] * 3,
        ]


def test_a_server_that_comes_back_is_talked_to_again(client: Connect, tmp_path: Path) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    server = GitServer(tmp_path, token="")
    with server:
        remote = client(server)
        assert remote.tip(BRANCH) == commit
    with pytest.raises(ServeError, match="Connection refused"):
        remote.tip(BRANCH)
    with GitServer(tmp_path, token="", port=server.port):
        assert remote.tip(BRANCH) == commit


def test_a_token_is_shown_to_the_server_and_to_nobody_else(client: Connect, tmp_path: Path) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path) as server:
        with pytest.raises(ServeError, match="401: the server wants a token"):
            client(server).tip(BRANCH)
        with pytest.raises(ServeError, match="401: the server does not accept the token") as refused:
            client(server, token="ghs_wrong").tip(BRANCH)
        assert "ghs_wrong" not in str(refused.value)
        assert client(server, token=TOKEN).tip(BRANCH) == commit
        in_address = client(server, login=f"x-access-token:{TOKEN}@")
        assert in_address.tip(BRANCH) == commit
        assert in_address.shown == f"{server.url}/prompts.git"
    with pytest.raises(InputError, match="a token is not sent over http"):
        SmartHttp("http://prompts.example/x.git", token="secret", poll_timeout_s=1, fetch_timeout_s=1)


def test_a_redirect_is_followed_within_the_origin_alone(client: Connect, tmp_path: Path) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path) as server, GitServer(tmp_path) as elsewhere:
        target = server.url

        def moved(handler: BaseHTTPRequestHandler) -> bool:
            if not handler.path.startswith("/old.git"):
                return False
            handler.send_response(301)
            handler.send_header("Location", target + handler.path.replace("/old.git", "/prompts.git"))
            handler.end_headers()
            return True

        server.disturb = moved
        remote = client(server, token=TOKEN, name="old.git")
        assert remote.tip(BRANCH) == commit
        assert len(remote.files(commit)) == 3
        target = elsewhere.url
        with pytest.raises(ServeError, match="another origin, which is not followed"):
            client(server, token=TOKEN, name="old.git").tip(BRANCH)
        assert elsewhere.requests == []


def plain(
    status: int, body: bytes, kind: str = "application/x-git-upload-pack-result"
) -> Callable[[BaseHTTPRequestHandler], bool]:
    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    return answer


def endless(handler: BaseHTTPRequestHandler) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/x-git-upload-pack-result")
    handler.end_headers()
    line = b"0011" + b"a" * 12 + b"\n"
    try:
        while True:
            handler.wfile.write(line * 1000)
    except OSError:
        return True


def packed(pack: bytes, *, head: bytes = b"000dpackfile\n") -> bytes:
    band = b"".join(b"%04x\x01" % (len(piece) + 5) + piece for piece in (pack[:9], pack[9:]))
    return head + band + b"0000"


def foreign_pack(folder: Path) -> bytes:
    """A whole pack that does not hold what is asked for."""
    other = put(bare(folder), {"prompts/x.yaml": b"x"})
    return git(folder, "pack-objects", "--stdout", "-q", "--revs", stdin=f"{other}\n".encode())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (plain(500, b"oops"), "status 500"),
        (plain(404, b""), "no such repository"),
        (plain(200, b"<html>Log in</html>", "text/html; charset=utf-8"), "text/html, not with git's protocol"),
        (plain(200, b"<html>Log in</html>"), "not git's protocol"),
        (plain(200, b"0009ERR no\x1b[2J\n"), "not git's protocol|the answer ends early|the server says"),
        (plain(200, b"000fERR no\x1b[2J\n"), "the server says: no\N{REPLACEMENT CHARACTER}"),
        (plain(200, b"00"), "ends early"),
        (plain(200, b"00000000"), "goes on after its end|did not send"),
        (endless, "larger than the limit|not git's protocol"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused_with_a_sentence(
    client: Connect, tmp_path: Path, answer: Callable[[BaseHTTPRequestHandler], bool], words: str
) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path, token="") as server:
        remote = client(server)
        assert remote.tip(BRANCH) == commit
        server.disturb = answer
        for ask in (lambda: remote.files(commit), lambda: remote.tip(BRANCH)):
            with pytest.raises(ServeError, match=words):
                ask()
        server.disturb = lambda _: False
        assert remote.tip(BRANCH) == commit
        assert len(remote.files(commit)) == 3


@pytest.mark.parametrize(
    ("size", "words"), [(b"-1", "larger than the limit"), (b"-4", "the answer broke off"), (b"zz", "broke off")]
)
def test_a_chunk_of_no_size_is_not_read_for_ever(client: Connect, tmp_path: Path, size: bytes, words: str) -> None:
    sent = 0

    def chunked(handler: BaseHTTPRequestHandler) -> bool:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(size + b"\r\n")
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                sent += handler.wfile.write(b"x" * (64 << 10))
        return True

    with GitServer(tmp_path, token="") as server:
        server.disturb = chunked
        with pytest.raises(ServeError, match=words):
            client(server).tip(BRANCH)
    assert sent < 32 << 20  # what lies in the buffers of two sockets, and not all that came


def test_a_redirect_to_what_is_no_address_is_told(client: Connect, tmp_path: Path) -> None:
    def nowhere(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(302)
        handler.send_header("Location", "http://[::1/x.git")
        handler.end_headers()
        return True

    with GitServer(tmp_path, token="") as server:
        server.disturb = nowhere
        with pytest.raises(ServeError, match="redirects to what is no address"):
            client(server).tip(BRANCH)


def test_a_pack_that_is_not_the_commit_is_refused(client: Connect, tmp_path: Path) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    pack = foreign_pack(tmp_path / "other.git")
    with GitServer(tmp_path, token="") as server:
        remote = client(server)
        assert remote.tip(BRANCH) == commit
        for sent, words in (
            (pack, f"did not send commit {commit[:12]}"),
            (pack[:-1] + bytes([pack[-1] ^ 1]), "checksum"),
            (pack[:40], "checksum"),
            (b"rubbish", "no pack"),
        ):
            server.disturb = plain(200, packed(sent))
            with pytest.raises(ServeError, match=words):
                remote.files(commit)


@pytest.fixture
def dawdling() -> Iterator[Callable[[BaseHTTPRequestHandler], bool]]:
    """A server that sends one byte of its answer after the other, always in time for a waiting socket."""
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        handler.end_headers()
        try:
            while not over.wait(0.01):
                handler.wfile.write(b"a")
        except OSError:
            pass
        return True

    yield answer
    over.set()


def test_a_server_that_dawdles_meets_the_deadline(
    client: Connect, tmp_path: Path, dawdling: Callable[[BaseHTTPRequestHandler], bool]
) -> None:
    put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path, token="") as server:
        slow = client(server, timeout_s=0.2)
        server.disturb = dawdling
        with pytest.raises(ServeError, match=r"no whole answer within|no answer in time"):
            slow.tip(BRANCH)


def test_the_client_asks_for_one_branch_and_no_history(client: Connect, tmp_path: Path) -> None:
    """What a poll costs is promised on the page of the runtime: a hundred bytes, however large the registry is."""
    folder = bare(tmp_path / "prompts.git")
    for number in range(3):
        commit = put(folder, {"prompts/a.yaml": b"%d" % number})
    subprocess.run(["git", "update-ref", "--stdin"], cwd=folder, check=True, input="".join(
        f"create refs/tags/a@v1.{number}.0 {commit}\n" for number in range(500)
    ).encode())  # fmt: skip
    with GitServer(tmp_path, token="") as server:
        remote = client(server)
        assert remote.tip(BRANCH) == commit
        assert remote.files(commit) == {"prompts/a.yaml": b"2"}
    assert server.answers[1] < 100 and server.answers[2] < 1000


def test_whatever_bytes_come_the_files_are_the_true_ones_or_none(client: Connect, tmp_path: Path) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    answers: list[bytes] = []

    def keep(handler: BaseHTTPRequestHandler) -> bool:
        size = int(handler.headers["Content-Length"])
        answers.append(GitServer.backend(tmp_path, handler, handler.rfile.read(size))[1])
        return plain(200, answers[-1])(handler)

    with GitServer(tmp_path, token="") as server:
        remote = client(server)
        remote.tip(BRANCH)
        server.disturb = keep
        assert remote.files(commit) == SERVED
        true = answers[0]

        @given(place=st.integers(0, len(true) - 1), byte=st.integers(0, 255), cut=st.booleans())
        @settings(max_examples=60)
        def damaged(place: int, byte: int, cut: bool) -> None:
            sent = true[:place] if cut else true[:place] + bytes([byte]) + true[place + 1 :]
            server.disturb = plain(200, sent)
            try:
                assert remote.files(commit) == SERVED
            except ServeError:
                return
            assert not cut

        damaged()


def test_a_repository_that_was_made_anew_or_moved_is_found(client: Connect, tmp_path: Path) -> None:
    put(bare(tmp_path / "prompts.git"), FILES)

    def moved(handler: BaseHTTPRequestHandler) -> bool:
        if not handler.path.startswith("/prompts.git/info"):
            return False
        handler.send_response(302)
        handler.send_header("Location", handler.path.replace("/prompts.git", "/elsewhere.git"))
        handler.end_headers()
        return True

    with GitServer(tmp_path, token="") as server:
        (tmp_path / "prompts.git").rename(tmp_path / "elsewhere.git")
        server.disturb = moved
        remote = client(server)
        assert remote.tip(BRANCH)
        (tmp_path / "elsewhere.git").rename(tmp_path / "gone.git")
        commit = put(bare(tmp_path / "prompts.git", object_format="sha256"), FILES)
        server.disturb = lambda _: False
        with pytest.raises(ServeError, match="404"):
            remote.tip(BRANCH)
        assert remote.tip(BRANCH) == commit
        assert remote.files(commit) == SERVED


def test_https_is_spoken_with_those_whose_certificate_is_known(
    client: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, so there is no certificate")
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    certificate, key = tmp_path / "both.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=prompts", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    with GitServer(tmp_path, certificate=certificate) as server:
        with pytest.raises(ServeError, match=r"its certificate is not trusted \(self.signed certificate\)"):
            client(server, token=TOKEN).tip(BRANCH)
        assert server.headers == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        remote = client(server, token=TOKEN)
        assert remote.tip(BRANCH) == commit
        assert remote.files(commit) == SERVED
        assert len(server.open) == 1


def test_a_proxy_is_used_where_the_surroundings_name_one(
    client: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path, token="") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        remote = SmartHttp("http://prompts.invalid/prompts.git", poll_timeout_s=20, fetch_timeout_s=20)
        assert remote.tip(BRANCH) == commit
        assert proxy.requests[-1] == "POST http://prompts.invalid/prompts.git/git-upload-pack"
        remote.close()
        assert client(proxy).tip(BRANCH) == commit  # without it
        assert proxy.requests[-1] == "POST /prompts.git/git-upload-pack"


def test_a_token_in_the_clear_goes_to_no_proxy(
    client: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = put(bare(tmp_path / "prompts.git"), FILES)
    with GitServer(tmp_path) as server, GitServer(tmp_path, token="") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert client(server, token=TOKEN).tip(BRANCH) == commit
        assert proxy.requests == []


def test_what_has_a_name_that_is_no_text_belongs_to_no_prompt(client: Connect, tmp_path: Path) -> None:
    folder = bare(tmp_path / "prompts.git")
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    entries = (("100644", b"\xff.yaml"), ("100644", b"a.yaml"), ("120000", b"link.yaml"))
    lines = b"".join(f"{mode} blob {blob}\t".encode() + name + b"\0" for mode, name in entries)
    prompts = git(folder, "mktree", "-z", stdin=lines).decode().strip()
    tree = git(folder, "mktree", stdin=f"040000 tree {prompts}\tprompts\n".encode()).decode().strip()
    commit = git(folder, "commit-tree", "-m", "x", tree).decode().strip()
    git(folder, "update-ref", BRANCH, commit)
    with GitServer(tmp_path, token="") as server:
        assert client(server).files(commit) == {"prompts/a.yaml": b"x"}
    local = LocalRepository(folder, poll_timeout_s=20, fetch_timeout_s=20)
    assert local.files(commit) == {"prompts/a.yaml": b"x"}
