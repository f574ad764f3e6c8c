"""What GitHub's runner would read out of the log of a job: commands, and texts that only look like them."""

import re
from dataclasses import dataclass, field

# a line that begins (after blanks) with `::name ...::`, and `##[name ...]` anywhere in a line
_COMMAND = re.compile(r"^\s*::(?P<name>[^\s:]+)(?: (?P<properties>[^:]*(?::(?!:)[^:]*)*))?::(?P<value>.*)$")
_OLD_COMMAND = re.compile(r"##\[(?P<name>[^\s\]]+)(?: (?P<properties>[^\]]*))?\](?P<value>.*)$")
_KNOWN = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher",
    "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip
_ANNOTATIONS = ("error", "warning", "notice")


@dataclass(frozen=True)
class Command:
    """A command that the runner took: its name, its properties as they stand, its message unescaped."""

    name: str
    properties: str
    message: str


@dataclass
class Log:
    """The lines of a job, and the commands among them. `stop-commands` is honoured as the runner does."""

    text: str = ""
    commands: list[Command] = field(default_factory=list)
    _token: str | None = None

    def add(self, text: str) -> None:
        """The output of one step. A step that stops commands and forgets to resume them stops them for good."""
        self.text += text
        for line in re.split(r"\r\n|\n|\r", text):
            self._line(line)

    @property
    def annotations(self) -> list[str]:
        """`error: message` and its kin, in their order."""
        return [f"{one.name}: {one.message}" for one in self.commands if one.name in _ANNOTATIONS]

    @property
    def others(self) -> list[str]:
        """The names of commands that are no annotations: nothing of ours gives any."""
        return [one.name for one in self.commands if one.name not in _ANNOTATIONS]

    def _line(self, line: str) -> None:
        found = _COMMAND.match(line) or _OLD_COMMAND.search(line)
        if found is None:
            return
        name = found["name"]
        if self._token is not None:
            if name == self._token:
                self._token = None
            return
        if name == "stop-commands":
            self._token = found["value"]
        elif name in _KNOWN:
            value = found["value"].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
            self.commands.append(Command(name, found["properties"] or "", value))
