"""Pipelines of the user's at work: each side's with the code of its own commit, opened when it is first asked."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from llmops_cli.config import Config
from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.plan import Subject
from llmops_cli.models.connect import ConnectOptions, chained
from llmops_cli.models.model import Model
from llmops_cli.models.offered_target import TargetPlace, open_target
from llmops_cli.models.redacted import RedactedModel
from llmops_cli.models.retried import RetryPolicy
from llmops_cli.vcs.checkout import temporary_checkout
from llmops_cli.vcs.tamed import INHERITED

# a function is loaded before its first call is answered: importing what it needs may take a while
_LOADING_S = 120.0


class Pipelines:
    """The pipelines of one command. The code of a baseline lies in a temporary work tree until `close`."""

    def __init__(self, config: Config, options: ConnectOptions) -> None:
        self._config = config
        self._options = options
        self._open = ExitStack()
        self._checkouts: dict[str, asyncio.Task[Path]] = {}
        self._models: dict[tuple[str, str, str], Model] = {}

    def model_for(self, subject: Subject) -> Model:
        """The pipeline of one side as a Model. Raises InputError when it names what there is not."""
        place = (subject.role, subject.commit, subject.target.model_dump_json())
        if place not in self._models:
            self._models[place] = self._connect(subject)
        return self._models[place]

    async def close(self) -> None:
        """End every process and take the temporary work trees away."""
        for model in self._models.values():
            await model.close()
        self._models.clear()
        await asyncio.gather(*self._checkouts.values(), return_exceptions=True)  # what is half made is taken away too
        self._checkouts.clear()
        self._open.close()

    def _connect(self, subject: Subject) -> Model:
        target = subject.target
        timeout_s = target.timeout_s or self._options.timeout_s
        options = replace(
            self._options,
            cache=self._options.cache if target.keeps(subject.code) else None,
            timeout_s=timeout_s + (_LOADING_S if target.python else 0),
            concurrency=target.workers if target.runs_code else self._options.concurrency,
            # what code of the project has refused it will refuse again
            retry=RetryPolicy(attempts=1) if target.runs_code else self._options.retry,
        )
        make = self._maker(subject, timeout_s)

        async def opened() -> Model:
            return RedactedModel(make(await self._folder(subject)), self._options.secrets)

        return chained(opened, options)

    def _maker(self, subject: Subject, timeout_s: float) -> Callable[[Path], Model]:
        """What opens the pipeline in the folder of its side; mistakes that can be seen now are raised now."""
        target = subject.target
        if target.http:
            token = self._token(target.token_env)

            def over_http(_: Path) -> Model:
                from llmops_cli.models.via_http import HttpPipeline

                return HttpPipeline(target.http, token=token, timeout_s=timeout_s)

            return over_http
        if target.type:

            def of_package(folder: Path) -> Model:
                place = TargetPlace(folder, timeout_s)
                return open_target(target.type, target.options, place, self._options.secrets)

            return of_package
        if target.python:
            interpreter = self._config.interpreter(target.interpreter)

            def in_python(folder: Path) -> Model:
                from llmops_cli.models.via_python import PythonPipeline
                from llmops_cli.models.worker import WorkerSpec

                spec = WorkerSpec(
                    target.python, interpreter, folder, self._env(folder), timeout_s=timeout_s, most=target.workers,
                    stranger=None if subject.role == "candidate" else self._config.root,
                )  # fmt: skip
                return PythonPipeline(spec)

            return in_python

        def by_command(folder: Path) -> Model:
            from llmops_cli.models.via_command import CommandPipeline, CommandSpec

            return CommandPipeline(CommandSpec(target.command, folder, self._env(folder), timeout_s=timeout_s))

        return by_command

    async def _folder(self, subject: Subject) -> Path:
        """The project root with this side's code: the working tree for the candidate, else a checkout of its commit."""
        if subject.role == "candidate" or subject.target.http:
            return self._config.root
        if subject.commit not in self._checkouts:
            # a large repository takes a while, and the calls of the other side go on meanwhile
            made = asyncio.to_thread(self._check_out, subject)
            self._checkouts[subject.commit] = asyncio.create_task(made)
        return await asyncio.shield(self._checkouts[subject.commit])

    def _check_out(self, subject: Subject) -> Path:
        repo = self._config.find_repo()
        if repo is None:
            raise MeasureError(f"the code of {subject.prompt.reference} needs a git repository, and there is none")
        return self._open.enter_context(temporary_checkout(repo, subject.commit)) / self._config.prefix

    def _env(self, folder: Path) -> dict[str, str]:
        """Our environment, without what would lead a program from the code of its side to that of another."""
        kept = {name: value for name, value in self._config.env.items() if name not in INHERITED and name != "OLDPWD"}
        return {**kept, "PWD": str(folder)}

    def _token(self, name: str) -> str:
        token = self._config.env.get(name, "") if name else ""
        if name and not token:
            raise InputError(f"target: token_env names {name}, and that variable is not set")
        if not (token.isascii() and token.isprintable()):
            raise InputError(f"target: the variable {name} holds no token: a line end, or other than ASCII")
        return token
