r"""Which regular expressions may a user ask with, and what do they mean on every graph store?

Engines differ: some backtrack, so that a short pattern can keep them busy for ever, and ``\w``, ``\d``, ``.`` have several
senses. So a pattern is read here, by a small grammar, and written anew in the part that all engines share: ``.`` is anything but
a line's end, ``\d``, ``\w`` and ``\s`` are about ASCII. How many ways an engine can have to try is reckoned, and bounded.

Source: XQuery and XPath Functions and Operators 3.1, section 5.6.1, of which this is a part.
"""

from typing import Final

from catalog.errors import InputError

MAX_PATTERN: Final = 200
"""Characters."""
MAX_COUNT: Final = 100
"""The greatest number in ``{…}``."""
MAX_DEPTH: Final = 10
"""Groups inside groups."""
MAX_WAYS: Final = 100_000
"""Ways to try that a pattern may have on a text of `TEXT` characters."""
TEXT: Final = 200

_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\r\\n"}
_CONTROLS: Final = {"n": "\\n", "r": "\\r", "t": "\\t"}
_PLAIN_AFTER_ESCAPE: Final = frozenset("\\|.?*+(){}[]-^$/\"'#@!%&,:;<=>_`~ ")
_TO_ESCAPE: Final = frozenset("\\|.?*+(){}[]^$-&~#")


def read_pattern(pattern: str) -> str:
    r"""The same regular expression as every engine reads it.

    Allowed are literals, classes, groups without ``?``, ``|``, ``^``, ``$``, and repeats of what does not itself
    repeat or branch.

    Parameters
    ----------
    pattern
        1 to 200 characters.

    Raises
    ------
    InputError
        It is none, too long, has what is not allowed, or could keep an engine busy.
    """
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise InputError(f"a regular expression is a text of 1 to {MAX_PATTERN} characters, and this has {len(pattern)}")
    reader = _Reader(pattern)
    text, ways = reader.either(0)
    if reader.at < len(pattern):
        raise reader.wrong("a ) without its (")
    if ways > MAX_WAYS:
        raise InputError(
            f"{pattern!r} can be tried in too many ways: use fewer *, +, ? and |; two unbounded repeats are fine, three are not"
        )
    return text


class _Reader:
    """Reads a pattern from left to right; each method gives what it read, written anew, and in how many ways it can be tried."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def wrong(self, what: str) -> InputError:
        return InputError(f"{self.pattern!r} is no regular expression that is allowed here: at character {self.at + 1} is {what}")

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        sign = self._peek()
        self.at += 1
        return sign

    def either(self, depth: int) -> tuple[str, int]:
        branches = [self._sequence(depth)]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence(depth))
        return "|".join(text for text, _ in branches), sum(ways for _, ways in branches)

    def _sequence(self, depth: int) -> tuple[str, int]:
        texts, total = [], 1
        while self._peek() not in {"", "|", ")"}:
            text, ways, anchor = self._atom(depth)
            repeat, choices = self._repeat()
            if repeat and (anchor or ways > 1):
                what = (
                    "nothing can be repeated"
                    if anchor
                    else "a repeat of what repeats or branches itself, which can take for ever"
                )
                raise self.wrong(what)
            texts.append(text + repeat)
            total = min(total * ways * choices, 10 * MAX_WAYS)
        return "".join(texts), total

    def _atom(self, depth: int) -> tuple[str, int, bool]:
        sign = self._next()
        if sign == "(":
            if self._peek() == "?":
                raise self.wrong("a group of a special kind, which is not allowed")
            if depth >= MAX_DEPTH:
                raise self.wrong(f"a group inside {MAX_DEPTH} others")
            text, ways = self.either(depth + 1)
            if self._next() != ")":
                raise self.wrong("the end, where a ) is missing")
            return f"({text})", ways, False
        if sign == "[":
            return self._class(), 1, False
        if sign == ".":
            return "[^\\n\\r]", 1, False
        if sign in "^$":
            return sign, 1, True
        if sign == "\\":
            return self._escape(), 1, False
        if sign in "*+?{}]":
            self.at -= 1
            raise self.wrong(f"{sign!r}, which repeats or closes nothing; write \\{sign} for the sign itself")
        return _literal(sign), 1, False

    def _escape(self, inside: bool = False) -> str:
        sign = self._next()
        if sign in _CLASSES:
            return _CLASSES[sign] if inside else f"[{_CLASSES[sign]}]"
        if sign.lower() in _CLASSES and sign and not inside:
            return f"[^{_CLASSES[sign.lower()]}]"
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if not sign or sign not in _PLAIN_AFTER_ESCAPE:
            self.at -= 1
            raise self.wrong(f"the escape \\{sign}, which is not allowed")
        return _literal(sign)

    def _class(self) -> str:
        negated = self._peek() == "^"
        self.at += negated
        members: list[str] = []
        while (sign := self._next()) != "]":
            if not sign:
                raise self.wrong("the end, where a ] is missing")
            if sign == "[":
                raise self.wrong("a [ inside a class; write \\[ for the sign itself")
            if sign == "-" and members and self._peek() not in {"]", ""}:
                members[-1] = self._range(members[-1])
            else:
                members.append(self._escape(inside=True) if sign == "\\" else _literal(sign))
        if not members:
            raise self.wrong("a class that is empty")
        return f"[{'^' * negated}{''.join(members)}]"

    def _range(self, least: str) -> str:
        sign = self._next()
        most = self._escape(inside=True) if sign == "\\" else _literal(sign)
        first, last = (each[1:] if len(each) == 2 else each for each in (least, most))
        if len(first) != 1 or len(last) != 1 or sign == "[" or first > last:
            raise self.wrong("a range whose ends are not two signs in order")
        return f"{least}-{most}"

    def _repeat(self) -> tuple[str, int]:
        sign = self._peek()
        if sign not in {"*", "+", "?", "{"}:
            return "", 1
        self.at += 1
        text, choices = sign, 2 if sign == "?" else TEXT
        if sign == "{":
            end = self.pattern.find("}", self.at)
            given = self.pattern[self.at : end].split(",") if end > 0 else []
            if len(given) not in {1, 2} or not given[0].isascii() or not given[0].isdigit():
                raise self.wrong("a { that is no count such as {2}, {2,} or {2,5}")
            self.at = end + 1
            text, choices = self._counted(given)
        if self._peek() in {"*", "+", "?", "{"}:
            raise self.wrong("a repeat of a repeat")
        return text, choices

    def _counted(self, given: list[str]) -> tuple[str, int]:
        numbers = [each for each in given if each]
        if not all(each.isascii() and each.isdigit() and len(each) < 6 for each in numbers):
            raise self.wrong("a count that is no number")
        counts = [int(each) for each in numbers]
        if max(counts) > MAX_COUNT:
            raise InputError(f"{self.pattern!r} repeats more than {MAX_COUNT} times")
        if len(given) == 1:
            return f"{{{counts[0]}}}", 1 if counts[0] == 1 else 2  # so that it is not repeated again
        if len(counts) == 1:
            return f"{{{counts[0]},}}", TEXT
        if counts[1] < counts[0]:
            raise self.wrong("a count whose end comes before its begin")
        return f"{{{counts[0]},{counts[1]}}}", counts[1] - counts[0] + 1


def _literal(sign: str) -> str:
    """A sign as itself; controls as they are, which every engine takes."""
    return f"\\{sign}" if sign in _TO_ESCAPE else sign
