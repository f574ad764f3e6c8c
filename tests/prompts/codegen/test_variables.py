"""A wrapper accepts exactly the values that the prompt accepts, and hands them on unchanged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.variable import Variable
from tests.prompts.codegen.generated import module
from tests.prompts.making import make

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(-4, 4) | st.integers()
SCALARS: dict[str, st.SearchStrategy[Json]] = {
    "string": st.text(max_size=4),
    "integer": INTEGERS,
    "number": INTEGERS | FLOATS | st.sampled_from([0.0, 1.0, -2.0]),
    "boolean": st.booleans(),
}
ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.one_of(*SCALARS.values()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
VALUES = SCALARS | {
    "array": st.lists(ANY, max_size=4),
    "object": st.dictionaries(st.text(max_size=3), ANY, max_size=3),
}


@st.composite
def variables(draw: st.DrawFn) -> dict[str, Json]:
    """One variable as a prompt file states it."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    stated: dict[str, Json] = {"type": kind}
    if kind in ("string", "array") and draw(st.booleans()):
        stated |= {"min_length": draw(st.integers(0, 2)), "max_length": draw(st.integers(2, 4))}
    if kind in ("integer", "number") and draw(st.booleans()):
        low, high = sorted([draw(INTEGERS | FLOATS), draw(INTEGERS | FLOATS)])
        stated |= {"minimum": low, "maximum": high}
    known = Variable(**stated)
    if draw(st.booleans()):
        fitting = draw(st.lists(VALUES[kind].filter(lambda value: not known.misfit(value)), max_size=3))
        if fitting:
            stated |= {"enum": fitting}
    return stated


@given(stated=variables(), values=st.lists(ANY, min_size=1, max_size=6), data=st.data())
@settings(max_examples=150)
def test_what_the_prompt_takes_the_wrapper_takes(
    stated: dict[str, Json], values: list[Json], data: st.DataObject
) -> None:
    variable = Variable(**stated)
    tried = [*values, data.draw(VALUES[variable.type]), *(variable.enum or [])]
    with module(make("Say $x.", variables={"x": stated})) as made:
        for value in tried:
            reason = variable.misfit(value)
            try:
                passed = made.P(x=value).values()
            except ValidationError:
                assert reason, f"{value!r} fits {stated}"
            else:
                assert not reason, f"{value!r}: {reason}"
                assert canonical(passed) == canonical({"x": value})


def test_what_is_left_out_is_left_to_the_prompt() -> None:
    prompt = make("Say $x.", variables={"x": {}, "tone": {"default": "dry"}, "tags": {"type": "array", "default": []}})
    with module(prompt) as made:
        given = made.P(x="hello")
        assert (given.tone, given.tags) == ("dry", [])
        assert given.values() == {"x": "hello"}
        assert made.P(x="hello", tone="dry").values() == {"x": "hello", "tone": "dry"}


@pytest.mark.parametrize("wrong", [{}, {"x": "a", "y": "b"}, {"x": 1}, {"x": None}, {"x": float("nan")}])
def test_missing_extra_and_mistyped_are_refused(wrong: dict[str, Json]) -> None:
    with module(make("Say $x.", variables={"x": {}})) as made, pytest.raises(ValidationError):
        made.P(**wrong)


def test_values_that_are_not_json_are_refused() -> None:
    stated: Json = {"rows": {"type": "array"}, "by": {"type": "object", "default": {}}}
    with module(make("$rows $by", variables=stated)) as made:
        assert made.P(rows=[1, 1.0, True, None, {"a": [2]}]).values() == {"rows": [1, 1.0, True, None, {"a": [2]}]}
        for wrong in [("a",), [(1,)], [float("inf")], [{1: 2}], [object()], {"a"}, "abc"]:
            with pytest.raises(ValidationError):
                made.P(rows=wrong)
        with pytest.raises(ValidationError):
            made.P(rows=[], by={"a": {"b": object()}})


def test_names_that_python_or_pydantic_need() -> None:
    called = {
        "class": "class__", "class_": "class_", "_x": "x_", "x": "x", "__init__": "init___", "_": "field",
        "self": "self_", "model_dump": "model_dump_", "json": "json_", "values": "values_", "NAME": "NAME_",
        "str": "str_", "P": "P_",
        "list": "list_", "Any": "Any_", "Field": "Field_", "None": "None_", "model_name": "model_name", "ok": "ok",
    }  # fmt: skip
    prompt = make(" ".join(f"${name}" for name in called), variables={name: {} for name in called})
    with module(prompt) as made:
        assert set(made.P.model_fields) == set(called.values())
        values = made.P(**{field: f"value of {name}" for name, field in called.items()}).values()
    assert values == {name: f"value of {name}" for name in called}
    assert prompt.misfits(values) == []
