"""Starting a class: the store, the address, the QR code in the terminal, and the server."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kembar.classroom.acts import check_cities
from kembar.classroom.facts import CODE_LENGTH, Facts, new_code, refuse_other_world
from kembar.classroom.session import Session
from kembar.classroom.settings import settings
from kembar.classroom.store import Store
from kembar.errors import InputError, Problem, shown_path
from kembar.scenario.records import Scenario
from kembar.scenario.targets import LEVELS, find_target
from kembar.web.listening import LOOPBACK, LOOPBACK_NAMES, listen, serve_until_interrupted

USUAL_PORT: Final = 8766
USUAL_STORE: Final = "kembar-class.sqlite"
MOST_CONNECTIONS: Final = 1000  # each of some hundred browsers keeps a few
_SOMEWHERE: Final = ("10.255.255.255", 1)  # nothing is sent there: the machine only tells by which address it would


def usual_cities(scenario: Scenario, mode: str, teams: int) -> list[str]:
    """The cities that a class begins with: those with the most listed agreements, in focal countries.

    In parallel worlds all teams get the first one, so that their choices can be compared.
    """
    focal = set(scenario.focal_countries)
    degree = dict.fromkeys((city.key for city in scenario.cities if not focal or city.country in focal), 0)
    for agreement in scenario.agreements:
        for key in (agreement.city_a, agreement.city_b):
            if key in degree:
                degree[key] += 1
    ordered = sorted(degree, key=lambda key: (-degree[key], key))
    if mode == "parallel":
        return ordered[:1] * teams
    return ordered[:teams]


def check_world(scenario: Scenario) -> None:
    """Raises InputError for a world that itself changes, in one city, a lever that a class decides about."""
    for change in scenario.changes:
        level, _ = find_target(scenario, change.target)
        if change.parameter in settings().lever_keys and level == LEVELS[-1]:
            what = f"the world changes it in {change.target} alone"
            why = "a class could not decide about it; change it in a country, a group or all cities"
            raise InputError(Problem(what, change.file or scenario.path, change.line, change.parameter, why))


def open_session(
    scenario: Scenario,
    path: Path,
    *,
    mode: str | None = None,
    rounds: int | None = None,
    seed: int | None = None,
    language: str = "en",
) -> Session:
    """The session of a store: taken up where it was, or begun.

    `mode`, `rounds` and `seed` are of a new session; None takes the usual ones. Raises InputError for a store of
    another world, for other settings than the store's, and for a mode or number of rounds that there is not;
    StorageError when the file cannot be used.
    """
    _check(mode or "parallel", 1 if rounds is None else rounds)
    check_world(scenario)
    store = Store(path)
    try:
        known = store.facts()
        if known:
            facts = Facts(**known)
            refuse_other_world(facts, scenario, shown_path(path))
            _refuse_other_settings(facts, {"mode": mode, "rounds": rounds, "seed": seed})
            return Session(store, scenario, facts)
        mode = mode or "parallel"
        facts = Facts(
            code=new_code(),
            world=scenario.name,
            world_hash=scenario.hash,
            language=language,
            seed=1 if seed is None else seed,
            mode=mode,
            rounds=settings().bounds.usual_rounds if rounds is None else rounds,
            seconds=None,
            cities=usual_cities(scenario, mode, settings().bounds.usual_teams),
        )
        with store.transaction():
            store.note(vars(facts))
        session = Session(store, scenario, facts)
        check_cities(session, facts.mode, facts.cities)
        return session
    except BaseException:
        store.close()
        raise


def _refuse_other_settings(facts: Facts, asked: Mapping[str, Any]) -> None:
    """Raises InputError when a class that has begun was asked for with other settings than it has."""
    for name, value in asked.items():
        has = getattr(facts, name)
        if value is not None and value != has:
            why = "leave the setting out to take it up, or begin another class in another --store"
            raise InputError(Problem(f"this class was begun with {name} {has}, not {value}", key=f"--{name}", why=why))


def _check(mode: str, rounds: int) -> None:
    if mode not in ("parallel", "shared"):
        raise InputError(Problem(f"there is no mode '{mode}'", key="--mode", why="modes are parallel and shared"))
    most = settings().bounds.most_rounds
    if not 1 <= rounds <= most:
        raise InputError(Problem(f"{rounds} rounds", key="--rounds", why=f"a class plays 1 to {most}"))


def own_addresses() -> list[str]:
    """The machine's IPv4 addresses in networks, the one by which it would leave first."""
    found: list[str] = []
    # No way out at all is an error, as on a laptop that is its own hotspot.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_SOMEWHERE)
        found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):  # a machine whose name nobody knows
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [address for address in dict.fromkeys(found) if not address.startswith(("127.", "0."))]


