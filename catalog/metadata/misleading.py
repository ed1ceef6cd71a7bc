"""Which characters let a text look like another one?

Those that are not seen, those that turn the direction in which what follows is shown, and letters that are drawn like those of
another script (`catalog.metadata.confusable`). They belong into some scripts and into joined emoji, so a text with them is kept
as it is; but whoever shows it to people shows them, too.

Source: Unicode Standard Annex 9 (directional formatting); Unicode Technical Standard 39, section 5 (default ignorable
characters); CVE-2021-42574 ("Trojan Source").
"""

import re
from typing import Final

from catalog.metadata.confusable import alike_letters

_MISLEADING: Final = re.compile(
    "[\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
    # What joins letters, or keeps them apart, is needed between two that are not ASCII, and misleads elsewhere.
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)


def misleading_in(text: str) -> tuple[str, ...]:
    """The characters of a text that are not seen or turn its direction, each once and in order, as ``U+202E``."""
    if text.isascii():
        return ()
    return tuple(dict.fromkeys(_name(found[0]) for found in _MISLEADING.finditer(text)))


def show_misleading(text: str) -> str:
    """A text in which each character that could mislead is seen, as ``[U+202E]``."""
    if text.isascii():
        return text
    parts, last = [], 0
    for at in alike_letters(text):
        parts += [text[last:at], f"[{_name(text[at])}]"]
        last = at + 1
    return _MISLEADING.sub(lambda found: f"[{_name(found[0])}]", "".join([*parts, text[last:]]))


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
