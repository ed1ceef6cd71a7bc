"""How does an S3 service answer?

Requests are anonymous unless a credential is named. Nothing of the process itself is used then: no ``AWS_…`` variable, no file in
``~/.aws``, no instance role, no proxy.
"""

import os
from dataclasses import replace
from functools import cache
from typing import Any, Final

import aiobotocore.session  # type: ignore[import-untyped]
import s3fs

from catalog.errors import CatalogError
from catalog.metadata.key import safe_key
from catalog.stores.connector import checked_connections, refusal_in
from catalog.stores.credential import S3
from catalog.stores.gate import ANYWHERE, Outgoing, not_public
from catalog.stores.listing import MAX_NAMES
from catalog.stores.objects import FsspecObjects, Listed, busy, oversized, unauthorized, unavailable
from catalog.stores.policy import ATTEMPTS, Timeouts
from catalog.stores.signs import Glance, Signs, Taken, signs_of_entry
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


_PAGE: Final = 1000
"""Names that S3 gives at once."""


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


def _file_system(credential: S3, timeouts: Timeouts, concurrency: int, watched: bool) -> Any:
    config: dict[str, Any] = {
        "connect_timeout": timeouts.connect,
        "read_timeout": timeouts.read,
        "max_pool_connections": concurrency,
        "retries": {"total_max_attempts": 1},  # s3fs tries again itself
    }
    if watched and not credential.endpoint_url:  # an endpoint is the operator's word
        config["connector_args"] = checked_connections(watched)
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
    system.retries = ATTEMPTS
    return system


class S3Objects(FsspecObjects):
    """Objects in an S3 bucket."""

    def __init__(
        self, url: StoreUrl, credential: S3, timeouts: Timeouts, concurrency: int, outgoing: Outgoing = ANYWHERE
    ) -> None:
        super().__init__(url.location, _file_system(credential, timeouts, concurrency, outgoing.watches(url)), url.path)
        self._bucket, _, self._prefix = url.path.partition("/")

    async def _cat(self, path: str, start: int | None, end: int | None) -> Any:
        return await self._fs._cat_file(path, start=start, end=end)

    async def list_folder(self, folder: str) -> Listed:
        """Page by page; once a page shows the folder to be an array of v2, the pages with its chunks are left.

        S3 gives names in the order of their bytes, so ``.zarray`` and ``.zattrs`` come before chunks such as ``0.0``, and
        ``zarr.json`` after them: where chunks were left, that one is asked for by its name.
        """
        return await self._listed(folder, MAX_NAMES)

    async def list_start(self, folder: str) -> Listed:
        """The first page alone: one request, however much lies in the folder."""
        return await self._listed(folder, _PAGE)

    async def _listed(self, folder: str, most: int) -> Listed:
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
                if count > most:
                    listed.complete = False
                    break
                if entry["type"] == "directory":
                    listed.folders.append(name)
                else:
                    listed.files.add(name)
                    if ".zarray" in listed.files and name > ".zgroup" and count % _PAGE == 0:
                        await self._find_v3(prefix, listed)
                        break
                if count == most == _PAGE:  # the next name would take the next page
                    listed.complete = False
                    break
                if count % _PAGE == 0:
                    self.requests += 1
        except Exception as error:
            refusal = self._list_outcome(error, folder)
        if refusal is not None:
            raise refusal
        return listed

    async def _find_v3(self, prefix: str, listed: Listed) -> None:
        """Whether a v3 document lies in a folder, too."""
        self.requests += 1
        async for entry in self._fs._iterdir(self._bucket, max_items=1, delimiter="/", prefix=f"{prefix}zarr.json"):
            if entry["type"] == "file" and entry["name"] == f"{self._bucket}/{prefix}zarr.json":
                listed.files.add("zarr.json")

    async def look(self, key: str) -> Signs | None:
        """What the service says of an object, by one HEAD; errors as ``fetch``."""
        self.requests += 1
        try:
            answer = await self._fs._call_s3("head_object", Bucket=self._bucket, Key=self._place(key))
        except Exception as error:  # any library may be behind this door
            outcome = self._outcome(error, key)
        else:
            return signs_of_entry(answer)
        if isinstance(outcome, CatalogError):
            raise outcome
        return None

    async def take(self, key: str, max_bytes: int, start: int, end: int | None) -> Taken | None:
        """A part of an object, and in the same request what the service says of the whole; errors as ``fetch``.

        A negative start counts from the end, and then there is no other end.
        """
        wanted = f"bytes={start}" if start < 0 else f"bytes={start}-{'' if end is None else end - 1}"
        self.requests += 1
        try:
            answer = await self._fs._call_s3("get_object", Bucket=self._bucket, Key=self._place(key), Range=wanted)
            signs = signs_of_entry(answer)
            data = await answer["Body"].read() if answer["ContentLength"] <= max_bytes else None
        except Exception as error:  # any library may be behind this door
            outcome = self._outcome(error, key)
        else:
            if data is None:
                answer["Body"].close()
                raise oversized(self.location, key, max_bytes)
            first, _, size = str(answer.get("ContentRange", f"bytes 0-0/{len(data)}")).removeprefix("bytes ").partition("/")
            return Taken(data, int(first.partition("-")[0]), replace(signs, size=int(size)))
        if isinstance(outcome, CatalogError):
            raise outcome
        return None if outcome is None else Taken(b"", max(0, start), Signs())

    async def sign(self, key: str, seconds: int) -> str | None:
        """A URL at which anybody can read an object for so long; None where requests are not signed."""
        if self._fs.anon:
            return None
        outcome: CatalogError | bytes | None
        try:
            return str(await self._fs._url(f"{self._bucket}/{self._place(key)}", expires=seconds))
        except Exception as error:  # any library may be behind this door
            outcome = self._outcome(error, key)
        raise outcome if isinstance(outcome, CatalogError) else unavailable(self.location, key, "no URL could be signed")

    async def glance(self) -> Glance:
        """The first page of a list without folders: at most 1000 objects, in the order of their names."""
        prefix, refusal = self._place(""), None
        self.requests += 1
        try:
            page = await self._fs._call_s3("list_objects_v2", Bucket=self._bucket, Prefix=prefix, MaxKeys=1000)
        except Exception as error:
            refusal = self._list_outcome(error, "")
        if refusal is not None:
            raise refusal
        found = {str(entry["Key"])[len(prefix) :]: signs_of_entry(entry) for entry in page.get("Contents", ())}
        return Glance(found, max(found, default="") if page.get("IsTruncated") else "")

    def _place(self, key: str) -> str:
        """The key in the bucket of a key in the store; of the root, the prefix of all of them."""
        return f"{self._prefix}/{safe_key(key)}" if self._prefix else safe_key(key)

    def _outcome(self, error: Exception, key: str) -> CatalogError | bytes | None:
        if refusal_in(error):
            return not_public(self.location)
        code = _code(error)
        if code in {"InvalidRange", "416"}:
            return b""
        if code in _NOT_BELIEVED or type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
            return unauthorized(self.location, key, code or "no credential was found")
        if code in _BUSY:
            return busy(self.location, key, code)
        if code in _IN_TROUBLE:
            return unavailable(self.location, key, f"the service answered {code}")
        return super()._outcome(error, key)


def _code(error: BaseException) -> str:
    """The service's own word for an error, such as ``AccessDenied``."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(details.get("Code", ""))
