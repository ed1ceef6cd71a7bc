"""Is a name that is drawn like another one told, and no name that people honestly write?"""

import ctypes
import ctypes.util
import json
import unicodedata

import pytest

from catalog.metadata.confusable import _ALIKE, alike_letters, look_alikes
from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.misleading import show_misleading
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris

# The homoglyph of Trojan Source (CVE-2021-42694: CYRILLIC CAPITAL LETTER EN), and others as in UTS 39, section 4: which letters.
MIXED = {
    "say\u041dello": [3], "p\u0430ypal": [1], "p\u0430yp\u0430l": [1, 4], "\u0420\u0430ypal": [0, 1], "te\u043cp\u0435r": [],
    "temperatur\u0435": [10], "s\u0441ope": [1], "\u0391ttribute": [0], "n\u03bfde": [1], "\u03a4_max": [0],
    "c\u043e\u043b\u044c": [0],
    "l\u0578\u0561d": [1, 2], "\u13a0ata": [0], "\ua4d0lot": [0], "templ\u03b1te": [5],
    "x/\u0441\u043e\u0440\u0443_data": [2, 3, 4, 5],
    "C\u041e2": [1],
}  # fmt: skip
HONEST = [
    # quantities and units, with the micro sign and the letter mu, and the Ohm, Kelvin and Angstrom signs
    "\u00b5m", "\u03bcm", "\u00c5", "\u212b", "A\u030a", "k\u03a9", "M\u03a9", "\u2126m", "\u212a", "\u00b0C", "m\u00b2",
    "\u2113",
    "\u0394t", "\u0394T", "T\u03b1", "H\u03b1", "H\u03b2", "\u03c1_air", "\u03c1air", "\u03bdmax", "\u03c3\u03b8",
    "d\u03c1dt",
    "\u03b1_s", "\u03c3_x", "\u03bb1", "\u2202\u03c1", "x\u0304",
    # words of one script, and scripts side by side
    "Gr\u00f6\u00dfe", "na\u00efve", "cafe\u0301", "s\u0131cakl\u0131k",
    "\u03b8\u03b5\u03c1\u03bc\u03bf\u03ba\u03c1\u03b1\u03c3\u03af\u03b1",
    "\u0391\u03b8\u03ae\u03bd\u03b1", "\u1f55\u03b4\u03c9\u03c1",
    "\u0442\u0435\u043c\u043f\u0435\u0440\u0430\u0442\u0443\u0440\u0430",
    "\u0441\u043e\u043b\u044c", "\u0434\u0430\u043d\u043d\u044b\u0435 \u043e NDVI", "\u0432\u044b\u0441\u043e\u0442\u0430_m",
    "\u0548\u0582\u056c\u057f", "\u65e5\u672c\u8a9eLAB", "\u6e29\u5ea6_T", "\uae30\uc628", "\u30c7\u30fc\u30bfA",
    "\u05de\u05d9\u05d3\u05e2",
    "\u062d\u0631\u0627\u0631\u0629", "\u0442\u0435\u0441\u0442ABC", "\u041a\u043b", "\u0421\u041e2",
]  # fmt: skip


@pytest.mark.parametrize("text", MIXED)
def test_letters_of_another_script_are_found_and_shown(text: str) -> None:
    found = MIXED[text]
    assert list(alike_letters(text)) == found
    shown = "".join(f"[U+{ord(each):04X}]" if at in found else each for at, each in enumerate(text))
    assert show_misleading(text) == shown


@pytest.mark.parametrize("text", HONEST)
def test_what_people_write_stays(text: str) -> None:
    assert (alike_letters(text), show_misleading(text)) == ((), text)


def test_honest_names_are_none_beside_each_other_either() -> None:
    alike = {"\u00b5m", "\u03bcm", "\u00c5", "\u212b", "A\u030a", "\u0421\u041e2"}  # equal to people, and in a moment named so
    assert list(look_alikes([each for each in HONEST if each not in alike])) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["temp", "tem\u0440"], {"tem\u0440": "temp"}),
        (["\u0430\u0441\u0435", "ace", "\u0434\u0430"], {"\u0430\u0441\u0435": "ace"}),  # of two names, whatever else is there
        (["\u0430\u0441\u0435", "time"], {"\u0430\u0441\u0435": "ace"}),  # the only Cyrillic one, among Latin ones
        (["\u0430\u0441\u0435", "\u0434\u0430", "time"], {}),
        (["\u0430\u0441\u0435"], {}),
        (["\u00b5", "\u03bc"], {"\u00b5": "\u03bc", "\u03bc": "\u00b5"}),
        (["\u00e9", "e\u0301"], {"\u00e9": "e\u0301", "e\u0301": "\u00e9"}),
        (["K", "\u212a"], {"\u212a": "K"}),
        (["a", "b", "rn", "m", "l1", "I1"], {}),
    ],
)
def test_names_of_a_hierarchy_are_compared(names: list[str], told: dict[str, str]) -> None:
    assert dict(look_alikes(names)) == told


def test_each_letter_is_one_that_unicode_says_is_drawn_so() -> None:
    """By the skeletons of ICU, which has the data of UTS 39."""
    library = ctypes.util.find_library("icui18n")
    if library is None:
        pytest.skip("ICU is not installed (Debian: libicu72 or newer)")
    number = library.rpartition(".")[2]
    icu, code = ctypes.CDLL(library), ctypes.c_int(0)
    opened = getattr(icu, f"uspoof_open_{number}")
    opened.restype = ctypes.c_void_p
    checker = ctypes.c_void_p(opened(ctypes.byref(code)))

    def skeleton(text: str) -> bytes:
        given, room, fault = text.encode(), ctypes.create_string_buffer(64), ctypes.c_int(0)
        call = getattr(icu, f"uspoof_getSkeletonUTF8_{number}")
        size = call(checker, 0, given, len(given), room, 64, ctypes.byref(fault))
        assert fault.value <= 0
        return room.raw[:size]

    for script, (letters, latin) in _ALIKE.items():
        for letter, other in zip(letters, latin, strict=True):
            assert unicodedata.name(letter).startswith(script)
            assert skeleton(letter) == skeleton(other), (script, hex(ord(letter)), other)


def test_the_warning_is_in_the_report_and_in_the_graph() -> None:
    group = json.dumps({"zarr_format": 3, "node_type": "group"}).encode()
    names = ["", "data", "d\u0430ta", "safe\u202egnp", "\u6e29\u5ea6", "\u0394t"]
    found = parse_hierarchy([Document(f"{name}/zarr.json".lstrip("/"), group) for name in reversed(names)])
    told = {each.path: each for each in found.problems if each.kind == "misleading-name"}
    assert set(told) == {"d\u0430ta", "safe\u202egnp"}
    assert {each.severity for each in told.values()} == {"warning"}
    assert "'d[U+0430]ta' could be taken for 'data'" in told["d\u0430ta"].message
    iris = Iris("http://c.example/")
    lines = [line for line in describe(found, "one", iris).structure.decode().splitlines() if "/ns#nameWarning> " in line]
    assert {line.split()[0] for line in lines} == {f"<{iris.node('one', path)}>" for path in told}
    assert "".join(lines).isascii(), "what is not seen, and what is drawn like another letter, is written by its number"
