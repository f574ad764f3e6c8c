"""Who speaks to models and pipelines for one command: one cache, one budget, one connection for each model."""

from dataclasses import dataclass, replace
from pathlib import Path

from llmops_cli.config import Config
from llmops_cli.errors import InputError
from llmops_cli.evals.pipelines import Pipelines
from llmops_cli.evals.plan import Subject
from llmops_cli.files.state_folder import make_state_folder
from llmops_cli.models.budgeted import Budget
from llmops_cli.models.cache import Cache, ReadOnlyCache, open_folder, open_shared
from llmops_cli.models.connect import ConnectOptions, connect
from llmops_cli.models.model import Model, Request, Response
from llmops_cli.models.retried import RetryPolicy
from llmops_cli.models.secret import secrets_of


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """How to speak; None leaves it to llmops.yaml. `timeout_s` is in seconds, `budget_usd` in US dollars."""

    concurrency: int | None = None
    timeout_s: float | None = None
    budget_usd: float | None = None
    use_cache: bool = True
    fresh_answers: bool = False  # trials are answered anew and not kept; what checks ask still goes by the cache


class Desk:
    """Answers requests. Nothing is opened before it is needed; `close` what was, then `close_cache`."""

    def __init__(self, config: Config, options: DeskOptions) -> None:
        self._config = config
        settings = config.settings.run
        self.concurrency = options.concurrency or settings.concurrency
        self.cache = _open_cache(config) if options.use_cache else None
        self._options = ConnectOptions(
            concurrency=self.concurrency,
            timeout_s=options.timeout_s or settings.timeout_s,
            retry=RetryPolicy(attempts=settings.attempts, backoff_s=settings.backoff_s),
            cache=self.cache,
            budget=Budget(options.budget_usd) if options.budget_usd is not None else None,
            secrets=secrets_of(config.env),
        )
        self._answering = replace(self._options, cache=None) if options.fresh_answers else self._options
        self._models: dict[tuple[str, str, bool], Model] = {}
        self._pipelines = Pipelines(config, self._answering)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What went wrong without stopping anything: a cache that was moved aside or cannot be written."""
        return tuple(self.cache.warnings) if self.cache else ()

    @property
    def spent_usd(self) -> float:
        """What was spent of the budget, in US dollars; 0 where there is none."""
        return self._options.budget.spent_usd if self._options.budget else 0.0

    async def ask(self, request: Request) -> Response:
        """The answer to a request, at the address the environment names. Raises ModelError, InputError."""
        request = replace(request, endpoint=request.endpoint or self._config.endpoint_of(request.model))
        return await self._connected(request, self._options).answer(request)

    def model_for(self, request: Request) -> Model:
        """Who answers the request of a trial."""
        return self._connected(request, self._answering)

    def _connected(self, request: Request, options: ConnectOptions) -> Model:
        """The model of a request; one connection for each model at each address, whoever asks."""
        place = (request.model, request.endpoint, options.cache is None)
        if place not in self._models:
            self._models[place] = connect(request.model, replace(options, endpoint=request.endpoint))
        return self._models[place]

    def pipeline_for(self, subject: Subject) -> Model:
        """The pipeline that answers for a side. Raises InputError when it names what there is not."""
        return self._pipelines.model_for(subject)

    async def close(self) -> None:
        """Let go of every connection, process and temporary work tree."""
        for model in self._models.values():
            await model.close()
        self._models.clear()
        await self._pipelines.close()

    def close_cache(self) -> None:
        """Let go of the cache; it serves no event loop, and so may outlive one."""
        if self.cache is not None:
            self.cache.close()


def _open_cache(config: Config) -> Cache | None:
    if config.cache_mode == "off":
        return None
    cache = open_shared(config.cache_url) if config.cache_url else open_folder(_own_folder(config))
    return ReadOnlyCache(cache) if config.cache_mode == "read" else cache


def _own_folder(config: Config) -> Path:
    folder = config.state_dir / "cache"
    repo = config.find_repo()
    if repo is not None and folder.is_relative_to(repo.root) and repo.is_tracked(str(folder)):
        raise InputError(
            f"{folder} is tracked by git: answers from a repository cannot be trusted",
            hint="git rm -r --cached .llmops, and ignore it",
        )
    make_state_folder(config.state_dir)
    return folder
