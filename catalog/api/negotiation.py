"""Which of the formats that there are does the client like best, and does it have the document already?

Source: RFC 9110, sections 12.5.1 (Accept), 8.8.3 (ETag), 13.1.1 and 13.1.2 (If-Match, If-None-Match).
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from catalog import __version__

_RANGE: Final = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(;.*)?")
_QUALITY: Final = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
MAX_ACCEPT: Final = 4096


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that a client likes best; the first of those that it likes alike; None where it takes none.

    Parameters
    ----------
    accept
        The header; None: anything will do.
    offers
        Media types without parameters, the best of ours first.
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = _ranges(accept[:MAX_ACCEPT])
    liked = [(_quality(offer, ranges), -place, offer) for place, offer in enumerate(offers)]
    quality, _, best = max(liked)
    return best if quality > 0 else None


def _ranges(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in _QUOTED.sub("", accept).split(","):
        parsed = _RANGE.fullmatch(item)
        if parsed:
            quality = _QUALITY.search(parsed[3] or "")
            name = f"{parsed[1]}/{parsed[2]}".lower()
            found[name] = max(found.get(name, 0.0), float(quality[1]) if quality else 1.0)
    return found


def _quality(offer: str, ranges: dict[str, float]) -> float:
    """By the range that says most about an offer."""
    names = (offer, f"{offer.partition('/')[0]}/*", "*/*")
    return next((ranges[name] for name in names if name in ranges), 0.0)


def entity_tag(content: bytes, variant: str = "") -> str:
    """A strong validator of a document.

    Parameters
    ----------
    content
        What determines the document's bytes, together with the version of this program.
    variant
        The format, where several are made of the same content.
    """
    digest = hashlib.sha256(__version__.encode() + b"\n" + content).hexdigest()[:32]
    return f'"{digest}{"-" if variant else ""}{variant}"'


def is_same(tag: str, if_none_match: str | None) -> bool:
    """Whether the client has the document of this tag already."""
    return if_none_match is not None and (if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match))


def may_change(tags: Sequence[str], if_match: str | None) -> bool:
    """Whether a change may be made, by what the client thinks is there.

    Parameters
    ----------
    tags
        Validators of what is there, without a variant; a client may have it in any format.
    if_match
        The header; None: whatever is there.
    """
    if if_match is None or if_match.strip() == "*":
        return True
    given = {re.sub(r'-[a-z]+"$', '"', tag) for tag in re.findall(r'(?<!/)"[^"]*"', if_match)}
    return not given.isdisjoint(tags)
