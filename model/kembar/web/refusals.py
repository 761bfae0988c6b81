"""Refusals: how a server says that it does not answer, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kembar.errors import KembarError, Problem, StorageError

_CLOSING: Final = (408, 413)  # after which nothing more is read from the connection
_HTTP: Final = {404: ("nowhere", "there is no such page"), 405: ("method", "this page is not asked in that way")}


class RefusalError(Exception):
    """A question that is not taken: the HTTP status, why, a word for the page, and what else it should know."""

    def __init__(
        self,
        status: int,
        reason: str,
        code: str = "busy",
        *,
        known: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.known = dict(known or {})
        self.headers = dict(headers or {})


def refusal(
    status: int,
    problems: list[str],
    code: str,
    known: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer that says why there is none."""
    closing = {"connection": "close"} if status in _CLOSING else {}
    return JSONResponse(
        {"errors": problems, "code": code, **(known or {})}, status, headers={**(headers or {}), **closing}
    )


async def _bad_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, KembarError)
    status, code = (503, "disk") if isinstance(error, StorageError) else (400, "bad")
    return refusal(status, [problem.format() for problem in error.problems], code)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return refusal(error.status, [Problem(error.reason).format()], error.code, error.known, error.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, reason = _HTTP.get(error.status_code, ("http", error.detail))
    return refusal(error.status_code, [Problem(reason).format()], code)


async def _broken(request: Request, error: Exception) -> Response:
    problem = Problem("the program made a mistake", why=type(error).__name__)
    return refusal(500, [problem.format()], "mistake")


HANDLERS: Final[Mapping[Any, Any]] = {
    KembarError: _bad_input,
    RefusalError: _refused,
    HTTPException: _http,
    Exception: _broken,
}
