"""Settings come from CATALOG_… variables, say what is wrong with them, and never show a secret."""

from pathlib import Path

import pytest

from catalog.api.app import create_app
from catalog.bootstrap import open_graph_store, plan_limits, store_access
from catalog.errors import InputError
from catalog.graphstore.absent import AbsentGraphStore
from catalog.settings import ApiSettings, load_settings


def test_the_default_is_a_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = load_settings()
    assert settings.graph_store_kind == "embedded"
    assert settings.graph_store_place == str(tmp_path / "zarr-linked-catalog" / "graphs")
    assert settings.archive_place == str(tmp_path / "zarr-linked-catalog" / "graphs" / "archive")


def test_fuseki_by_either_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_FUSEKI__URL", "http://127.0.0.1:3030/catalog")
    assert (load_settings().graph_store_kind, load_settings().graph_store_place) == ("fuseki", "http://127.0.0.1:3030/catalog")
    monkeypatch.setenv("CATALOG_GRAPH_STORE", "fuseki:http://127.0.0.1:3031/catalog")
    assert load_settings().graph_store_place == "http://127.0.0.1:3031/catalog"


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_FUSEKI__PASSWORD", "canary-5511")
    monkeypatch.setenv("CATALOG_CREDENTIALS", '{"https://h/": {"type": "bearer", "token": "canary-5512"}}')
    settings = load_settings()
    assert "canary" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.parsed_credentials()["https://h/"]["token"] == "canary-5512"
    assert "canary" not in repr(store_access(settings))


def test_credentials_come_as_a_dictionary_too() -> None:
    given = {"https://h/": {"type": "basic", "user": "me", "password": "canary-5513"}}
    settings = load_settings(credentials=given)
    assert settings.parsed_credentials() == given
    assert "canary" not in repr(settings)
    with pytest.raises(InputError, match=r"CATALOG_CREDENTIALS: .*a dictionary of dictionaries") as refused:
        load_settings(credentials={"https://h/": {"token": b"canary-5514"}})
    assert "canary" not in str(refused.value)


def test_the_setting_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"https://a/": {"type": "bearer", "token": "1"}, "https://b/": {"type": "bearer", "token": "2"}}'
    )
    monkeypatch.setenv("CATALOG_CREDENTIALS_FILE", str(tmp_path / "c.json"))
    monkeypatch.setenv("CATALOG_CREDENTIALS", '{"https://b/": {"type": "bearer", "token": "3"}}')
    found = load_settings().parsed_credentials()
    assert {prefix: fields["token"] for prefix, fields in found.items()} == {"https://a/": "1", "https://b/": "3"}


def test_limits_of_a_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_READ__MAX_CHUNKS", "7")
    assert plan_limits(load_settings()).max_chunks == 7
    monkeypatch.setenv("CATALOG_READ__MAX_CHUNKS", "none")
    with pytest.raises(InputError, match="CATALOG_READ__MAX_CHUNKS"):
        load_settings()


@pytest.mark.parametrize("name", ["CATALOG_API__CHUNK_REDIRECTS", "CATALOG_SPARQL"])
def test_what_must_be_json_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "s3://bucket=presigned")
    with pytest.raises(InputError, match=rf"{name} must hold JSON"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CATALOG_GRAPH_STORE", "fusek:http://h/ds", "embedded:FOLDER or fuseki:URL"),
        ("CATALOG_GRAPH_STORE", "fuseki", "CATALOG_FUSEKI__URL"),
        ("CATALOG_GRAPH_STORE", f"embedded:{__file__}", "that is no folder"),
        ("CATALOG_CREDENTIALS", "token", "CATALOG_CREDENTIALS must hold a JSON object"),
        ("CATALOG_CREDENTIALS_FILE", "/no/such/file", "CATALOG_CREDENTIALS_FILE cannot be read"),
    ],
)
def test_a_service_does_not_begin_with_what_it_cannot_use(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=said):
        create_app(load_settings())


def test_a_fuseki_of_ones_own_keeps_no_public_audience_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", "fuseki:http://127.0.0.1:9/ds")
    monkeypatch.setenv("CATALOG_FUSEKI__UPDATE_URL", "http://127.0.0.1:9/ds/update")
    assert isinstance(open_graph_store(load_settings(), "public"), AbsentGraphStore)
    monkeypatch.setenv("CATALOG_FUSEKI__PUBLIC_URL", "http://127.0.0.1:9/open")
    store = open_graph_store(load_settings(), "public")
    assert not isinstance(store, AbsentGraphStore)
    store.close()


def test_a_graph_store_of_no_known_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_GRAPH_STORE", "virtuoso:x")
    with pytest.raises(InputError, match="embedded:FOLDER or fuseki:URL"):
        open_graph_store(load_settings())


@pytest.mark.parametrize(
    ("given", "meant"),
    [("CATALOG_GRAPHSTORE", "CATALOG_GRAPH_STORE"), ("CATALOG_FUSEKI_PASSWORD", "CATALOG_FUSEKI__PASSWORD")],
)
def test_a_slip_in_a_name_is_told(given: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(given, "hush")
    with pytest.raises(InputError, match=f"no setting {given}; did you mean {meant}") as refused:
        load_settings()
    assert "hush" not in str(refused.value)


def test_what_kubernetes_says_of_a_service_of_this_name_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_8000_TCP", "PORT_8000_TCP_ADDR"):
        monkeypatch.setenv(f"CATALOG_{name}", "tcp://10.0.0.1:8000")
    assert load_settings().api.port == ApiSettings().port
