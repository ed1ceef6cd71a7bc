"""Under which keys do chunks lie?"""

from typing import Any

import pytest

from catalog.metadata.chunk_key import ChunkKeyEncoding, parse_chunk_key_v2, parse_chunk_key_v3


@pytest.mark.parametrize(
    ("name", "separator", "coordinates", "key"),
    [
        ("default", "/", (0, 3, 12), "c/0/3/12"),
        ("default", ".", (0, 3, 12), "c.0.3.12"),
        ("default", "/", (7,), "c/7"),
        ("default", "/", (), "c"),
        ("v2", ".", (0, 3, 12), "0.3.12"),
        ("v2", "/", (0, 3, 12), "0/3/12"),
        ("v2", ".", (7,), "7"),
        ("v2", ".", (), "0"),
    ],
)
def test_keys(name: str, separator: str, coordinates: tuple[int, ...], key: str) -> None:
    encoding = ChunkKeyEncoding(name, separator)
    assert encoding.known
    assert encoding.key(coordinates) == key


@pytest.mark.parametrize(
    ("document", "name", "separator", "known"),
    [
        ({"name": "default", "configuration": {"separator": "/"}}, "default", "/", True),
        ({"name": "default", "configuration": {"separator": "."}}, "default", ".", True),
        ({"name": "default"}, "default", "/", True),
        ("default", "default", "/", True),
        ({"name": "v2"}, "v2", ".", True),
        ({"name": "v2", "configuration": {"separator": "/"}}, "v2", "/", True),
        ({"name": "default", "configuration": {"separator": "-"}}, "default", "-", False),
        ({"name": "default", "configuration": {"separator": None}}, "default", "None", False),
        ({"name": "suffix"}, "suffix", "/", False),
        ({"name": 5}, "unknown", "", False),
        ({}, "unknown", "", False),
        (None, "unknown", "", False),
    ],
)
def test_v3_encodings(document: Any, name: str, separator: str, known: bool) -> None:
    encoding = parse_chunk_key_v3(document)
    assert (encoding.name, encoding.separator, encoding.known) == (name, separator, known)


@pytest.mark.parametrize(
    ("given", "separator", "known"), [(None, ".", True), (".", ".", True), ("/", "/", True), (5, "5", False)]
)
def test_v2_separators(given: Any, separator: str, known: bool) -> None:
    encoding = parse_chunk_key_v2(given)
    assert (encoding.name, encoding.separator, encoding.known) == ("v2", separator, known)


@pytest.mark.parametrize(
    ("name", "separator", "key", "coordinates"),
    [
        ("default", "/", "c/0/3/12", (0, 3, 12)),
        ("default", ".", "c.0.3.12", (0, 3, 12)),
        ("default", "/", "c", ()),
        ("v2", ".", "0.3.12", (0, 3, 12)),
        ("v2", "/", "0/3/12", (0, 3, 12)),
        ("v2", ".", "0", ()),
    ],
)
def test_a_key_gives_its_coordinates_back(name: str, separator: str, key: str, coordinates: tuple[int, ...]) -> None:
    assert ChunkKeyEncoding(name, separator).coordinates(key, len(coordinates)) == coordinates


@pytest.mark.parametrize(
    ("name", "separator", "rank", "key"),
    [
        *[
            ("default", "/", 2, key)
            for key in ("", "c", "c/0", "c/0/0/0", "0/0", "c/00/0", "c/+1/0", "c/-1/0", "c/0/ 0", "c/0/1e1")
        ],
        *[("default", "/", 2, key) for key in ("c.0.0", "c/0/", "/c/0/0", "c//0", "C/0/0", "c/0/\u0661", "c/0/" + "9" * 20)],
        *[("default", "/", 0, key) for key in ("0", "c/0", "")],
        *[("v2", ".", 2, key) for key in ("0", "0.0.0", "0/0", "c.0.0", "0.01", ".0", "0.")],
        *[("v2", ".", 0, key) for key in ("c", "0.0", "", "1")],
        *[("suffix", "/", 1, key) for key in ("c/0", "0")],
    ],
)
def test_other_texts_are_keys_of_no_chunk(name: str, separator: str, rank: int, key: str) -> None:
    assert ChunkKeyEncoding(name, separator).coordinates(key, rank) is None
