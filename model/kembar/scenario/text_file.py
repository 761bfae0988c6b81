"""Reading a text file, with a plain message for every way in which that can fail."""

from __future__ import annotations

from pathlib import Path

from kembar.errors import InputError, Problem, shown_path


def read_text(path: Path) -> str:
    """The text of a UTF-8 file (a byte-order mark is passed over). Raises InputError."""
    name = shown_path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(Problem("no such file", file=name)) from None
    except IsADirectoryError:
        raise InputError(Problem("is a folder, not a file", file=name)) from None
    except PermissionError:
        raise InputError(Problem("cannot be read", file=name, why="permission is missing")) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise InputError(Problem("cannot be read", file=name, why=str(error))) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(Problem("is not UTF-8 text", file=name, line=line, why="save it as UTF-8")) from None
    if not text.strip():
        raise InputError(Problem("is empty", file=name))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(Problem("holds a zero byte", file=name, line=line, why="it is no text file"))
    return text
