"""The parts that need no server; every fault through real HTTP is in test_via_litellm.py."""

from datetime import UTC, datetime

import pytest

from llmops_cli.models.model import Fault
from llmops_cli.models.provider_fault import LONGEST_MESSAGE, model_error, seconds_of

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


class ProviderError(Exception):
    def __init__(self, message: str, status_code: int | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.litellm_response_headers = headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:59:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9999"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_when_to_come_again(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_of(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached. Please try again in 1.5s.", 1.5),
        ("Rate limit reached. Please try again in 250ms.", 0.25),
        ("Quota exceeded for metric. Please retry in 23.4s.", 23.4),
        ("Please try again in 6m0s.", 360.0),
        ("Please try again in 1h2m3.5s. Visit us", 3723.5),
        ("Please retry after 20 seconds.", 20.0),
        ("Try again in 3 more ways", None),
        ("try again later", None),
    ],
)
def test_when_to_come_again_may_stand_in_the_text(message: str, seconds: float | None) -> None:
    assert model_error(ProviderError(message, 429), now=lambda: NOW).retry_after == seconds


def test_the_header_counts_more_than_the_text() -> None:
    error = ProviderError("try again in 20s", 429, {"retry-after": "3"})
    assert model_error(error, now=lambda: NOW).retry_after == 3.0


@pytest.mark.parametrize(
    ("status", "message", "fault"),
    [
        (400, "Your credit balance is too low to access the Anthropic API", Fault.QUOTA),
        (402, "Insufficient credits", Fault.QUOTA),
        (
            429,
            "You exceeded your current quota. Please retry in 23s.",
            Fault.RATE_LIMITED,
        ),  # Gemini's word for too fast
        (429, '{"error": {"code": "enforced_spend_limit_reached"}}', Fault.QUOTA),
        (403, "Your chosen model requires moderation and your input was flagged", Fault.FILTERED),
        (403, "forbidden", Fault.UNAUTHORISED),
        (400, "Invalid API key. Incorrect API key provided", Fault.UNAUTHORISED),
        (400, "The model `x` does not exist", Fault.NO_SUCH_MODEL),
        (400, "temperature: must be at most 1", Fault.REFUSED),
        (413, "too large", Fault.REFUSED),
        (422, "schema", Fault.REFUSED),
        (529, "overloaded_error", Fault.SERVER),
        (None, "No module named 'boto3'", Fault.REFUSED),
    ],
)
def test_codes_and_words_tell_more_than_the_class(status: int | None, message: str, fault: Fault) -> None:
    assert model_error(ProviderError(message, status)).fault is fault


def test_causes_tell_a_broken_line_from_a_broken_server() -> None:
    def caused_by(cause: BaseException) -> Fault:
        outer = ProviderError("InternalServerError: something", 500)
        outer.__cause__ = cause
        return model_error(outer).fault

    assert caused_by(ConnectionResetError()) is Fault.CONNECTION
    assert caused_by(TimeoutError()) is Fault.TIMEOUT
    assert caused_by(KeyError("x")) is Fault.SERVER


def test_causes_that_go_round_in_circles_are_survived() -> None:
    one, two = ProviderError("one", 500), ProviderError("two", 500)
    one.__cause__, two.__cause__ = two, one
    assert model_error(one).fault is Fault.SERVER


def test_messages_are_short_single_lines_without_class_names() -> None:
    message = "litellm.RateLimitError: RateLimitError: OpenAIException - Too\n  fast" + "!" * 1000
    shown = model_error(ProviderError(message, 429)).message
    assert shown.startswith("Too fast!!!")
    assert len(shown) == LONGEST_MESSAGE


def test_a_traceback_in_a_message_is_left_out() -> None:
    shown = model_error(
        ProviderError("Invalid response object Traceback (most recent call last):\n File x", 500)
    ).message
    assert shown == "Invalid response object"


def test_keys_do_not_reach_the_message() -> None:
    error = ProviderError("OpenAIException - bad key sk-proj-12345678 for correct-horse-battery", 401)
    shown = str(model_error(error, ("correct-horse-battery",)))
    assert shown == "not authorised: bad key [redacted] for [redacted]"


def test_an_error_without_words_is_named_by_its_class() -> None:
    assert model_error(ValueError()).message == "ValueError"


@pytest.mark.parametrize("before", range(LONGEST_MESSAGE - 24, LONGEST_MESSAGE + 2))
def test_no_half_of_a_key_is_left_where_a_message_is_cut(before: int) -> None:
    error = ProviderError("x" * before + " 0123456789abcdef0123", 401)
    assert "0123" not in str(model_error(error, ("0123456789abcdef0123",)))
