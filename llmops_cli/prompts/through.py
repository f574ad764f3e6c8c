"""Which partials a change came through, so that a message can send a person to the file that was edited."""

from llmops_cli.prompts.prompt import Prompt


def changed_partials(before: Prompt, after: Prompt) -> tuple[str, ...]:
    """The paths of the partials that both sides include, and that are not the same on both; in order of reading."""
    old, new = before.partials, after.partials
    return tuple(path for path, text in new.items() if path in old and old[path] != text)


def through(before: Prompt, after: Prompt) -> str:
    """` through PATHS` where all that changed to the model are these partials; `, also through PATHS`; or nothing."""
    paths = changed_partials(before, after)
    if not paths:
        return ""
    return (" through " if _same_besides(before, after) else ", also through ") + ", ".join(paths)


def place_in_partial(before: Prompt, after: Prompt) -> tuple[str, int] | None:
    """The first partial that changed, and its first line that did; None where the prompt file itself changed."""
    paths = changed_partials(before, after)
    if not paths or not _same_besides(before, after):
        return None
    old, new = (prompt.partials[paths[0]].split("\n") for prompt in (before, after))
    same = next((i for i, pair in enumerate(zip(new, old, strict=False)) if pair[0] != pair[1]), len(old))
    return paths[0], min(same + 1, len(new))


def _same_besides(before: Prompt, after: Prompt) -> bool:
    """Whether nothing that the model sees differs but what partials say."""
    rest = [{key: value for key, value in prompt.contract().items() if key != "messages"} for prompt in (before, after)]
    roles = [[message.role for message in prompt.messages] for prompt in (before, after)]
    return rest[0] == rest[1] and roles[0] == roles[1] and before.written == after.written
