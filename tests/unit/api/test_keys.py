"""Are keys told apart by their digests alone, and does a setting that holds a key itself say so without repeating it?"""

import hashlib

import pytest

from catalog.api.keys import digest_of, is_known, make_key, parse_digests
from catalog.errors import InputError


def test_a_digest_is_the_sha256_of_the_key() -> None:
    assert digest_of("zc_example") == "sha256:" + hashlib.sha256(b"zc_example").hexdigest()


def test_keys_are_long_and_never_the_same() -> None:
    made = {make_key() for _ in range(100)}
    assert len(made) == 100
    assert min(len(key) for key in made) >= 43, "256 bits take 43 characters of base64"


def test_a_key_is_known_by_its_digest() -> None:
    mine, other = make_key(), make_key()
    assert is_known(mine, (digest_of(other), digest_of(mine)))
    assert not is_known(mine, (digest_of(other),))
    assert not is_known(mine, ())


def test_digests_are_separated_by_commas_or_spaces() -> None:
    one, two = digest_of("a"), digest_of("b")
    assert parse_digests(f"{one},{two}", "X") == parse_digests(f" {one}  {two} ", "X") == (one, two)
    assert parse_digests("", "X") == ()


def test_a_key_in_place_of_a_digest_is_refused_and_not_repeated() -> None:
    key = make_key()
    with pytest.raises(InputError, match="CATALOG_API__READ_KEYS") as raised:
        parse_digests(key, "CATALOG_API__READ_KEYS")
    assert key not in str(raised.value)
