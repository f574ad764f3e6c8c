import pytest

from llmops_cli.models.secret import redact, secrets_of


def test_values_of_variables_named_like_keys_are_secret() -> None:
    env = {
        "OPENAI_API_KEY": "abcdef123456",
        "GITHUB_TOKEN": "tok-tok-tok",
        "DB_PASSWORD": "hunter22",
        "MONKEY": "bananas-and-more",
        "TOKENIZERS_PARALLELISM": "false-or-true",
        "EMPTY_KEY": "",
        "SHORT_KEY": "1",
    }
    assert secrets_of(env) == ("abcdef123456", "tok-tok-tok", "hunter22")


def test_passwords_in_addresses_are_secret_wherever_they_turn_up() -> None:
    env = {
        "LLMOPS_CACHE_URL": "rediss://ann:open%20sesame@example.org:6380/0",
        "HTTPS_PROXY": "http://:hush/hush@proxy:3128",
        "OPENAI_API_BASE": "http://127.0.0.1:8000/v1",
    }
    assert secrets_of(env) == ("open%20sesame", "open sesame", "hush/hush")


def test_the_longer_of_two_secrets_goes_first() -> None:
    env = {"A_KEY": "secret-value", "B_KEY": "secret-value-and-more"}
    assert redact("say secret-value-and-more", secrets_of(env)) == "say [redacted]"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcDEF123.",
        "Incorrect API key provided: sk-ab***********yz.",
        "sk-ant-api03-AAAAAAAAA",
        "Authorization: Bearer eyJhbGciOiJI.abc-def",
        "https://generativelanguage.googleapis.com/v1?key=AIzaSyA1234567890",
        "connect to https://user:pa55word@proxy.example.org:3128",
        "gsk_abcdefghijkl",
        "hf_abcdefghijkl",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_what_looks_like_a_key_is_removed(text: str) -> None:
    shown = redact(text)
    assert "[redacted]" in shown
    for part in ("abcDEF123", "ab***", "AAAAAAAAA", "eyJhbGciOiJI", "AIzaSy", "pa55word", "abcdefghijkl", "IOSFODNN7"):
        assert part not in shown


@pytest.mark.parametrize(
    "text", ["the key is missing", "risk-free", "task-force", "ask-me", "a bearer of news", "http://a:8000/b"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text
