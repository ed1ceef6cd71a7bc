"""Which width has the gate for whom, by the settings?"""

import json
from typing import Any

import pytest

from catalog.bootstrap import open_outgoing, store_access
from catalog.errors import ForbiddenError, InputError
from catalog.settings import Settings, load_settings
from catalog.stores.gate import Private, locate

PRIVATE = "http://10.0.0.5:8000/data/x"


def settings(**given: Any) -> Settings:
    return load_settings(outgoing=given)


def admits(found: Settings, private: Private, url: str) -> bool:
    try:
        locate(url, None, open_outgoing(found, private))
    except ForbiddenError:
        return False
    return True


def test_private_places_are_not_for_requests() -> None:
    assert [admits(settings(), width, PRIVATE) for width in ("allow", "named", "refuse")] == [True, True, False]
    assert [admits(settings(), width, "/srv/x") for width in ("allow", "named", "refuse")] == [True, True, False]
    assert admits(settings(), "refuse", "https://example.org/x")
    assert store_access(settings(), "named").outgoing.private == "named"


def test_the_operator_can_allow_prefixes_or_everything() -> None:
    allowed = settings(allowed="http://10.0.0.5:8000/data  file:///srv/stores")
    assert admits(allowed, "refuse", PRIVATE)
    assert admits(allowed, "refuse", "/srv/stores/x")
    assert not admits(allowed, "refuse", "/srv/x")
    assert not admits(allowed, "refuse", "http://10.0.0.5:8000/other")
    assert admits(settings(requests_private=True), "refuse", PRIVATE)


def test_only_what_is_allowed_can_be_all_there_is() -> None:
    only = settings(allowed="s3://lab", only_allowed=True)
    for width in ("allow", "named", "refuse"):
        assert admits(only, width, "s3://lab/x")
        assert not admits(only, width, "s3://other/x")
        assert not admits(only, width, "/srv/x")


def test_who_gives_a_credential_vouches_for_its_prefix() -> None:
    credentials = {"http://10.0.0.5:8000/data": {"type": "bearer", "token": "S3cret"}}
    found = load_settings(credentials=json.dumps(credentials))
    assert admits(found, "refuse", PRIVATE)
    assert not admits(found, "refuse", "http://10.0.0.5:8000/other")
    assert "S3cret" not in repr(open_outgoing(found, "refuse"))


def test_a_prefix_that_is_none_is_told() -> None:
    with pytest.raises(InputError):
        open_outgoing(settings(allowed="http://user:S3cret@h.example.org/"))
