"""A prompt comes back from its contract, and only from its own."""

import json

import pytest

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json, digest
from llmops_cli.prompts.contract import read_contract
from llmops_cli.prompts.diff import diff_prompts
from tests.prompts.making import make

WHOLE: dict[str, Json] = {
    "version": "1.2.0",
    "messages": [{"role": "system", "content": "Be brief.\r\n"}, {"role": "user", "content": "$question"}],
    "variables": {"question": {"type": "string", "max_length": 20, "description": "what is asked"}},
    "model": "openai/m",
    "params": {"temperature": 0, "stop": ["\n"]},
    "tools": [{"name": "look_up", "parameters": {"type": "object"}}],
    "owner": "search-team",
}


def test_what_the_model_sees_comes_back() -> None:
    prompt = make(**WHOLE)
    stored = json.loads(json.dumps(prompt.contract()))
    read = read_contract(stored, name=prompt.name, version="1.2.0", named=prompt.digest)
    assert (read.reference, read.digest, read.contract()) == (prompt.reference, prompt.digest, prompt.contract())
    assert [change.field for change in diff_prompts(prompt, read).fields] == ["owner"]


def test_another_text_than_the_digest_names_is_not_shown() -> None:
    prompt = make(**WHOLE)
    forged = {**prompt.contract(), "model": "openai/other"}
    with pytest.raises(InputError, match="not the one that its digest names"):
        read_contract(forged, name="p", version="1.2.0", named=prompt.digest)


@pytest.mark.parametrize("contract", [{}, {"messages": 1}, {**make(**WHOLE).contract(), "messages": [{"role": "x"}]}])
def test_what_is_no_contract_is_refused(contract: dict[str, Json]) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_contract(contract, name="p", version="1.2.0", named=digest(contract))


def test_a_version_that_is_none_is_refused() -> None:
    prompt = make(**WHOLE)
    with pytest.raises(InputError, match="cannot be read"):
        read_contract(prompt.contract(), name="p", version="newest", named=prompt.digest)
