"""What are the words of a text, and which of them does somebody look for? The same for every index, so that all find the same.

*Words.* A text is cut at white space and punctuation; ``_``, ``/``, ``-`` and ``.`` are such, so that ``surface`` finds
``sea_surface_temperature``. Upper and lower case are one, and so are letters with and without their marks (``é`` and ``e``). The
parts of a word in camel case are words as well, beside the whole (``airTemperature``: *airtemperature*, *air*, *temperature*).
Each Chinese character and each kana is a word of its own.

*What is looked for.* Plain words, all of which must be there; ``"several words"`` in quotes, side by side in this order;
``begin*``, a word's beginning. A plain word that is cut into several (``sea_surface``) is looked for as if quoted. Nothing else
means anything.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.errors import InputError

MAX_CHARACTERS: Final = 500
"""Characters of what somebody looks for."""

MAX_TERMS: Final = 32
"""Words and quotations in it."""

MAX_INDEXED: Final = 8192
"""Characters of a text that can be found; what follows is not looked at."""

SEPARATORS: Final = (
    "\x01-/:-@\\[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u00d7\u00f7\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    "\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
"""Characters between words, as ranges inside the brackets of a regular expression; Fuseki's configuration has the same."""

SINGLE: Final = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Characters that are words by themselves, likewise."""

_WORD: Final = re.compile(f"[{SINGLE}]|[^{SEPARATORS}{SINGLE}\x00\ud800-\udfff]+")
_SEPARATOR: Final = re.compile(f"[{SEPARATORS}]")
_CAMEL: Final = re.compile(r"(?<=[a-z\u00df-\u00f6\u00f8-\u00ff])(?=[A-Z\u00c0-\u00d6\u00d8-\u00de])")
_QUOTED_OR_PLAIN: Final = re.compile(r'"([^"]*)"|([^\s"]+)|"')
_FOLDED: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ł": "l", "ŋ": "n", "þ": "th", "ŧ": "t"}
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be there.

    Attributes
    ----------
    words
        Folded words, side by side in this order; at least one.
    spelt
        The same words in lower case, but with their marks.
    begins
        Whether the last word may go on.
    """

    words: tuple[str, ...]
    spelt: tuple[str, ...]
    begins: bool = False


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of one text: in their order, and the parts of those in camel case."""

    words: tuple[str, ...]
    parts: frozenset[str]

    def count(self, term: Term) -> int:
        """How often a term is there."""
        last = len(term.words) - 1
        found = 0
        for at in range(len(self.words) - last):
            if self.words[at : at + last] == term.words[:last]:
                word = self.words[at + last]
                found += word == term.words[last] or (term.begins and word.startswith(term.words[last]))
        if not found and not last:
            wanted = term.words[0]
            found = int(wanted in self.parts or (term.begins and any(part.startswith(wanted) for part in self.parts)))
        return found


def fold(word: str) -> str:
    """A word without case and marks; letters that have no plain form stay."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold()).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each)).translate(_FOLDED)
    return _SEPARATOR.sub("", letters)  # one character may stand for several: U+2474 for "(1)"


def _cut(text: str) -> Iterator[tuple[str, str]]:
    """The words of a text, folded and as they are spelt."""
    for spelt in _WORD.findall(text):
        if folded := fold(spelt):
            yield folded, spelt


def split_text(text: str) -> TextWords:
    """Find the words of a text."""
    words: list[str] = []
    parts: set[str] = set()
    for folded, spelt in _cut(text[:MAX_INDEXED]):
        words.append(folded)
        pieces = _CAMEL.split(spelt)
        if len(pieces) > 1:
            parts.update(map(fold, pieces))
    return TextWords(tuple(words), frozenset(parts))


def parse_terms(text: str) -> tuple[Term, ...]:
    """Read what somebody looks for.

    Parameters
    ----------
    text
        Words, quotations and beginnings; see the module. A quotation mark without its counterpart means nothing.

    Returns
    -------
    tuple of Term
        Each once, in their order; none where the text holds punctuation alone.

    Raises
    ------
    InputError
        It is empty, longer than 500 characters, or has more than 32 terms.
    """
    text = text.strip()
    if not 0 < len(text) <= MAX_CHARACTERS:
        raise InputError(f"the text to search for has {len(text)} characters; 1 to {MAX_CHARACTERS} are allowed")
    terms = dict.fromkeys(_read_terms(text))
    if len(terms) > MAX_TERMS:
        raise InputError(f"the text to search for has {len(terms)} words; at most {MAX_TERMS} are allowed")
    return tuple(terms)


def _read_terms(text: str) -> Iterator[Term]:
    for quoted, plain in _QUOTED_OR_PLAIN.findall(text):
        cut = list(_cut(quoted or plain))
        if cut:
            begins = bool(plain) and plain.endswith("*") and bool(_WORD.fullmatch(plain[-2:-1]))
            yield Term(tuple(folded for folded, _ in cut), tuple(spelt.lower() for _, spelt in cut), begins)


def as_beginnings(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The same terms, each word or quotation of which may go on."""
    return tuple(Term(term.words, term.spelt, begins=True) for term in terms)
