"""What is compared with, in every kind of checkout: found, and nothing cut off."""

import subprocess

import pytest

from tests.action.hub import Hub
from tests.action.project import changed, first_project, gate, git, measured, workflow
from tests.git_server import TOKEN, GitServer

ENDS_THERE = {"paths": ".github/**"}  # no such file is touched, so the action ends once it has fetched


def long_history(hub: Hub, count: int) -> None:
    """Commits on main that change nothing."""
    hub.push_main({"README.md": "words\n"})
    stand_still(hub, count)
    hub.work.git("push", "-q", "origin", "main")


def stand_still(hub: Hub, count: int) -> None:
    """Empty commits on main of the clone, all by one process."""
    commit = "commit refs/heads/main\ncommitter Ann Example <ann@example.org> 1750000000 +0000\ndata 7\nnothing\n"
    first = f"{commit}from refs/heads/main^0\n\n"
    stream = first + f"{commit}\n" * (count - 1)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=hub.work.path, input=stream.encode(), check=True)


@pytest.mark.parametrize("depth", ["0", "1", "2"])
def test_whatever_was_checked_out_the_base_is_found(hub: Hub, depth: str) -> None:
    """Main has moved on since the branch left it, and once more since the merge ref was made."""
    long_history(hub, 120)
    first_project(hub)
    pull = hub.open(7, changed(hub))
    stand_still(hub, 20)
    hub.work.git("switch", "-q", "main")
    hub.work.git("push", "-q", "origin", "main")
    hub.merge_again(7, pull.branch)
    base = hub.bare.git("rev-parse", "refs/pull/7/merge^1")
    hub.push_main({"docs/0.md": "newer than the merge ref\n"})
    job = measured(hub, hub.pull_request(pull), depth=depth, **ENDS_THERE)
    assert (job.status, job.outputs["verdict"]) == ("success", "untouched"), job.log.text
    assert job.inside["base"].outputs["against"] == "origin/main"
    assert git(job, "merge-base", "HEAD", "origin/main") == base
    assert git(job, "merge-base", "HEAD^1", "HEAD^2") == hub.bare.git("merge-base", pull.head, base)
    if depth == "0":
        assert git(job, "rev-parse", "--is-shallow-repository") == "false"
        assert git(job, "rev-list", "--count", "origin/main") == hub.bare.git("rev-list", "--count", "main")
    else:
        assert git(job, "rev-parse", "--is-shallow-repository") == "true"  # not everything was fetched


def test_releases_and_environments_are_fetched_and_other_tags_are_not(hub: Hub) -> None:
    long_history(hub, 5)
    first_project(hub)
    hub.work.git("tag", "-a", "-m", "an old release", "ticket-summary@v1.0.0")
    hub.work.git("tag", "v7.0")
    hub.work.git("push", "-q", "--tags", "origin", "main", "main:refs/heads/llmops/production", "main:refs/heads/topic")
    job = gate(hub, hub.open(7, changed(hub)), **ENDS_THERE)
    assert job.status == "success", job.log.text
    assert git(job, "tag").split() == ["ticket-summary@v1.0.0"]
    branches = git(job, "for-each-ref", "--format=%(refname)", "refs/remotes/origin").split()
    assert branches == ["refs/remotes/origin/llmops/production", "refs/remotes/origin/main"]


def test_a_branch_that_is_named_like_the_base_is_not_taken_for_it(hub: Hub) -> None:
    """Whoever opens the pull request names the branch; a comparison with itself would always be green."""
    first_project(hub)
    pull = hub.open(7, changed(hub, prefix="Gladly! "))
    github = hub.pull_request(pull)
    github["ref"], github["sha"] = "refs/heads/main", pull.head
    job = measured(hub, github, depth="1", **ENDS_THERE)
    assert git(job, "rev-parse", "main") == pull.head
    assert job.inside["base"].outputs["against"] == "origin/main"
    assert git(job, "rev-parse", "origin/main") == hub.bare.git("rev-parse", "main") != pull.head


def test_a_base_that_is_gone_is_3_although_a_local_branch_has_its_name(hub: Hub) -> None:
    first_project(hub)
    pull = hub.open(7, changed(hub, prefix="Gladly! "), branch="gone")
    github = hub.pull_request(pull)
    github |= {"ref": "refs/heads/gone", "sha": pull.head, "base_ref": "gone"}
    job = measured(hub, github, depth="1")
    assert git(job, "rev-parse", "gone") == pull.head
    assert (job.outputs["verdict"], job.outputs["exit-code"]) == ("invalid", "3"), job.log.text
    assert any("could not be fetched from origin" in one for one in job.log.annotations)


@pytest.mark.parametrize(
    ("against", "given"), [("release-1", "origin/release-1"), ("COMMIT", "COMMIT"), ("TAG", "TAG"), ("HEAD^", "HEAD^")]
)
def test_another_base_by_name(hub: Hub, against: str, given: str) -> None:
    long_history(hub, 3)
    first_project(hub)
    base = hub.bare.git("rev-parse", "main")
    hub.work.git("push", "-q", "origin", "main:refs/heads/release-1")
    pull = hub.open(7, changed(hub))
    hub.work.git("push", "-q", "origin", f"{base}:refs/tags/ticket-summary@v1.0.0")
    names = {"COMMIT": base, "TAG": "ticket-summary@v1.0.0"}
    job = measured(hub, hub.pull_request(pull), depth="2", against=names.get(against, against), **ENDS_THERE)
    assert job.inside["base"].outputs["against"] == names.get(given, given), job.log.text
    assert git(job, "merge-base", "HEAD", names.get(given, given)) == base


