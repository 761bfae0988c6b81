"""The store of a session: one SQLite file, the only state there is.

A decision is accepted when its transaction is on the disk. The results of a round are not stored: they follow from
what is, by replay; a debrief, which takes minutes, is kept whole under the hash of all that it follows from. Tokens and
the keys of joins are kept as hashes alone.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kembar.errors import InputError, Problem, StorageError, shown_path

APPLICATION: Final = 0x6B656D62  # "kemb", in the file's head: tells a class's store from any other database
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")
_SCHEMA: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE console (token_hash TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE seats (
    seat INTEGER PRIMARY KEY,
    pseudonym TEXT NOT NULL,
    team INTEGER NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    request_hash TEXT NOT NULL,
    is_used INTEGER NOT NULL DEFAULT 0,
    is_removed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    seat INTEGER NOT NULL REFERENCES seats,
    team INTEGER NOT NULL,
    round INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    decision TEXT NOT NULL,
    answer TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    UNIQUE (seat, seq)
);
CREATE TABLE shocks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    places TEXT NOT NULL,
    severity REAL NOT NULL,
    from_round INTEGER NOT NULL,
    until_round INTEGER NOT NULL,
    request_hash TEXT NOT NULL UNIQUE,
    is_cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE debriefs (hash TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
"""


def hashed(text: str) -> str:
    """The hash under which a secret is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """A session's file, open. One thread at a time: the session's lock sees to it."""

    def __init__(self, path: Path) -> None:
        """Open a store, or make one. Raises InputError for a file that is something else, StorageError otherwise."""
        self.path = path
        try:
            is_new = not path.exists() or path.stat().st_size == 0
            if not is_new:
                _refuse_other_files(path)
            self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._base.row_factory = sqlite3.Row
            if is_new:  # before the log is kept apart, so that the file's head says at once what it is
                with self.transaction():
                    for statement in filter(str.strip, _SCHEMA.split(";")):
                        self._base.execute(statement)
                    self._base.execute(f"PRAGMA application_id = {APPLICATION}")
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.execute("PRAGMA secure_delete = ON")
            self.rows("SELECT name FROM facts LIMIT 1")
        except sqlite3.Error as error:
            raise _unusable(path, error) from None
        except OSError as error:
            raise StorageError(
                Problem("cannot be opened", shown_path(path), why=error.strerror or str(error))
            ) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends. Raises StorageError when the disk does not play along."""
        try:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from None

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        return [dict(row) for row in self._base.execute(query, values)]

    def put(self, table: str, **values: Any) -> int:
        """Add a row; gives back its number."""
        marks = ", ".join("?" * len(values))
        cursor = self._base.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
        )
        return int(cursor.lastrowid or 0)

    def change(self, table: str, key: str, value: Any, **values: Any) -> None:
        """Change the rows in which a column has a value."""
        places = ", ".join(f"{name} = ?" for name in values)
        self._base.execute(f"UPDATE {table} SET {places} WHERE {key} = ?", (*values.values(), value))

    def facts(self) -> dict[str, Any]:
        """The facts of the session by name."""
        return {row["name"]: json.loads(row["value"]) for row in self.rows("SELECT name, value FROM facts")}

    def note(self, facts: Mapping[str, Any]) -> None:
        """Write facts of the session."""
        for name, value in facts.items():
            self._base.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def debrief(self, key: str) -> dict[str, Any] | None:
        """A debrief by the hash of all that it follows from; None when it was never made."""
        rows = self.rows("SELECT content FROM debriefs WHERE hash = ?", key)
        found: dict[str, Any] | None = json.loads(rows[0]["content"]) if rows else None
        return found

    def keep_debrief(self, key: str, found: Mapping[str, Any]) -> None:
        """Keep a debrief that was made."""
        with self.transaction():
            query = "INSERT OR REPLACE INTO debriefs VALUES (?, ?)"
            self._base.execute(query, (key, json.dumps(found, allow_nan=False)))

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def delete(self) -> None:
        """Close and delete the file with all that belongs to it. Raises StorageError when the disk does not let go."""
        self.close()
        _unlink(self.path)


def delete_store(path: Path) -> None:
    """Delete a session's file with all student data. Raises InputError unless it is one, StorageError if it stays."""
    if not path.is_file():
        raise InputError(Problem("there is no such file", shown_path(path), key="--store"))
    Store(path).delete()  # opening it takes the lock that a running class holds


def _unlink(path: Path) -> None:
    try:
        for name in (path, *(path.with_name(path.name + ending) for ending in _SIDE_FILES)):
            name.unlink(missing_ok=True)
    except OSError as error:
        why = f"{error.strerror or error}; if the class still runs, end it first"
        raise StorageError(Problem("cannot be deleted", shown_path(path), why=why)) from None


def _refuse_other_files(path: Path) -> None:
    """Refuse a file that is no session's store, by its head alone, so that nothing of it is touched."""
    head, identity = b"SQLite format 3\0", slice(68, 72)
    with open(path, "rb") as file:
        begin = file.read(100)
    if not begin.startswith(head):
        raise InputError(Problem("is not the store of a class", shown_path(path), key="--store"))
    if int.from_bytes(begin[identity], "big") != APPLICATION:
        raise InputError(Problem("is a database, but not the store of a class", shown_path(path), key="--store"))


def _unusable(path: Path, error: sqlite3.Error) -> StorageError:
    locked = "locked" in str(error)
    why = "another class runs with it" if locked else str(error)
    return StorageError(Problem("the store cannot be used", shown_path(path), why=why))
