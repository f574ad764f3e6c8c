import pytest

from llmops_cli.models.model import FATAL, RETRYABLE, Fault, Label, ModelError, Request, Response, Usage, check_complete
from tests.models.asking import ask

QUESTION = ({"role": "user", "content": "hi"},)


def test_the_key_is_the_same_for_the_same_call_whatever_the_order_of_keys_and_the_label() -> None:
    one = Request("m", QUESTION, {"temperature": 0, "max_tokens": 5}, label=Label("a@1.0.0", "x", 0))
    two = Request("m", ({"content": "hi", "role": "user"},), {"max_tokens": 5, "temperature": 0})
    assert one.key == two.key
    assert len(one.key) == len("sha256:") + 64


@pytest.mark.parametrize(
    "other",
    [
        Request("n", QUESTION),
        Request("m", ({"role": "system", "content": "hi"},)),
        Request("m", QUESTION, {"temperature": 0}),
        Request("m", QUESTION, tools=({"type": "function"},)),
        Request("m", QUESTION, schema={}),
        Request("m", QUESTION, endpoint="http://localhost:8000/v1"),
        Request("m", QUESTION, repeat=1),
    ],
)
def test_whatever_may_change_the_answer_changes_the_key(other: Request) -> None:
    assert other.key != Request("m", QUESTION).key


def test_no_fault_is_both_worth_another_try_and_the_end_of_the_run() -> None:
    assert not RETRYABLE & FATAL
    assert {Fault.QUOTA, Fault.UNAUTHORISED, Fault.NO_SUCH_MODEL, Fault.BUDGET} <= FATAL


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (Response("half an ans", "length", Usage(9, 128)), Fault.TRUNCATED),
        (Response("half an ans", "max_tokens"), Fault.TRUNCATED),
        (Response("", "length"), Fault.TRUNCATED),
        (Response("I", "content_filter"), Fault.FILTERED),
        (Response(""), Fault.EMPTY),
        (Response(" \n"), Fault.EMPTY),
        (Response("", "tool_calls"), Fault.EMPTY),
    ],
)
def test_what_is_no_whole_answer_is_an_error(response: Response, fault: Fault) -> None:
    with pytest.raises(ModelError) as caught:
        check_complete(response)
    assert caught.value.fault is fault


def test_a_truncated_answer_says_after_how_much_and_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"truncated answer: stopped .* after 1,280 tokens; raise max_tokens"):
        check_complete(Response("half", "length", Usage(9, 1280)))


def test_a_whole_answer_passes() -> None:
    call = Response("", "tool_calls", tool_calls=({"id": "1", "name": "f", "arguments": "{}"},))
    assert check_complete(call) is call
    assert check_complete(Response("no", "something-new")).text == "no"


def test_ask_makes_equal_requests() -> None:
    assert ask("a") == ask("a")
    assert ask("a").key != ask("b").key
