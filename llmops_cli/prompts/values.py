"""Values of variables as people type them: `--var NAME=VALUE` and files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.json_value import Json, parse_json, read_text
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.variable import Variable


def parse_values(pairs: Sequence[str], variables: Mapping[str, Variable]) -> dict[str, Json]:
    """`NAME=VALUE` pairs as values: text for string variables (and unknown ones), JSON for all others.

    Raises InputError for a pair without `=`, a name given twice, or a value that is not JSON where it must be.
    """
    values: dict[str, Json] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise InputError(f"--var {pair!r} is not NAME=VALUE")
        if name in values:
            raise InputError(f"--var {name} is given twice")
        wanted = variables[name].type if name in variables else "string"
        try:
            values[name] = text if wanted == "string" else parse_json(text)
        except ValueError:
            raise InputError(
                f"--var {name}: {text!r} is not JSON, and {name} is of type {wanted}",
                hint=f"""such as --var '{name}={_EXAMPLES[wanted]}'""",
            ) from None
    return values


def read_values(path: Path) -> dict[str, Json]:
    """The mapping of a JSON or YAML file. Raises FileError."""
    text = read_text(path)
    if path.suffix == ".json":
        try:
            data = parse_json(text)
        except ValueError as error:
            raise FileError([Problem(str(path), 0, "", f"not valid JSON: {error}")]) from None
    else:
        data = parse_yaml(text, path=str(path)).data
    if not isinstance(data, dict):
        raise FileError([Problem(str(path), 1, "", "a mapping of variables to values is expected")])
    return data


_EXAMPLES = {"integer": "3", "number": "0.5", "boolean": "true", "array": '["a", "b"]', "object": '{"key": "value"}'}
