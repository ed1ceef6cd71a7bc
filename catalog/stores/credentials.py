"""Who are we, for this URL?

A credential belongs to a URL prefix and is used below that prefix only: same scheme, same host and port, whole path segments.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.errors import InputError
from catalog.stores.credential import S3, Basic, Bearer, Credential, Headers, HttpCredential
from catalog.stores.url import parse_store_url, shown

__all__ = ["S3", "Basic", "Bearer", "Credential", "Credentials", "Headers", "HttpCredential", "is_below", "parse_credentials"]


class Credentials(Mapping[str, Credential]):
    """Credentials by URL prefix; the longest prefix that holds a location wins.

    A prefix matches whole path segments of the same origin: ``https://h/data`` holds ``https://h/data/x`` and not
    ``https://h/data2`` nor ``http://h/data``. ``s3://`` alone stands for every bucket.

    Raises
    ------
    InputError
        A prefix is no URL that can have a credential, or the credential is of the wrong kind for it.
    """

    def __init__(self, by_prefix: Mapping[str, Credential] | None = None) -> None:
        self._by_prefix: dict[str, Credential] = {}
        for prefix, credential in (by_prefix or {}).items():
            self._by_prefix[_canonical_prefix(prefix, credential)] = credential

    def __getitem__(self, prefix: str) -> Credential:
        return self._by_prefix[prefix]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_prefix)

    def __len__(self) -> int:
        return len(self._by_prefix)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._by_prefix))})"

    def find(self, location: str) -> tuple[str, Credential] | None:
        """The prefix and the credential for a canonical location, or None."""
        holding = [prefix for prefix in self._by_prefix if is_below(location, prefix)]
        return max(((p, self._by_prefix[p]) for p in holding), key=lambda pair: len(pair[0])) if holding else None


def is_below(location: str, prefix: str) -> bool:
    """Whether a canonical URL is the prefix itself or lies below it."""
    return location == prefix or location.startswith(prefix if prefix.endswith("/") else prefix + "/")


def _canonical_prefix(prefix: str, credential: Credential) -> str:

    if prefix in {"s3:", "s3:/", "s3://"}:
        location = "s3://"
    else:
        url = parse_store_url(prefix, allow_protocols=frozenset({"s3", "http", "https"}))
        if url.credential is not None or url.query:
            raise InputError(f"the prefix {url.location} of a credential must have no user, password or query string itself")
        location = url.location
    wanted = S3 if location.startswith("s3:") else HttpCredential
    if not isinstance(credential, wanted):
        raise InputError(
            f"the credential for {location} is of the kind {type(credential).__name__}, which is not for that protocol"
        )
    return location


_KINDS: dict[str, tuple[type[Any], frozenset[str]]] = {
    "basic": (Basic, frozenset({"user", "password"})),
    "bearer": (Bearer, frozenset({"token"})),
    "headers": (Headers, frozenset({"values"})),
    "s3": (S3, frozenset({"key", "secret", "token", "endpoint_url", "region", "anonymous", "ambient"})),
}


_FORMS: dict[str, tuple[type[Any], str]] = {
    "anonymous": (bool, "true or false"),
    "ambient": (bool, "true or false"),
    "values": (Mapping, "an object of texts"),
}


def parse_credentials(value: Mapping[str, Mapping[str, Any]]) -> Credentials:
    """Credentials from plain values, as settings hold them.

    Parameters
    ----------
    value
        URL prefix → ``{"type": "basic", "user": …, "password": …}``, ``{"type": "bearer", "token": …}``, ``{"type": "headers",
        "values": {…}}`` or ``{"type": "s3", "key": …, "secret": …, "endpoint_url": …, …}``.

    Raises
    ------
    InputError
        Something has another form; the message names the prefix and the fields, never a value.
    """
    if not isinstance(value, Mapping):
        raise InputError("credentials must be an object: URL prefix → credential")
    return Credentials({prefix: _parse_credential(str(prefix), fields) for prefix, fields in value.items()})


def _parse_credential(prefix: str, fields: Any) -> Credential:

    where = f"the credential for {shown(prefix)}"
    kind = fields.get("type") if isinstance(fields, Mapping) else None
    if kind not in _KINDS:
        raise InputError(f"{where} needs a 'type': one of {', '.join(_KINDS)}")
    cls, known = _KINDS[kind]
    given = {name: field for name, field in fields.items() if name != "type"}
    if not set(given) <= known:
        raise InputError(
            f"{where} has unknown fields: {', '.join(sorted(set(given) - known))}; known are {', '.join(sorted(known))}"
        )
    for name, field in given.items():
        wanted, word = _FORMS.get(name, (str, "a text"))
        if not isinstance(field, wanted):
            raise InputError(f"{where}: {name!r} must be {word}")
    if kind != "s3" and set(given) != known:
        raise InputError(f"{where} needs {', '.join(sorted(known))}")
    credential: Credential = cls(**given)
    return credential
