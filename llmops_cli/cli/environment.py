"""placeholder"""

import typer


def register(*apps: typer.Typer) -> None: ...
