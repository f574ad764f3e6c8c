"""The cache of answers between jobs: what main was answered costs a pull request nothing; forks leave nothing."""

from typing import Any

from tests.action.hub import Hub
from tests.action.job import Job
from tests.action.project import changed, first_project, measured
from tests.openai_server import OpenAIServer

LIVE = """\
prompt: ticket-summary
cases: golden/ticket-summary.jsonl
target: {model: openai/test-model}
checks:
  - {name: valid_json, type: is-json}
gate:
  valid_json: {floor: 0.5}
"""
ANSWER = '{"title": "A title", "priority": "low"}'


def asked(hub: Hub, server: OpenAIServer, github: dict[str, Any]) -> tuple[Job, int]:
    """A job with a key, and how many calls it made."""
    before = len(server.calls)
    job = measured(hub, github, env={"OPENAI_API_BASE": server.url, "OPENAI_API_KEY": "sk-test"})
    return job, len(server.calls) - before


def test_the_base_comes_from_the_cache_and_a_fork_adds_nothing(hub: Hub) -> None:
    first_project(hub)
    hub.push_main({"evals/ticket-summary.yaml": LIVE})
    with OpenAIServer(lambda body: ANSWER) as server:
        main, calls = asked(hub, server, hub.push())
        assert (main.outputs["verdict"], calls) == ("pass", 10), main.log.text
        (kept,) = hub.caches
        fork = hub.open(7, changed(hub), head_repository="stranger/assistant")
        job, calls = asked(hub, server, hub.pull_request(fork))
        assert (job.outputs["verdict"], calls) == ("pass", 10), job.log.text  # those of the change alone
        assert list(hub.caches) == [kept]
        fork.head_repository = "acme/assistant"
        job, calls = asked(hub, server, hub.pull_request(fork))
        assert (job.outputs["verdict"], calls) == ("pass", 10), job.log.text  # nothing of the fork's was kept
        assert len(hub.caches) == 2
