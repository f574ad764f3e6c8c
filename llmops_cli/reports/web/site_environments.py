"""The page of the environments: what each serves, since when, and everything that was ever moved there."""

from llmops_cli.evals.figures import many
from llmops_cli.prompts.chronicle import Chronicle, EnvironmentChronicle
from llmops_cli.reports.web.markup import Child, Html, element, join
from llmops_cli.reports.web.site_parts import Place, came_by, moves_table, prompt_link
from llmops_cli.reports.web.tables import table


def environments_page(chronicle: Chronicle, place: Place, names: frozenset[str]) -> Html:
    """All environments, each a section; `names` are the prompts that have a page."""
    contents = (
        element("li", element("a", each.environment.name, href=f"#environment-{number}"), f" {_words(each)}")
        for number, each in enumerate(chronicle.environments, 1)
    )
    sections = (_section(number, each, place, names) for number, each in enumerate(chronicle.environments, 1))
    return join(
        element("h1", "Environments"),
        element("p", "An environment is a branch; its tree is what it serves, its log is below.", class_="soft"),
        element("ul", contents),
        sections,
    )


def _words(each: EnvironmentChronicle) -> str:
    if each.environment.tip is None:
        return "nothing was ever promoted there, as far as is known here"
    return f"{many(len(each.served), 'prompt')} live, {many(len(each.moves), 'move')}"


def _section(number: int, each: EnvironmentChronicle, place: Place, names: frozenset[str]) -> Html:
    environment = each.environment
    rows = ([_name(one.prompt, place, names), one.version, *came_by(one)] for one in each.served)
    live = table(f"live on {environment.name}", ["prompt", "version", "since", "who", "reason", "text"], rows)
    log = moves_table(each.moves, link=place, names=names)
    branch: list[Html | str | None] = ["branch ", element("code", environment.ref.removeprefix("refs/heads/"))]
    branch += [" at ", element("code", environment.tip[:7])] if environment.tip else []
    diverged = "The branch here has commits that the remote does not know." if environment.diverged else None
    return element(
        "section",
        element("h2", environment.name),
        element("p", branch, class_="soft"),
        element("p", diverged, class_="bad") if diverged else None,
        element("h3", "Live"),
        live if each.served else element("p", "nothing"),
        element("h3", "Log") if each.moves else None,
        log if each.moves else None,
        id=f"environment-{number}",
    )


def _name(name: str, place: Place, names: frozenset[str]) -> Child:
    return prompt_link(place, name) if name in names else name
