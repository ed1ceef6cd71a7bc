"""What may an operator change?

One frozen model, read from ``CATALOG_…`` once by an entry point. Nested names take two underscores: ``CATALOG_FUSEKI__PASSWORD``.
Nothing below this floor reads the environment.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from catalog.errors import InputError

_FROZEN = ConfigDict(frozen=True, extra="forbid")
_NEAR: Final = 0.9
"""How alike two names are of which one is taken for a slip in the other; of 1."""


class FusekiSettings(BaseModel):
    """How to reach a Fuseki that has other addresses than ours (see fuseki/README.md).

    ``url`` and ``update_url`` are of the catalogue's Fuseki dataset, ``public_url`` and ``public_update_url`` of the public one.
    Those left empty follow from ``url``; with an ``update_url`` of its own and no ``public_url``, no public audience is kept.
    """

    model_config = _FROZEN
    url: str = ""
    update_url: str = ""
    public_url: str = ""
    public_update_url: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    timeout_s: float = Field(default=60.0, gt=0)


class MetadataSettings(BaseModel):
    """Bounds on one metadata document and one hierarchy."""

    model_config = _FROZEN
    max_bytes: int = Field(default=64 * 2**20, gt=0)
    max_depth: int = Field(default=64, gt=0, le=512)
    max_values: int = Field(default=8_000_000, gt=0)
    max_nodes: int = Field(default=200_000, gt=0)
    max_walk_requests: int = Field(default=20_000, gt=0)
    max_hint_requests: int = Field(default=8, gt=0)
    max_hint_files: int = Field(default=1000, gt=0)
    max_prove_requests: int = Field(default=100_000, gt=0)


class SupplementSettings(BaseModel):
    """Bounds on what an ingest reads beside metadata: the ends of coordinates for extents, files that conventions know."""

    model_config = _FROZEN
    values: bool = True
    max_arrays: int = Field(default=64, ge=0)
    max_bytes: int = Field(default=16 * 2**20, gt=0)
    max_total_bytes: int = Field(default=64 * 2**20, gt=0)
    max_file_bytes: int = Field(default=16 * 2**20, gt=0)


class ReadSettings(BaseModel):
    """Bounds on one read of array values, and on all reads of one call together; how chunks are decoded."""

    model_config = _FROZEN
    max_result_bytes: int = Field(default=256 * 2**20, gt=0)
    max_chunks: int = Field(default=10_000, gt=0)
    max_chunk_bytes: int = Field(default=512 * 2**20, gt=0)
    max_item_bytes: int = Field(default=64 * 2**10, gt=0)
    max_dimensions: int = Field(default=64, gt=0)
    max_total_bytes: int = Field(default=2**30, gt=0)
    concurrency: int = Field(default=16, gt=0)
    codec_pipeline: Literal["fused", "batched"] = "fused"


class OutgoingSettings(BaseModel):
    """What may be reached of stores, beside ``protocols`` (see docs/reference/safety.md).

    ``allowed`` are URL prefixes, separated by spaces, that may be read whatever lies there; with ``only_allowed``, nothing else.
    Private addresses and folders of the service's machine are refused to URLs that requests name, unless ``requests_private``.
    """

    model_config = _FROZEN
    allowed: str = ""
    only_allowed: bool = False
    requests_private: bool = False

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes that may be read whatever lies there."""
        return tuple(self.allowed.split())


class SparqlSettings(BaseModel):
    """Bounds on one query from outside, and on how many run and wait, for each audience.

    A Fuseki's endpoint has a time limit of its own beside ``timeout_s`` (fuseki/config.ttl); the shorter one counts. Of those
    that take longer than a second, ``long_concurrency`` run there at once; 0: half as many as this machine has processor cores.

    ``services`` are the endpoints that SERVICE may ask: URL prefixes and hosts, separated by spaces; none unless they are named.
    Each SERVICE block gets at most ``service_rows`` solutions in ``service_bytes``.
    """

    model_config = _FROZEN
    timeout_s: float = Field(default=10.0, gt=0)
    max_rows: int = Field(default=1_000_000, gt=0)
    max_answer_bytes: int = Field(default=64 * 2**20, gt=0)
    max_memory_bytes: int = Field(default=2 * 2**30, ge=2**28)
    concurrency: int = Field(default=4, gt=0)
    long_concurrency: int = Field(default=0, ge=0)
    waiting: int = Field(default=16, ge=0)
    services: str = ""
    service_rows: int = Field(default=10_000, gt=0)
    service_bytes: int = Field(default=4 * 2**20, gt=0)


class SearchSettings(BaseModel):
    """Bounds on one search: its time, what is put in order, and the different values of a facet."""

    model_config = _FROZEN
    timeout_s: float = Field(default=10.0, gt=0)
    max_matches: int = Field(default=200_000, gt=0)
    max_facet_values: int = Field(default=10_000, gt=0)


