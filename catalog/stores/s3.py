"""How does an S3 service answer?

Requests are anonymous unless a credential is named. Nothing of the process itself is used then: no ``AWS_…`` variable, no file in
``~/.aws``, no instance role, no proxy.
"""

import os
from functools import cache
from typing import Any, Final

import aiobotocore.session  # type: ignore[import-untyped]
import s3fs

from catalog.errors import CatalogError
from catalog.stores.credential import S3
from catalog.stores.listing import MAX_NAMES
from catalog.stores.objects import FsspecObjects, Listed, busy, unauthorized, unavailable
from catalog.stores.policy import Timeouts
from catalog.stores.url import StoreUrl

_NOT_BELIEVED: Final = frozenset(
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "401",
    }
)
_BUSY: Final = frozenset({"429", "RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"})
_IN_TROUBLE: Final = frozenset({"500", "502", "503", "504", "InternalError", "RequestTimeout", "ServiceUnavailable"})


@cache
def _closed_session() -> Any:
    """A session that knows nothing but its defaults: no variable of the environment, no file, and no credential either.

    One is enough: what takes time is that it reads the description of S3.
    """
    files = {"config_file", "credentials_file"}
    variables = {
        name: (None, None, os.devnull if name in files else default, convert)
        for name, (_, _, default, convert) in aiobotocore.session.AioSession.SESSION_VARIABLES.items()
    }
    return aiobotocore.session.AioSession(session_vars=variables)


def _file_system(credential: S3, timeouts: Timeouts, concurrency: int) -> Any:
    config: dict[str, Any] = {
        "connect_timeout": timeouts.connect,
        "read_timeout": timeouts.read,
        "max_pool_connections": concurrency,
        "retries": {"total_max_attempts": 1},  # s3fs tries again itself
    }
    if not credential.ambient:
        config |= {"proxies": {}, "ignore_configured_endpoint_urls": True}
    system = s3fs.S3FileSystem(
        anon=not credential.ambient and (credential.anonymous or not credential.key),
        key=credential.key or None,
        secret=credential.secret or None,
        token=credential.token or None,
        endpoint_url=credential.endpoint_url or None,
        client_kwargs={"region_name": credential.region} if credential.region else {},
        config_kwargs=config,
        session=None if credential.ambient else _closed_session(),
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    system.retries = 3
    return system


class S3Objects(FsspecObjects):
    """Objects in an S3 bucket."""

    def __init__(self, url: StoreUrl, credential: S3, timeouts: Timeouts, concurrency: int) -> None:
        super().__init__(url.location, _file_system(credential, timeouts, concurrency), url.path)
        self._bucket, _, self._prefix = url.path.partition("/")

    async def _cat(self, path: str, start: int | None, end: int | None) -> Any:
        return await self._fs._cat_file(path, start=start, end=end)

    async def list_folder(self, folder: str) -> Listed:
        """Page by page; once a page shows the folder to be an array of v2, the pages with its chunks are left.

        S3 gives names in the order of their bytes, so ``.zarray`` and ``.zattrs`` come before chunks such as ``0.0``.
        """
        prefix = "/".join(part for part in (self._prefix, folder) if part)
        prefix = f"{prefix}/" if prefix else ""
        listed = Listed()
        refusal: CatalogError | None = None
        self.requests += 1
        try:
            count = 0
            async for entry in self._fs._iterdir(self._bucket, delimiter="/", prefix=prefix):
                name = entry["name"][len(self._bucket) + 1 + len(prefix) :]
                count += 1
                if count > MAX_NAMES:
                    listed.complete = False
                    break
                if entry["type"] == "directory":
                    listed.folders.append(name)
                    continue
                listed.files.add(name)
                if ".zarray" in listed.files and name > ".zgroup":
                    break
                if count % 1000 == 0:
                    self.requests += 1
        except Exception as error:
            refusal = self._list_outcome(error, folder)
        if refusal is not None:
            raise refusal
        return listed

    def _outcome(self, error: Exception, key: str) -> CatalogError | bytes | None:
        code = _code(error)
        if code in {"InvalidRange", "416"}:
            return b""
        if code in _NOT_BELIEVED or type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
            return unauthorized(self.location, key, code or "no credential was found")
        if code in _BUSY:
            return busy(self.location, key, code)
        return (
            unavailable(self.location, key, f"the service answered {code}")
            if code in _IN_TROUBLE
            else super()._outcome(error, key)
        )


def _code(error: BaseException) -> str:
    """The service's own word for an error, such as ``AccessDenied``."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(details.get("Code", ""))
