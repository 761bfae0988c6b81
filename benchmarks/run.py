"""Speed and memory, measured from one run of this file and compared with the goals.

Every measurement has a process of its own, so that none warms or swells another; this one imports nothing of kembar.
They share a cache of compiled code that begins empty: the first start of all is the one that compiles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

YEARS = 30
QUARTERS = 4  # in a year
SEED = 1
SIZES = (1_000, 4_000, 17_000)  # cities
COUNTRIES = 20  # the same for every size, so that only cities and agreements grow
INTERPRETED_YEARS = 2  # interpreted, 30 years would take minutes
RUNS_OF_SMALL, RUNS_OF_LARGE = 20, 3  # the best of so many counts
LARGE = 500  # cities from which on a world counts as large
LATER_STARTS = 3
NOT_COUNTED = ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_CACHE_DIR")  # settings that would spoil the numbers

Measured = dict[str, Any]


def peak_mb() -> float:
    """The most memory this process ever held [MB]; NaN where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def seconds_of(work: Callable[[], object]) -> float:
    """Wall time of some work [s]."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def simulate_times(simulate: Callable[..., object], fresh: Callable[[], object], end: int, runs: int) -> list[float]:
    """Wall time of each of several runs of the kernel alone [s]; making the worlds is not timed."""
    found = []
    for _ in range(runs):
        world = fresh()
        found.append(seconds_of(lambda world=world: simulate(world, 0, end)))  # type: ignore[misc]
    return found


def measure_world(source: str) -> Measured:
    """Time and memory of a world's run, in this process; reading or generating the world is not timed."""
    from kembar.compilation import kernel
    from kembar.inputs import build
    from kembar.records import AGREEMENT_ROWS, ENDED, SCHEDULED
    from kembar.scenario.reader import load_scenario
    from kembar.world import make_world, run_world

    run_world(build(load_scenario("two-cities"), years=1), SEED)  # compiled code is loaded before anything is timed
    program_mb = peak_mb()
    inputs = build(load_scenario(source), years=YEARS)
    world_mb = peak_mb()
    runs = RUNS_OF_SMALL if len(inputs.city_keys) < LARGE else RUNS_OF_LARGE
    whole = [seconds_of(lambda: run_world(inputs, SEED))]
    run_mb = peak_mb()
    whole += [seconds_of(lambda: run_world(inputs, SEED)) for _ in range(runs - 1)]
    simulate = kernel().simulate
    end, room = YEARS * QUARTERS, 1
    while not simulate(make_world(inputs, SEED, room=room), 0, end):
        room *= 2
    alone = simulate_times(simulate, lambda: make_world(inputs, SEED, room=room), end, runs)
    counted = make_world(inputs, SEED, room=room)
    rows = going = 0
    for quarter in range(end):  # once more and not timed, quarter by quarter, to count
        simulate(counted, quarter, quarter + 1)
        stage = counted.agreements["stage"][: counted.counters[AGREEMENT_ROWS]]
        rows += len(stage)
        going += int(((stage != ENDED) & (stage != SCHEDULED)).sum())
    return {
        "cities": len(inputs.city_keys), "agreements": len(inputs.agreements_table), "rows": rows, "going": going,
        "simulate": alone, "run_world": whole, "room": room, "program_mb": program_mb, "world_mb": world_mb,
        "run_mb": run_mb, "arrays_mb": sum(array.nbytes for array in counted) / 1e6,
    }  # fmt: skip


def measure_interpreted(source: str) -> Measured:
    """The same rules on the same world, compiled and as plain Python."""
    from kembar.compilation import kernel
    from kembar.inputs import build
    from kembar.scenario.reader import load_scenario
    from kembar.world import make_world

    inputs = build(load_scenario(source), years=INTERPRETED_YEARS)
    end = INTERPRETED_YEARS * QUARTERS
    times, stages = {}, {}
    for name, runs in (("compiled", RUNS_OF_SMALL), ("interpreted", 1)):
        simulate = kernel(interpreted=name == "interpreted").simulate
        world = make_world(inputs, SEED)
        simulate(world, 0, end)  # loads or compiles, and tells what came out
        stages[name] = world.agreements["stage"].tolist()
        times[name] = min(simulate_times(simulate, lambda: make_world(inputs, SEED), end, runs))
    return {**times, "same_stages": stages["compiled"] == stages["interpreted"]}


