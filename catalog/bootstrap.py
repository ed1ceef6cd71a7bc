"""Which implementation stands behind each door? The only place where that is decided.

Heavy libraries are imported where they are first needed, so that asking a question does not wait for what only an ingest uses.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import InputError, UnavailableError
from catalog.graphstore.door import GraphStore
from catalog.metadata.document import DocumentLimits
from catalog.rdf.iris import DEFAULT_BASE, Iris
from catalog.services.deployment import initialise, recorded_base
from catalog.settings import Settings, load_settings
from catalog.stores.credentials import S3, Credentials, parse_credentials
from catalog.stores.gate import Outgoing, Private
from catalog.stores.policy import DEFAULT_PROTOCOLS

if TYPE_CHECKING:
    from catalog.bridge.limits import PlanLimits
    from catalog.bridge.read import StoreAccess
    from catalog.bridge.read_many import ManyLimits
    from catalog.bridge.read_workers import ReadWorkers
    from catalog.confined.rights import GivenUp, Rights
    from catalog.graphstore.federation import Federation
    from catalog.graphstore.outside import QueryLimits
    from catalog.services.judge_workers import JudgeWorkers
    from catalog.services.serve_array import ArrayServer
    from catalog.services.serve_store import StoreServer
    from catalog.services.workspace import Workspace

AUDIENCES = ("catalog", "public")
_CERTIFICATES = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"})


def open_graph_store(settings: Settings, audience: str = "catalog", *, writable: bool = False) -> GraphStore:
    """The graph store of one audience.

    Raises
    ------
    InputError
        The settings do not name one.
    GraphStoreUnavailableError
        It does not answer, or another process keeps it.
    """
    federation = open_federation(settings)
    if settings.graph_store_kind == "fuseki":
        return _open_fuseki(settings, audience, federation)
    from catalog.graphstore.embedded import EmbeddedGraphStore

    folder = Path(settings.graph_store_place)
    return EmbeddedGraphStore(folder, audience, writable=writable, lock_timeout=settings.lock_timeout_s, federation=federation)


def open_serving_store(settings: Settings, audience: str) -> GraphStore:
    """The graph store of one audience for a process that reads for days; errors as `open_graph_store`."""
    federation = open_federation(settings, "refuse")
    if settings.graph_store_kind == "fuseki":
        return _open_fuseki(settings, audience, federation)
    from catalog.graphstore.published import PublishedGraphStore

    folder = Path(settings.graph_store_place)
    return PublishedGraphStore(
        folder, audience, lock_timeout=settings.lock_timeout_s, limits=query_limits(settings), federation=federation
    )


def open_federation(settings: Settings, private: Private = "allow") -> "Federation":
    """What asks the endpoints that SERVICE names, as far as the settings name them; ``private`` as for `open_outgoing`.

    Raises
    ------
    InputError
        One of the prefixes is no web address.
    """
    from catalog.graphstore.federation import CLOSED, Federation
    from catalog.graphstore.service_answers import ServiceLimits

    sparql = settings.sparql
    if not (prefixes := sparql.services.split()):
        return CLOSED
    from catalog.stores.endpoint import Endpoints

    limits = ServiceLimits(rows=sparql.service_rows, answer_bytes=sparql.service_bytes)
    return Federation(Endpoints(prefixes, open_outgoing(settings, private)), limits)


def query_limits(settings: Settings) -> "QueryLimits":
    """What queries from outside may cost, as the settings have it."""
    from catalog.graphstore.outside import QueryLimits

    sparql = settings.sparql
    return QueryLimits(
        seconds=sparql.timeout_s,
        rows=sparql.max_rows,
        answer_bytes=sparql.max_answer_bytes,
        memory_bytes=sparql.max_memory_bytes,
        at_once=sparql.concurrency,
        waiting=sparql.waiting,
        long_at_once=sparql.long_concurrency,
        rights=worker_rights(settings),
    )


def _open_fuseki(settings: Settings, audience: str, federation: "Federation") -> GraphStore:
    """Our own names of services unless the settings give others; the public dataset lies beside the catalogue's.

    Who names another update service has a Fuseki of their own; a public dataset in it has to be named as well, or none is kept.
    """
    from catalog.graphstore.absent import AbsentGraphStore
    from catalog.graphstore.fuseki import FusekiGraphStore

    fuseki = settings.fuseki
    url, update_url = settings.graph_store_place, fuseki.update_url
    if audience == "public":
        if update_url and not fuseki.public_url:
            return AbsentGraphStore(audience, "make a second Fuseki dataset and name it in CATALOG_FUSEKI__PUBLIC_URL")
        url, update_url = fuseki.public_url or f"{url.rstrip('/').rpartition('/')[0]}/public", fuseki.public_update_url
    return FusekiGraphStore.for_dataset(
        url,
        update_url or None,
        user=fuseki.user or None,
        password=fuseki.password.get_secret_value() or None,
        audience=audience,
        timeout=fuseki.timeout_s,
        limits=query_limits(settings),
        federation=federation,
    )


def open_credentials(settings: Settings) -> Credentials:
    """The credentials that the settings hold."""
    return parse_credentials(settings.parsed_credentials())


def open_outgoing(settings: Settings, private: Private = "allow") -> Outgoing:
    """What of stores may be reached.

    Parameters
    ----------
    private
        ``allow`` for whoever runs this very program; for what a service does, ``refuse`` where a request named the URL, and
        ``named`` where it is in the catalogue (see `catalog.stores.gate`).

    Notes
    -----
    Whoever put a credential for a prefix into the settings vouches for what lies there.
    """
    found = settings.outgoing
    if private == "refuse" and found.requests_private:
        private = "allow"
    vouched = () if private == "allow" and not found.only_allowed else tuple(open_credentials(settings))
    protocols = DEFAULT_PROTOCOLS | frozenset(settings.protocols)
    return Outgoing(protocols, private, (*found.prefixes, *vouched), found.only_allowed)


def document_limits(settings: Settings) -> DocumentLimits:
    """The bounds on metadata that the settings hold."""
    return DocumentLimits(**settings.metadata.model_dump())


def store_access(settings: Settings, private: Private = "allow") -> "StoreAccess":
    """How stores are reached, as the settings have it; ``private`` as for `open_outgoing`."""
    from catalog.bridge.read import StoreAccess
    from catalog.stores.policy import ReadLimits

    item, chunk = settings.read.max_item_bytes, settings.read.max_chunk_bytes
    return StoreAccess(
        credentials=open_credentials(settings),
        outgoing=open_outgoing(settings, private),
        documents=document_limits(settings),
        objects=ReadLimits(max_item_bytes=item, max_chunk_bytes=chunk, concurrency=settings.read.concurrency),
        pipeline=settings.read.codec_pipeline,
        elsewhere=access_from_environment,
    )


def access_from_environment() -> "StoreAccess":
    """How stores are reached by the settings of this very process, such as a worker that runs tasks of others."""
    return store_access(load_settings())


def open_store_server(settings: Settings, iris: Iris) -> "StoreServer":
    """What serves datasets as Zarr stores, as the settings have it."""
    from catalog.archive import open_archive
    from catalog.services.serve_store import ServeOptions, StoreServer

    api = settings.api
    options = ServeOptions(api.array_check_s, api.chunk_redirects, api.signed_s, tuple(api.callers_tokens.split()))
    return StoreServer(open_archive(settings.archive_place), iris, store_access(settings, "named"), options)


def open_array_server(settings: Settings, iris: Iris) -> "ArrayServer":
    """What answers with parts of arrays, as the settings have it."""
    from catalog.services.serve_array import ArrayOptions, ArrayServer

    api = settings.api
    options = ArrayOptions(plan_limits(settings), api.array_check_s, api.max_text_values, api.max_reads)
    access = store_access(settings, "named")
    return ArrayServer(iris, replace(access, workers=open_read_workers(settings, access)), options)


def open_read_workers(settings: Settings, access: "StoreAccess") -> "ReadWorkers":
    """What reads values for others, in processes that may die."""
    from catalog.bridge.read_workers import ReadWorkerLimits, ReadWorkers
    from catalog.confined.places import Room

    workers, read = settings.workers, settings.read
    memory = workers.read_memory_bytes + 2 * (read.max_result_bytes + read.max_chunk_bytes)
    limits = ReadWorkerLimits(workers.read_s, memory, Room(settings.api.max_reads, 64, 20.0))
    return ReadWorkers(access, limits, _environment(access.credentials))


def open_judge_workers(settings: Settings) -> "JudgeWorkers":
    """What parses and judges what others send, in processes that may die."""
    from catalog.services.judge_workers import JudgeWorkers

    return JudgeWorkers(settings.workers.judge_s, settings.workers.judge_memory_bytes, worker_rights(settings))


def worker_rights(settings: Settings) -> "Rights":
    """What the settings want of processes that do not read stores."""
    from catalog.confined.rights import Rights

    return Rights(own_user=settings.workers.own_user, must_be_alone=settings.workers.require_no_network)


def try_confinement(settings: Settings) -> "GivenUp":
    """What processes of this service that do not read stores will have given up, as one of them says.

    Raises
    ------
    InputError
        The settings want them to have no network, and the system does not allow that.
    UnavailableError
        None can be started.
    """
    from catalog.confined.process import Confinement, NotStartedError, Process
    from catalog.confined.rights import GivenUp

    rights = replace(worker_rights(settings), must_be_alone=False)  # so that it can say what it has
    process = Process("catalog.confined.trial", Confinement(2**28, rights=rights))
    try:
        process.wait_until_ready()
    except NotStartedError:
        raise UnavailableError("a process for work of others could not be started: is there memory for one?") from None
    finally:
        process.close()
    if settings.workers.require_no_network and process.has_network:
        raise InputError(
            "CATALOG_WORKERS__REQUIRE_NO_NETWORK is set, and this system gives no process a network of its own: allow user"
            " namespaces (kernel.unprivileged_userns_clone, user.max_user_namespaces, the container's seccomp profile), or leave"
            " it out"
        )
    return GivenUp(network=not process.has_network, user=process.has_own_user)


def _environment(credentials: Credentials) -> dict[str, str]:
    """The variables that processes which read have: where certificates lie, and rights of ours where a credential says so."""
    ambient = any(isinstance(each, S3) and each.ambient for each in credentials.values())
    names = [name for name in os.environ if name in _CERTIFICATES or (ambient and (name.startswith("AWS_") or name == "HOME"))]
    return {name: os.environ[name] for name in names}


def plan_limits(settings: Settings) -> "PlanLimits":
    """The bounds on reading values that the settings hold."""
    from catalog.bridge.limits import PlanLimits

    return PlanLimits(**settings.read.model_dump(exclude={"max_total_bytes", "concurrency", "codec_pipeline"}))


def many_limits(settings: Settings) -> "ManyLimits":
    """The bounds on reading many arrays at once that the settings hold."""
    from catalog.bridge.read_many import ManyLimits

    return ManyLimits(max_bytes=settings.read.max_total_bytes, concurrency=settings.read.concurrency)


@contextmanager
def open_reader(settings: Settings, audience: str = "catalog") -> Iterator[tuple[GraphStore, Iris]]:
    """A graph store to ask, with the IRIs of its deployment."""
    store = open_graph_store(settings, audience)
    try:
        yield store, Iris(recorded_base(store) or DEFAULT_BASE)
    finally:
        store.close()


@contextmanager
def open_workspace(
    settings: Settings,
    *,
    base: str | None = None,
    shapes: Path | None = None,
    writable: bool = True,
    private: Private = "allow",
) -> Iterator["Workspace"]:
    """Everything that a use case which writes needs; the deployment is initialised where it was not.

    Parameters
    ----------
    base
        Base IRI to initialise with; None: the recorded one, else the default.
    shapes
        Folder of shapes to apply in place of the one in the settings.
    writable
        False: others may read meanwhile, and nothing is made or initialised.
    private
        As for `open_outgoing`.
    """
    from catalog.archive import open_archive
    from catalog.rdf.conventions.jsonld_contexts import load_contexts
    from catalog.services.budget import SupplementLimits
    from catalog.services.mappings import Mappings
    from catalog.services.workspace import Workspace
    from catalog.validation.pyshacl_validator import PyShaclValidator
    from catalog.validation.shapes import load_shapes

    with ExitStack() as stack:
        stores: list[GraphStore] = []
        for audience in AUDIENCES:
            stores.append(open_graph_store(settings, audience, writable=writable))
            stack.callback(stores[-1].close)
        base = base or recorded_base(stores[0]) or DEFAULT_BASE
        if writable:
            initialise(stores, base)
        yield Workspace(
            catalog=stores[0],
            public=stores[1],
            archive=open_archive(settings.archive_place),
            iris=Iris(base),
            validator=PyShaclValidator(),
            shapes=load_shapes(folder=_folder(shapes or settings.shapes, "shapes")),
            credentials=open_credentials(settings),
            limits=document_limits(settings),
            contexts=load_contexts(folder=_folder(settings.contexts, "contexts")) if settings.contexts else None,
            mappings=Mappings(_folder(settings.mappings, "mapping files")),
            outgoing=open_outgoing(settings, private),
            supplements=SupplementLimits(**settings.supplements.model_dump()),
        )


def _folder(path: Path | None, what: str) -> Path | None:
    if path is not None and not path.is_dir():
        raise InputError(f"the folder of {what} {str(path)!r} does not exist")
    return path
