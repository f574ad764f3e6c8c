"""Python source text: literals, names that Python takes, and lines that a formatter would leave as they are."""

import keyword
import re
import textwrap
from collections.abc import Collection, Sequence

from llmops_cli.files.json_value import Json

WIDTH = 88  # the default of ruff and black; what fits here fits in every longer line

# What a field must not be called: public attributes of pydantic's BaseModel, deprecated ones too. A list of our own, so
# that the same prompts give the same text whatever pydantic is installed.
OF_PYDANTIC = frozenset({
    "construct", "copy", "dict", "from_orm", "json", "model_computed_fields", "model_config", "model_construct",
    "model_copy", "model_dump", "model_dump_json", "model_extra", "model_fields", "model_fields_set",
    "model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate",
    "model_validate_json", "model_validate_strings", "parse_file", "parse_obj", "parse_raw", "schema", "schema_json",
    "update_forward_refs", "validate",
})  # fmt: skip
# Names that the generated classes mention: a field of that name would stand for itself in the annotations below it.
MENTIONED = frozenset({
    "Annotated", "Any", "BaseModel", "BeforeValidator", "ClassVar", "Field", "Json", "Literal",
    "Messages", "PromptOutput", "PromptVariables", "Prompts", "Protocol", "RootModel", "Served", "TYPE_CHECKING",
    "TypeVar", "ValueError", "bool", "classmethod", "dict", "float", "int", "list", "str",
})  # fmt: skip
# The members of the wrappers themselves, and what pyright calls the instance.
OF_WRAPPERS = frozenset({"NAME", "VERSION", "DIGEST", "values", "render", "parse", "self", "cls"})


def literal(value: Json) -> str:
    """A JSON value as Python: double quotes where they cost no escapes, everything that cannot be printed escaped."""
    match value:
        case str():
            quote = "'" if value.count('"') > value.count("'") else '"'
            return quote + "".join("\\" + c if c == quote else _escaped(c) for c in value) + quote
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    return repr(value)


def docstring(text: str, indent: str = "    ") -> list[str]:
    """The lines of a docstring that says `text`, in paragraphs as written and wrapped anew; empty for no words."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    # quotes that would close it: three of them, and those that stand before the three at its end
    safe = [re.sub(r'"{3,}|"+\Z', lambda q: r"\"" * len(q[0]), "".join(map(_escaped, p))) for p in paragraphs if p]
    if not safe:
        return []
    room = WIDTH - len(indent) - 2 * len('"""')
    wrapped = [textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False) for part in safe]
    lines = [line for part in wrapped for line in ["", *part]][1:]
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    lines[0] = '"""' + lines[0]
    return [*(indent + line if line else "" for line in lines), indent + '"""']


def comment(text: str, indent: str = "    ") -> list[str]:
    """The lines of a comment."""
    flat = "".join(c if c == "\\" else _escaped(c) for c in text)
    return textwrap.wrap(flat, WIDTH, initial_indent=indent + "# ", subsequent_indent=indent + "#   ")


def call(head: str, arguments: Sequence[str], tail: str, *, indent: str = "    ") -> list[str]:
    """`head` + arguments + `tail` on one line; where that is too long an argument a line, with a comma at the end."""
    line = f"{indent}{head}{', '.join(arguments)}{tail}"
    if len(line) <= WIDTH or not arguments:
        return [line]
    return [indent + head, *(f"{indent}    {each}," for each in arguments), indent + tail]


def attribute_name(text: str, taken: Collection[str]) -> str:
    """A name for a field: the text itself, or near to it where Python, pydantic or another field needs that name.

    What cannot stand in a name becomes `_`; underscores in front go (they make a private attribute), and as many as are
    needed come behind: `class` is `class_`, `_x` is `x_`.
    """
    spelled = re.sub(r"[^A-Za-z0-9_]", "_", text)
    name = spelled.lstrip("_")
    if not name or name[0].isdigit():
        name = f"field_{name}".rstrip("_")
    elif name != spelled:
        name += "_"
    while keyword.iskeyword(name) or name in OF_PYDANTIC | MENTIONED | OF_WRAPPERS or name in taken:
        name += "_"
    return name


def class_name(text: str) -> str:
    """`RagAnswer` for `rag-answer`, `JudgesGrounded` for `judges/grounded`; never one of the names of the module."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text))
    if not name or name[0].isdigit():
        name = "Prompt" + name
    return name + "Prompt" if name in MENTIONED or keyword.iskeyword(name) else name


def module_name(prompt: str) -> str:
    """`rag_answer` for `rag-answer`, `judges_grounded` for `judges/grounded`."""
    name = re.sub(r"[^a-z0-9]", "_", prompt)
    if name[0].isdigit():
        name = "prompt_" + name
    return name + "_" if keyword.iskeyword(name) else name


def _escaped(character: str) -> str:
    return character if character.isprintable() and character != "\\" else repr(character)[1:-1]
