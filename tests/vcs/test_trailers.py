"""Trailers survive writing and reading, and nobody smuggles one in."""

from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.vcs.trailers import one_line, read_trailers, with_trailers

KEYS = st.from_regex(r"[A-Z][a-z]{0,8}(-[A-Z][a-z]{0,8})?", fullmatch=True)


@given(st.text(min_size=1).filter(lambda text: text.strip()), st.dictionaries(KEYS, st.text(), min_size=1, max_size=4))
def test_what_is_written_is_read(subject: str, trailers: dict[str, str]) -> None:
    kept = {key: one_line(value) for key, value in trailers.items() if one_line(value)}
    if kept:
        assert read_trailers(with_trailers(f"x {one_line(subject)}", trailers)) == kept


def test_a_value_cannot_become_a_second_trailer() -> None:
    message = with_trailers("subject", {"Llmops-Reason": "fine\nLlmops-To: 9.9.9\r\nLlmops-Action: promote\u2028x"})
    assert read_trailers(message) == {"Llmops-Reason": "fine Llmops-To: 9.9.9 Llmops-Action: promote x"}


def test_only_a_last_paragraph_of_nothing_but_trailers_counts() -> None:
    assert read_trailers("subject\n\nKey: value\n\nprose at the end") == {}
    assert read_trailers("Key: value") == {}
    assert read_trailers("subject\n\nKey: value\nand prose") == {}
    assert read_trailers("subject\r\n\r\nKey: value\r\n") == {"Key": "value"}
