"""A repository somewhere, as far as a running service needs one; and which client is for which address."""

from typing import Protocol

from llmops_cli.errors import InputError
from llmops_cli.runtime.git_process import FetchedRepository, LocalRepository, local_folder
from llmops_cli.runtime.smart_http import SmartHttp


class Remote(Protocol):
    """Not for several threads at once."""

    @property
    def shown(self) -> str:
        """The address for messages, without secrets."""
        ...

    def tip(self, branch: str) -> str | None:
        """The commit of a branch (`refs/heads/...`), None when there is no such branch. Raises ServeError."""
        ...

    def files(self, commit: str) -> dict[str, bytes]:
        """The files of an environment at a commit, by path. Raises ServeError."""
        ...

    def close(self) -> None:
        """Hang up; the remote can be used again."""
        ...


def open_remote(address: str, *, token: str, timeout_s: float) -> Remote:
    """The client for an address; nothing is asked yet. One poll takes at most `timeout_s`, a fetch three times that.

    Raises InputError for an address that is none.
    """
    if not address.strip():
        raise InputError("the address of the remote is empty", hint="write https://HOST/PATH.git, or a folder")
    if address.lower().startswith(("http://", "https://")):
        return SmartHttp(address, token=token, poll_timeout_s=timeout_s, fetch_timeout_s=3 * timeout_s)
    folder = local_folder(address)
    if folder is not None:
        return LocalRepository(folder, poll_timeout_s=timeout_s, fetch_timeout_s=3 * timeout_s)
    return FetchedRepository(address, poll_timeout_s=timeout_s, fetch_timeout_s=3 * timeout_s)
