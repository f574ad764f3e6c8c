"""Files of other tools for tests: brought in, looked at, written out."""

from pathlib import Path

from llmops_cli.files.json_value import Json
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.formats.exporting import format_named
from llmops_cli.prompts.formats.foreign import import_files
from llmops_cli.prompts.formats.imported import Imported, write_import
from llmops_cli.prompts.formats.naming import named_files
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.vcs.tree import WorkTree

SAMPLES = Path(__file__).parent / "samples"
ENDINGS = {"dotprompt": ".prompt", "prompty": ".prompty", "langchain": ".yaml"}


def brought_in(kind: str, files: list[Path], root: Path, *, anew: bool = False) -> Imported:
    """The import of these files into a project."""
    found = format_named(kind)
    made = import_files(
        found, named_files(files, found.endings, hidden=found.hidden), root, folder="prompts", anew=anew
    )
    write_import(made, root, force=anew)
    return made


def prompt_of(kind: str, text: str | bytes, root: Path) -> tuple[Prompt | None, list[str]]:
    """The prompt that a text of the format becomes (None where it is left out), and what is told of it."""
    file = root / f"one{ENDINGS[kind]}"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    made = brought_in(kind, [file], root, anew=True)
    told = [str(note).replace(f"{file.name}: ", "").removesuffix(":") for note in made.notes]
    return (loaded(root, "one") if made.files else None), told


def loaded(root: Path, name: str) -> Prompt:
    """A prompt of the project."""
    return load_prompt(WorkTree(root), f"prompts/{name}.yaml", folder="prompts")


def data_of(root: Path, name: str) -> dict[str, Json]:
    """What the file of a prompt says."""
    data = parse_yaml((root / f"prompts/{name}.yaml").read_text(encoding="utf-8"), path=name).data
    assert isinstance(data, dict)
    return data
