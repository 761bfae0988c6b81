"""Reading requests: bounded bodies, and forms whose every key is known."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from kembar.errors import InputError, Problem
from kembar.scenario.schema import Form, read_form
from kembar.scenario.toml_file import TomlFile
from kembar.web.refusals import RefusalError

MOST_BYTES: Final = 65_536  # of a request
SLOWEST_BODY_SECONDS: Final = 5.0

FormOfRequest = TypeVar("FormOfRequest", bound=Form)


def read_request(body: bytes, form: type[FormOfRequest]) -> FormOfRequest:
    """The request in its form. Raises InputError that says what is wrong with it."""
    try:
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InputError(Problem("the request is not JSON", why=str(error))) from None
    if not isinstance(data, dict):
        raise InputError(Problem("the request must be a JSON object"))
    return read_form(content_of("request", data), form)


def content_of(name: str, data: dict[str, Any]) -> TomlFile:
    """A request's content in the clothes of a file, so that the checks of files hold for it."""
    return TomlFile(Path(name), "", data)


async def read_body(request: Request) -> bytes:
    """The body of a request. Raises RefusalError when it is of another kind, too large or too slow."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusalError(415, "the request must have the content type application/json", "kind")
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise RefusalError(413, f"the request is too large; the most are {MOST_BYTES} bytes", "large")
    except TimeoutError:
        reason = f"the request took longer than {SLOWEST_BODY_SECONDS:g} seconds to arrive"
        raise RefusalError(408, reason, "slow") from None
    except ClientDisconnect:
        raise RefusalError(400, "the request ended early", "bad") from None
    return bytes(body)
