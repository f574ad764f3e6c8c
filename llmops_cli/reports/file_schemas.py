"""The JSON schemas of the files that people write, so that editors complete and validate them.

Made from the shapes that read them, and closed as those are. What a schema cannot say (that a variable is declared,
that a file is there) only the commands find; a schema refuses nothing that they take.
"""

from collections.abc import Callable, Iterator

from llmops_cli.evals.case import Case
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.policy_file import GateSettings, RuleShape
from llmops_cli.evals.suite import SuiteShape
from llmops_cli.evals.target import KINDS, OPTIONS_OF, PIPELINES
from llmops_cli.files.shape import BELOW_THE_ROOT
from llmops_cli.prompts.prompt import NAME
from llmops_cli.prompts.reading import NOT_PARAMS, PromptShape
from llmops_cli.prompts.version import VERSION
from llmops_cli.reports.check_schemas import ENTRY, check_definitions
from llmops_cli.reports.shape_schema import (
    Schema,
    all_of,
    document,
    never_both,
    of_shape,
    pattern_of,
    reference,
    said,
    when,
)
from llmops_cli.settings import COMMIT, LENGTH, Settings

_NULL: Schema = {"type": "null"}
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_SAYS_SOMETHING = {"pattern": r"\S"}
_PROMPT_NAME = {"pattern": "^(?!.*//)" + pattern_of(NAME)[1:], "maxLength": 200}
_BESIDE = {"pattern": r"^(?![/~]|.:)(?!.*://)[^\\]*$"}  # a path relative to the file that names it
_SHARE = r"^\d+(?:\.\d+)?\s*%$"
_KINDS_OF_VALUES = ("string", "integer", "number", "boolean", "array", "object")
_OLDER: Schema = {
    "required_vars": {
        "anyOf": [_TEXTS, _NULL],
        "description": "An older way to say variables: those without a default.",
    },
    "optional_vars": {
        "anyOf": [_TEXTS, {"type": "object"}, _NULL],
        "description": "An older way to say variables: names, or names with their defaults.",
    },
    "model_hint": {"anyOf": [{"type": "string"}, _NULL], "description": "An older way to say model."},
    "created_by": {"description": "An older way to say metadata: who made it."},
    "created_at": {"description": "An older way to say metadata: when."},
}


