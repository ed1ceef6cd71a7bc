"""How do answers and errors look on a terminal, and in a pipe?

Answers go to standard output, all else to standard error. What strangers wrote (names, messages, values) is shown with control
and direction-changing characters as escapes, so that it cannot rewrite the screen.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.errors import CatalogError, MetadataError, Problem, exit_code_of

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
MAX_PROBLEMS, MAX_OF_A_KIND = 20, 3


def plain(text: object) -> str:
    r"""A text that can be shown: control and direction-changing characters become ``\uXXXX``."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04X}", str(text))


def say(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(plain(text) + "\n")


def note(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(plain(text) + "\n")


def say_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")) + "\n")


def say_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; in a pipe it keeps its full width."""
    wide = not Console(file=sys.stdout).is_terminal
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=wide)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console(file=sys.stdout, width=10_000 if wide else None).print(table)


def say_problems(problems: Sequence[Problem]) -> None:
    """Problems on standard error, the gravest first: three of each kind, twenty in all, and the count of the others."""
    order = {"error": 0, "warning": 1, "info": 2}
    told: Counter[tuple[str, str]] = Counter()
    shown = 0
    for problem in sorted(problems, key=lambda problem: order[problem.severity]):
        told[problem.severity, problem.kind] += 1
        if told[problem.severity, problem.kind] > MAX_OF_A_KIND or shown == MAX_PROBLEMS:
            continue
        shown += 1
        where = f"/{problem.path}" + (f" at {problem.pointer}" if problem.pointer else "")
        where += f" (line {problem.line}, column {problem.column})" if problem.line else ""
        note(f"  {problem.severity}: {where}: {problem.message} [{problem.kind}]")
    if shown < len(problems):
        note(f"  … and {len(problems) - shown} more (--json lists them all)")


def say_error(error: BaseException) -> int:
    """One clear sentence for an error; its exit code comes back."""
    note(f"catalog: {error}" if str(error) else f"catalog: {type(error).__name__}")
    if isinstance(error, MetadataError):
        say_problems(error.problems)
    return exit_code_of(error)


@contextmanager
def progress() -> Iterator[Any]:
    """A function that shows what is being done, on a terminal only."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda text: status.update(Text(plain(text)))


@contextmanager
def errors_to_exit_code() -> Iterator[None]:
    """Any of our errors becomes one sentence and its exit code; any other one too, so that no user sees a traceback."""
    try:
        yield
    except CatalogError as error:
        raise SystemExit(say_error(error)) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        note("catalog: interrupted; nothing is left half-written")
        raise SystemExit(130) from None