class ApiSettings(BaseModel):
    """The service over HTTP.

    ``read_keys`` and ``write_keys`` hold the digests of keys, as ``catalog key`` says them, separated by commas. ``cors_origins``
    are the origins whose pages may read answers, separated by spaces; ``*``: all. ``head_s``, ``body_s`` and ``write_s`` are how
    long a client may take for a head, and for each 4 KiB of a body and of an answer (`catalog.api.deadlines`).

    Of arrays (docs/reference/arrays-over-http.md): ``chunk_redirects`` maps prefixes of locations to the public prefixes where
    chunks are to be had (``presigned``, for ``signed_s`` seconds); to stores below ``callers_tokens`` (prefixes, separated by
    spaces) a caller's own credential is passed on; an array is looked at again after ``array_check_s``. ``max_text_values``
    bounds an answer in JSON or CSV, ``max_reads`` the reads at the same time.
    """

    model_config = _FROZEN
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    read_keys: str = ""
    write_keys: str = ""
    cors_origins: str = "*"
    metrics_open: bool = False
    max_body_bytes: int = Field(default=2**20, gt=0)
    max_head_bytes: int = Field(default=32 * 2**10, gt=0)
    max_connections: int = Field(default=512, gt=0)
    max_running: int = Field(default=256, gt=0)
    head_s: float = Field(default=10.0, gt=0)
    body_s: float = Field(default=10.0, gt=0)
    write_s: float = Field(default=10.0, gt=0)
    stop_within_s: int = Field(default=20, gt=0)
    chunk_redirects: dict[str, str] = Field(default_factory=dict)
    callers_tokens: str = ""
    signed_s: int = Field(default=300, gt=0)
    array_check_s: float = Field(default=60.0, ge=0)
    max_text_values: int = Field(default=1_000_000, gt=0)
    max_reads: int = Field(default=4, gt=0)
    log_style: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    title: str = "Zarr linked-data catalogue"
    publisher: str = ""

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may read answers."""
        return self.cors_origins.split()


class WorkerSettings(BaseModel):
    """Bounds on the processes in which the service decodes chunks, and parses and judges what people send.

    ``read_s`` and ``judge_s`` are how long one read, and each step of a change to a curated graph, may take. Address space of a
    process: ``read_memory_bytes`` beside twice the largest result and twice the largest chunk of ``CATALOG_READ__…``, and
    ``judge_memory_bytes``.

    Of the processes that judge, and those that answer queries, ``own_user`` lets each be a user of its own where the service runs
    as root; ``require_no_network`` lets the service start only where they have no network.
    """

    model_config = _FROZEN
    read_s: float = Field(default=60.0, gt=0)
    read_memory_bytes: int = Field(default=2**30, ge=2**28)
    judge_s: float = Field(default=10.0, gt=0)
    judge_memory_bytes: int = Field(default=2 * 2**30, ge=2**28)
    own_user: bool = True
    require_no_network: bool = False


class Settings(BaseSettings):
    """Everything an operator may change.

    Attributes
    ----------
    graph_store
        ``embedded:FOLDER`` or ``fuseki:URL``; by default embedded in the user's data folder.
    archive
        Folder or fsspec URL of the archive; by default a folder beside the embedded graph store.
    credentials
        JSON object: URL prefix → credential (see README, "Stores behind a login"); from Python a dictionary, too.
    credentials_file
        The same in a file.
    shapes
        Folder of shapes to apply beside the built-in ones.
    contexts
        Folder of JSON-LD contexts that may be used offline.
    mappings
        Folder of mapping files, which say what a laboratory means by its own attribute keys.
    protocols
        URL schemes to allow beside file, s3, http, https and memory.
    freshness
        How consolidated metadata are checked unless ``--freshness`` says otherwise: ``skip``, ``hint`` or ``prove``.
    lock_timeout_s
        Seconds to wait for another process that writes to the embedded store.
    query_timeout_s
        Seconds a user's query may take.
    """

    model_config = SettingsConfigDict(env_prefix="CATALOG_", env_nested_delimiter="__", frozen=True, extra="ignore")
    graph_store: str = ""
    archive: str = ""
    credentials: SecretStr = SecretStr("")
    credentials_file: Path | None = None
    shapes: Path | None = None
    contexts: Path | None = None
    mappings: Path | None = None
    protocols: Annotated[tuple[str, ...], NoDecode] = ()
    freshness: Literal["skip", "hint", "prove"] = "hint"
    lock_timeout_s: float = Field(default=30.0, ge=0)
    query_timeout_s: float = Field(default=60.0, gt=0)
    api: ApiSettings = ApiSettings()
    sparql: SparqlSettings = SparqlSettings()
    search: SearchSettings = SearchSettings()
    fuseki: FusekiSettings = FusekiSettings()
    metadata: MetadataSettings = MetadataSettings()
    read: ReadSettings = ReadSettings()
    supplements: SupplementSettings = SupplementSettings()
    outgoing: OutgoingSettings = OutgoingSettings()
    workers: WorkerSettings = WorkerSettings()

    @property
    def graph_store_kind(self) -> str:
        """``embedded`` or ``fuseki``."""
        kind = self.graph_store.partition(":")[0] or ("fuseki" if self.fuseki.url else "embedded")
        if kind not in {"embedded", "fuseki"}:
            raise InputError(f"CATALOG_GRAPH_STORE is {self.graph_store!r}; it must be embedded:FOLDER or fuseki:URL")
        return kind

    @property
    def graph_store_place(self) -> str:
        """The folder or URL of the graph store."""
        place = self.graph_store.partition(":")[2]
        if self.graph_store_kind == "embedded":
            return str(Path(place).expanduser().absolute()) if place else str(data_folder() / "graphs")
        url = place or self.fuseki.url
        if not url:
            raise InputError("CATALOG_GRAPH_STORE=fuseki needs an address: fuseki:URL, or CATALOG_FUSEKI__URL")
        return url

    @property
    def archive_place(self) -> str:
        """The folder or URL of the archive."""
        if self.archive:
            return self.archive
        if self.graph_store_kind == "embedded":
            return str(Path(self.graph_store_place) / "archive")
        return str(data_folder() / "archive")

    def check(self) -> None:
        """Look at once at what else is looked at when it is first needed.

        Raises
        ------
        InputError
            The graph store or the credentials are not given as they must be; or what should be a folder is none.
        """
        place = Path(self.graph_store_place)
        if self.graph_store_kind == "embedded" and place.exists() and not place.is_dir():
            raise InputError(f"CATALOG_GRAPH_STORE is embedded:{place}, and that is no folder")
        self.parsed_credentials()

    @field_validator("credentials", mode="before")
    @classmethod
    def _as_json(cls, given: Any) -> Any:
        """A dictionary as the text that the environment has of it."""
        if not isinstance(given, Mapping):
            return given
        try:
            return json.dumps(dict(given))
        except (TypeError, ValueError):
            raise ValueError("a dictionary of dictionaries of texts is allowed") from None

    def parsed_credentials(self) -> dict[str, Any]:
        """URL prefix → credential, from the setting and the file; the setting wins."""
        found: dict[str, Any] = {}
        if self.credentials_file:
            try:
                found |= _json_object(self.credentials_file.read_text(), f"CATALOG_CREDENTIALS_FILE {self.credentials_file}")
            except OSError as error:
                raise InputError(f"CATALOG_CREDENTIALS_FILE cannot be read: {error}") from error
        text = self.credentials.get_secret_value()
        return found | (_json_object(text, "CATALOG_CREDENTIALS") if text else {})


def load_settings(**given: Any) -> Settings:
    """The settings from the environment, with values given here in their place.

    Raises
    ------
    InputError
        A setting has a value that is not allowed, or a variable has almost the name of a setting; the message names the setting
        and never a secret.
    """
    _refuse_misspelt()
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = [f"CATALOG_{'__'.join(str(step).upper() for step in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise InputError(f"settings that cannot be used: {'; '.join(faults)}") from None
    except SettingsError:
        raise InputError(f"settings that cannot be used: {' and '.join(_unparsed()) or 'one of them'} must hold JSON") from None


def _sections() -> Iterator[tuple[str, type[BaseModel] | None]]:
    """Each setting's name, and what is in it where it is a section."""
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        yield f"CATALOG_{name}".upper(), kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _refuse_misspelt() -> None:
    """Refuse variables whose names are almost a setting's: without a word, they would do nothing.

    Names further off are let be. Kubernetes makes some for a service that is called "catalog", such as ``CATALOG_PORT``.
    """
    names = [
        *(name for name, _ in _sections()),
        *(f"{name}__{key}".upper() for name, section in _sections() if section for key in section.model_fields),
    ]
    for given in sorted(name for name in os.environ if name.startswith("CATALOG_") and name not in names):
        if near := get_close_matches(given, names, 1, _NEAR):
            raise InputError(f"there is no setting {given}; did you mean {near[0]}?")


def _unparsed() -> list[str]:
    """The variables that must hold JSON, and do not."""
    wanted = set[str]()
    for name, section in _sections():
        if section:
            mappings = [key for key, each in section.model_fields.items() if get_origin(each.annotation) is dict]
            wanted |= {name, *(f"{name}__{key}".upper() for key in mappings)}
    found = []
    for name in sorted(wanted & os.environ.keys()):
        try:
            json.loads(os.environ[name])
        except ValueError:
            found.append(name)
    return found


def _json_object(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InputError(f'{name} must hold a JSON object such as {{"https://host/": {{"type": "bearer", "token": "…"}}}}')
    return value


def data_folder() -> Path:
    """The user's data folder of this program, as the platform has it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "zarr-linked-catalog"
