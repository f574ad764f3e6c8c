"""Keys never reach a message: which values of the environment are secret, and their removal from text."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

_SECRET_NAME = re.compile(r"(_|^)(API_?KEYS?|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
_SHORTEST = 6  # a value such as "1" or "true" would eat ordinary text
_SHAPES = re.compile(
    r"""
    \b(?:sk|pk|rk|gsk|xai|key)-[A-Za-z0-9_*.\-]{3,}      # OpenAI, Anthropic, Groq (also half hidden: sk-ab***yz)
    | \bgsk_[A-Za-z0-9]{8,} | \bhf_[A-Za-z0-9]{8,} | \bghp_[A-Za-z0-9]{8,}
    | \bAIza[A-Za-z0-9_\-]{10,}                          # Google
    | \bAKIA[A-Z0-9]{12,}                                # AWS
    | (?<=[Bb]earer\s)[A-Za-z0-9._~+/=\-]{6,}
    | (?<=[?&]key=)[^&\s'"]+
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                    # user:password or :password in a URL
    """,
    re.VERBOSE,
)
_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^\s@]+)@")  # the password of LLMOPS_CACHE_URL, of a proxy, of a database
REDACTED = "[redacted]"


def secrets_of(env: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables named like a key, and passwords in addresses; longest first (one may hold another)."""
    values = {value for name, value in env.items() if _SECRET_NAME.search(name)}
    passwords = {found[1] for value in env.values() for found in _IN_ADDRESS.finditer(value)}
    values |= passwords | {unquote(password) for password in passwords}
    values = {value for value in values if len(value) >= _SHORTEST}
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without the given secrets and without anything that has the shape of a key."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return _SHAPES.sub(REDACTED, text)
