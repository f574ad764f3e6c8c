"""What a provider's error means to us: one Fault, one sentence without keys, and when to come again.

Errors are told apart by status, by the codes in their text and by their causes; their classes are too unreliable
(litellm calls a refused connection, a sign-in page and a missing key all InternalServerError, status 500).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from llmops_cli.models.model import Fault, ModelError
from llmops_cli.models.secret import redact

LONGEST_MESSAGE = 400

_QUOTA = re.compile(
    r"insufficient_quota|credit_balance_exhausted|enforced_spend_limit_reached|billing_hard_limit_reached"
    r"|billing_not_active|payment_required|credit balance is too low|insufficient (?:account )?(?:balance|credits)",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_filter|content_policy_violation|content management policy|ContentPolicyViolation|"
    r"(?:input|prompt) (?:was )?flagged|blocked by (?:our )?(?:content|safety)",
    re.IGNORECASE,
)
_NO_KEY = re.compile(
    r"missing credentials|missing .{0,20}(?:api[ _]?key|token)|api_key client option must be set"
    r"|unable to locate credentials|default credentials were not found|incorrect api key|invalid api key",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(r"model_not_found|model .{0,80}(?:does not exist|not found)|not_found_error", re.IGNORECASE)
_BAD_REPLY = re.compile(
    r"empty or invalid response|invalid response object|provider returned 'choices'|expecting value"
    r"|unterminated string|unable to get json response|error parsing",
    re.IGNORECASE,
)
_BROKEN = frozenset({"JSONDecodeError", "ValidationError", "APIResponseValidationError", "JSONSchemaValidationError"})
_TIMEOUTS = frozenset({"Timeout", "TimeoutError", "APITimeoutError", "ReadTimeout", "ConnectTimeout", "PoolTimeout"})
_LINES = frozenset({"ConnectError", "ReadError", "WriteError", "RemoteProtocolError", "ProxyError", "gaierror"})
_STATUS: Mapping[int, Fault] = {
    400: Fault.REFUSED,
    401: Fault.UNAUTHORISED,
    402: Fault.QUOTA,
    403: Fault.UNAUTHORISED,
    404: Fault.NO_SUCH_MODEL,
    408: Fault.TIMEOUT,
    409: Fault.SERVER,
    429: Fault.RATE_LIMITED,
    504: Fault.TIMEOUT,
}
_PREFIX = re.compile(r"^(?:litellm\.)?(?:[A-Za-z]+(?:Error|Exception|Timeout)|Timeout)(?::| - | Error: )\s*")
_COME_AGAIN = re.compile(
    r"(?:retry|try again) (?:in|after) (?=[0-9])"
    r"(?:(?P<h>[0-9]{1,6}) ?h(?![a-z]))?(?:(?P<m>[0-9]{1,6}) ?m(?![a-z]))?"
    r"(?:(?P<s>[0-9]{1,9}(?:\.[0-9]+)?) ?(?P<unit>ms|s|seconds?)\b)?",
    re.IGNORECASE,
)


def model_error(
    error: BaseException, secrets: Sequence[str] = (), *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> ModelError:
    """The error of a provider's library as ours. `secrets` never appear in its message, nor what looks like a key."""
    chain = _chain(error)
    fault = _fault(chain, _text(chain))
    retry_after = next((found for part in chain if (found := _retry_after(part, now)) is not None), None)
    # redacted before it is shortened: half a key has no shape, and would stay
    return ModelError(fault, _sentence(error, secrets), retry_after=retry_after)


def seconds_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After (seconds or an HTTP date) or retry-after-ms ask for, in seconds from `now`, else None."""
    lower = {name.lower(): str(value).strip() for name, value in headers.items()}
    milliseconds = _number(lower.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = lower.get("retry-after", "")
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _fault(chain: Sequence[BaseException], text: str) -> Fault:
    """The most telling sign first: codes in the text, then a broken line, then what was not JSON, then the status."""
    names = {type(part).__name__ for part in chain}
    status = _status(chain)
    if _QUOTA.search(text):
        return Fault.QUOTA
    if _FILTER.search(text) and status in (None, 400, 403, 422):
        return Fault.FILTERED
    if _answered(chain):
        return _by_status(status, text)
    if names & _TIMEOUTS:
        return Fault.TIMEOUT
    if names & _LINES or any(isinstance(part, ConnectionError) for part in chain):
        return Fault.CONNECTION
    if _NO_KEY.search(text):
        return Fault.UNAUTHORISED
    if names & _BROKEN or _BAD_REPLY.search(text):
        return Fault.BAD_REPLY
    return _by_status(status, text)


def _by_status(status: int | None, text: str) -> Fault:
    if status == 403 and _FILTER.search(text):
        return Fault.FILTERED
    if status in (400, 422) and _NO_KEY.search(text):
        return Fault.UNAUTHORISED
    if status in (400, 403) and _NO_MODEL.search(text):
        return Fault.NO_SUCH_MODEL
    if status is not None and status in _STATUS:
        return _STATUS[status]
    return Fault.SERVER if status is not None and status >= 500 else Fault.REFUSED


def _chain(error: BaseException) -> list[BaseException]:
    """The error and its causes, outermost first."""
    chain: list[BaseException] = []
    part: BaseException | None = error
    while part is not None and part not in chain and len(chain) < 10:
        chain.append(part)
        part = part.__cause__ or part.__context__
    return chain


def _answered(chain: Sequence[BaseException]) -> bool:
    """Whether a server really answered with an error status: then that status is not litellm's invention."""
    return any(type(part).__name__ == "HTTPStatusError" for part in chain)


def _status(chain: Sequence[BaseException]) -> int | None:
    """The status of the response itself where there is one, else what the outermost error says."""
    for part in reversed(chain):
        if type(part).__name__ == "HTTPStatusError":
            return int(getattr(getattr(part, "response", None), "status_code", 0)) or None
    for part in chain:
        status = getattr(part, "status_code", None)
        if isinstance(status, int):
            return status
        if isinstance(status, str) and status.isdigit():
            return int(status)
    return None


def _text(chain: Sequence[BaseException]) -> str:
    """All the words of an error: messages, codes and bodies."""
    return " ".join(f"{part} {getattr(part, 'code', '')} {getattr(part, 'body', '')}" for part in chain)


def _retry_after(error: BaseException, now: Callable[[], datetime]) -> float | None:
    response = getattr(error, "response", None)
    for headers in (getattr(error, "litellm_response_headers", None), getattr(response, "headers", None)):
        if headers:
            found = seconds_of(dict(headers), now())
            if found is not None:
                return found
    said = _COME_AGAIN.search(str(error))
    if said is None or not any(said.group("h", "m", "s")):
        return None
    seconds = float(said["s"] or 0) / (1000 if (said["unit"] or "").lower() == "ms" else 1)
    return int(said["h"] or 0) * 3600 + int(said["m"] or 0) * 60 + seconds


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text) else None


def _sentence(error: BaseException, secrets: Sequence[str]) -> str:
    """The first line of the message, without keys and without the names of exceptions in front of it."""
    text = redact(str(error), secrets).split("Traceback (most recent call last)")[0].strip()
    text = " ".join(text.split())
    while (shorter := _PREFIX.sub("", text, count=1)) != text:
        text = shorter
    text = text or type(error).__name__
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"
