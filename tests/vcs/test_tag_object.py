"""What is read from the bytes of a tag object is what git says of the tag."""

import pytest

from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tag_object import TagRef, parse_tag
from tests.conftest import GitRepo

MESSAGES = ["one line", "one\n\ntwo\nlines\n\nKey: value", "two\nlines first\n\nbody\n", "  é – 漢字\n\n\n\nx\n\n"]


def listed(repo: GitRepo) -> TagRef:
    """The only tag, in git's own words."""
    fields = ("refname:strip=2", "objectname", "type", "object", "taggername", "taggerdate:iso-strict",
              "contents:subject", "contents:body")  # fmt: skip
    form = "%00".join(f"%({field})" for field in fields)
    return TagRef(*repo.git("for-each-ref", f"--format={form}%00", "refs/tags").split("\0")[:8])


@pytest.mark.parametrize("message", MESSAGES)
def test_as_git_reads_it(repo: GitRepo, message: str) -> None:
    repo.commit({"a": "b"})
    repo.git("tag", "-a", "-m", message, "rag-answer@v1.0.0")
    git_says = listed(repo)
    assert parse_tag(Repo(repo.path).tag_object(git_says.tag_id)) == git_says


def test_a_signature_is_no_part_of_the_message(repo: GitRepo) -> None:
    head = repo.commit({"a": "b"})
    signed = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
    text = f"object {head}\ntype commit\ntag x@v1.0.0\ntagger A <a@b> 1700000000 +0530\n\nx\n\nKey: v\n{signed}"
    (repo.path / "tag").write_text(text)
    tag_id = repo.git("hash-object", "-t", "tag", "-w", "tag")
    repo.git("update-ref", "refs/tags/x@v1.0.0", tag_id)
    read = parse_tag(text.encode())
    assert read == listed(repo)
    assert read.body == "Key: v\n" and read.date == "2023-11-15T03:43:20+05:30"


def test_of_two_headers_the_first_counts_as_for_git(repo: GitRepo) -> None:
    first, other = repo.commit({"a": "b"}), repo.commit({"a": "c"})
    head = f"object {first}\ntype commit\ntag x@v1.0.0\ntagger A <a@b> 1700000000 +0000"
    read = parse_tag(f"{head}\nobject {other}\ntag y@v1.0.0\n\nx\n".encode())
    assert (read.target, read.name) == (first, "x@v1.0.0")


@pytest.mark.parametrize("data", [b"", b"tree x\n\n", b"object 12\ntype commit\ntag a\n\nx", b"\xff\xfe"])
def test_what_is_no_tag_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a tag object"):
        parse_tag(data)


@pytest.mark.parametrize("armour", ["-----BEGIN PGP SIGNATURE----- ", "-----BEGIN PGP SIGNATURE-----\r"])
def test_what_follows_a_signature_is_not_read_however_it_begins(repo: GitRepo, armour: str) -> None:
    """gpg takes a first line that ends with a blank, and what comes after the signature is covered by nothing."""
    head = repo.commit({"a": "b"})
    text = f"object {head}\ntype commit\ntag x@v1.0.0\ntagger A <a@b> 1700000000 +0530\n\nx\n\nKey: signed\n"
    forged = f"{text}{armour}\n\niHUEABYK\n-----END PGP SIGNATURE-----\n\nKey: forged\n".encode()
    (repo.path / "tag").write_bytes(forged)
    repo.git("update-ref", "refs/tags/x@v1.0.0", repo.git("hash-object", "-t", "tag", "-w", "tag"))
    assert parse_tag(forged) == listed(repo)
    assert parse_tag(forged).body == "Key: signed\n"
