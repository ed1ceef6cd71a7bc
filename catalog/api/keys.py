"""Is this key one of those that the operator gave out?

A key is random and long, so one round of SHA-256 keeps it; settings hold the digests alone, and a key is seen once, when it is
made. Digests are compared in constant time, and all of them each time.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Final

from catalog.errors import InputError

PREFIX: Final = "sha256:"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def make_key() -> str:
    """A new key of 256 random bits."""
    return f"zc_{secrets.token_urlsafe(32)}"


def digest_of(key: str) -> str:
    """What settings hold of a key."""
    return PREFIX + hashlib.sha256(key.encode()).hexdigest()


def parse_digests(text: str, setting: str) -> tuple[str, ...]:
    """The digests in a setting, which separates them by commas or spaces.

    Raises
    ------
    InputError
        One is no digest; the message does not repeat it, as it may be a key.
    """
    found = tuple(text.replace(",", " ").split())
    wrong = [place for place, each in enumerate(found, 1) if not _DIGEST.fullmatch(each)]
    if wrong:
        raise InputError(
            f"{setting} holds something at place {wrong[0]} that is no digest of a key; a digest is sha256: and 64 hexadecimal"
            " digits: `catalog key` makes a key and says its digest"
        )
    return found


def is_known(key: str, digests: Iterable[str]) -> bool:
    """Whether a key has one of these digests."""
    given = digest_of(key)
    return sum(hmac.compare_digest(given, known) for known in digests) > 0
