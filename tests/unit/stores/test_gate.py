"""What goes through the gate, by its text?"""

from pathlib import Path

import pytest

from catalog.errors import CatalogError, ForbiddenError, InputError
from catalog.stores.gate import ANYWHERE, Outgoing, locate
from catalog.stores.policy import DEFAULT_PROTOCOLS
from catalog.stores.url import parse_store_url
from tests.support.forbidden_urls import forbidden_urls

STRICT = Outgoing(private="refuse")
CATALOGUED = Outgoing(private="named")
PLACES = ("127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254")
PUBLIC = [
    "https://example.org/x.zarr",
    "http://8.8.8.8/x",
    "http://[2606:4700:4700::1111]:8080/x",
    "s3://bucket/x",
    "s3://10.0.0.1/x",
]
PRIVATE = ["http://127.0.0.1:8000/x", "http://[::1]/x", "http://fuseki:3030/x", "https://store.local/x", "/srv/x", "memory://x"]


def test_forbidden_places_are_refused_in_every_form() -> None:
    urls = forbidden_urls(PLACES, 80)
    assert len(urls) >= 200
    for url in urls:
        with pytest.raises((InputError, ForbiddenError)):
            locate(url, None, STRICT)
        try:
            parsed = parse_store_url(url)
        except CatalogError:
            continue
        with pytest.raises(ForbiddenError):  # one that was parsed elsewhere is looked at, too
            locate(parsed, None, STRICT)


@pytest.mark.parametrize("url", PUBLIC)
@pytest.mark.parametrize("outgoing", [ANYWHERE, STRICT, CATALOGUED])
def test_public_places_are_read_by_everybody(url: str, outgoing: Outgoing) -> None:
    assert locate(url, None, outgoing) == parse_store_url(url)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_places_are_for_whoever_is_at_the_machine(url: str) -> None:
    assert locate(url, None, ANYWHERE) == locate(url, None, CATALOGUED) == parse_store_url(url)
    with pytest.raises(ForbiddenError, match="CATALOG_OUTGOING__ALLOWED"):
        locate(url, None, STRICT)


@pytest.mark.parametrize(
    ("prefix", "inside", "outside"),
    [
        ("http://10.0.0.5:8000/data", "http://10.0.0.5:8000/data/x", "http://10.0.0.5:8000/database"),
        ("http://10.0.0.5:8000/data/", "http://10.0.0.5:8000/data", "http://10.0.0.5:8001/data/x"),
        ("http://10.0.0.5/", "HTTP://10.0.0.5:80/x", "https://10.0.0.5/x"),
        ("http://10.0.0.5/", "http://10.0.0.5/x", "http://167772165/x"),
        ("http://fuseki:3030", "http://fuseki:3030/x", "http://fuseki/x"),
        ("memory://lab", "memory://lab/x", "memory://laboratory/x"),
        ("memory:", "memory://anything/x", "/etc"),
        ("s3://", "s3://bucket/x", "http://10.0.0.5/x"),
    ],
)
def test_a_prefix_is_vouched_for_and_nothing_beside_it(prefix: str, inside: str, outside: str) -> None:
    outgoing = Outgoing(private="refuse", allowed=(prefix,))
    assert locate(inside, None, outgoing).location == parse_store_url(inside).location
    assert not outgoing.watches(parse_store_url(inside))
    with pytest.raises(ForbiddenError):
        locate(outside, None, outgoing)


def test_only_what_is_allowed_is_read_where_that_is_wanted() -> None:
    outgoing = Outgoing(allowed=("https://example.org/data",), only_allowed=True)
    assert locate("https://example.org/data/x", None, outgoing).path == "/data/x"
    for url in ("https://example.org/other", "s3://bucket/x", "/srv/x", "http://127.0.0.1/x"):
        with pytest.raises(ForbiddenError, match="below no prefix"):
            locate(url, None, outgoing)


def test_a_folder_is_allowed_by_what_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "stores" / "x").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "stores" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "stores" / "near").symlink_to(tmp_path / "stores" / "x")
    outgoing = Outgoing(private="refuse", allowed=((tmp_path / "stores").as_uri(),))
    for name in ("x", "near", "not there yet"):
        assert locate(str(tmp_path / "stores" / name), None, outgoing).protocol == "file"
    for name in ("stores/link", "stores/link/x", "secret", "stores/../secret", "stores/not there/../../secret"):
        with pytest.raises(ForbiddenError):
            locate(str(tmp_path / name), None, outgoing)


def test_who_watches_connections() -> None:
    public, inside, bucket = map(parse_store_url, ("https://example.org/x", "http://10.0.0.1/x", "s3://bucket/x"))
    assert [ANYWHERE.watches(url) for url in (public, inside, bucket)] == [False] * 3
    assert [STRICT.watches(url) for url in (public, inside, bucket)] == [True] * 3
    assert [CATALOGUED.watches(url) for url in (public, inside, bucket)] == [True, False, True]
    assert ANYWHERE.guarded == STRICT


def test_a_redirect_stays_under_the_rule_that_it_began_under() -> None:
    outgoing = Outgoing(private="refuse", allowed=("http://store.example.org/data",))
    start, *targets = (parse_store_url(f"http://store.example.org/{path}") for path in ("data/x", "data/y", "other"))
    outgoing.admit_redirect(start, targets[0])
    with pytest.raises(ForbiddenError, match="redirects to"):
        outgoing.admit_redirect(start, targets[1])
    with pytest.raises(ForbiddenError):
        outgoing.admit_redirect(start, parse_store_url("http://10.0.0.1/"))


@pytest.mark.parametrize(
    "protocol", ["simplecache", "filecache", "blockcache", "reference", "zip", "tar", "local", "dir", "generic"]
)
def test_a_protocol_that_reads_through_others_cannot_be_allowed(protocol: str) -> None:
    with pytest.raises(InputError, match="name the store itself"):
        Outgoing(DEFAULT_PROTOCOLS | {protocol})


def test_other_protocols_are_read_where_the_operator_vouches_for_them() -> None:
    protocols = DEFAULT_PROTOCOLS | {"ftp"}
    assert locate("ftp://h.example.org/x", None, Outgoing(protocols)).protocol == "ftp"
    with pytest.raises(ForbiddenError):
        locate("ftp://h.example.org/x", None, Outgoing(protocols, "refuse"))
    allowed = Outgoing(protocols, "refuse", ("ftp://h.example.org/",))
    assert locate("ftp://h.example.org/x", None, allowed).protocol == "ftp"
    with pytest.raises(ForbiddenError, match="'gs' is not allowed"):
        locate("gs://bucket/x", None, Outgoing(allowed=("gs://bucket",)))


@pytest.mark.parametrize(
    "prefix", ["http://user:S3cret@h.example.org/", "https://h.example.org/?sig=S3cret", "", "icechunk+s3://b/r"]
)
def test_a_prefix_holds_no_secret(prefix: str) -> None:
    with pytest.raises(InputError) as caught:
        Outgoing(allowed=(prefix,))
    assert "S3cret" not in str(caught.value)
