"""Where scenario, policy and study files are found: explicit path, then the checkout, then the installed copy."""

from __future__ import annotations

from pathlib import Path

from kembar.errors import InputError, Problem, nearest, shown_path

_PACKAGE = Path(__file__).resolve().parent


def _data_folder(name: str) -> Path:
    checkout = _PACKAGE.parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / "_data" / name


def scenarios_folder() -> Path:
    """The folder of the shipped worlds and policies."""
    return _data_folder("scenarios")


def policies_folder() -> Path:
    """The folder of the shipped policies."""
    return scenarios_folder() / "policies"


def experiments_folder() -> Path:
    """The folder of the shipped studies."""
    return _data_folder("experiments")


def is_path(name: str) -> bool:
    """Whether an argument is a path: it holds a separator or ends in `.toml`.

    >>> is_path("indonesia"), is_path("my.toml"), is_path("here/world")
    (False, True, True)
    """
    return name.endswith(".toml") or "/" in name or "\\" in name


def names_in(folder: Path) -> tuple[str, ...]:
    """The names of the TOML files of a folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml"))) if folder.is_dir() else ()


def find_file(name: str | Path, folder: Path, what: str) -> Path:
    """The file that `name` stands for: a path as it is, or NAME.toml in `folder`.

    `what` is the word used in the message, e.g. "scenario". Raises InputError when there is no such file.
    """
    if isinstance(name, Path) or is_path(name):
        path = Path(name)
        if path.is_file():
            return path
        if path.is_dir():
            raise InputError(Problem("is a folder, not a file", file=shown_path(path)))
        close = nearest(path.stem, names_in(folder))
        raise InputError(Problem(f"no such {what} file", file=shown_path(path), suggestion=close))
    names = names_in(folder)
    if name in names:
        return folder / f"{name}.toml"
    close = nearest(name, names)
    why = None if close else (f"there are {', '.join(names)}" if names else f"{folder} holds none")
    raise InputError(Problem(f"unknown {what} '{name}'", why=why, suggestion=close))
