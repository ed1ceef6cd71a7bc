"""Are texts cut into words, and what people type into terms, as the reference page says?"""

import re
import sys
import unicodedata

import pytest

from catalog.errors import InputError
from catalog.graphstore.text_words import SEPARATORS, SINGLE, as_beginnings, fold, parse_terms, split_text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sea_surface_temperature", "sea surface temperature"),
        ("/measurements/r10m/b02", "measurements r10m b02"),
        ("air-temp.2m (K), 50%", "air temp 2m k 50"),
        ("Straße CAFÉ naïve Ærø Łódź İzmir", "strasse cafe naive aero lodz izmir"),
        ("cafe\u0301", "cafe"),
        ("細胞の画像 cell", "細 胞 の 画 像 cell"),
        ("ΑΛΦΆ Ёлка", "αλφα елка"),
        ("µm 10²", "μm 102"),
        ("C=C\\C", "c c c"),
        ("a\u00a0b\u2028c\u3000d\u200be", "a b c d e"),
        ("\ud800x\x00y", "x y"),
        ("… — «»", ""),
        ("", ""),
    ],
)
def test_a_text_is_cut_and_folded(text: str, words: str) -> None:
    assert " ".join(split_text(text).words) == words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("airTemperature", {"air", "temperature"}),
        ("GeoZarr netCDF", {"geo", "zarr", "net", "cdf"}),
        ("HTTPServer ERA5 B02", set()),
        ("ÉtéÉtat", {"ete", "etat"}),
    ],
)
def test_camel_case_has_parts(text: str, parts: set[str]) -> None:
    assert split_text(text).parts == parts


def test_no_word_holds_what_separates_words() -> None:
    """Nor anything that the engines' query languages know: all of that is ASCII punctuation, white space or upper case."""
    special = set("+-&|!(){}[]^\"~*?:\\/<>='`.,;@#$%_ \t\n")
    for begin in range(1, sys.maxunicode + 1, 4000):
        text = " ".join(map(chr, range(begin, min(begin + 4000, sys.maxunicode + 1))))
        for word in split_text(text).words:
            assert not special & set(word), ascii(word)
            assert not any("A" <= each <= "Z" for each in word), ascii(word)


def test_folding_twice_is_folding_once() -> None:
    for code in range(0x20, 0x3000):
        once = fold(chr(code))
        assert fold(once) == once, hex(code)


def test_separators_are_punctuation_symbols_and_space() -> None:
    """Letters and digits separate nothing, by Unicode's own categories."""
    separator = re.compile(f"[{SEPARATORS}]")
    letters = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in {"Ll", "Lu", "Lt", "Nd", "Mn", "Mc"}]
    assert [each for each in letters if separator.match(each)] == []
    spaces = [chr(code) for code in range(1, 0x10000) if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Cc"}]
    assert [hex(ord(each)) for each in spaces if not separator.match(each)] == []
    assert not re.match(f"[{SINGLE}]", "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sea ice", [(("sea",), False), (("ice",), False)]),
        ('"Sea  ice" extent', [(("sea", "ice"), False), (("extent",), False)]),
        ("sea_surf*", [(("sea", "surf"), True)]),
        ("temp*", [(("temp",), True)]),
        ("te*mp", [(("te", "mp"), False)]),
        ('"temp*"', [(("temp",), False)]),
        ("* a", [(("a",), False)]),
        ("sea sea SEA", [(("sea",), False)]),
        ('5" disk', [(("5",), False), (("disk",), False)]),
        ('"" a', [(("a",), False)]),
        ("!!! ---", []),
    ],
)
def test_what_is_typed_becomes_terms(text: str, expected: list[tuple[tuple[str, ...], bool]]) -> None:
    assert [(term.words, term.begins) for term in parse_terms(text)] == expected


def test_bounds() -> None:
    assert len(parse_terms(" ".join(f"w{i}" for i in range(32)))) == 32
    assert len(parse_terms("x" * 500)) == 1
    for wrong in ("", "  ", "x" * 501, " ".join(f"w{i}" for i in range(33))):
        with pytest.raises(InputError):
            parse_terms(wrong)


@pytest.mark.parametrize(
    ("text", "words", "count"),
    [
        ("sea ice of the sea", "sea", 2),
        ("sea ice of the sea", '"sea ice"', 1),
        ("ice sea", '"sea ice"', 0),
        ("airTemperature", "temperature", 1),
        ("airTemperature", "airtemp*", 1),
        ("airTemperature", '"air temperature"', 0),
        ("seaside", "sea*", 1),
        ("seaside", "sea", 0),
        ("the sea surface", '"sea surf*"', 0),
        ("the sea surface", "sea_surf*", 1),
        ("x " * 5000 + "end", "end", 0),
    ],
)
def test_terms_are_counted(text: str, words: str, count: int) -> None:
    (term,) = parse_terms(words)
    assert split_text(text).count(term) == count


def test_beginnings() -> None:
    (term,) = as_beginnings(parse_terms("tempera"))
    assert split_text("temperature").count(term) == 1
