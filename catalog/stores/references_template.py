"""What does a templated text in a reference set stand for?

The specification lets a URL hold ``{{…}}`` with names, calls of templates and sums, and leaves the rest to a template engine. A
reference set may come from a stranger, so there is no engine here, only a small grammar whose results are bounded::

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "//" | "%") factor }
    factor  = "-" factor | number | 'text' | name | name "(" [ name "=" sum { "," name "=" sum } ] ")" | "(" sum ")"

Numbers are integers; ``+`` also joins texts. Whatever else stands between the braces is refused by name.
Source: kerchunk, "References specification", version 1.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from catalog.errors import MetadataError

MAX_EXPRESSION: Final = 500
"""Characters between the braces."""
MAX_RESULT: Final = 4096
"""Characters of what a template gives."""
MAX_NUMBER: Final = 2**63
MAX_STEPS: Final = 1000
"""Parts that are filled in for one text, those of called templates included."""
MAX_TEMPLATES: Final = 1000
"""Templates that need arguments, in one set."""
_MAX_DEPTH: Final = 20

_TOKEN = re.compile(r"""\s*(?:(\d{1,19}(?!\d))|('[^'\\]*'|"[^"\\]*")|([A-Za-z_]\w*)|(//|[-+*%(),=]))""", re.ASCII)
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class Budget:
    """How many parts may still be filled in."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._allowed = self._left = steps

    def spend(self) -> None:
        """One part more; MetadataError where that is too many."""
        self._left -= 1
        if self._left < 0:
            raise MetadataError(f"templates with more than {self._allowed} parts to be filled in are not read")


class Template:
    """A text with parts to be filled in.

    Raises
    ------
    MetadataError
        A part is outside the grammar; the message names it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) > MAX_RESULT:
            raise MetadataError(f"the template {_short(text)} has more than {MAX_RESULT} characters")
        self._pieces: list[str | _Expression] = []
        place = 0
        for match in _BRACES.finditer(text):
            self._plain(text[place : match.start()])
            self._pieces.append(_Parser(match[1]).parse())
            place = match.end()
        self._plain(text[place:])

    def _plain(self, piece: str) -> None:
        if any(mark in piece for mark in ("{{", "}}", "{%", "{#")):
            raise MetadataError(f"the template {_short(self._text)} has braces that are not read; only {{{{…}}}} is")
        if piece:
            self._pieces.append(piece)

    def render(self, variables: "Mapping[str, Value]", budget: Budget | None = None) -> str:
        """The text with its parts filled in.

        Raises
        ------
        MetadataError
            A name stands for nothing, a call lacks its template, or a bound is exceeded.
        """
        budget = budget or Budget()
        parts, size = [], 0
        for piece in self._pieces:
            budget.spend()
            part = piece if isinstance(piece, str) else str(piece(variables, budget))
            size += len(part)
            if size > MAX_RESULT:
                raise MetadataError(f"the template {_short(self._text)} gives more than {MAX_RESULT} characters")
            parts.append(part)
        return "".join(parts)


Value = int | str | Template
"""What a name stands for; a template with parts of its own has to be called."""
_Expression = Callable[[Mapping[str, Value], Budget], int | str]


def is_templated(text: str) -> bool:
    """Whether a text may have parts to be filled in."""
    return "{{" in text or "{%" in text or "{#" in text


def parse_templates(value: object) -> tuple[dict[str, Value], dict[str, str]]:
    """The templates of a reference set, by name, and why each of the others is none."""
    found: dict[str, Value] = {}
    faults: dict[str, str] = {}
    if value is not None and not isinstance(value, dict):
        faults[""] = f"'templates' must be an object, not {_short(value)}"
    parsed = 0
    for name, text in value.items() if isinstance(value, dict) else ():
        if isinstance(text, str) and not is_templated(text):
            found[name] = text
            continue
        parsed += 1
        try:
            if not isinstance(text, str) or parsed > MAX_TEMPLATES:
                wanted = "a text" if parsed <= MAX_TEMPLATES else f"one of at most {MAX_TEMPLATES} that need arguments"
                raise MetadataError(f"a template must be {wanted}, not {_short(text)}")
            found[name] = Template(text)
        except MetadataError as error:
            faults[name] = str(error)
    return found, faults


class _Parser:
    """From the text between braces to a function of the variables."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next, self._depth = text, [("", "")], 0, 0
        if len(text) > MAX_EXPRESSION:
            raise self._fault(f"has more than {MAX_EXPRESSION} characters")
        self._tokens = self._split()

    def parse(self) -> _Expression:
        expression = self._sum()
        if self._tokens[self._next][0] != "end":
            raise self._fault(f"has {self._tokens[self._next][1]!r}, which is not read there")
        return expression

    def _split(self) -> list[tuple[str, str]]:
        tokens, place, text = [], 0, self._text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self._fault(f"has {text[place:].strip()[:20]!r}, which is not read")
            kind = ("number", "text", "name", "mark")[(match.lastindex or 1) - 1]
            tokens.append((kind, match[match.lastindex or 1]))
            place = match.end()
        return [*tokens, ("end", "")]

    def _fault(self, reason: str) -> MetadataError:
        return MetadataError(f"the template expression {_short(self._text)} {reason}")

    def _take(self, *marks: str) -> str:
        """The next token if it is one of these marks, else nothing."""
        kind, text = self._tokens[self._next]
        if kind != "mark" or text not in marks:
            return ""
        self._next += 1
        return text

    def _sum(self) -> _Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._fault("is nested too deeply")
        left = self._product()
        while mark := self._take("+", "-"):
            left = self._combined(mark, left, self._product())
        self._depth -= 1
        return left

    def _product(self) -> _Expression:
        left = self._factor()
        while mark := self._take("*", "//", "%"):
            left = self._combined(mark, left, self._factor())
        return left

    def _factor(self) -> _Expression:
        if self._take("-"):
            if self._tokens[self._next] == ("mark", "-"):
                raise self._fault("has '--', which is not read")
            return self._combined("-", lambda *_: 0, self._factor())
        if self._take("("):
            inner = self._sum()
            if not self._take(")"):
                raise self._fault("has a '(' that is not closed")
            return inner
        kind, text = self._tokens[self._next]
        self._next += kind != "end"
        if kind == "number":
            number = int(text)
            return lambda *_: number
        if kind == "text":
            return lambda *_: text[1:-1]
        if kind != "name":
            raise self._fault(f"has {text!r} where a name or value should be" if text else "ends too early")
        return self._call(text) if self._take("(") else self._variable(text)

    def _variable(self, name: str) -> _Expression:
        def value(variables: Mapping[str, Value], _: Budget) -> int | str:
            found = variables.get(name)
            if found is None:
                raise self._fault(f"has the name {name!r}, for which there is no template or dimension")
            if isinstance(found, Template):
                raise self._fault(f"has the template {name!r}, which needs its arguments: {name}(…)")
            return found

        return value

    def _call(self, name: str) -> _Expression:
        arguments: dict[str, _Expression] = {}
        while not self._take(")"):
            if arguments and not self._take(","):
                raise self._fault(f"calls {name!r} with arguments that are not separated by commas")
            kind, argument = self._tokens[self._next]
            self._next += kind != "end"
            if kind != "name" or not self._take("="):
                raise self._fault(f"calls {name!r} with an argument that is not of the form name=value")
            arguments[argument] = self._sum()

        def value(variables: Mapping[str, Value], budget: Budget) -> int | str:
            called = variables.get(name)
            if not isinstance(called, Template):
                raise self._fault(f"calls {name!r}, which is no template with arguments")
            return called.render({argument: given(variables, budget) for argument, given in arguments.items()}, budget)

        return value

    def _combined(self, mark: str, left: _Expression, right: _Expression) -> _Expression:
        def value(variables: Mapping[str, Value], budget: Budget) -> int | str:
            a, b = left(variables, budget), right(variables, budget)
            if mark == "+" and isinstance(a, str) and isinstance(b, str):
                if len(a) + len(b) > MAX_RESULT:
                    raise self._fault(f"gives more than {MAX_RESULT} characters")
                return a + b
            if isinstance(a, str) or isinstance(b, str):
                raise self._fault(f"has {mark!r} between values that are not both numbers")
            if mark in {"//", "%"} and b == 0:
                raise self._fault("divides by zero")
            result = _OPERATIONS[mark](a, b)
            if abs(result) >= MAX_NUMBER:
                raise self._fault("gives a number beyond 64 bits")
            return result

        return value


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def _short(value: object) -> str:
    text = repr(value[:100] if isinstance(value, str | list) else value)
    return text if len(text) <= 80 else text[:79] + "…"
