"""Which files may references point to, and are those opened no more often than needed?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import CatalogError, ForbiddenError, InputError
from catalog.metadata.address import is_public_host
from catalog.stores import references_targets
from catalog.stores.credentials import S3, Bearer, Credentials
from catalog.stores.gate import Outgoing
from catalog.stores.objects import Listed
from catalog.stores.references_targets import MAX_OPEN, Target, TargetRules, Targets
from catalog.stores.url import StoreUrl


def place(text: str, location: str, **rules: Any) -> Target:
    return Targets(location, TargetRules(**rules)).place(text)


# Special-purpose addresses as in the IANA registries (RFC 6890), in the spellings that resolvers know (inet_aton, RFC 4291).
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0x7f000001", "0", "0.0.0.0", "10.1.2.3", "172.16.0.1",
        "192.168.1.1", "169.254.169.254", "2852039166", "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:169.254.169.254",
        "::ffff:7f00:1", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2002:7f00:1::", "localhost",
        "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal", "printer.local", "fuseki", "127.0.0.1.", "",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_not_public(host: str) -> None:
    assert not is_public_host(host)


@pytest.mark.parametrize(
    "host",
    ["example.org", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "s3.amazonaws.com", "1.example.org", "127.example.org"],
)
def test_other_hosts_are_public(host: str) -> None:
    assert is_public_host(host)


@pytest.mark.parametrize(
    ("text", "location", "url", "root", "key"),
    [
        ("a.nc", "https://h.org/d/refs.json", "https://h.org/d/a.nc", "https://h.org", "d/a.nc"),
        ("./x/a b%.nc", "https://h.org/d/refs.json", "https://h.org/d/x/a%20b%25.nc", "https://h.org", "d/x/a b%.nc"),
        ("https://o.org:8443/a%20b.nc", "https://h.org/refs.json", "https://o.org:8443/a%20b.nc", "https://o.org:8443", "a b.nc"),
        ("https://o.org/a%2Fb.nc", "https://h.org/refs.json", "https://o.org/a%2Fb.nc", "https://o.org/a%2Fb.nc", ""),
        ("s3://bucket/x/a.nc", "https://h.org/refs.json", "s3://bucket/x/a.nc", "s3://bucket", "x/a.nc"),
        ("a.nc", "s3://bucket/d/refs.json", "s3://bucket/d/a.nc", "s3://bucket", "d/a.nc"),
        ("a.nc", "s3://bucket/refs.json", "s3://bucket/a.nc", "s3://bucket", "a.nc"),
        ("https://o.org/a.nc", "file:///d/refs.json", "https://o.org/a.nc", "https://o.org", "a.nc"),
        ("memory://m/a.nc", "memory://m/refs.json", "memory://m/a.nc", "memory://", "m/a.nc"),
        ("a.nc", "memory://m/refs.json", "memory://m/a.nc", "memory://", "m/a.nc"),
        ("a.nc", "memory://refs.json", "memory://a.nc", "memory://", "a.nc"),
        ("a.nc", "file:///refs.json", "file:///a.nc", "file:///", "a.nc"),
        ("/d/x/a.nc", "file:///d/refs.json", "file:///d/x/a.nc", "file:///d", "x/a.nc"),
        ("file:///d/x/../a.nc", "file:///d/refs.json", "file:///d/a.nc", "file:///d", "a.nc"),
        ("x/../a?.nc", "file:///d%20d/refs.json", "file:///d%20d/a%3F.nc", "file:///d%20d", "a?.nc"),
        (
            "http://127.0.0.1:81/a.nc",
            "http://127.0.0.1:81/d/refs.json",
            "http://127.0.0.1:81/a.nc",
            "http://127.0.0.1:81",
            "a.nc",
        ),
    ],
)
def test_a_target_is_found(text: str, location: str, url: str, root: str, key: str) -> None:
    target = place(text, location)
    assert (target.url.location, target.root.location, target.key) == (url, root, key)


LOCAL, WEB, BUCKET = "file:///data/refs.json", "https://h.org/d/refs.json", "s3://bucket/d/refs.json"


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("file:///etc/passwd", LOCAL),
        ("/etc/passwd", LOCAL),
        ("../other/a.nc", LOCAL),
        ("x/../../etc/passwd", LOCAL),
        ("file:///database/a.nc", LOCAL),
        ("FILE:///etc/passwd", LOCAL),
        ("file://localhost/etc/passwd", LOCAL),
        ("file:///etc/%70asswd", LOCAL),
        ("//etc/passwd", LOCAL),
        ("file:///data", LOCAL),
        ("file:///data/a.nc", WEB),
        ("/data/a.nc", WEB),
        ("//other.org/a.nc", WEB),
        ("../a.nc", WEB),
        ("x/../../a.nc", WEB),
        ("file:///data/a.nc", BUCKET),
        ("file:///data/a.nc", "memory://m/refs.json"),
        ("memory://m/a.nc", WEB),
        ("memory://m/a.nc", LOCAL),
        ("http://169.254.169.254/latest/meta-data/", WEB),
        ("http://169.254.169.254/latest/meta-data/", LOCAL),
        ("http://2852039166/latest", LOCAL),
        ("http://[::ffff:169.254.169.254]/latest", LOCAL),
        ("http://①②⑦.0.0.1/x", LOCAL),
        ("http://user:word@127.0.0.1/x", LOCAL),
        ("http://127.0.0.1:82/a.nc", "http://127.0.0.1:81/d/refs.json"),
        ("https://127.0.0.1:81/a.nc", "http://127.0.0.1:81/d/refs.json"),
        ("http://fuseki:3030/catalog", LOCAL),
        ("ftp://h.org/a.nc", WEB),
        ("github://a:b@c/x", LOCAL),
        ("local:/etc/passwd", LOCAL),
        ("local:///etc/passwd", LOCAL),
        ("reference://x", LOCAL),
    ],
)
def test_a_target_that_must_not_be_read_is_refused(text: str, location: str) -> None:
    with pytest.raises(ForbiddenError):
        place(text, location)


@pytest.mark.parametrize(
    "text",
    [
        "simplecache::file:///etc/passwd", "zip://x::https://h.org/a.zip", "filecache::s3://bucket/x", "a::b", " file:///etc/passwd",
        "file:passwd", "file://other/etc/passwd", "https://h.org/a\\b", "https://h.org/a/../b", "https://h.org/a#b", "s3://bucket",
        "s3://bucket/../x", "s3://user:word@bucket/x", "x\0y", "a\nb", "x" * 5000, "https://", "time:0.nc", "icechunk+https://h.org/x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("location", [LOCAL, WEB])
def test_a_text_that_names_no_file_is_refused(text: str, location: str) -> None:
    with pytest.raises((InputError, ForbiddenError)):
        place(text, location)


def test_the_list_of_protocols_counts() -> None:
    only = {"outgoing": Outgoing(frozenset({"https"}))}
    assert place("https://o.org/a.nc", WEB, **only).key == "a.nc"
    for text, location in [("http://o.org/a.nc", WEB), ("s3://b/a.nc", WEB), ("a.nc", LOCAL), ("/data/a.nc", LOCAL)]:
        with pytest.raises(ForbiddenError, match="not allowed"):
            place(text, location, **only)


def test_a_prefix_can_be_allowed() -> None:
    assert place("../other/a.nc", LOCAL, outgoing=Outgoing(allowed=("file:///other",))).root.location == "file:///other"
    target = place("http://10.0.0.5:80/x/a.nc", LOCAL, outgoing=Outgoing(allowed=("http://10.0.0.5/x",)))
    assert (target.root.location, target.key) == ("http://10.0.0.5/x", "a.nc"), "nothing above the prefix can be reached"
    assert place("memory://m/a.nc", LOCAL, outgoing=Outgoing(allowed=("memory://m",))).key == "m/a.nc"
    for text in ["http://10.0.0.5/y/a.nc", "http://10.0.0.5/xy", "https://10.0.0.5/x/a.nc", "http://10.0.0.6/x/a.nc"]:
        with pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
            place(text, LOCAL, outgoing=Outgoing(allowed=("http://10.0.0.5/x",)))
    with pytest.raises(ForbiddenError):
        place("file:///other/a.nc", WEB, outgoing=Outgoing(allowed=("file:///other",)))


def test_whoever_has_a_credential_may_be_asked() -> None:
    credentials = Credentials({"http://10.0.0.5/x": Bearer("secret"), "s3://bucket/x": S3(key="k", secret="s")})
    target = place("http://10.0.0.5/x/y/a.nc", LOCAL, credentials=credentials)
    assert (target.root.location, target.key, target.prefix) == ("http://10.0.0.5/x", "y/a.nc", "http://10.0.0.5/x")
    with pytest.raises(ForbiddenError):
        place("http://10.0.0.5/y/a.nc", LOCAL, credentials=credentials)
    groups = {place(f"s3://bucket/{key}", WEB, credentials=credentials).group for key in ("x/a", "x/b", "y/a", "y/b")}
    assert len(groups) == 2


def test_a_secret_in_a_target_is_not_shown() -> None:
    for text in ["http://user:geheim@127.0.0.1/x?sig=geheim", "ftp://user:geheim@h.org/x", "https://h.org/../x?sig=geheim"]:
        with pytest.raises(CatalogError) as raised:
            place(text, LOCAL)
        assert "geheim" not in str(raised.value)
    assert "geheim" not in repr(place("https://user:geheim@h.org/x?sig=geheim", LOCAL))


class Counted:
    """Stands for the objects of one server."""

    opened = closed = 0

    def __init__(self, url: StoreUrl) -> None:
        self.location, self.requests = url.location, 0
        Counted.opened += 1

    async def fetch(self, key: str, max_bytes: int, start: int | None = None, end: int | None = None) -> bytes | None:
        self.requests += 1
        await asyncio.sleep(0)
        return b"x"

    async def list_folder(self, folder: str) -> Listed:
        raise NotImplementedError

    async def close(self) -> None:
        Counted.closed += 1


def test_connections_are_shared_bounded_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references_targets, "open_objects", lambda url, **_: Counted(url))
    monkeypatch.setattr(Counted, "opened", 0)
    monkeypatch.setattr(Counted, "closed", 0)
    targets = Targets(WEB, TargetRules())

    async def read(texts: list[str]) -> None:
        await asyncio.gather(*(targets.fetch(targets.place(text), 10, None, None) for text in texts))

    asyncio.run(read([f"https://h.org/{i}.nc" for i in range(500)]))
    assert (Counted.opened, targets.requests) == (1, 500)
    asyncio.run(read([f"https://h{i}.org/a.nc" for i in range(500)]))
    assert (Counted.opened, targets.requests) == (501, 1000)
    assert Counted.opened - Counted.closed <= MAX_OPEN
    asyncio.run(targets.close())
    assert (Counted.opened - Counted.closed, targets.requests) == (0, 1000)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.bin").write_bytes(b"secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.bin").symlink_to("../outside.bin")
    (folder / "good.bin").write_bytes(b"good")
    (folder / "inner.bin").symlink_to("good.bin")
    targets = Targets((folder / "refs.json").as_uri(), TargetRules())
    assert asyncio.run(targets.fetch(targets.place("inner.bin"), 10, 1, 3)) == b"oo"
    with pytest.raises(ForbiddenError, match="link"):
        asyncio.run(targets.fetch(targets.place("link.bin"), 10, None, None))
    assert asyncio.run(targets.fetch(targets.place("none.bin"), 10, None, None)) is None
