"""The state folder (`.llmops/`), which must never enter git."""

from pathlib import Path


def make_state_folder(folder: Path) -> None:
    """Make the folder, with a .gitignore of its own. Where it cannot be written, whoever writes to it says so."""
    marker = folder / ".gitignore"
    try:
        if not marker.exists():
            folder.mkdir(parents=True, exist_ok=True)
            marker.write_text("*\n", encoding="utf-8")
    except OSError:
        return
