"""From the files of a prompt in an environment to a version that may be served: proven, signed, and fitting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmops_cli.errors import InputError, LlmopsError, ServeError
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.served import load_served, tag_of
from llmops_cli.runtime.application import Application
from llmops_cli.runtime.signature import Signers, why_not_signed

_ENVIRONMENT = re.compile(r"(?!.*(\.\.|//|/\.))[A-Za-z0-9]([A-Za-z0-9._\-/]*[A-Za-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Held:
    """A version that is served. `origin` is where it was found first, `seen_at` when it was last known to be live."""

    prompt: Prompt
    files: Mapping[str, bytes]
    commit: str
    origin: str  # remote, disk or bundled
    seen_at: float
    current: bool = False  # the remote serves exactly this, as of the last poll that came through
    why: str = ""  # what keeps a newer one from taking its place


def accepted(
    files: Mapping[str, bytes], name: str, *, signers: Signers | None, application: Application, now: Prompt | None
) -> Prompt:
    """The prompt of these files. Raises ServeError with the sentence why it is not served."""
    try:
        return _proven(files, name, signers, application, now)
    except ServeError:
        raise
    except LlmopsError as error:
        raise ServeError(f"its files cannot be read: {_first_line(error.message)}") from None
    except Exception as error:  # the fence around foreign bytes: one prompt must not stop the others
        raise ServeError(f"its files cannot be read ({type(error).__name__})") from error


def _proven(
    files: Mapping[str, bytes], name: str, signers: Signers | None, application: Application, now: Prompt | None
) -> Prompt:
    served = load_served(files.get, name)
    if served.doubt or served.release is None:
        raise ServeError(served.doubt)
    if signers is not None and (why := why_not_signed(files[tag_of(name)], signers)):
        raise ServeError(why)
    if why := application.misfit(served.prompt, now=now):
        raise ServeError(why)
    return served.prompt


def checked_environment(name: str) -> str:
    """The name of an environment. Raises InputError for what cannot be one."""
    if not _ENVIRONMENT.match(name):
        raise InputError(f"{name!r} is not the name of an environment", hint="for example: production")
    return name


def checked_name(reference: str, environment: str) -> str:
    """The prompt that `NAME` or `NAME@ENV` means. Raises InputError for another environment, or a version."""
    name, at, place = reference.partition("@")
    check_name(name)
    if at and place != environment:
        raise InputError(
            f"{reference!r} cannot be asked for: these are the prompts of {environment}",
            hint=f"write {name!r}; which version that is, the environment says (llmops promote, llmops rollback)",
        )
    return name


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]