@pytest.mark.parametrize("against", ["nowhere", "0123456789012345678901234567890123456789", "main..x", "a b", "main~x"])
def test_a_base_that_is_nowhere_is_3(hub: Hub, against: str) -> None:
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), against=against)
    assert (job.status, job.outputs["verdict"], job.outputs["exit-code"]) == ("failure", "invalid", "3")
    assert any("to compare with" in one for one in job.log.annotations), job.log.text


def test_unrelated_histories_are_3(hub: Hub) -> None:
    first_project(hub)
    files = changed(hub)
    hub.work.git("switch", "-q", "--orphan", "lonely")
    hub.work.commit({"README.md": "alone\n"})
    hub.work.git("push", "-q", "origin", "lonely")
    job = gate(hub, hub.open(7, files), against="lonely")
    assert job.outputs["exit-code"] == "3"
    assert any("no common ancestor" in one for one in job.log.annotations), job.log.text


@pytest.mark.parametrize("left_behind", [False, True])
def test_a_private_repository_is_read_with_the_token_for_that_fetch_alone(hub: Hub, left_behind: bool) -> None:
    """actions/checkout may have left a header in the configuration; two of them would be refused."""
    long_history(hub, 5)
    first_project(hub)
    github = hub.pull_request(hub.open(7, changed(hub)))
    with GitServer(hub.folder) as server:
        github["server_url"] = server.url
        job = hub.job(github, token=TOKEN, **ENDS_THERE)
        steps = workflow("eval")["jobs"]["gate"]["steps"]
        private = f"git remote set-url origin {server.url}/{hub.bare.path.name}"
        stale = f"git config http.{server.url}/.extraheader 'AUTHORIZATION: basic c3RhbGU='"
        steps.insert(1, {"run": f"{private}\n{stale if left_behind else ''}"})
        job.run({"steps": steps})
        assert job.status == "success", job.log.text
        assert len(server.headers) > 2 and server.refused == 0
    assert TOKEN not in git(job, "config", "--list") + job.log.text
    assert job.inside["base"].outputs["against"] == "origin/main"


def test_a_token_goes_to_no_other_server(hub: Hub) -> None:
    first_project(hub)
    github = hub.pull_request(hub.open(7, changed(hub)))
    with GitServer(hub.folder) as elsewhere:
        job = hub.job(github, token=TOKEN, **ENDS_THERE)
        steps = workflow("eval")["jobs"]["gate"]["steps"]
        steps.insert(1, {"run": f"git remote set-url origin {elsewhere.url}/{hub.bare.path.name}"})
        job.run({"steps": steps})
        assert job.inside["verdict"].outputs["exit-code"] == "3"
        assert elsewhere.headers and all(said == [] for said in elsewhere.headers)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ("prompt/**\nsuites/**", "nothing in this repository is like any of them"),
        ("!docs/**", "'!docs/**' would leave"),
    ],
)
def test_paths_that_could_never_be_touched_are_refused(hub: Hub, paths: str, words: str) -> None:
    """Else a slip of the pen in a workflow would be a green check for ever."""
    first_project(hub)
    job = gate(hub, hub.open(7, changed(hub)), paths=paths)
    assert (job.outputs["verdict"], job.outputs["exit-code"]) == ("error", "2"), job.log.text
    assert words in job.log.annotations[0]
    assert "Measure" not in job.ran


@pytest.mark.parametrize(("path", "touched"), [("shared/tone.txt", "true"), ("shared/other.txt", "false")])
def test_a_partial_is_looked_at_wherever_it_lies(hub: Hub, path: str, touched: str) -> None:
    hub.work.commit(
        {"shared/safety.md": '{% include "tone.txt" %}\n', "shared/tone.txt": "Kind.\n", "shared/other.txt": ""}
    )
    first_project(hub)
    job = gate(hub, hub.open(7, {path: "Kinder.\n"}), paths="prompts/**")
    assert job.inside["base"].outputs["touched"] == touched, job.log.text


def test_a_submodule_that_asks_to_be_passed_over_is_a_change(hub: Hub) -> None:
    hub.work.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n\tignore = all\n'})
    first_project(hub)
    pull = hub.open(7, {"README.md": "words\n"})
    hub.work.git("switch", "-q", "change")
    hub.work.git("update-index", "--add", "--cacheinfo", f"160000,{hub.work.git('rev-parse', 'HEAD')},lib")
    hub.work.git("commit", "-q", "-m", "a submodule")
    hub.work.git("push", "-q", "origin", "change")
    hub.merge_again(7, pull.branch)
    job = gate(hub, pull, paths="lib\nprompts/**")
    assert job.inside["base"].outputs["touched"] == "true", job.log.text
