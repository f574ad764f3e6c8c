"""The stand-in for the runner's log: were it blind, no test would see that an answer gave a command."""

import pytest

from tests.action.log import Log


@pytest.mark.parametrize(
    "line", ["::set-output name=a::b", "  ::add-mask::x", "words ##[error]x", "::warning file=a,line=1::x", "##[group]"]
)
def test_commands_are_seen_wherever_the_runner_sees_them(line: str) -> None:
    log = Log()
    log.add(f"words\n{line}\nwords ::error::no command\n")
    assert len(log.commands) == 1


def test_what_is_stopped_is_text_until_it_is_resumed() -> None:
    log = Log()
    log.add("::stop-commands::abc\n::error::one\n##[error]two\n::abd::\n::abc::\n::error::three%0Amore\n")
    assert log.annotations == ["error: three\nmore"]
