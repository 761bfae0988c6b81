"""The project's `.venv` and what is run in it: the one file behind every `make` command, and behind the same
commands on Windows (`py setup\\environment.py demo`).

`.venv` is made when it is missing, half made, or older than the lock file or `pyproject.toml`. A stamp inside it,
written last and removed first, says what it was made from: an interrupted set-up leaves no stamp and is made anew.
Nothing but the standard library is used here, and no syntax newer than Python 3.6, so that a Python that is too old can
say so.
"""

import hashlib
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
DEMO = Path("results") / "demo"
OLDEST_PYTHON = (3, 11)
INTERRUPTED = 130


class SetupError(Exception):
    """Something that the person at the keyboard has to mend; its text is the whole message."""


def script_path(environment: Path, name: str) -> Path:
    """Return where a virtual environment keeps a program."""
    if os.name == "nt":
        return environment / "Scripts" / (name + ".exe")
    return environment / "bin" / name


def reason_unsuitable(version: tuple, has_ensurepip: bool) -> str:
    """Return why a Python cannot make the environment, or nothing when it can."""
    shown = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) < OLDEST_PYTHON:
        return (
            "Python 3.11 or newer is needed and this is Python {}; install a newer one, "
            "or name one that is installed: make test PYTHON=/path/to/python3.12".format(shown)
        )
    if not has_ensurepip:
        return (
            "this Python {} cannot make virtual environments, its module `ensurepip` is missing; on Debian or Ubuntu: "
            "sudo apt install python3-venv; or name another Python: make test PYTHON=/path/to/python3.12".format(shown)
        )
    return ""


def fingerprint(lock: Path, project: Path, root: Path, version: tuple) -> str:
    """Return what an environment depends on, as text: the place, the Python, the packages and the declaration.

    The place counts because programs in a virtual environment hold its path; a folder that was moved needs a new one.
    """
    digest = hashlib.sha256()
    for path in (lock, project):
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return "{}\npython {}.{}\n{}\n".format(root, version[0], version[1], digest.hexdigest())


def run(command: list) -> int:
    """Run a program in the project's root and return its exit code.

    Ctrl-C reaches the program too; it is left to end in its own way, so that it can remove what it was writing.
    """
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    variables["PIP_USER"] = "0"
    variables["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    sys.stdout.flush()
    process = subprocess.Popen([str(part) for part in command], cwd=str(ROOT), env=variables)
    interrupted = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            interrupted = True
            continue
        if interrupted or code == -signal.SIGINT:
            return INTERRUPTED
        return code if code >= 0 else 128 - code


def announce(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def step(command: list, failure: str) -> None:
    """Run one step of the set-up; stop with a plain message when it fails."""
    code = run(command)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code != 0:
        raise SetupError(failure)


def is_alive(python: Path) -> bool:
    """Say whether an environment's Python still starts (the Python it was made from may be gone)."""
    if not python.exists():
        return False
    return subprocess.call([str(python), "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def base_python() -> str:
    """Return the Python to make the environment with: never the environment's own, which is about to be replaced."""
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return getattr(sys, "_base_executable", sys.executable)
    return sys.executable


def prepare() -> Path:
    """Make `.venv` if it is missing or stale and return its Python."""
    python = script_path(ENVIRONMENT, "python")
    stamp = ENVIRONMENT / "made-from.txt"
    wanted = fingerprint(LOCK, PROJECT, ROOT, tuple(sys.version_info))
    found = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    if found == wanted and is_alive(python):
        return python

    # The first two lines are the place and the Python: when both still hold, only packages have to change.
    can_be_updated = found.splitlines()[:2] == wanted.splitlines()[:2] and is_alive(python)
    if stamp.exists():
        stamp.unlink()
    if can_be_updated:
        announce("The packages in .venv are older than the lock file or pyproject.toml: updating them.")
    else:
        reason = reason_unsuitable(tuple(sys.version_info), find_spec("ensurepip") is not None)
        if reason:
            raise SetupError(reason)
        announce("Making .venv with Python {}.{}: once, a minute or two.".format(*sys.version_info[:2]))
        step([base_python(), "-m", "venv", "--clear", ENVIRONMENT], "the virtual environment .venv could not be made")
    install = [python, "-m", "pip", "install", "--quiet"]
    step(
        [*install, "--requirement", LOCK],
        "the packages named in requirements.lock could not be installed; pip's own lines above say why",
    )
    # The build tool is in the lock, so the project itself is built with what is already there.
    step(
        [*install, "--no-deps", "--no-build-isolation", "--editable", ROOT],
        "kembar itself could not be installed into .venv; pip's own lines above say why",
    )
    part = stamp.with_suffix(".part")
    part.write_text(wanted, encoding="utf-8")
    part.replace(stamp)
    return python


def demo(python: Path, arguments: list) -> int:
    """Run a small study, three policies on the Indonesian register, and say where its report is."""
    report = ROOT / DEMO / "report.html"
    print("The report of this demo: {} (there in a minute or two)".format(report))
    code = run([python, "-m", "kembar", "study", "demo", "--out", DEMO, "--force", *arguments])
    if code != 0:
        return code
    if not report.exists():
        raise SetupError("the study ended well but left no report in {}".format(report))
    print("\nOpen it in a browser: {}".format(report.as_uri()))
    return 0


def test(python: Path, arguments: list) -> int:
    """Run the tests; the last line is pytest's own."""
    return run([python, "-m", "pytest", *(arguments or ["tests"])])


def lint(python: Path, arguments: list) -> int:
    """Check style, and that each part of the package imports only what it may."""
    style = run([python, "-m", "ruff", "check", *(arguments or ["."])])
    layers = run([script_path(ENVIRONMENT, "lint-imports"), "--no-logo"])
    return style or layers


def types(python: Path, arguments: list) -> int:
    """Check the types of the package, strictly."""
    return run([python, "-m", "mypy", *arguments])


def bench(python: Path, arguments: list) -> int:
    """Measure speed and memory, on the folder in WORLD if there is one."""
    world = os.environ.get("WORLD", "")
    return run([python, Path("benchmarks") / "run.py", *(["--world", world] if world else []), *arguments])


def golden(python: Path, arguments: list) -> int:
    """Write the golden numbers anew; the difference belongs into the changelog."""
    return run([python, Path("tests") / "golden" / "refresh.py", *arguments])


def docs(python: Path, arguments: list) -> int:
    """Write the generated reference pages anew."""
    return run([python, "-m", "kembar.documentation", *arguments])


def findings(python: Path, arguments: list) -> int:
    """Run all shipped studies, or go on with them, and write docs/findings.md anew."""
    return run([python, Path("docs") / "make_findings.py", *arguments])


def calibration(python: Path, arguments: list) -> int:
    """Run the shipped calibration, or go on with it, and write its page and the posterior sample anew."""
    return run([python, Path("docs") / "make_calibration.py", *arguments])


def teaching(python: Path, arguments: list) -> int:
    """Make the runs behind the teaching kit and write docs/teaching/ anew."""
    return run([python, Path("docs") / "make_teaching.py", *arguments])


def verification(python: Path, arguments: list) -> int:
    """Run every check with a known answer and sweep every lever; write docs/verification.md and docs/levers.md anew."""
    return run([python, Path("docs") / "make_verification.py", *arguments])


def scorecard(python: Path, arguments: list) -> int:
    """Run `kembar validate` and write docs/scorecard.md and docs/claims.md anew."""
    return run([python, Path("docs") / "make_scorecard.py", *arguments])


def replicate(python: Path, arguments: list) -> int:
    """Compute every number of docs/findings.md anew in a fresh folder and compare; exit code 1 when one differs."""
    return run([python, Path("docs") / "replicate.py", *arguments])


def prepared(python: Path, arguments: list) -> int:
    """Make the environment and nothing else."""
    print(python)
    return 0


COMMANDS = {
    "prepare": prepared,
    "demo": demo,
    "test": test,
    "lint": lint,
    "types": types,
    "bench": bench,
    "golden": golden,
    "docs": docs,
    "findings": findings,
    "calibration": calibration,
    "teaching": teaching,
    "verification": verification,
    "scorecard": scorecard,
    "replicate": replicate,
}


def main(arguments: list) -> int:
    """Carry out one command and return the exit code."""
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: environment.py {}\n".format("|".join(COMMANDS)))
        for name, command in COMMANDS.items():
            print("  {:12} {}".format(name, str(command.__doc__).splitlines()[0]))
        return 0 if arguments in ([], ["help"]) else 2
    try:
        return COMMANDS[arguments[0]](prepare(), arguments[1:])
    except SetupError as error:
        announce("error: {}".format(error))
        return 1
    except KeyboardInterrupt:
        announce("Interrupted; the same command takes it up again.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
