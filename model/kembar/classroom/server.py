"""The class's server: pages, joining, the students' routes and the console's, each behind its own token."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kembar.app.description import describe_language
from kembar.app.files import KINDS, PAGE_FOLDER, land_outline, read_page_files
from kembar.classroom.acts import act
from kembar.classroom.debriefing import Debriefs
from kembar.classroom.facts import ENDED, Seat
from kembar.classroom.forms import NAME_PATTERN, DecisionForm, JoinForm, LookForm, read_act
from kembar.classroom.limits import WrongCodes
from kembar.classroom.plays import Plays, Snapshot, snapshot
from kembar.classroom.session import Session
from kembar.classroom.settings import settings
from kembar.classroom.views import console_view, student_view, world_view
from kembar.errors import folded
from kembar.language import check_language
from kembar.web.guard import Guard
from kembar.web.refusals import HANDLERS, RefusalError
from kembar.web.requests import read_body, read_request

CLASS_FOLDER: Final = Path(__file__).parent / "page"
AREAS: Final = ("class.", "app.", "terms.")  # of messages that the pages use
_BEARER: Final = "bearer "


class Answers:
    """The routes of one session. All of them run in the server's one thread; only plays and debriefs do not."""

    def __init__(self, session: Session, join: Mapping[str, Any]) -> None:
        self.session = session
        self.join = join
        self.files = {**read_page_files(PAGE_FOLDER), **read_page_files(CLASS_FOLDER)}
        self.land = land_outline()
        self.wrong_codes = WrongCodes()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.plays = Plays(self._tell)
        self.debriefs = Debriefs(self._tell, self._tell_console)
        self._taken: Snapshot | None = None
        self._key: tuple[Any, ...] = ()

    def _tell(self) -> None:
        """Something was computed, in another thread: everybody hears of it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hear)

    def _tell_console(self) -> None:
        """Something has moved on, in another thread; forty phones need not load their state for it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.session.touch_console)

    def _hear(self) -> None:
        if self.session.is_deleted:
            return
        made = self.debriefs.take_new()
        if made is not None:
            self.session.store.keep_debrief(*made)
        self.session.touch()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Compute what the log says has been played."""
        self._loop = loop
        self.refresh()

    def refresh(self) -> Snapshot:
        """The session's games as they are now; what follows from them is computed when they are others than before."""
        facts, shocks = self.session.facts, tuple(self.session.shocks)
        key = (facts.setup, self.session.played, facts.phase == ENDED, shocks)
        if self._taken is None or key != self._key:
            self._taken, self._key = snapshot(self.session), key
            self.plays.want(self._taken)
            if facts.phase == ENDED:
                self.debriefs.want(self._taken, self.session.store.debrief)
        return self._taken

    # Who asks

    def _token(self, request: Request) -> str:
        if self.session.is_deleted:
            raise RefusalError(410, "the data of this session were deleted", "gone")
        given = request.headers.get("authorization", "")
        if not given.lower().startswith(_BEARER):
            raise RefusalError(401, "this needs a token; join with the session's code", "token")
        return given[len(_BEARER) :].strip()

    def student(self, request: Request) -> Seat:
        """The seat that asks. Raises RefusalError."""
        token = self._token(request)
        if self.session.is_console(token):
            raise RefusalError(403, "the console has no seat", "role")
        seat = self.session.seat_of(token)
        if seat is None:
            raise RefusalError(401, "this session does not know the token; join again", "token")
        return seat

    def teacher(self, request: Request) -> None:
        """Raises RefusalError unless the console asks."""
        token = self._token(request)
        if self.session.is_console(token):
            return
        if self.session.seat_of(token) is not None:
            raise RefusalError(403, "a seat cannot use the console", "role")
        raise RefusalError(401, "this session does not know the token", "token")

    def _check_code(self, request: Request, code: str) -> None:
        if self.session.is_deleted:
            raise RefusalError(410, "the data of this session were deleted", "gone")
        address = request.client.host if request.client else ""
        self.wrong_codes.refuse_guessing(address)
        if not self.session.has_code(code):
            self.wrong_codes.note(address)
            raise RefusalError(404, "there is no session with this code; read it again", "code")

    # Pages

    def page(self, name: str) -> Callable[[Request], Any]:
        """A page's route."""

        async def route(request: Request) -> Response:
            if name not in self.files:
                raise HTTPException(404)
            return Response(self.files[name], media_type=KINDS[".html"])

        return route

    async def file(self, request: Request) -> Response:
        """One of the pages' files; the class's own wins over the app's."""
        name = request.path_params["name"]
        if name not in self.files or name.endswith(".html"):
            raise HTTPException(404)
        return Response(self.files[name], media_type=KINDS[Path(name).suffix])

    async def land_rings(self, request: Request) -> Response:
        """The outline of the land."""
        return Response(self.land, media_type="application/json")

    async def messages(self, request: Request) -> Response:
        """A language's messages."""
        return JSONResponse(describe_language(check_language(request.path_params["language"], "language"), AREAS))

    # Joining

    async def look(self, request: Request) -> Response:
        """What a code leads to: teams, and names that are free."""
        form = read_request(await read_body(request), LookForm)
        self._check_code(request, form.code)
        session, bounds = self.session, settings().bounds
        return JSONResponse(
            {
                **{"title": session.scenario.title, "language": session.facts.language, "phase": session.facts.phase},
                "teams": [
                    {"team": team, "city": session.city(team), "members": len(session.members(team))}
                    for team in session.teams
                ],
                "names": {language: self._free_names(language) for language in settings().names},
                **{"pattern": NAME_PATTERN, "longest": bounds.longest_pseudonym},
            }
        )

    def _free_names(self, language: str) -> list[str]:
        taken = {folded(seat.pseudonym) for seat in self.session.seats.values()}
        free = [name for name in settings().names[language].all() if folded(name) not in taken]
        most = min(len(free), settings().bounds.offered_names)
        return secrets.SystemRandom().sample(free, most)

    async def take_seat(self, request: Request) -> Response:
        """A seat and its token."""
        form = read_request(await read_body(request), JoinForm)
        self._check_code(request, form.code)
        seat, token = self.session.join(form)
        told = {"seat": seat.seat, "token": token, "pseudonym": seat.pseudonym, "team": seat.team}
        return JSONResponse({**told, "city": self.session.city(seat.team)})

    # Both

    async def world(self, request: Request) -> Response:
        """The world, for a student or the console."""
        token = self._token(request)
        if not self.session.is_console(token):
            self.student(request)
        return JSONResponse(world_view(self.session))

    def _unchanged(self, request: Request, version: str) -> Response | None:
        if request.query_params.get("since") != version:
            return None
        return JSONResponse({"unchanged": True, "version": version, "now": self.session.clock()})

    def _debrief_state(self) -> dict[str, Any] | None:
        return self.debriefs.state() if self.session.facts.phase == ENDED else None

    def _debrief_page(self, request: Request, team: int | None) -> Response:
        language = check_language(request.query_params.get("language", self.session.facts.language), "language")
        if self.session.facts.phase != ENDED:
            state = {"state": self.session.brief()}
            raise RefusalError(409, "the debrief is made when the game is over", "ready", known=state)
        page = self.debriefs.page(team, language)
        if page is None:
            raise RefusalError(409, "the debrief is being made", "ready", known={"state": self.debriefs.state()})
        return Response(page, media_type=KINDS[".html"])

    # Students

    async def state(self, request: Request) -> Response:
        """A student's state."""
        seat = self.student(request)
        unchanged = self._unchanged(request, self.session.version(seat.team))
        if unchanged is not None:
            return unchanged
        self.refresh()
        return JSONResponse(student_view(self.session, self.plays, seat, self._debrief_state()))

    async def decide(self, request: Request) -> Response:
        """A team's decision."""
        seat = self.student(request)
        form = read_request(await read_body(request), DecisionForm)
        return JSONResponse(dict(self.session.decide(seat, form)))

    async def own_debrief(self, request: Request) -> Response:
        """The debrief of the student's team."""
        return self._debrief_page(request, self.student(request).team)

    # The console

    async def console_state(self, request: Request) -> Response:
        """The console's state."""
        self.teacher(request)
        unchanged = self._unchanged(request, self.session.version(None))
        if unchanged is not None:
            seen = {
                seat.seat: round(max(0.0, self.session.clock() - seat.seen_at), 1)
                for seat in self.session.seats.values()
                if seat.seen_at is not None
            }
            return JSONResponse({"unchanged": True, "version": self.session.version(None),
                                 "now": self.session.clock(), "seen": seen})  # fmt: skip
        self.refresh()
        return JSONResponse(console_view(self.session, self.plays, self.join, self._debrief_state()))

    async def act(self, request: Request) -> Response:
        """An act of the teacher's."""
        self.teacher(request)
        form = read_act(await read_body(request))
        act(self.session, form)
        if self.session.is_deleted:
            self.debriefs.forget()
            self.plays.results = None
            return JSONResponse({"phase": "deleted"})
        self.refresh()
        return JSONResponse(self.session.brief())

    async def any_debrief(self, request: Request) -> Response:
        """The debrief of the class, or of a team."""
        self.teacher(request)
        asked = request.path_params.get("team")
        team = next((team for team in self.session.teams if str(team) == asked), None)
        if asked is not None and team is None:
            raise HTTPException(404)
        return self._debrief_page(request, team)

    def routes(self) -> list[Route]:
        """All routes."""
        return [
            Route("/", self.page("student.html")),
            Route("/console", self.page("console.html")),
            Route("/page/{name}", self.file),
            Route("/api/land", self.land_rings),
            Route("/api/messages/{language}", self.messages),
            Route("/api/look", self.look, methods=["POST"]),
            Route("/api/join", self.take_seat, methods=["POST"]),
            Route("/api/world", self.world),
            Route("/api/state", self.state),
            Route("/api/decision", self.decide, methods=["POST"]),
            Route("/api/debrief", self.own_debrief),
            Route("/api/console/state", self.console_state),
            Route("/api/console/act", self.act, methods=["POST"]),
            Route("/api/console/debrief", self.any_debrief),
            Route("/api/console/debrief/{team}", self.any_debrief),
        ]


def make_app(session: Session, *, names: tuple[str, ...], port: int, join: Mapping[str, Any]) -> Starlette:
    """The class as an ASGI application that listens to requests for these names and this port alone."""
    answers = Answers(session, join)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        answers.begin(asyncio.get_running_loop())
        yield
        answers.plays.shut()
        answers.debriefs.shut()

    guard = Middleware(Guard, names=names, port=port)
    app = Starlette(routes=answers.routes(), middleware=[guard], exception_handlers=dict(HANDLERS), lifespan=life)
    app.state.answers = answers
    app.state.end = answers.debriefs.stop
    return app
