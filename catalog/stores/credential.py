"""How do we say who we are? The kinds of credential; none shows its secret when printed."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
        if not isinstance(token, str) or not token.strip():
            raise InputError("a bearer token must be a text that is not empty")
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
