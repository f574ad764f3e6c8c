"""The front desk: from the name of a model to a Model that is cached, retried, limited and kept within a budget."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from llmops_cli.errors import InputError
from llmops_cli.models.budgeted import Budget, BudgetedModel
from llmops_cli.models.cache import Cache
from llmops_cli.models.cached import CachedModel
from llmops_cli.models.limited import LimitedModel
from llmops_cli.models.model import Model, Request, Response
from llmops_cli.models.provider import ProviderOptions, find_provider, open_offered
from llmops_cli.models.retried import RetriedModel, RetryPolicy
from llmops_cli.offers import load_offer


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How to speak to a model. `cache` and `budget` are shared between models; whoever made them closes them.

    `endpoint` is the base URL for requests that do not carry one. `secrets` never appear in a message.
    """

    concurrency: int = 8
    timeout_s: float = 120.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cache: Cache | None = None
    budget: Budget | None = None
    endpoint: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)


def connect(model_name: str, options: ConnectOptions) -> Model:
    """A Model for requests to `model_name`. Nothing is imported or opened before a call must really be made.

    From the outside in: cache and single flight, then retries (a wait holds no place), then the places and the timeout,
    then the budget (only calls that are made reserve money; every attempt is paid for), then the provider.
    Raises InputError when `model_name` is empty.
    """
    if not model_name.strip():
        raise InputError("no model is named", hint="set `model:` in the prompt, or `target: {model: ...}` in the suite")

    async def open_provider() -> Model:
        return await _provider(model_name, options)

    kept = chained(open_provider, options)
    return _AtEndpoint(kept, options.endpoint) if options.endpoint else kept


def chained(open_provider: Callable[[], Awaitable[Model]], options: ConnectOptions) -> Model:
    """Whatever `open_provider` opens at the first call that must be made, behind the same wrappers as every model."""

    async def open_limited() -> Model:
        provider = await open_provider()
        if options.budget is not None:
            provider = BudgetedModel(provider, options.budget)
        return LimitedModel(provider, concurrency=options.concurrency, timeout_s=options.timeout_s)

    asked = RetriedModel(_OpenedAtFirstCall(open_limited), options.retry)
    return CachedModel(asked, options.cache)


async def _provider(model_name: str, options: ConnectOptions) -> Model:
    """Another package's, where one offers the first part of the name; else litellm."""
    offer = find_provider(model_name)
    if offer is not None:
        await asyncio.to_thread(load_offer, offer, what="provider")  # an import may take long; the rest is the loop's
        return open_offered(offer, model_name, ProviderOptions(options.timeout_s, options.endpoint), options.secrets)
    from llmops_cli.models.via_litellm import LitellmModel

    return await LitellmModel(timeout_s=options.timeout_s, secrets=options.secrets).open()


class _OpenedAtFirstCall:
    """A Model that comes into being when it is first asked: a run that the cache answers never pays for the import."""

    def __init__(self, open_model: Callable[[], Awaitable[Model]]) -> None:
        self._open = open_model
        self._opening = asyncio.Lock()
        self._model: Model | None = None

    async def answer(self, request: Request) -> Response:
        if self._model is None:
            async with self._opening:
                if self._model is None:
                    self._model = await self._open()
        return await self._model.answer(request)

    async def close(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            await model.close()


class _AtEndpoint:
    """A Model that writes the endpoint into requests that name none, before the cache sees them: it is in the key."""

    def __init__(self, inner: Model, endpoint: str) -> None:
        self._inner = inner
        self._endpoint = endpoint

    async def answer(self, request: Request) -> Response:
        if not request.endpoint:
            request = dataclasses.replace(request, endpoint=self._endpoint)
        return await self._inner.answer(request)

    async def close(self) -> None:
        await self._inner.close()
