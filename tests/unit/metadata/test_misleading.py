"""Is every character that could make a name look like another one found, and none that a script needs?"""

import json
import unicodedata

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.metadata.misleading import misleading_in, show_misleading

# CVE-2021-42574 (Trojan Source) and UAX 9: LRE RLE LRO RLO PDF LRI RLI FSI PDI LRM RLM ALM
DIRECTIONS = "\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
UNSEEN = "\u200b\u2060\ufeff\u00ad\u034f\u180e\u3164\uffa0\u2028\u2029\U000e0041"
PLAIN = [
    "plain/name-1", "µ/ß/日本語", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u06cc\u200c\u062e\u0648",
    "क्\u200dष", "👩\u200d🔬", "🏳️\u200d🌈", "e\u0301",
    "\u00a0", "a\u2009b", "ﬁ",
]  # fmt: skip


@pytest.mark.parametrize("character", DIRECTIONS + UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_what_is_not_seen_is_shown(character: str) -> None:
    name = f"U+{ord(character):04X}"
    assert misleading_in(f"safe{character}gnp.exe{character}") == (name,)
    assert show_misleading(f"safe{character}gnp.exe") == f"safe[{name}]gnp.exe"


@pytest.mark.parametrize("text", PLAIN)
def test_what_a_script_needs_stays(text: str) -> None:
    assert (misleading_in(text), show_misleading(text)) == ((), text)


def test_joiners_between_ascii_are_shown() -> None:
    assert show_misleading("pay\u200cpal \u200dx a\u200d") == "pay[U+200C]pal [U+200D]x a[U+200D]"


def test_every_format_and_control_character_is_shown_or_seen() -> None:
    """By the categories of the Unicode database: what is shown has none left but those that scripts print."""
    printed = {"ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN", "SHORTHAND", "MUSICAL"}
    for code in (*range(0x80, 0xD800), *range(0xE000, 0x110000)):
        character = chr(code)
        if unicodedata.category(character) in {"Cf", "Cc", "Zl", "Zp"} and not misleading_in(f"a{character}b"):
            assert unicodedata.name(character).split()[0] in printed, hex(code)


def test_each_such_name_is_a_warning_once_and_the_node_is_kept() -> None:
    group = json.dumps({"zarr_format": 3, "node_type": "group"}).encode()
    array = {
        "zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "uint8", "fill_value": 0, "codecs": ["bytes"],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}}, "dimension_names": ["ti\u200bme"],
        "chunk_key_encoding": {"name": "default"},
    }  # fmt: skip
    names = ["", "safe\u202egnp", "safe\u202egnp/inner", "日本語"]
    documents = [Document(f"{name}/zarr.json".lstrip("/"), group) for name in names]
    documents += [Document(f"{name}/zarr.json", json.dumps(array).encode()) for name in ("a", "b")]
    found = parse_hierarchy(documents)
    assert {node.path for node in found.nodes} == {*names, "a", "b"}
    told = [(each.path, each.kind, each.severity) for each in found.problems if each.severity != "info"]
    assert sorted(told) == [("a", "misleading-name", "warning"), ("safe\u202egnp", "misleading-name", "warning")]
    assert not any(misleading_in(each.message) for each in found.problems)
    assert {each.message.partition("it has ")[2][:6] for each in found.problems if each.kind == "misleading-name"} == {
        "U+202E",
        "U+200B",
    }