def prompt_schema() -> Schema:
    """Of a prompt file, also in the two older shapes."""
    schema, definitions = of_shape(PromptShape)
    properties: Schema = schema["properties"] | _OLDER
    properties["name"] |= _PROMPT_NAME
    properties["version"] |= {"pattern": pattern_of(VERSION), "maxLength": 100, "not": {"pattern": r"\.lock$"}}
    properties["params"] |= {"propertyNames": {"not": {"enum": sorted(NOT_PARAMS)}}}
    properties["tools"]["items"] = _TOOL
    for text in (properties["template"], definitions["MessageShape"]["properties"]["content"]):
        text |= _SAYS_SOMETHING
    for choice in properties["variables"]["anyOf"]:
        choice |= {"propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}} if "additionalProperties" in choice else {}
    for choice in properties["messages"]["anyOf"]:
        choice |= {"minItems": 1} if "items" in choice else {}
    definitions["Variable"] = all_of(definitions["Variable"], _variable_rules())
    definitions["OutputShape"] = _output(definitions["OutputShape"])
    created = {"anyOf": [said("created_by"), said("created_at")]}
    properties["metadata"] = {**properties["metadata"], "type": ["object", "null"]}
    older = [when(said("metadata", _NULL), created)]  # an empty one has never mattered there
    older += [never_both(said("variables"), said(key)) for key in ("required_vars", "optional_vars")]
    twice = [
        never_both(said(key), said("metadata", said(key) | {"type": "object"})) for key in ("created_by", "created_at")
    ]
    one_text = {"oneOf": [said("template", {"not": _NULL}), said("messages", {"not": _NULL})]}
    rules = [one_text, *older, *twice, never_both(said("model"), said("model_hint"))]
    words = "A prompt: what the model sees, who may pass what, and at which version."
    return document(all_of(schema | {"properties": properties}, rules), definitions, name="prompt", description=words)


def suite_schema(*, installed: bool = False) -> Schema:
    """Of a suite file; with the checks of installed packages, or ours alone."""
    schema, definitions = of_shape(SuiteShape)
    definitions |= check_definitions(installed=installed)
    properties = schema["properties"]
    properties["prompt"] |= _PROMPT_NAME
    properties["cases"] |= _BESIDE
    properties["checks"]["items"] = reference(ENTRY)
    target = definitions["TargetShape"]
    target["properties"]["recorded"] |= _BESIDE
    target["properties"]["http"] |= {"pattern": "^$|^https?://"}
    definitions["TargetShape"] = all_of(target, _target_rules())
    gate, more = of_shape(GateSettings)
    rules = {name: reference("ceiling") for name in MEASURED}
    properties["gate"] = {
        "type": "object",
        "description": properties["gate"]["description"],
        "properties": gate["properties"] | rules,
        "additionalProperties": reference("floor"),
    }
    definitions |= more | _rules()
    words = "A suite: which prompt, which cases, what answers, what every output must hold, and the gate."
    return document(schema, definitions, name="suite", description=words)


def settings_schema() -> Schema:
    """Of llmops.yaml."""
    schema, definitions = of_shape(Settings)
    for folder in ("prompts", "evals"):
        schema["properties"][folder] |= {"pattern": BELOW_THE_ROOT["pattern"].replace(r"[^\\]+", ".+")}
    for name, key, pattern in (("PromotionRules", "soak", LENGTH), ("SigningSettings", "after", COMMIT)):
        definitions[name]["properties"][key] |= {"pattern": "^$|" + pattern_of(pattern)}
    return document(schema, definitions, name="settings", description="llmops.yaml: the settings of a project.")


def case_schema(*, installed: bool = False) -> Schema:
    """Of a row of a golden set, or of a whole one in YAML, which is a list of them."""
    case, definitions = of_shape(Case)
    definitions |= check_definitions(installed=installed)
    properties = case["properties"]
    properties["id"] |= {"minLength": 1, "maxLength": 200, "pattern": r"^\S(?:.*\S)?$"}
    properties["tags"]["items"] |= _SAYS_SOMETHING
    properties["checks"]["items"] = reference(ENTRY)
    definitions["CalledTool"] = _CALL
    definitions["CaseMessage"] = all_of(definitions["CaseMessage"], _message_rules())
    case["required"] = []
    # without an id the case is named by what it asks
    case["anyOf"] = [said("id"), said("vars"), said("messages", {"minItems": 1})]
    words = "A case of a golden set: a line of JSONL, or an entry of a list in YAML."
    whole = {"if": {"type": "array"}, "then": {"items": reference("case")}, "else": reference("case")}
    return document(whole, definitions | {"case": case}, name="case", description=words)


# by name; told whether checks of installed packages belong to it, or ours alone
FILE_SCHEMAS: dict[str, Callable[[bool], Schema]] = {
    "prompt": lambda _: prompt_schema(),
    "suite": lambda installed: suite_schema(installed=installed),
    "settings": lambda _: settings_schema(),
    "case": lambda installed: case_schema(installed=installed),
}

_FILLED: Schema = {"type": "string", "minLength": 1}
_FUNCTION: Schema = {"type": "object"} | said("name", _FILLED)
_TOOL: Schema = {
    "type": "object",
    "anyOf": [said("function", _FUNCTION), said("name", _FILLED) | {"not": said("function", {"type": "object"})}],
}
_ARGUMENTS: Schema = {"type": ["string", "object"], "description": "What it was called with: an object, or JSON text."}
_CALL: Schema = {
    "description": "A call that an assistant makes: id, name and arguments, or in OpenAI's form with function.",
    "type": "object",
    "properties": {
        "id": _FILLED | {"description": "Names the call, so that its result can."},
        "name": _FILLED | {"description": "The name of the tool."},
        "arguments": _ARGUMENTS,
        "type": {"enum": ["function"], "description": "Of OpenAI's form."},
        "function": {
            "type": "object",
            "description": "OpenAI's form: name and arguments of the call.",
            "properties": {"name": _FILLED | {"description": "The name of the tool."}, "arguments": _ARGUMENTS},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
    "required": ["id"],
    "oneOf": [
        {"required": ["name"], "not": {"anyOf": [said("function"), said("type")]}},
        said("function", {"required": ["name"]}) | {"not": {"anyOf": [said("name"), said("arguments")]}},
    ],
}


def _variable_rules() -> Iterator[Schema]:
    """Bounds are for types that have them; default and enum are of the type."""

    def of_type(*kinds: str) -> Schema:
        named = said("type", {"enum": list(kinds)})
        return {"anyOf": [named, {"not": said("type")}]} if "string" in kinds else named

    for bounds, kinds in ((("min_length", "max_length"), ("string", "array")),
                          (("minimum", "maximum"), ("integer", "number"))):  # fmt: skip
        others = [kind for kind in _KINDS_OF_VALUES if kind not in kinds]
        yield when(of_type(*others), {"properties": dict.fromkeys(bounds, _NULL)})
    for kind in _KINDS_OF_VALUES:
        own = {"type": kind}
        listed = {"anyOf": [{"type": "array", "minItems": 1, "items": own}, _NULL]}
        yield when(of_type(kind), {"properties": {"default": own, "enum": listed}})
    yield {"properties": {key: {"minimum": 0} for key in ("min_length", "max_length")}}


def _output(schema: Schema) -> Schema:
    path_or_mapping = schema["properties"]["schema"]
    path_or_mapping["anyOf"] = [
        one | _BESIDE if one.get("type") == "string" else one for one in path_or_mapping["anyOf"]
    ]
    return all_of(schema, [when(said("schema", {"not": _NULL}), said("format", {"enum": ["json"]}))])


def _target_rules() -> Iterator[Schema]:
    """As the shape has them: one kind of target, and only options that do something there."""

    def filled(key: str) -> Schema:
        return said(key, {"minLength": 1, "minItems": 1})

    for index, kind in enumerate(KINDS):
        for other in KINDS[index + 1 :]:
            yield never_both(filled(kind), filled(other))
    for key in ("model", "endpoint"):
        yield never_both(filled("recorded"), filled(key))
    yield never_both(filled("recorded"), said("params", {"minProperties": 1}))
    for option, kinds in OPTIONS_OF.items():
        yield when(said(option), {"anyOf": [filled(kind) for kind in kinds]})
    for kind in PIPELINES:
        yield never_both(filled(kind), filled("endpoint"))


def _rules() -> dict[str, Schema]:
    """The definitions of what the gate asks of a metric: by a floor, or by a ceiling where less is better."""
    rule, definitions = of_shape(RuleShape)
    share = {"type": "string", "pattern": _SHARE}
    found: dict[str, Schema] = {}
    for name, tolerance in (("floor", "max_drop"), ("ceiling", "max_rise")):
        bounds = {"minimum": 0, "maximum": 1} if name == "floor" else {}
        amount = {"type": "number", "minimum": 0} | bounds
        own = {
            name: rule["properties"][name] | bounds,
            tolerance: {"anyOf": [amount, share, _NULL], "description": rule["properties"][tolerance]["description"]},
        }
        bound = [said(key, {"not": _NULL}) for key in own]
        of_slice = {"type": "object", "properties": own, "additionalProperties": False, "anyOf": bound}
        slices = {"anyOf": [{"type": "object", "additionalProperties": reference(f"slice-{name}")}, _NULL]}
        whole = own | {"slices": slices | {"description": rule["properties"]["slices"]["description"]}}
        has_slices = said("slices", {"type": "object", "minProperties": 1})
        found[f"slice-{name}"] = of_slice
        found[name] = {**of_slice, "properties": whole, "anyOf": [*bound, has_slices]}
    return definitions | found


def _message_rules() -> Iterator[Schema]:
    """Who calls tools, whose result it is, and that somebody says something."""
    by_tool = said("role", {"enum": ["tool"]})
    calls = said("tool_calls", {"minItems": 1})
    yield when(calls, said("role", {"enum": ["assistant"]}))
    yield when(by_tool, {"allOf": [said("tool_call_id", {"minLength": 1}), said("content", {"not": _NULL})]})
    yield when(said("tool_call_id", {"minLength": 1}), by_tool)
    says = said("content", {"anyOf": [{"type": "string"} | _SAYS_SOMETHING, {"type": "array", "minItems": 1}]})
    yield {"anyOf": [by_tool, calls, says]}
