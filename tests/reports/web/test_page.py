"""The frame of a page: its policy, its data, its colours."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.files.json_value import Json
from llmops_cli.reports.web.markup import element
from llmops_cli.reports.web.page import asset, json_block, page, policy
from tests.reports.web.reading import data_of, seen

HOSTILE = (
    "</script><script>canary=1</script><!-- <img src=x onerror=canary=1> \u2028\u2029 \ud800 ]]> \x1b[2J \u202e &lt;"
)


def hash_of(source: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() + "'"


def directives(source: str) -> dict[str, str]:
    """The policy of a page by directive."""
    (content,) = (m["content"] for m in seen(source).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert content is not None
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in content.split(";"))}


def test_a_page_without_script_lets_none_run() -> None:
    source = page("t", main="m")
    style = "".join(seen(source).inside("style"))
    assert directives(source) == {
        "default-src": "'none'",
        "style-src": hash_of(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert seen(source).all("script") == []


def test_the_policy_names_exactly_what_the_page_holds() -> None:
    assert "script-src 'sha256-" in policy("a{}", "f();")
    assert hash_of("a{}") in policy("a{}", "f();") and hash_of("f();") in policy("a{}", "f();")


def test_nothing_in_a_page_comes_from_elsewhere() -> None:
    found = seen(page("t", main=element("p", "m"), nav=element("a", "x", href="index.html"), footer="f"))
    assert [a for _, a in found.elements if "src" in a or "style" in a or any(n.startswith("on") for n in a)] == []
    assert found.all("link") == []
    assert "url(" not in "".join(found.inside("style")) and "@import" not in "".join(found.inside("style"))


def test_foreign_text_is_text_everywhere() -> None:
    source = page(HOSTILE, main=HOSTILE, footer=HOSTILE, nav=HOSTILE, data={"d": {HOSTILE: [HOSTILE]}})
    plain = page("t", main="m", footer="f", nav="n", data={"d": {}})
    assert [name for name, _ in seen(source).elements] == [name for name, _ in seen(plain).elements]
    assert seen(source).comments == []
    assert data_of(source) == {"d": {HOSTILE: [HOSTILE]}}
    assert "\u202e" in data_of(source)["d"][HOSTILE][0]  # data is what it was; whoever shows it makes it visible
    source.encode()


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_data_comes_back(value: Json) -> None:
    block = json_block("d", value).source
    inner = block.removeprefix('<script type="application/json" id="d">').removesuffix("</script>\n")
    assert not re.search("[<>&\u2028\u2029\ud800-\udfff]", inner)
    assert data_of(block) == {"d": value}


@pytest.mark.parametrize("key", ["", "A", 'a"b', "a b", "1a"])
def test_a_block_of_data_has_a_plain_id(key: str) -> None:
    with pytest.raises(ValueError, match="id"):
        json_block(key, None)


def test_a_page_has_landmarks_a_language_and_a_way_past_the_header() -> None:
    found = seen(page("t", main="m", nav="n", footer="f"))
    assert found.all("html") == [{"lang": "en"}]
    names = [name for name, _ in found.elements]
    assert [name for name in names if name in ("header", "nav", "main", "footer")] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    assert found.all("a")[0]["href"] == "#content" and found.all("main")[0]["id"] == "content"


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_can_be_read_on_every_ground(mode: int) -> None:
    colours = {
        name: (light, dark)[mode]
        for name, light, dark in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", asset("style.css"))
    }
    words = ("ink", "soft", "accent", "base", "good", "bad", "open", "invalid")
    pairs = [(word, ground) for word in words for ground in ("paper", "card", "raised")]
    pairs += [("ink", "added"), ("ink", "removed")]
    assert [pair for pair in pairs if contrast(*(colours[name] for name in pair)) < 4.5] == []
