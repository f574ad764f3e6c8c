"""`llmops report site`."""

from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.cli import console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `report` app."""
    app.command("site", epilog="Example: llmops report site public --title 'Prompts of the search team'")(site)


def site(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pages go: a folder of their own.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The heading of the index.")] = "Prompts",
    as_json: AsJson = False,
) -> int:
    """Write the registry as static pages: every prompt, its versions and scores, what is live where, who moved it."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.chronicle import read_chronicle
    from llmops_cli.prompts.registry import open_registry
    from llmops_cli.reports.site_folder import check_folder, write_site
    from llmops_cli.reports.web.site import Site, site_pages

    check_folder(folder)
    registry = open_registry(load_config())
    chronicle = read_chronicle(registry)
    notes = [*registry.warnings, *chronicle.problems]
    if registry.tags_missing():
        notes.insert(0, "no tags fetched, so nothing is known of releases; run: git fetch --tags")
    wrote = write_site(folder, site_pages(Site(chronicle, title, tuple(notes))))
    console.warn_some(notes, more="notes of this kind stand in the index")
    releases = sum(len(each.releases) for each in chronicle.prompts)
    if as_json:
        console.out_json(
            {
                "format": "llmops.site/1",
                "folder": str(folder),
                "pages": wrote.pages,
                "changed": wrote.changed,
                "removed": wrote.removed,
                "prompts": len(chronicle.prompts),
                "releases": releases,
                "notes": notes,
            }
        )
        return 0
    index = folder / "index.html"
    console.out(f"{index}: {len(chronicle.prompts)} prompts, {releases} released versions, {wrote.pages} pages")
    console.say(f"{wrote.changed} pages written, {wrote.removed} removed, the others were the same")
    return 0
