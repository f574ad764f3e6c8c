"""Which change of contract a running application is spared, and which it is not."""

from pathlib import Path

import pytest

from llmops_cli.runtime import Contract, InputError
from tests.runtime.environment import put
from tests.runtime.released import BOTH, QUESTION, MakePrompts, released

OPTIONAL = QUESTION + ", persona: {type: string, default: kind}"


@pytest.mark.parametrize(
    ("first", "then", "renders", "contract", "words"),
    [
        # what every call would fail with is held back, in either direction
        (("3.1.0", QUESTION), ("4.0.0", BOTH), {}, None, "needs variable 'context'"),
        (("4.0.0", BOTH), ("3.1.0", QUESTION), {}, None, "does not take variable 'context'"),
        (("3.1.0", QUESTION), ("4.0.0", "question: {type: integer}"), {}, None, "no longer string but integer"),
        (("3.2.0", OPTIONAL), ("3.1.0", QUESTION), {"question": "", "persona": ""}, None, "does not take variable"),
        (("3.1.0", QUESTION), ("4.0.0", BOTH), {}, ["question"], "needs variable 'context'"),
        (("3.1.0", QUESTION), ("3.2.0", OPTIONAL), {}, ["question", "persona"], "does not take variable 'persona'"),
        # what the application passes anyway, or never did, is no reason
        (("3.1.0", QUESTION), ("3.2.0", OPTIONAL), {}, None, ""),
        (("3.2.0", OPTIONAL), ("3.1.0", QUESTION), {}, None, ""),
        (("3.2.0", OPTIONAL), ("3.1.0", QUESTION), {"question": ""}, None, ""),
        (("3.2.0", OPTIONAL), ("4.0.0", QUESTION), {"question": ""}, None, ""),
        (("3.1.0", OPTIONAL), ("4.0.0", BOTH), {"question": "", "context": ""}, None, ""),
        # of the rest callers may notice something: held back forwards, let through in a rollback
        (("3.1.0", QUESTION), ("4.0.0", "question: {type: string, max_length: 9}"), {}, None, "was narrowed"),
        (("4.0.0", QUESTION), ("3.1.0", "question: {type: string, max_length: 9}"), {}, None, ""),
    ],
)
def test_a_version_that_the_application_does_not_fit_is_held_back(
    tmp_path: Path, repository: Path, make: MakePrompts, first: tuple[str, str], then: tuple[str, str],
    renders: dict[str, str], contract: list[str] | None, words: str,
) -> None:  # fmt: skip
    fitting = contract is not None and "persona" in contract
    put(repository, released(first[0], variables=OPTIONAL if fitting else first[1]))
    prompts = make(contract={"rag-answer": contract} if contract is not None else None)
    prompt = prompts.get("rag-answer")
    if renders and set(renders) <= set(prompt.variables):
        prompt.render(**renders)
    elif renders:
        with pytest.raises(InputError, match="is not a variable"):
            prompt.render(**renders)
    put(repository, released(then[0], variables=QUESTION if fitting else then[1]))
    prompts.refresh()
    now = prompts.get("rag-answer")
    assert words in now.why and bool(words) == bool(now.why), now.why
    assert (now.version, now.source) == ((first[0], "stale") if words else (then[0], "live"))


def test_one_bad_call_among_good_ones_keeps_no_rollback_away(repository: Path, make: MakePrompts) -> None:
    put(repository, released("3.2.0"))
    prompts = make()
    prompt = prompts.get("rag-answer")
    prompt.render(question="Why?")
    for wrong in ({}, {"question": "Why?", "admin": "yes"}):
        with pytest.raises(InputError):
            prompt.render(**wrong)
    put(repository, released("3.1.0"))
    prompts.refresh()
    assert (prompts.get("rag-answer").version, prompts.get("rag-answer").why) == ("3.1.0", "")


OUTPUT = """output:
  format: json
  schema: {{type: object, properties: {{{fields}}}, required: [{names}]}}
"""


def answering(version: str, *fields: str) -> dict[str, bytes]:
    shown = ", ".join(f"{field}: {{type: string}}" for field in fields)
    return released(version, more=OUTPUT.format(fields=shown, names=", ".join(fields)))


def test_a_field_of_the_answer_that_is_gone_is_held_back(repository: Path, make: MakePrompts) -> None:
    put(repository, answering("3.1.0", "answer", "sources"))
    guessed = make()
    declared = make(contract={"rag-answer": Contract({"question"}, output={"answer"})})
    assert guessed.get("rag-answer").version == declared.get("rag-answer").version == "3.1.0"
    assert guessed.get("rag-answer").output["schema"]["required"] == ["answer", "sources"]
    put(repository, answering("4.0.0", "answer"))
    guessed.refresh(), declared.refresh()
    assert guessed.get("rag-answer").why.endswith("output field 'sources' was removed")
    assert declared.get("rag-answer").version == "4.0.0"
    put(repository, answering("5.0.0", "text"))
    declared.refresh()
    assert "does not promise the field 'answer', which the application reads" in declared.get("rag-answer").why
    put(repository, answering("3.0.0", "answer"))  # a rollback to where the field was not there yet
    guessed.refresh()
    assert guessed.get("rag-answer").version == "3.0.0"


def test_a_version_from_the_disk_says_nothing_of_what_the_code_was_written_for(
    tmp_path: Path, repository: Path, make: MakePrompts
) -> None:
    put(repository, answering("3.1.0", "answer", "sources"))
    make().get("rag-answer")
    repository.rename(tmp_path / "gone.git")
    newer = make()  # deployed with a version that no longer answers with sources, while nobody could be asked
    assert newer.get("rag-answer").source == "disk"
    (tmp_path / "gone.git").rename(repository)
    put(repository, answering("4.0.0", "answer"))
    newer.refresh()
    assert (newer.get("rag-answer").version, newer.get("rag-answer").source) == ("4.0.0", "live")
    put(repository, answering("5.0.0", "text"))
    newer.refresh()
    assert "output field 'answer' was removed" in newer.get("rag-answer").why
