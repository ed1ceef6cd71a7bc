"""Have equal values one digest, on any machine?"""

import hashlib

import numpy as np
import pytest

from catalog.bridge import value_digest
from catalog.bridge.value_digest import digest_of_values, type_of_values
from catalog.errors import InputError


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_numbers_count_by_their_little_endian_bytes_in_c_order(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(24, dtype="<i4").reshape(2, 3, 4)
    written = sha(b"".join(int(n).to_bytes(4, "little") for n in range(24)))
    monkeypatch.setattr(value_digest, "_PIECE", 7)
    assert digest_of_values(values) == written
    assert digest_of_values(values.astype(">i4")) == written
    assert digest_of_values(np.asfortranarray(values)) == written
    assert digest_of_values(values[::-1][::-1]) == written
    assert digest_of_values(values[:, ::-1]) != written
    assert type_of_values(values.astype(">i4")) == "int32"


def test_scalars_and_nothing() -> None:
    assert digest_of_values(np.array(1.5)) == sha(b"\x00\x00\x00\x00\x00\x00\xf8\x3f")
    assert digest_of_values(np.empty((0, 3))) == sha(b"")


def test_nans_count_by_their_bits() -> None:
    quiet, other = np.array([0x7FC00000, 0x7FC00001], dtype="<u4").view("<f4").reshape(2, 1)
    assert np.isnan(quiet)
    assert np.isnan(other)
    assert digest_of_values(quiet) == digest_of_values(quiet.copy()) != digest_of_values(other)


def test_texts_of_any_length_count_with_their_length() -> None:
    ab = sha(b"\x01" + bytes(7) + b"a" + b"\x02" + bytes(7) + "ü".encode())
    assert digest_of_values(np.array(["a", "ü"], dtype=object)) == ab
    assert digest_of_values(np.array(["a", "ü"], dtype=np.dtypes.StringDType())) == ab
    assert digest_of_values(np.array(["aü", ""], dtype=object)) != ab
    assert type_of_values(np.array(["a"], dtype=np.dtypes.StringDType())) == "StringDType()"


def test_times_and_structures() -> None:
    times = np.array(["2020-01-01", "NaT"], dtype=">M8[D]")
    assert digest_of_values(times) == sha((18262).to_bytes(8, "little") + (-(2**63)).to_bytes(8, "little", signed=True))
    pair = np.array([(1, 2.0)], dtype=[("a", ">i2"), ("b", ">f4")])
    assert digest_of_values(pair) == sha(b"\x01\x00" + b"\x00\x00\x00\x40")
    assert type_of_values(pair) == type_of_values(pair.astype([("a", "<i2"), ("b", "<f4")]))
    assert type_of_values(np.array(["ab"], dtype=">U2")) == "<U2"


def test_objects_have_none() -> None:
    with pytest.raises(InputError, match="only texts and bytes"):
        digest_of_values(np.array([{}], dtype=object))
