"""The model that says what it was told to: for tests, demonstrations and dry runs."""

from collections.abc import Callable, Sequence
from typing import assert_never

from llmops_cli.models.model import Fault, ModelError, Request, Response

Answer = Response | ModelError | str


class ScriptedModel:
    """A Model that answers from a list (one entry a call, in order) or from a function of the request.

    A `str` becomes a Response with that text, a ModelError is raised. `requests` holds every request as it arrived.
    A list that has run out answers with ModelError(NOT_RECORDED).
    """

    def __init__(self, answers: Callable[[Request], Answer] | Sequence[Answer]) -> None:
        self._answers = answers
        self.requests: list[Request] = []
        self.closed = False

    async def answer(self, request: Request) -> Response:
        """The next answer of the script. Raises the ModelError it holds."""
        number = len(self.requests)
        self.requests.append(request)
        answer = self._next(number, request)
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, str):
            return Response(answer, model=request.model)
        if isinstance(answer, ModelError):
            # a fresh copy: an exception that is raised twice drags the traceback of the first time along
            raise ModelError(answer.fault, answer.message, retry_after=answer.retry_after)
        assert_never(answer)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _next(self, number: int, request: Request) -> Answer:
        if callable(self._answers):
            return self._answers(request)
        if number < len(self._answers):
            return self._answers[number]
        return ModelError(Fault.NOT_RECORDED, f"the script has {len(self._answers)} answers, this is call {number + 1}")