def choose_address(lan: bool, address: str | None) -> str:
    """The address to listen at. Raises InputError when there is none, or it is not this machine's."""
    if not lan:
        if address is not None:
            why = "without --lan the class is served to this machine alone"
            raise InputError(Problem(f"{address} is for the local network", key="--address", why=why))
        return LOOPBACK
    if address is not None:
        try:
            return str(ipaddress.IPv4Address(address))
        except ValueError:
            why = "write it in four numbers, as in 192.168.1.5"
            raise InputError(Problem(f"'{address}' is no address", key="--address", why=why)) from None
    known = own_addresses()
    if not known:
        why = "connect it to a network or switch its hotspot on, or name the address with --address"
        raise InputError(Problem("this machine has no address in a local network", key="--lan", why=why))
    return known[0]


def shown_code(code: str) -> str:
    """The code as people read it aloud, in two parts.

    >>> shown_code("K7QF2M9XWA")
    'K7QF2-M9XWA'
    """
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def qr_rows(text: str) -> list[str]:
    """A QR code as rows of 0 and 1, without the quiet zone around it."""
    import segno

    return ["".join("1" if dark else "0" for dark in row) for row in segno.make(text, error="m", micro=False).matrix]


def qr_lines(rows: Sequence[str]) -> list[str]:
    """A QR code for a terminal: two rows in a line of half blocks, dark on light, with its quiet zone."""
    quiet = 2
    width = len(rows[0]) + 2 * quiet
    padded = ["0" * width] * quiet + [f"{'0' * quiet}{row}{'0' * quiet}" for row in rows] + ["0" * width] * quiet
    if len(padded) % 2:
        padded.append("0" * width)
    signs = {("0", "0"): "█", ("0", "1"): "▀", ("1", "0"): "▄", ("1", "1"): " "}  # light is drawn: terminals are dark
    return [
        "".join(signs[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(padded[::2], padded[1::2], strict=True)
    ]


def serve(
    scenario: Scenario,
    path: Path,
    *,
    rounds: int | None = None,
    mode: str | None = None,
    port: int = USUAL_PORT,
    lan: bool = False,
    address: str | None = None,
    language: str = "en",
    seed: int | None = None,
    browser: bool = True,
    told: Callable[[dict[str, Any]], None],
) -> None:
    """Serve a class until it is interrupted; `told` hears the addresses, the code and the QR code once it answers.

    Raises InputError or StorageError as `open_session`, `choose_address` and `listen` do.
    """
    from kembar.classroom.server import make_app

    host = choose_address(lan, address)
    with listen(port, host) as ear:  # before the store is made: a wrong port leaves none behind
        session = open_session(scenario, path, mode=mode, rounds=rounds, seed=seed, language=language)
        try:
            port = ear.getsockname()[1]
            base = f"http://{host}:{port}/"
            link = f"{base}#code={session.facts.code}"
            join = {
                "address": base,
                "code": shown_code(session.facts.code),
                "link": link,
                "qr": qr_rows(link),
                "lan": lan,
            }
            console = f"{base}console#token={session.new_console_token()}"
            app = make_app(session, names=(host,) if lan else LOOPBACK_NAMES, port=port, join=join)
            facts = {
                **{"console": console, "students": link, "code": join["code"], "qr": join["qr"], "lan": lan},
                **{"store": shown_path(path), "phase": session.facts.phase, "round": session.facts.round},
            }
            serve_until_interrupted(
                app, ear, ready=lambda: told(facts), page=console if browser else None, most=MOST_CONNECTIONS
            )
        finally:
            if not session.is_deleted:
                session.store.close()
