"""Where a project begins, and what the environment may say."""

from pathlib import Path

import pytest

from llmops_cli.config import Config, load_config
from llmops_cli.errors import FileError, InputError
from llmops_cli.settings import Settings, parse_settings


def config(**env: str) -> Config:
    return Config(Path("/p"), None, Settings(), env)


def test_the_root_is_the_nearest_folder_with_settings(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "services/search/deep"
    inner.mkdir(parents=True)
    (tmp_path / "services/search/llmops.yaml").write_text("prompts: texts\n")
    found = load_config(inner, {})
    assert found.root == tmp_path / "services/search"
    assert found.git_root == tmp_path
    assert found.prefix == "services/search/"
    assert found.settings.prompts == "texts"


def test_without_settings_it_is_the_folder_with_prompts_then_the_top(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a/prompts").mkdir(parents=True)
    (tmp_path / "a/b").mkdir()
    (tmp_path / "c").mkdir()
    assert load_config(tmp_path / "a/b", {}).root == tmp_path / "a"
    assert load_config(tmp_path / "c", {}).root == tmp_path
    assert load_config(tmp_path / "c", {}).prefix == ""


def test_the_search_ends_at_the_top_of_the_work_tree(tmp_path: Path) -> None:
    (tmp_path / "llmops.yaml").write_text("prompts: other\n")
    (tmp_path / "repo/.git").mkdir(parents=True)
    assert load_config(tmp_path / "repo", {}).settings.prompts == "prompts"


def test_broken_settings_are_an_error_or_told(tmp_path: Path) -> None:
    (tmp_path / "llmops.yaml").write_text("remote: 7\n")
    with pytest.raises(FileError, match=r"llmops\.yaml:1: remote"):
        load_config(tmp_path, {})
    told: list[FileError] = []
    assert load_config(tmp_path, {}, on_broken=told.append).settings == Settings()
    assert "remote" in told[0].message


def test_keys_do_not_show_in_a_traceback() -> None:
    assert "sk-123" not in repr(config(OPENAI_API_KEY="sk-123"))


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("openai/m", "http://a/v1"),
        ("gpt-4o", "http://a/v1"),
        ("anthropic/m", "http://b"),
        ("azure-ai/m", "http://c"),
        ("x/m", ""),
        ("claude-haiku-4-5", ""),
    ],
)
def test_the_environment_names_the_address_of_a_provider(model: str, url: str) -> None:
    env = {"OPENAI_API_BASE": "http://a/v1", "ANTHROPIC_BASE_URL": "http://b", "AZURE_AI_API_BASE": "http://c"}
    assert config(**env).endpoint_of(model) == url


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("https://llm.example.com/v1", True),
        ("https://llm.example.com/v1/", True),
        ("https://llm.example.com/v2", False),
        ("https://llm.example.com.evil.org/v1", False),
        ("http://127.0.0.1@evil.org/v1", False),
        ("https://evil.org/", False),
    ],
)
def test_an_address_that_a_file_names_must_be_allowed(endpoint: str, allowed: bool) -> None:
    assert config(LLMOPS_ENDPOINTS="https://other.org, https://llm.example.com/v1").allows(endpoint) is allowed


@pytest.mark.parametrize(
    ("written", "meant"), [("./texts", "texts"), ("texts/", "texts"), ("a//b/./c", "a/b/c"), ("texts", "texts")]
)
def test_a_folder_has_one_spelling(written: str, meant: str) -> None:
    settings = parse_settings(f"prompts: {written}\nevals: {written}\n")
    assert (settings.prompts, settings.evals) == (meant, meant)


@pytest.mark.parametrize("folder", [".", "''", "../texts", "/texts", "a/../.."])
def test_a_folder_lies_below_the_project(folder: str) -> None:
    with pytest.raises(FileError, match=r"llmops\.yaml:1: prompts: must be a folder below the project root"):
        parse_settings(f"prompts: {folder}\n")


def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="the current folder does not exist any more"):
        load_config(env={})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("signing: {required: true}", "nobody may sign"),
        ("signing: {gpg_keys: [9DD06A6A]}", "whole fingerprints"),
        ("signing: {allowed_signers: ../signers}", "below the project root"),
        ("signing: {after: main}", "whole id of a commit"),
    ],
)
def test_signing_that_would_let_anybody_or_nobody_through_is_refused(text: str, says: str) -> None:
    with pytest.raises(FileError, match=says):
        parse_settings(text)
    spaced = parse_settings("signing: {gpg_keys: ['90c3 8efd 2068 ce5f 06a4  ca9b 8233 96f0 9dd0 6a6a']}")
    assert spaced.signing.gpg_keys == ["90C38EFD2068CE5F06A4CA9B823396F09DD06A6A"]
