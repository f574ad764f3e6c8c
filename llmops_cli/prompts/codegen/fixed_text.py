"""The parts of a module of typed wrappers that are always the same; what a module does not need is left out."""

JSON = """
if TYPE_CHECKING:
    Json = Any  # so that a list[str] may be given where any JSON values may stand
else:
    from pydantic import JsonValue as Json
"""
ONE_OF = '''

def _one_of(*allowed: Any) -> Any:
    """A check that a value is one of these; True, 1 and 1.0 are three values."""
    texts = {json.dumps(each, sort_keys=True) for each in allowed}

    def check(value: Any) -> Any:
        if json.dumps(value, sort_keys=True, default=repr) not in texts:
            raise ValueError("must be one of " + ", ".join(map(repr, allowed)))
        return value

    return check
'''
WHOLE = '''

def _whole(value: Any) -> Any:
    """In JSON 1.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
'''
GIVEN = '''

def _given(value: Any) -> Any:
    """A check that something which may be left out is not null."""
    if value is None:
        raise ValueError("must not be null; it may be left out")
    return value
'''
OUTPUT = '''

class PromptOutput(
    BaseModel,
    strict=True,
    extra="allow",
    frozen=True,
    allow_inf_nan=False,
    protected_namespaces=(),
):
    """An answer, or a part of it, as the output schema of its prompt promises it."""
'''
VARIABLES = '''
Messages = TypeVar("Messages", covariant=True)


class Served(Protocol[Messages]):
    """A prompt that somebody serves, such as one of `llmops_cli.runtime`."""

    def render(self, /, **variables: Any) -> Messages: ...


class Prompts(Protocol[Messages]):
    """Whoever serves prompts by name, such as the `Prompts` of `llmops_cli.runtime`."""

    def get(self, name: str, /) -> Served[Messages]: ...


class PromptVariables(
    BaseModel,
    strict=True,
    extra="forbid",
    frozen=True,
    allow_inf_nan=False,
    protected_namespaces=(),
):
    """Values for the variables of one prompt, each checked when it is given.

    NAME is the prompt's, VERSION the major version these variables belong to, DIGEST that
    of what this class was made from: the variables and the output schema.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[str]
    DIGEST: ClassVar[str]
    _NAMES: ClassVar[dict[str, str]] = {}

    def values(self) -> dict[str, Any]:
        """What was given, by the prompt's own names. The rest keeps the prompt's defaults."""
        given = [name for name in type(self).model_fields if name in self.model_fields_set]
        return {self._NAMES.get(name, name): getattr(self, name) for name in given}

    def render(self, prompts: Prompts[Messages]) -> Messages:
        """The messages of the prompt that is served now, with these values filled in."""
        return prompts.get(self.NAME).render(**self.values())
'''
PARSE = '''
    @classmethod
    def parse(cls, text: str) -> ANSWER:
        """What the model answered. Raises pydantic's ValidationError when it is not what the
        schema promises.
        """
        return ANSWER.model_validate_json(text)
'''
