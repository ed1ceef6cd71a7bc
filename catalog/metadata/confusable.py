"""Which letters make a name look as if it were another one, in other letters?

Letters of several scripts are drawn alike. A word that mixes them so that all of it could be Latin is hardly ever meant, and a
word of nothing but such letters is suspect among Latin ones. What people write is left alone: Greek symbols beside letters, words
and names of any one script, and micro, Angstrom, Ohm and degree in every encoding. Two names of one hierarchy that are drawn
alike are always told.

The letters are those of scripts with many of them. Within ASCII (l, I, 1) and within one script nothing is compared.

Source: Unicode Technical Standard 39, sections 4 (confusable detection, skeletons) and 5.1 (mixed scripts), and its data file
confusables.txt, of which these are the letters that are drawn like one Latin letter and not just resemble it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

_ALIKE: Final = {
    "GREEK": (
        "\u037f\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5"
        "\u03a7\u03bf\u03f2\u03f3\u03f9\u03fa\u1fbe",
        "JABEZHIKMNOPTYXocjCMi",
    ),
    "CYRILLIC": (
        "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423"
        "\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0474\u0475\u04af"
        "\u04bb\u04c0\u04cf\u0501\u050c\u051b\u051c\u051d",
        "SIJABEKMHOPCTYXaeopcyxsijVvyhIidGqWw",
    ),
    "ARMENIAN": (
        "\u054d\u054f\u0555\u0561\u0563\u0566\u0570\u0578\u057c\u057d\u0581\u0584\u0585",
        "USOwqqhnnugfo",
    ),
    "CHEROKEE": (
        "\u13a0\u13a1\u13a2\u13a5\u13a9\u13aa\u13ab\u13ac\u13b3\u13b7\u13bb\u13bd\u13c0\u13c2"
        "\u13c3\u13cf\u13d2\u13d4\u13d5\u13d9\u13da\u13de\u13df\u13e2\u13e6\u13e7\u13f3\u13f4"
        "\uab83\uab93\uaba9\uabaa\uabaf",
        "DRTiYAJEWMHYGhZbRWSVSLCPKdGBwzvsc",
    ),
    "COPTIC": (
        "\u2c8e\u2c92\u2c94\u2c98\u2c9a\u2c9e\u2c9f\u2ca2\u2ca3\u2ca4\u2ca5\u2ca6\u2ca8\u2cac\u2cd0",
        "HIKMNOoPpCcTYXL",
    ),
    "LISU": (
        "\ua4d0\ua4d1\ua4d3\ua4d4\ua4d6\ua4d7\ua4d9\ua4da\ua4dc\ua4dd\ua4df\ua4e0\ua4e1\ua4e2"
        "\ua4e3\ua4e6\ua4e7\ua4ea\ua4eb\ua4ec\ua4ee\ua4f0\ua4f2\ua4f3\ua4f4",
        "BPDTGKJCZFMNLSRVHWXYAEIOU",
    ),
}
"""Script, as names of its characters begin: its letters, and the Latin ones that each is drawn like."""
_LATIN: Final = {letter: latin for letters, others in _ALIKE.values() for letter, latin in zip(letters, others, strict=True)}
_OTHERS: Final = {script: frozenset(others) for script, (_, others) in _ALIKE.items()}
_INSIDE: Final = dict(zip("\u03b1\u03b3\u03b9\u03bd\u03c1\u03c3\u03c5", "ayivpou", strict=True))
"""Greek letters that resemble Latin ones, and are symbols: they count inside a long word alone."""
_LONG: Final = 4
_WORD: Final = re.compile("(?:[^\\W\\d_]|[\u0300-\u036f])+")
_SKELETON: Final = str.maketrans({**_LATIN, "\u00b5": "\u03bc"})


def alike_letters(text: str) -> tuple[int, ...]:
    """Where a text has letters that are not what they look like, ascending: of another script than their word, or the text."""
    if text.isascii():
        return ()
    return _alike_letters(text, _honest_scripts([text]))


def look_alikes(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Names of one hierarchy that could be taken for another text, each with what it could be taken for.

    That is another of these names, or the same text in Latin letters.
    """
    odd = [name for name in names if not name.isascii()]
    if not odd:
        return
    known, honest = set(names), _honest_scripts(names)
    drawn: dict[str, list[str]] = {}
    for name in odd:
        drawn.setdefault(_skeleton(name), []).append(name)
    for name in odd:
        skeleton = _skeleton(name)
        twins = [each for each in (*drawn[skeleton], *({skeleton} & known)) if each != name]
        if twins:
            yield name, twins[0]
        elif _alike_letters(name, honest):
            yield name, skeleton


def _alike_letters(text: str, honest: Collection[str]) -> tuple[int, ...]:
    found: list[int] = []
    for word in _WORD.finditer(text):
        if not word[0].isascii():
            found += (word.start() + at for at in _alike_in_word(word[0], honest))
    return tuple(found)


def _alike_in_word(word: str, honest: Collection[str]) -> list[int]:
    latin = [at for at, letter in enumerate(word) if _script(letter) == "LATIN"]
    other = [at for at, letter in enumerate(word) if _script(letter) in _ALIKE]
    if not other:
        return []
    scripts = {_script(word[at]) for at in other}
    if not latin:
        suspect = "LATIN" in honest and not scripts & set(honest)
        return other if suspect and all(word[at] in _LATIN for at in other) else []
    if all(word[at] in _LATIN or (word[at] in _INSIDE and latin[0] < at < latin[-1] and len(latin) >= _LONG) for at in other):
        return other
    single = all(after - at > 1 for at, after in pairwise(latin))  # several in a row are an abbreviation
    if single and len(other) > 2 and len(scripts) == 1 and {word[at] for at in latin} <= _OTHERS[scripts.pop()]:
        return latin
    return []


def _honest_scripts(texts: Collection[str]) -> frozenset[str]:
    """The scripts of letters that could be of no other."""
    found: set[str] = set()
    for text in texts:
        if text.isascii():
            found |= {"LATIN"} if "LATIN" not in found and any(map(str.isalpha, text)) else set()
        else:
            found |= {_script(letter) for letter in text if letter not in _LATIN}
    return frozenset(found)


@lru_cache(4096)
def _script(character: str) -> str:
    """The first word of a letter's name, which is its script in most scripts; nothing where it is no letter."""
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""


def _skeleton(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).translate(_SKELETON))
