"""How do tables and arrays look in a notebook?

Whatever comes from a store is a stranger's: every text is escaped, a link is one only where its scheme is ``http`` or
``https``, and there is no script and no style that a text could reach.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Any, Final

_ROWS: Final = 50
_TEXT: Final = 200
_SIDE: Final = 120.0
_LINES: Final = 12
_CELL: Final = "text-align:left;padding:2px 8px;vertical-align:top"


def text_html(value: Any, limit: int = _TEXT) -> str:
    """A value as text of a page, with nothing that a browser could take for anything else."""
    text = "" if value is None else str(value)
    text = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return escape("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text), quote=True)


def link_html(iri: str, text: str | None = None) -> str:
    """A link, where the IRI is one of the web; else its text."""
    shown = text_html(iri if text is None else text)
    if not iri.lower().startswith(("http://", "https://")) or not iri.isprintable() or any(sign in iri for sign in "\"'<>` \\"):
        return shown
    return f'<a href="{escape(iri, quote=True)}" rel="noopener noreferrer">{shown}</a>'


def table_html(columns: Sequence[str], rows: Sequence[Sequence[Any]], links: frozenset[tuple[int, int]] = frozenset()) -> str:
    """A table with its first rows.

    Parameters
    ----------
    links
        Rows and columns of the cells that are IRIs.
    """
    head = "".join(f'<th style="{_CELL}">{text_html(name)}</th>' for name in columns)
    lines = []
    for number, row in enumerate(rows[:_ROWS]):
        cells = [link_html(str(cell)) if (number, at) in links else text_html(cell) for at, cell in enumerate(row)]
        lines.append("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>")
    more = f"<p>{len(rows) - _ROWS} more rows</p>" if len(rows) > _ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{more}"


def facts_html(title: str, facts: Sequence[tuple[str, str]], picture: str = "") -> str:
    """A heading and facts beside a picture; title, values and picture are HTML already."""
    rows = "".join(
        f'<tr><th style="{_CELL}">{text_html(name)}</th><td style="{_CELL}">{value}</td></tr>' for name, value in facts
    )
    side = f'<td style="{_CELL}">{picture}</td>' if picture else ""
    return f'<div><b>{title}</b><table><tr><td style="{_CELL}"><table>{rows}</table></td>{side}</tr></table></div>'


def chunks_svg(shape: Sequence[int], chunks: Sequence[int] | None) -> str:
    """The last two axes of an array as a picture, cut into chunks; at most 12 lines each way.

    Parameters
    ----------
    shape
        Elements along each axis, of any size.
    chunks
        Elements of a chunk along each axis; None where they differ.
    """
    if not shape or any(size <= 0 for size in shape):
        return ""
    height, width = (1, *shape)[-2:] if len(shape) == 1 else shape[-2:]
    high, wide = _sides(height, width)
    extents = (None, None) if not chunks or len(chunks) != len(shape) else ((1, *chunks)[-2:] if len(shape) == 1 else chunks[-2:])
    lines = [f'<line x1="0" y1="{at:.1f}" x2="{wide:.1f}" y2="{at:.1f}"/>' for at in _cuts(height, extents[0], high)]
    lines += [f'<line x1="{at:.1f}" y1="0" x2="{at:.1f}" y2="{high:.1f}"/>' for at in _cuts(width, extents[1], wide)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + 2:.0f}" height="{high + 2:.0f}"'
        f' viewBox="-1 -1 {wide + 2:.1f} {high + 2:.1f}" role="img" aria-label="chunks of the last axes">'
        f'<rect width="{wide:.1f}" height="{high:.1f}" fill="#dbe9f6" stroke="#1f4e79"/>'
        f'<g stroke="#1f4e79" stroke-width="0.5">{"".join(lines)}</g></svg>'
    )


def _sides(height: int, width: int) -> tuple[float, float]:
    """Height and width of the picture; a side is never so thin that it cannot be seen."""
    ratio = math.exp(max(-2.0, min(2.0, math.log(height) - math.log(width))))
    return (_SIDE, max(_SIDE / ratio, 12.0)) if ratio >= 1 else (max(_SIDE * ratio, 12.0), _SIDE)


def _cuts(size: int, extent: int | None, side: float) -> list[float]:
    """Where lines between chunks stand; of many chunks, every so many-th."""
    if not extent or extent >= size:
        return []
    count = -(-size // extent)
    step = -(-count // _LINES)
    return [side * (at * extent / size) for at in range(step, count, step)]
