"""Turning rules into machine code, and putting a user's rules in the place of the model's.

A rule is a plain Python function marked with `@rule`. When the modules of rules are first imported (a run starts),
Numba compiles them; with ``NUMBA_DISABLE_JIT=1`` the same functions run interpreted. Compiled code is kept in a folder
named by everything that goes into it, because Numba's own cache does not see a change in a called function's file.
"""

import hashlib
import importlib
import importlib.util
import inspect
import os
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from kembar.errors import InputError, Problem, nearest

Function = TypeVar("Function", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent
_RULE_FILES = ("records.py", "randomness.py", "compilation.py", "simulation.py")
_COMPILED_MODULES = ("kembar.randomness", "kembar.simulation")
# Only this one gets the wrapper that lets Python call it; for the others it would double the time of compilation.
_CALLED_FROM_PYTHON = ("simulate",)
# Called from many places and large: a copy at each would cost compilation more than it saves a run. All other rules
# are inlined, because passing a whole world to a function costs more than most rules do.
_KEPT_AS_CALLS = frozenset(
    {
        *("note_agreement", "note_surroundings", "split_shortfall", "divide_city_shortfall", "open_talks"),
        *("end", "sign", "choose_focus", "start_term", "latest_agreement", "mark_partners", "count_marked"),
    }
)
_lock = threading.RLock()
_kernels: dict[str, ModuleType] = {}
_marked: set[str] = set()
_replacements: dict[str, Callable[..., Any]] = {}
_replaced: set[str] = set()
_known: dict[str, Callable[..., Any]] = {}
_made: dict[str, Callable[..., Any]] = {}
_interpreting: list[bool] = []  # not empty while a kernel is being loaded uncompiled
_current: list[Path] = []  # the user's file while its kernel is being loaded


def _numba() -> Any:
    """Numba, imported only when a run starts: it takes longer than everything else together."""
    return importlib.import_module("numba")


def rule(function: Function) -> Function:
    """Mark a function as a rule: compiled by Numba, replaceable by name with `--rules`."""
    name = function.__name__
    _known[name] = function
    chosen: Any = function
    if name in _replacements:
        chosen = _replacements[name]
        _refuse_other_arguments(name, function, chosen)
        _replaced.add(name)
    if _interpreting:
        _made[name] = chosen
        return chosen  # type: ignore[no-any-return]
    numba = _numba()

    _use_own_cache()
    internal = name not in _CALLED_FROM_PYTHON
    compiled: Any = numba.njit(
        nogil=True,
        cache=True,
        error_model="numpy",
        _nrt=False,  # rules ask for no memory: no references need counting
        no_cpython_wrapper=internal,
        no_cfunc_wrapper=True,
        forceinline=internal and name not in _KEPT_AS_CALLS,
    )(chosen)
    if not is_interpreted():
        _compile_once_for_all_constants(compiled)
    _made[name] = compiled
    return compiled  # type: ignore[no-any-return]


def _compile_once_for_all_constants(dispatcher: Any) -> None:
    """Numba compiles a callee anew for each integer constant it is called with; one version for all is enough here."""
    types: Any = importlib.import_module("numba.core").types

    resolve = dispatcher.get_call_template

    def resolve_without_literals(arguments: Any, keywords: Any) -> Any:
        return resolve(tuple(types.unliteral(kind) for kind in arguments), keywords)

    dispatcher.get_call_template = resolve_without_literals


def _use_own_cache() -> None:
    """Point Numba at this rule set's folder before a function is marked for caching."""
    numba = _numba()

    if not is_interpreted() and (not numba.config.CACHE_DIR or _current):
        numba.config.CACHE_DIR = str(cache_folder(_current[0] if _current else None))


def rule_hash(rules_file: Path | None = None) -> str:
    """SHA-256 over the sources of all rules and, when given, the user's file."""
    digest = hashlib.sha256()
    for path in [*(_PACKAGE / name for name in _RULE_FILES), *sorted((_PACKAGE / "rules").glob("*.py"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    if rules_file is not None:
        digest.update(b"user")
        digest.update(rules_file.read_bytes())
    return digest.hexdigest()


def is_interpreted() -> bool:
    """True when Numba is told not to compile."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}


def cache_folder(rules_file: Path | None = None) -> Path:
    """Folder of compiled code, named by rules, layout of records, user rules, versions and the bounds-check flag."""
    from importlib.metadata import version

    import platformdirs

    from kembar.parameters import declarations

    base = os.environ.get("KEMBAR_CACHE_DIR") or platformdirs.user_cache_dir("kembar", appauthor=False)
    digest = hashlib.sha256()
    for part in (
        rule_hash(rules_file),
        ",".join(f"{item.key}:{item.kind}" for item in declarations()),
        version("numba"),
        version("llvmlite"),
        version("numpy"),
        platform.python_version(),
        platform.machine(),
        os.environ.get("NUMBA_BOUNDSCHECK", "0"),
        str(_PACKAGE),
    ):
        digest.update(part.encode() + b"\0")
    return Path(base) / "kernels" / digest.hexdigest()[:20]


def needs_compilation(rules_file: Path | None = None) -> bool:
    """True when the next run has to compile first (some tens of seconds)."""
    if is_interpreted() or _key(rules_file) in _kernels:
        return False
    return not (cache_folder(rules_file) / "complete").exists()


def mark_compiled(rules_file: Path | None = None) -> None:
    """Note, once in a process, that a whole run has been compiled and cached."""
    key = _key(rules_file)
    if is_interpreted() or key in _marked:
        return
    _marked.add(key)
    folder = cache_folder(rules_file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "complete").touch()
    except OSError:
        return  # a read-only cache only costs the next start its time


def kernel(rules_file: Path | None = None, *, interpreted: bool = False) -> ModuleType:
    """The module `kembar.simulation`, with the user's rules in place of the model's, compiled or as plain Python.

    Its attribute `rules` holds every rule by name. Raises InputError when the file cannot be read, is no Python, or
    names no known rule.
    """
    with _lock:
        key = _key(rules_file) + ("interpreted" if interpreted else "")
        if key not in _kernels:
            _kernels[key] = _load(rules_file, interpreted)
        return _kernels[key]


def _key(rules_file: Path | None) -> str:
    return "" if rules_file is None else hashlib.sha256(_read(rules_file)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            Problem("the rules file cannot be read", file=str(path), why=str(error.strerror or error))
        ) from error


def _load(rules_file: Path | None, interpreted: bool) -> ModuleType:
    is_plain = rules_file is None and not interpreted
    set_aside = {} if is_plain else _take_rule_modules()
    _replaced.clear()
    try:
        if interpreted:
            _interpreting.append(True)
        if rules_file is not None:
            _current.append(rules_file)
            _replacements.update(_user_functions(rules_file))
        fresh = importlib.import_module("kembar.simulation")
        if rules_file is not None:
            _refuse_unknown_rules(rules_file)
        vars(fresh)["rules"] = dict(_made)
    finally:
        _replacements.clear()
        _current.clear()
        _interpreting.clear()
        if not is_plain:
            _take_rule_modules()
            sys.modules.update(set_aside)
            _forget_cache_folder()
    return fresh


def _take_rule_modules() -> dict[str, ModuleType]:
    return {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name in _COMPILED_MODULES or name.startswith("kembar.rules")
    }


def _forget_cache_folder() -> None:
    numba = _numba()

    numba.config.CACHE_DIR = ""


def _refuse_unknown_rules(rules_file: Path) -> None:
    unknown = [name for name in _replacements if name not in _replaced]
    if unknown or not _replaced:
        name = unknown[0] if unknown else None
        raise InputError(
            Problem(
                "this function has the name of no rule" if name else "no function in this file",
                file=str(rules_file),
                line=_replacements[name].__code__.co_firstlineno if name else None,
                key=name,
                why="a function replaces the rule of the same name; begin the names of your other functions with _",
                suggestion=nearest(name, _known) if name else None,
            )
        )


def _user_functions(path: Path) -> dict[str, Callable[..., Any]]:
    numba = _numba()

    source = _read(path)
    name = f"kembar_user_rules_{hashlib.sha256(source).hexdigest()[:12]}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise InputError(Problem("the rules file is not a Python file", file=str(path), why="its name must end in .py"))
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        raise InputError(
            Problem("the rules file is not Python", file=str(path), line=error.lineno, why=error.msg)
        ) from error
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = lines[-1] if lines else None
        raise InputError(
            Problem(
                "the rules file stopped with an error",
                file=str(path),
                line=line,
                why=f"{type(error).__name__}: {error}",
            )
        ) from error
    functions = {k: f for k, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == name}
    if not _interpreting:
        for key, function in functions.items():  # so that they may call one another
            setattr(module, key, numba.njit(nogil=True, error_model="numpy", _nrt=False)(function))
    return {key: function for key, function in functions.items() if not key.startswith("_")}


def _refuse_other_arguments(name: str, ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    wanted = list(inspect.signature(ours).parameters)
    given = list(inspect.signature(theirs).parameters)
    if wanted != given:
        raise InputError(
            Problem(
                f"the rule takes ({', '.join(given)})",
                file=inspect.getsourcefile(theirs),
                line=theirs.__code__.co_firstlineno,
                key=name,
                why=f"the model calls it with ({', '.join(wanted)})",
            )
        )