def import_world(source: str) -> Measured:
    """Make a scenario of a folder with nodes.csv and edges.csv in the working folder."""
    from kembar.api import import_network

    report = import_network(Path(source) / "nodes.csv", Path(source) / "edges.csv", "network")
    return {"scenario": str(report.scenario.resolve())}


def child_environment(cache: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_COUNTED}
    return {**kept, "KEMBAR_CACHE_DIR": str(cache), "PYTHONUNBUFFERED": "1"}


def in_own_process(what: str, source: str, folder: Path) -> Measured:
    """What a measurement finds in a process of its own."""
    print(f"measuring: {what} {Path(source).stem}", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", what, source]
    done = subprocess.check_output(command, cwd=folder, env=child_environment(folder / "cache"), text=True)
    return dict(json.loads(done.splitlines()[-1]))


def start(folder: Path, name: str) -> tuple[float, bool]:
    """Seconds from starting the program to its summary on the screen, and whether it announced to compile."""
    print("measuring: a start of the program", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "kembar", "run", "indonesia", "--out", str(folder / name)]
    notices = folder / f"{name}.txt"
    began = time.perf_counter()
    with notices.open("wb") as errors, subprocess.Popen(
        command, cwd=folder, env=child_environment(folder / "cache"), stdout=subprocess.PIPE, stderr=errors
    ) as process:  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()  # the summary is written in one piece
        seconds = time.perf_counter() - began
        process.terminate()  # the figures that follow are not measured
    text = notices.read_text(encoding="utf-8", errors="replace")
    if not line:
        raise SystemExit(f"the program ended without a summary:\n{text}")
    return seconds, "compiling" in text


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("| " + " | ".join(cells) + " |")
    print()


def report_worlds(named: dict[str, Measured]) -> None:
    """Times, then memory, with the smallest synthetic world as the measure of growth."""
    rows = []
    for name, it in named.items():
        best, whole = min(it["simulate"]), min(it["run_world"])
        rows.append([
            name, f"{it['cities']:,}", f"{it['agreements']:,}", f"{it['rows']:,}", f"{it['going'] / it['rows']:.2f}",
            f"{best * 1e3:,.1f} ({statistics.median(it['simulate']) * 1e3:,.1f})",
            f"{whole * 1e3:,.1f} ({statistics.median(it['run_world']) * 1e3:,.1f})",
            f"{best / it['rows'] * 1e9:,.0f}", f"{whole / it['rows'] * 1e9:,.0f}", f"{whole / it['going'] * 1e9:,.0f}",
        ])  # fmt: skip
    print(f"Time of {YEARS} years, one core, compiled; best (median); a-q = agreement-quarter\n")
    table(("world", "cities", "agreements", "a-q", "going on", "simulate ms", "run_world ms", "ns/a-q", "... run_world",
           "... going on"), rows)  # fmt: skip
    rows = [
        [name, f"{it['program_mb']:.0f}", f"{it['world_mb']:.0f}", f"{it['run_mb']:.0f}", f"{it['arrays_mb']:.1f}",
         f"{it['arrays_mb'] * 1e6 / it['rows']:,.0f}", f"{it['room']}"]
        for name, it in named.items()
    ]  # fmt: skip
    print("Peak memory of the process, MB: with the program loaded, then the world read, then one whole run\n")
    table(("world", "program", "+ world", "+ run", "arrays", "arrays bytes/a-q", "room"), rows)
    small, *others = [(name, it) for name, it in named.items() if name != "indonesia"]

    def growth(it: Measured, of: Callable[[Measured], float]) -> str:
        return f"{of(it) / of(small[1]):.2f}"

    print(f"Growth, as multiples of {small[0]}; time and memory grow linearly where they follow agreement-quarters\n")
    table(("world", "cities", "a-q", "time", "time per a-q", "arrays", "peak above program", "that per a-q"), [
        [name, growth(it, lambda w: w["cities"]), growth(it, lambda w: w["rows"]),
         growth(it, lambda w: min(w["simulate"])), growth(it, lambda w: min(w["simulate"]) / w["rows"]),
         growth(it, lambda w: w["arrays_mb"]), growth(it, lambda w: w["run_mb"] - w["program_mb"]),
         growth(it, lambda w: (w["run_mb"] - w["program_mb"]) / w["rows"])]
        for name, it in others
    ])  # fmt: skip


def goal(what: str, value: float, limit: float, unit: str) -> list[str]:
    verdict = "met" if value <= limit else "MISSED" if value > limit else "not measured"
    return [what, f"{value:.3g} {unit}", f"{limit:g} {unit}", f"{value / limit:.2f}", verdict]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure speed and memory and compare them with the goals.")
    parser.add_argument("--world", metavar="DIR", help="a folder with nodes.csv and edges.csv, for the largest world")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        kinds = {"world": measure_world, "interpreted": measure_interpreted, "import": import_world}
        print(json.dumps(kinds[chosen.measure[0]](chosen.measure[1])))
        return
    if chosen.world and not all((Path(chosen.world) / name).is_file() for name in ("nodes.csv", "edges.csv")):
        parser.error(f"--world {chosen.world}: no nodes.csv and edges.csv there")
    load = f"; load {os.getloadavg()[0]:.1f} when begun" if hasattr(os, "getloadavg") else ""
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores{load}\n", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        cold, announced = start(folder, "first")
        later = min(start(folder, f"later-{number}")[0] for number in range(LATER_STARTS))
        named = {"indonesia": in_own_process("world", "indonesia", folder)}
        plain = in_own_process("interpreted", "indonesia", folder)
        for size in SIZES[:-1] if chosen.world else SIZES:
            path = folder / f"archipelago-{size}.toml"
            text = f'title = "{size} cities"\nabout = "Measured."\nextends = "archipelago"\n[synthetic]\n'
            path.write_text(text + f"cities = {size}\ncountries = {COUNTRIES}\nseed = {SEED}\n", encoding="utf-8")
            named[path.stem] = in_own_process("world", str(path), folder)
        if chosen.world:
            made = in_own_process("import", str(Path(chosen.world).resolve()), folder)
            named["network"] = in_own_process("world", made["scenario"], folder)
    report_worlds(named)
    ratio = plain["interpreted"] / plain["compiled"]
    print(f"Interpreted, indonesia, {INTERPRETED_YEARS} years: {plain['interpreted']:.2f} s against "
          f"{plain['compiled'] * 1e3:.2f} ms compiled, {ratio:,.0f} times as long; "
          f"same stages at the end: {'yes' if plain['same_stages'] else 'NO'}")  # fmt: skip
    print(f"First start to the summary {cold:.1f} s (announced: {'yes' if announced else 'NO'}), later {later:.2f} s, "
          f"ratio {cold / later:.1f}\n")  # fmt: skip
    small, (name, large) = named["indonesia"], list(named.items())[-1]
    table(("goal", "measured", "at most", "measured/goal", "verdict"), [
        goal("indonesia, 30 years, run_world", min(small["run_world"]) * 1e3, 10, "ms"),
        goal(f"{name}, simulate per a-q", min(large["simulate"]) / large["rows"] * 1e6, 0.5, "us"),
        goal(f"{name}, run_world per a-q going on", min(large["run_world"]) / large["going"] * 1e6, 0.5, "us"),
        goal(f"{name}, peak memory of the process", large["run_mb"], 500, "MB"),
        goal("first start with compilation, to the summary", cold, 40, "s"),
        goal("later start, to the summary", later, 2, "s"),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
