"""What a release writes into its tag is what is read from it."""

from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.prompts.tag import Release, read_release
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.tag_object import TagRef
from llmops_cli.vcs.trailers import one_line

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9\-_/]{0,10}[a-z0-9])?", fullmatch=True)
VERSIONS = st.builds(Version, *[st.integers(0, 99)] * 3)
DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: f"sha256:{number:064x}")


@given(NAMES, VERSIONS, DIGESTS, st.text())
def test_round_trip(name: str, version: Version, digest: str, summary: str) -> None:
    written = Release(name, version, digest, "c" * 40, f"prompts/{name}.yaml", "minor", one_line(summary))
    subject, _, body = written.message().partition("\n\n")
    tag = TagRef(written.tag, "", "commit", "c" * 40, "", "", subject, body)
    assert read_release(tag, name, version) == written
