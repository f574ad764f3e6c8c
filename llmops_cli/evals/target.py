"""What answers the trials of a suite: a model, a recording, or a pipeline of the user's."""

import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.files.shape import FileShape, FunctionName, ProjectPath

KINDS = ("python", "command", "http", "type", "recorded")
PIPELINES = ("python", "command", "http", "type")
# an option would do nothing beside another kind of target
OPTIONS_OF: Mapping[str, tuple[str, ...]] = {
    "code": ("python", "command"),
    "interpreter": ("python",),
    "workers": ("python", "command"),
    "token_env": ("http",),
    "options": ("type",),
    "timeout_s": PIPELINES,
    "cache": PIPELINES,
    "deterministic": PIPELINES,
}


class TargetShape(FileShape):
    """What answers: a model (default: the prompt's own), a recording, or a pipeline.

    A pipeline is `python: package.module:function`, `command: [program, argument]`, `http: URL`, or `type: NAME`, which
    an installed package offers, with its `options`. The code of the first two is that of each side's own commit; `code`
    names the files below the project root that it depends on.
    """

    model: str = Field(default="", description="This model answers, whatever the prompt names.")
    recorded: str = Field(default="", description="A recording answers; its path, relative to this file.")
    endpoint: str = Field(
        default="",
        description="The address of the model, where that is not the provider's own; must stand in LLMOPS_ENDPOINTS.",
    )
    params: dict[str, Json] = Field(default_factory=dict, description="Parameters over those of the prompt.")
    python: FunctionName = Field(
        default="", description="A function answers: package.module:function, or path/to/file.py:function."
    )
    command: list[str] = Field(default_factory=list, description="A program answers: its words.")
    http: str = Field(default="", description="A service answers: its URL, which must stand in LLMOPS_ENDPOINTS.")
    type: str = Field(default="", description="What an installed package offers answers, by its name.")
    options: dict[str, Json] = Field(default_factory=dict, description="Options of that type.")
    code: list[ProjectPath] = Field(
        default_factory=list,
        description="Files and folders of the project that the code depends on; all but the suites when missing.",
    )
    interpreter: str = Field(default="", description="The Python that runs the function, by its name in llmops.yaml.")
    workers: int = Field(default=4, ge=1, le=64, description="How many processes answer at the same time.")
    timeout_s: int | float | None = Field(default=None, gt=0, description="Seconds that one answer may take.")
    token_env: str = Field(
        default="", description="The environment variable that holds the bearer token of the service."
    )
    cache: bool | None = Field(
        default=None, description="Whether answers of a pipeline are kept; where its code is known when missing."
    )
    deterministic: bool = Field(
        default=False, description="The same call always gets the same answer, so it is never repeated."
    )

    @field_validator("http")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must be a URL that begins with http:// or https://")
        parts = urlsplit(value)  # ValueError for what is no address
        if value and (not parts.hostname or parts.port == 0 or not value.isprintable() or " " in value):
            raise ValueError("is no address")
        if parts.username is not None:
            raise ValueError("holds a password, which everybody could read; name a variable with token_env")
        return value

    @model_validator(mode="after")
    def _one(self) -> "TargetShape":
        given = [kind for kind in KINDS if getattr(self, kind)]
        if len(given) > 1:
            raise ValueError(f"is one of {', '.join(KINDS)}, not {' and '.join(given)}")
        if self.recorded and self.model:
            raise ValueError("is either a model or a recording, not both")
        if self.recorded and (self.endpoint or self.params):
            raise ValueError("a recording has no endpoint and no params")
        self._check_options(given[0] if given else "")
        return self

    def _check_options(self, kind: str) -> None:
        """An option that would do nothing where it stands."""
        for option, kinds in OPTIONS_OF.items():
            if option in self.model_fields_set and kind not in kinds:
                raise ValueError(f"{option} belongs to a target with {' or '.join(kinds)}")
        if kind in PIPELINES and self.endpoint:
            raise ValueError("endpoint belongs to a model; a pipeline knows itself whom it asks")

    @property
    def is_pipeline(self) -> bool:
        """Whether code of the user's answers, or that of a package."""
        return bool(self.python or self.command or self.http or self.type)

    @property
    def may_change_unseen(self) -> bool:
        """Whether what answers may be another tomorrow without a sign: a service, a package, or who says so."""
        return bool(self.http or self.type) or (self.is_pipeline and self.cache is False)

    @property
    def runs_code(self) -> bool:
        """Whether that code is part of the project, and so differs between commits."""
        return bool(self.python or self.command)

    @property
    def name(self) -> str:
        """How a pipeline is called in reports: `python:rag.pipeline:answer`; empty for a model or a recording."""
        if self.python:
            return f"python:{self.python}"
        if self.command:
            return f"command:{shlex.join(self.command)}"
        if self.type:
            return f"type:{self.type}" + (canonical(self.options) if self.options else "")
        return f"http:{self.http}" if self.http else ""

    def keeps(self, code: str) -> bool:
        """Whether its answers may be kept in the cache: only where everything that makes them is known.

        `code` is the digest of its code, empty where that is unknown. A service or a package may change
        without a sign, so only `cache: true` keeps what it says.
        """
        return self.cache is not False and (bool(code) or self.cache is True)
