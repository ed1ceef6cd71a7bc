"""How many rows does an answer hold, while it is being written?

Engines serialise tables by themselves, which is several times faster than row by row in Python, so rows are counted in the bytes:
each format has something that stands in it once for each row and in no value, because there it would be escaped.

Source: SPARQL 1.1 Query Results JSON, CSV and TSV formats; SPARQL Query Results XML format; N-Triples.
"""

from typing import Final

# JSON: an opening brace and an unescaped quote that begins a name, after a bracket or comma, is a binding set that binds
# something; inside a value the quote would have a backslash, and where it ends the value, a comma or brace follows, so these are
# taken off again. Jena writes each row's brace on a line of its own, six columns in, and values hold no line ends.
# Whole strings, since a regular expression takes three times as long.
_MARKS: Final = {
    "json": (
        *((b',{"', 1), (b',{",', -1), (b',{"}', -1)),
        *((b'[{"', 1), (b'[{",', -1), (b'[{"}', -1)),
        (b"\n      {", 1),
    ),
    "xml": ((b"<result>", 1), (b"<result/", 1)),
}
_LONGEST: Final = 8
"""Bytes of the longest mark; no answer ends so soon after one."""


class RowCount:
    """Counts the rows of one answer, part by part.

    Parameters
    ----------
    format
        ``json`` (rows that bind nothing are not counted), ``xml``, ``csv``, ``tsv``, or ``ntriples``; of other formats nothing
        is counted.
    """

    def __init__(self, format: str) -> None:  # noqa: A002
        self._format = format
        self._marks = 0
        self._tail = b""
        self._quoted = False

    @property
    def rows(self) -> int:
        """Rows so far."""
        return max(0, self._marks - (self._format in {"csv", "tsv"}))  # their first line is the head

    def add(self, part: bytes) -> None:
        """Count the next part."""
        if self._format in _MARKS:
            text = self._tail + part
            end = max(0, len(text) - _LONGEST)  # marks that begin behind it are counted with the next part
            for mark, worth in _MARKS[self._format]:
                self._marks += worth * text.count(mark, 0, end + len(mark) - 1)
            self._tail = text[end:]
        elif self._format == "csv":
            outside = part.split(b'"')[self._quoted :: 2]
            self._marks += sum(piece.count(b"\n") for piece in outside)
            self._quoted ^= part.count(b'"') % 2 == 1
        elif self._format in {"tsv", "ntriples"}:
            self._marks += part.count(b"\n")
