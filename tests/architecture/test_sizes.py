"""Can every file and function still be read in one go?"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import CODE, ROOT, python_files, text_of

FILE_LINES = 400
FUNCTION_LINES = 50


def test_no_file_is_longer_than_400_lines() -> None:
    lines = {path.relative_to(ROOT): text_of(path).splitlines() for path in python_files(*CODE)}
    assert len(lines) > 20, "there is something to measure"
    long = {str(path): len(text) for path, text in lines.items() if len(text) > FILE_LINES and not _is_generated(text)}
    assert not long, "split it by entity or by verb"


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines"
        for path in python_files("catalog", "bench", "scripts")
        for node in _functions(path)
        if (length := _body_lines(node)) > FUNCTION_LINES
    ]
    assert not long


def _is_generated(lines: list[str]) -> bool:
    return "generated" in "\n".join(lines[:3]).lower()


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the ``def`` to the end without the docstring: explaining must not cost room."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring
