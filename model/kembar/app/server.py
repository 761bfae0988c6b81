"""The server: one page, its messages, and the answers to its questions, on 127.0.0.1 alone."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kembar.app.description import describe_assumptions, describe_language, describe_world
from kembar.app.engine import Engine
from kembar.app.files import KINDS, land_outline, read_page_files
from kembar.app.policy_file import write_policy
from kembar.app.requests import (
    CityForm,
    LifeForm,
    PageForm,
    PolicyForm,
    RunForm,
    TwinForm,
    WhatIfForm,
    read_parameters,
    read_posterior_choice,
    read_variant,
    read_variants,
)
from kembar.app.service import Service
from kembar.app.turns import Question, Turns
from kembar.language import check_language
from kembar.scenario.records import Scenario
from kembar.web.guard import Guard
from kembar.web.listening import LOOPBACK_NAMES
from kembar.web.refusals import HANDLERS
from kembar.web.requests import read_body, read_request

TELL_AT: Final = (1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 250, 300, 350)  # pairs after which the page hears


class Answers:
    """The routes of one world's app."""

    def __init__(self, scenario: Scenario, language: str, seed: int) -> None:
        self.engine = Engine(scenario)
        self.service = Service(self.engine)
        self.turns = Turns()
        self.language, self.seed = language, seed
        self.files = read_page_files()
        self.land = land_outline()
        self.is_warm = asyncio.Event()

    @cached_property
    def described(self) -> dict[str, Any]:
        """The world as the page needs it."""
        return describe_world(self.engine) | {"language": self.language, "seed": self.seed}

    def warm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Compile or load the rules and compute the first run, beside the first look at the page."""
        try:
            self.engine.pair(self.engine.ask(self.seed, []), 0)
        finally:
            loop.call_soon_threadsafe(self.is_warm.set)

    def end(self) -> None:
        """End the streams that are open, also those that still wait for the rules."""
        self.turns.end()
        self.is_warm.set()

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return Response(self.files["index.html"], media_type=KINDS[".html"])

    async def file(self, request: Request) -> Response:
        """One of the page's files."""
        name = request.path_params["name"]
        if name not in self.files or name == "index.html":
            raise HTTPException(404)
        return Response(self.files[name], media_type=KINDS[Path(name).suffix])

    async def world(self, request: Request) -> Response:
        """The world and everything to choose from."""
        return JSONResponse(await self.turns.take(lambda: self.described))

    async def land_rings(self, request: Request) -> Response:
        """The outline of the land."""
        return Response(self.land, media_type="application/json")

    async def messages(self, request: Request) -> Response:
        """A language's messages."""
        return JSONResponse(describe_language(check_language(request.path_params["language"], "language")))

    async def assumptions(self, request: Request) -> Response:
        """The evidence ledger."""
        return JSONResponse(describe_assumptions(self.engine.scenario))

    async def what_if(self, request: Request) -> Response:
        """A stream of answers, one JSON value a line, each over more pairs than the one before."""
        form = read_request(await read_body(request), WhatIfForm)
        asked = self.engine.ask(
            form.seed, read_variants(form.variants), read_parameters(form.parameters),
            read_posterior_choice(form.uncertainties),
        )  # fmt: skip
        question = self.turns.open(form.page, form.move)
        return StreamingResponse(self._stream(asked, question, form.pairs), media_type="application/x-ndjson")

    async def _stream(self, asked: Any, question: Question, wanted: int) -> AsyncIterator[bytes]:
        pairs: list[Any] = []
        try:
            if not self.is_warm.is_set():
                yield line({"waiting": "compiling"})
                await self.is_warm.wait()
            while len(pairs) < wanted and not question.is_ended:
                pairs.append(await self.turns.take(partial(self.engine.pair, asked, len(pairs))))
                if question.is_ended:
                    break
                if len(pairs) in TELL_AT or len(pairs) == wanted:
                    found = await self.turns.take(partial(self.engine.answer, asked, pairs))
                    drawn = "posterior" if asked.posterior else "declared"
                    yield line({"move": question.move, "wanted": wanted, "uncertainties": drawn, **found})
            if question.is_ended:
                yield line({"ended": "a newer question of the same page took its place, or the app was closed"})
        finally:
            self.turns.close(question)

    def about_a_run(self, form: type[Any], work: Callable[[Any], Any]) -> Callable[[Request], Any]:
        """A route that reads a form and answers with a piece of work."""

        async def route(request: Request) -> Response:
            asked = read_request(await read_body(request), form)
            return JSONResponse(await self.turns.once(lambda: work(asked)))

        return route

    async def policy(self, request: Request) -> Response:
        """A variant as a policy file."""
        form = read_request(await read_body(request), PolicyForm)
        policy = read_variant(form.variant)
        self.engine.ask(0, [policy])
        return Response(write_policy(policy), media_type="application/toml")

    async def static(self, request: Request) -> Response:
        """The variants as a page that needs no server."""
        from kembar.app.static_page import static_page

        form = read_request(await read_body(request), PageForm)
        policies = read_variants(form.variants)
        posterior = read_posterior_choice(form.uncertainties)
        asked = self.engine.ask(form.seed, policies, posterior=posterior)

        def make() -> str:
            return static_page(
                self.engine, policies, seed=form.seed, pairs=form.pairs, language=form.language, posterior=posterior
            )

        self.turns.enter()
        try:
            for replicate in range(
                form.pairs
            ):  # pair by pair, so that others have their turns; the page finds them made
                await self.turns.take(partial(self.engine.pair, asked, replicate))
            page = await self.turns.take(make)
        finally:
            self.turns.leave()
        return Response(page, media_type=KINDS[".html"])

    def routes(self) -> list[Route]:
        """All routes."""
        service = self.service
        return [
            Route("/", self.page),
            Route("/page/{name}", self.file),
            Route("/api/world", self.world),
            Route("/api/land", self.land_rings),
            Route("/api/messages/{language}", self.messages),
            Route("/api/assumptions", self.assumptions),
            Route("/api/what-if", self.what_if, methods=["POST"]),
            Route("/api/replay", self.about_a_run(RunForm, service.replay), methods=["POST"]),
            Route("/api/city", self.about_a_run(CityForm, service.city), methods=["POST"]),
            Route("/api/life", self.about_a_run(LifeForm, service.life), methods=["POST"]),
            Route("/api/twins", self.about_a_run(TwinForm, service.twins), methods=["POST"]),
            Route("/api/policy", self.policy, methods=["POST"]),
            Route("/api/page", self.static, methods=["POST"]),
        ]


def line(value: dict[str, Any]) -> bytes:
    """A JSON value on a line of its own."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def make_app(scenario: Scenario, *, port: int, language: str = "en", seed: int = 1) -> Starlette:
    """The app of a world, as an ASGI application that listens to requests for `port` alone.

    Its `state.end()` ends the answers that are being streamed.

    Raises InputError for an unknown language or a world that cannot be built.
    """
    check_language(language)
    answers = Answers(scenario, language, seed)
    answers.engine.baseline  # noqa: B018  # a world that cannot be built is told before anything is served

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        warming = threading.Thread(target=answers.warm, args=(asyncio.get_running_loop(),), daemon=True)
        warming.start()
        yield
        answers.turns.shut()

    guard = Middleware(Guard, names=LOOPBACK_NAMES, port=port)
    app = Starlette(routes=answers.routes(), middleware=[guard], exception_handlers=dict(HANDLERS), lifespan=life)
    app.state.end = answers.end
    return app
