"""A real S3 service on this machine, which says what it was asked.

It runs as a process of its own, so that whatever a test does to its environment does not reach it::

    with S3Server() as server:
        server.make_bucket("data", public=True)
        server.upload(folder, "data", "a.zarr")
        server.requests()
"""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlencode

KEY, SECRET = "test-key", "test-secret"  # moto takes any
_LOG, _PUT = "/-requests-", "/-objects-"


@dataclass(frozen=True)
class S3Request:
    """One request that the service got."""

    method: str
    path: str
    query: str
    authorization: str
    range: str
    status: int


class S3Server:
    """Starts the service on a free port, and ends it by its own process."""

    def __enter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "AWS_EC2_METADATA_DISABLED": "true"}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip().isdigit():
            self.__exit__(None, None, None)
            raise RuntimeError("the S3 service did not start")
        self.url = f"http://127.0.0.1:{int(line)}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)

    def requests(self) -> list[S3Request]:
        """What it was asked since this was called last."""
        with urllib.request.urlopen(self.url + _LOG, timeout=30) as answer:
            return [S3Request(*row) for row in json.load(answer)]

    def make_bucket(self, name: str, *, public: bool = False) -> None:
        """An empty bucket; in a public one, whoever knows a name may read, and anybody may list."""
        self._ask("PUT", name, {"x-amz-acl": "public-read" if public else "private"})

    def upload(self, folder: Path, bucket: str, prefix: str, *, public: bool = False) -> None:
        """Every file below a folder, each at the prefix and its path."""
        files = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in folder.rglob("*") if path.is_file())
        self.put(bucket, ((f"{prefix}/{key}", data) for key, data in files), public=public)

    def put(self, bucket: str, objects: Iterable[tuple[str, bytes]], *, public: bool = False) -> None:
        """Objects by key, in one request, which no list shows: thousands of signed ones take longer than most tests."""
        items = list(objects)
        names = json.dumps([[key, len(data)] for key, data in items]).encode()
        where = urlencode({"bucket": bucket, "access": "public-read" if public else "private"})
        body = b"\n".join((names, b"".join(data for _, data in items)))
        with urllib.request.urlopen(f"{self.url}{_PUT}?{where}", body, timeout=60):
            pass

    def delete(self, bucket: str, key: str) -> None:
        """Remove one object."""
        self._ask("DELETE", f"{bucket}/{quote(key)}")

    def _ask(self, method: str, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """A request without a client, which takes a second to be imported, and long to be made; moto looks at no signature."""
        signed = {"Authorization": f"AWS {KEY}:any", **headers}
        asked = urllib.request.Request(f"{self.url}/{path}", method=method, headers=signed)
        with urllib.request.urlopen(asked, timeout=60):
            pass


def _serve() -> None:
    """The process: moto behind a list of requests; it ends when its parent does."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import get_canned_acl, s3_backends
    from werkzeug.serving import WSGIRequestHandler, make_server

    service, log = DomainDispatcherApplication(create_backend_app), []

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            pass

    def put(environ: dict[str, Any]) -> None:
        asked = parse_qs(environ["QUERY_STRING"])
        names, _, rest = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).partition(b"\n")
        backend, access, start = s3_backends[DEFAULT_ACCOUNT_ID]["aws"], get_canned_acl(asked["access"][0]), 0
        for key, size in json.loads(names):
            made = backend.put_object(asked["bucket"][0], key, rest[start : start + size])
            made.set_acl(access)
            start += size

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _LOG:
            body = json.dumps(log).encode()
            log.clear()
            start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        if environ["PATH_INFO"] == _PUT:
            put(environ)
            start("204 No Content", [])
            return []
        row = [environ[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")]

        def started(status: str, headers: Any, *rest: Any) -> Any:
            log.append([*row, environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_RANGE", ""), int(status[:3])])
            return start(status, headers, *rest)

        return service(environ, started)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)  # noqa: T201
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
