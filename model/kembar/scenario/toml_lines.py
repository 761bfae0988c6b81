"""On which line a key of a TOML text stands. The standard reader gives values without their places.

The text has already been read without error, so this scan only has to follow the form, not to judge it.
"""

from __future__ import annotations

Place = tuple[str | int, ...]

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "b": "\b", "f": "\f", "r": "\r", "e": "\x1b"}


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.array_tables: dict[Place, int] = {}
        self._counted_to, self._line = 0, 1

    def line(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line

    def skip(self, characters: str) -> None:
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in characters:
                self.at += 1
            else:
                return

    def string(self) -> str:
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        letters: list[str] = []
        while self.at < len(self.text) and not self.text.startswith(fence, self.at):
            if quote == '"' and self.text[self.at] == "\\":
                letters.append(_ESCAPES.get(self.text[self.at + 1 : self.at + 2], self.text[self.at]))
                self.at += 2
            else:
                letters.append(self.text[self.at])
                self.at += 1
        self.at += len(fence)
        while len(fence) == 3 and self.at < len(self.text) and self.text[self.at] == quote:
            self.at += 1  # a multi-line string may end with quotes of its own
        return "".join(letters)

    def dotted_key(self) -> Place:
        parts: list[str | int] = []
        while self.at < len(self.text):
            self.skip(" \t")
            if self.text[self.at] in "\"'":
                parts.append(self.string())
            else:
                start = self.at
                while self.at < len(self.text) and self.text[self.at] not in " \t.=]\n":
                    self.at += 1
                parts.append(self.text[start : self.at])
            self.skip(" \t")
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1
        return tuple(parts)

    def value(self, place: Place) -> None:
        self.lines.setdefault(place, self.line())
        opening = self.text[self.at : self.at + 1]
        if opening in ('"', "'"):
            self.string()
        elif opening == "[":
            self.at += 1
            self.skip(" \t\r\n,")
            index = 0
            while self.at < len(self.text) and self.text[self.at] != "]":
                self.value((*place, index))
                index += 1
                self.skip(" \t\r\n,")
            self.at += 1
        elif opening == "{":
            self.at += 1
            self.skip(" \t\r\n,")
            while self.at < len(self.text) and self.text[self.at] != "}":
                self.pair(place)
                self.skip(" \t\r\n,")
            self.at += 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def pair(self, table: Place) -> None:
        line = self.line()
        key = self.dotted_key()
        for depth in range(1, len(key) + 1):
            self.lines.setdefault(table + key[:depth], line)
        self.skip(" \t")
        self.at += 1  # the equals sign
        self.skip(" \t")
        self.value(table + key)

    def resolved(self, key: Place) -> Place:
        """The place of a table header, with the running number of every array of tables on the way."""
        place: Place = ()
        for part in key:
            place = (*place, part)
            if place in self.array_tables:
                place = (*place, self.array_tables[place])
        return place

    def header(self) -> Place:
        line = self.line()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        key = self.dotted_key()
        self.at += 2 if is_array else 1
        place = (*self.resolved(key[:-1]), key[-1])
        if is_array:
            self.array_tables[place] = self.array_tables.get(place, -1) + 1
            self.lines.setdefault(place, line)
            place = (*place, self.array_tables[place])
        self.lines.setdefault(place, line)
        return place


def find_lines(text: str) -> dict[Place, int]:
    """The line of every key, table and array entry of a TOML text, by its place.

    A place is the way to a value: names of keys, numbers of array entries.

    >>> find_lines('a = 1\\n[[change]]\\nfrom = 2027\\n')[("change", 0, "from")]
    3
    """
    scan = _Scan(text)
    table: Place = ()
    while True:
        scan.skip(" \t\r\n")
        if scan.at >= len(text):
            return scan.lines
        if text[scan.at] == "[":
            table = scan.header()
        else:
            scan.pair(table)


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest table around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place)
