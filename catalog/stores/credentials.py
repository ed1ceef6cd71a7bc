"""Who are we, for this URL?

A credential belongs to a URL prefix and is used below that prefix only: same scheme, same host and port, whole path segments.
None of these types shows its secret when printed.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from catalog.errors import InputError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_OURS = frozenset({"host", "range", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"})


@dataclass(frozen=True, slots=True, repr=False)
class Basic:
    """User name and password (RFC 7617)."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Basic(***)"

    def headers(self) -> dict[str, str]:
        """The header that carries it."""
        pair = f"{self.user}:{self.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


@dataclass(frozen=True, slots=True, repr=False)
class Bearer:
    """A token (RFC 6750), or a function without arguments that gives the current one before each request."""

    token: str | Callable[[], str]

    def __post_init__(self) -> None:
        if not callable(self.token):
            self.headers()

    def __repr__(self) -> str:
        return "Bearer(***)"

    def headers(self) -> dict[str, str]:
        """The header that carries it."""
        token = self.token() if callable(self.token) else self.token
        return _checked({"Authorization": f"Bearer {token}"})


@dataclass(frozen=True, slots=True, repr=False)
class Headers:
    """Any request headers, such as ``X-API-Key``."""

    values: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _checked(self.values))

    def __repr__(self) -> str:
        return f"Headers({', '.join(f'{name}=***' for name in self.values)})"

    def headers(self) -> dict[str, str]:
        """The headers themselves."""
        return dict(self.values)


@dataclass(frozen=True, slots=True, repr=False)
class S3:
    """How to reach an S3 service.

    Attributes
    ----------
    key, secret, token
        Access key, secret key, session token. Without a key, requests are anonymous.
    endpoint_url
        The service; ``""`` is AWS.
    region
        Its region; ``""`` is the service's default.
    anonymous
        Send no signature, whatever else is given.
    ambient
        Use what the process itself would use (``AWS_…`` variables, ``~/.aws``, instance role). Never by default: a URL from a
        stranger must not be read with the process's own rights.
    """

    key: str = ""
    secret: str = ""
    token: str = ""
    endpoint_url: str = ""
    region: str = ""
    anonymous: bool = False
    ambient: bool = False

    def __post_init__(self) -> None:
        if bool(self.key) != bool(self.secret):
            raise InputError("an S3 credential needs both 'key' and 'secret', or neither")
        if self.ambient and (self.key or self.anonymous):
            raise InputError("an S3 credential is one of: 'key' and 'secret', 'anonymous', 'ambient'")
        endpoint = urlsplit(self.endpoint_url)
        if self.endpoint_url and (endpoint.scheme not in {"http", "https"} or not endpoint.hostname or "@" in endpoint.netloc):
            raise InputError("'endpoint_url' of an S3 credential must be http://host or https://host, without user and password")

    def __repr__(self) -> str:
        kind = "ambient" if self.ambient else "***" if self.key else "anonymous"
        return f"S3({kind}, endpoint_url={self.endpoint_url!r}, region={self.region!r})"


Credential = Basic | Bearer | Headers | S3
HttpCredential = Basic | Bearer | Headers


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, if each can be sent as one line; a message never holds the value."""
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _NOT_OURS:
            raise InputError(f"{name!r} cannot be the name of a credential's header")
        if not isinstance(value, str) or not value or any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise InputError(f"the value of the header {name!r} is no text, empty, or has control characters")
    return dict(headers)


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
    from catalog.stores.url import parse_store_url

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
    from catalog.stores.url import shown

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
