"""JSON schemas of the entries of `checks:`: a definition for every type of check that can be used here."""

import inspect
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from llmops_cli.checks.catalogue import BUILT_IN, GROUP, NOT, class_of
from llmops_cli.checks.check import CheckShape
from llmops_cli.checks.check_set import MAX_LEVELS, Part
from llmops_cli.checks.entry import first_sentence
from llmops_cli.checks.expected import PATH, ReferenceShape
from llmops_cli.errors import InputError
from llmops_cli.offers import Offer, offers
from llmops_cli.reports.shape_schema import Schema, of_shape, pattern_of, reference, said, when, without_null

ENTRY = "check"  # an entry of `checks:`
PART = "part"  # one of a check-set, whose name may be left out
_SETS = "check-set"
# as the shape has it; what is a letter beyond ASCII, editors do not know
_METRIC = r"^[A-Za-z0-9_\u0080-\uffff][A-Za-z0-9_.\-\u0080-\uffff]{0,99}$"
_WORDS: Mapping[str, str] = {
    "name": "What the metric is called that its scores make up.",
    "expected": "A place inside what the case expects, such as answer.total; else all of it counts.",
    "value": "What is looked for or compared with; what the case expects when missing.",
    "threshold": "The score from which a case passes.",
    "model": "The model that is asked; judge_model of llmops.yaml when missing.",
    "embedding_model": "The model that compares meanings; that of llmops.yaml when missing.",
    "params": "Parameters of the calls.",
    "options": "Handed on as they are.",
    "question": "The variable of the case that holds the question.",
    "contexts": "The variable of the case that holds the contexts, where the target tells of none.",
    "interpreter": "The Python that runs it, by its name in llmops.yaml.",
    "workers": "How many processes work at the same time.",
    "timeout_s": "Seconds that one answer may take.",
    "url": "The address that is asked, which must be allowed.",
    "dialect": "The dialect of SQL.",
    "allowed_tables": "The tables that may be named.",
    "allowed_columns": "The columns that may be named.",
    "allowed_statements": "The kinds of statements that may stand there.",
}


def check_definitions(*, installed: bool) -> dict[str, Schema]:
    """The definitions by name, `check` and `part` first among them; with those of installed packages, or ours alone.

    A type of others that cannot be used, because it cannot be loaded or is offered twice, is left out.
    """
    ours = [Offer(GROUP, name, value) for name, value in BUILT_IN.items()]
    foreign = [offer for offer in offers(GROUP) if offer.name not in BUILT_IN] if installed else []
    taken = Counter(offer.name for offer in foreign)
    definitions: dict[str, Schema] = {}
    types: dict[str, tuple[str, ...]] = {}
    for offer in [*ours, *(offer for offer in foreign if taken[offer.name] == 1)]:
        try:
            shape = class_of(offer)
            own, more = _definition(shape, offer.name)
        except InputError:
            continue
        except Exception:  # noqa: S112 - the fence: a shape of others, whose fields may be anything
            continue
        definitions |= more | {f"check:{offer.name}": own}
        types[offer.name] = (offer.name, NOT + offer.name) if shape.opposable else (offer.name,)
    names = [name for of_type in types.values() for name in of_type]
    by_type = [
        when(said("type", {"enum": list(of_type)}), reference(f"check:{name}")) for name, of_type in types.items()
    ]
    part: Schema = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": names, "description": "What kind of check it is; not-TYPE is its opposite."}},
        "allOf": by_type,
    }
    outside = {"required": ["name"], "properties": {"weight": False, "required": False}}
    return definitions | {PART: part, ENTRY: {"allOf": [reference(PART), outside]}}


def _definition(shape: type[CheckShape], name: str) -> tuple[Schema, dict[str, Schema]]:
    schema, definitions = of_shape(shape)
    words = inspect.cleandoc(shape.__doc__ or "")
    properties = {key: without_null(one) for key, one in schema["properties"].items()}
    for key, one in properties.items():
        one.setdefault("description", _meaning(key, words))
        if one.get("minLength") and not one.get("default", "x"):
            del one["default"]  # what may be left out, and may not be written
    if issubclass(shape, ReferenceShape):
        properties["expected"] |= {"pattern": pattern_of(PATH)}
    properties["type"] = {}  # `part` says which
    properties["name"] |= {"pattern": _METRIC}
    weights = of_shape(Part)[0]["properties"]
    properties["weight"] = weights["weight"] | {"description": "In a check-set: how much it counts; 0 is only shown."}
    properties["required"] = weights["required"] | {"description": "In a check-set: nothing can make up for it."}
    if name == _SETS:
        parts = {"type": "array", "minItems": 1, "items": reference(PART)}
        properties["checks"] = parts | {"description": f"Its parts, also sets, up to {MAX_LEVELS} levels."}
        definitions = {}
    required = [key for key in schema.get("required", []) if key not in ("name", "type")]
    whole: Schema = {"description": first_sentence(words), "type": "object", "properties": properties}
    return whole | {"additionalProperties": False} | ({"required": required} if required else {}), definitions


def _meaning(option: str, words: str) -> str:
    """What the reference of a type says of an option, else what an option of this name says everywhere."""
    told = [one for one in _sentences(words) if re.search(rf"`{re.escape(option)}[`:]", one)]
    return " ".join(told) or _WORDS.get(option, "")


def _sentences(words: str) -> Sequence[str]:
    return [one.strip() for one in re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(words.split())) if one.strip()]
