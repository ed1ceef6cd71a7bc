"""How far is this consolidated document known to say what the store's own documents say?

::

    skip     nothing is asked
    hint     times of a bounded sample: a member that is newer than the copy, or gone, makes it suspect; nothing is ever proven
    prove    every member that the copy names is read and compared; where the store lists, those that it does not name are found

What needs no request is said in every mode: documents that are the members themselves are current, and so is a state that cannot
change. Whatever a store refuses is a reason in the verdict, never an exception.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from catalog.errors import CatalogError, Problem, StoreUnavailableError
from catalog.metadata.collector import collector_paused
from catalog.metadata.comparison import Copies, Disagreement, compare, merge, split_copies
from catalog.metadata.document import DEFAULT_LIMITS, Document, DocumentLimits
from catalog.stores.documents import MAX_TOTAL_BYTES, Harvest
from catalog.stores.signs import Glance, Signs, differ
from catalog.stores.source import Source

Mode = Literal["skip", "hint", "prove"]
MODES: tuple[Mode, ...] = ("skip", "hint", "prove")
PROVEN, PROVEN_NAMED, UNPROVEN, SUSPECT, STALE = "proven", "proven-named", "unproven", "suspect", "stale"
MAX_TOLD = 1000
"""Disagreements that are told one by one."""
MAX_HINTS = 3
"""Suspicions of one kind that are told one by one: a copied store has many, all for the same reason."""
CLOSE_S = 2.0
"""Seconds by which a member may be newer than its copy: copying and unpacking write them in any order, and clocks are coarse."""
_BATCH = 64
_MAX_FAILURES = 20
"""Documents that a store fails to give before the rest is not asked for."""
_NOT_HIDING = frozenset({"vanished", "nested-consolidated"})
"""Problems of a walk that hide no document."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a harvest is known to be current.

    Attributes
    ----------
    fresh
        ``proven``: the members were read and agree, or nothing can change. ``proven-named``: those that the copy names were, and
        whether there are others cannot be seen. ``suspect``: something looks newer, or is gone. ``stale``: they disagree.
        ``unproven``: nothing of that is known.
    requests
        Requests that it took.
    problems
        Why, as ``stale-…``, ``suspect-…`` and ``freshness-…``; ``path`` is a document's key.
    stale
        Keys of all documents that the two sides do not agree on, sorted.
    compared
        Whether all members that there are to be read were read.
    documents
        What the members give, where they say something else than the copy; None where the copy is as good.
    signs
        What was seen of members without reading them, by key.
    """

    fresh: str
    requests: int = 0
    problems: tuple[Problem, ...] = ()
    stale: tuple[str, ...] = ()
    compared: bool = False
    documents: tuple[Document, ...] | None = None
    signs: Mapping[str, Signs] = field(default_factory=dict)


def check_freshness(
    source: Source,
    harvest: Harvest,
    mode: Mode,
    *,
    since: float | None = None,
    seen: Mapping[str, Signs] | None = None,
    limits: DocumentLimits = DEFAULT_LIMITS,
) -> Verdict:
    """How far the documents of a harvest are known to be current.

    Parameters
    ----------
    source
        The store that they were read from.
    harvest
        What was read.
    mode
        ``skip``, ``hint`` or ``prove``.
    since
        When this very consolidated document was compared with its members last, in seconds since 1970; a member that is not newer
        than that is not suspect.
    seen
        What was seen of members when this very consolidated document was looked at before, by key; a member with another ETag or
        size is suspect.
    limits
        Bounds on each document, and on requests.

    Returns
    -------
    Verdict
        Nothing is raised for what a store answers.

    Notes
    -----
    Cost: ``hint`` at most ``max_hint_requests`` requests (of a local folder, ``max_hint_files`` files looked at); ``prove`` about
    one for each member document and folder, at most ``max_prove_requests`` and one batch of folders.
    """
    known = _known_already(source, harvest)
    if known is not None:
        return known
    with collector_paused:
        copies = split_copies(harvest.documents[0], limits) if harvest.route == "consolidated" and mode != "skip" else None
    if copies is None:
        return Verdict(UNPROVEN)
    before = source.requests
    try:
        verdict = (
            _Hint(source, copies, since, seen or {}, limits).run()
            if mode == "hint"
            else _Proof(source, harvest, copies, limits).run()
        )
    except CatalogError as error:
        verdict = _unproven(str(error))
    return replace(verdict, requests=source.requests - before)


def _known_already(source: Source, harvest: Harvest) -> Verdict | None:
    """What can be said without a request."""
    if harvest.route in {"listing", "single"}:
        return Verdict(PROVEN, compared=True)
    if getattr(source, "immutable", ""):
        return Verdict(PROVEN)
    if harvest.route == "walk":
        parts = [problem.path for problem in harvest.problems if problem.kind == "consolidated-part"]
        if parts:
            return _unproven(f"the consolidated documents of {len(parts)} groups ({_some(parts)}) were not compared")
        return Verdict(PROVEN_NAMED, compared=True)
    if getattr(source, "only", ""):
        return _unproven(f"{source.location} is one document; what it was made from is not there to be compared")
    return None


def _unproven(reason: str) -> Verdict:
    return Verdict(UNPROVEN, problems=(Problem("", "freshness-unproven", f"freshness is not proven: {reason}", "", "info"),))


def _some(keys: Sequence[str]) -> str:
    shown = ", ".join(f"{key!r:.100}" for key in keys[:3])
    return f"{shown}, …" if len(keys) > 3 else shown


def _told(problems: Sequence[Problem], what: str) -> tuple[Problem, ...]:
    """The first of them, and how many more there are."""
    if len(problems) <= MAX_TOLD:
        return tuple(problems)
    more = Problem("", problems[0].kind, f"and {len(problems) - MAX_TOLD} more {what}", severity="warning")
    return (*problems[:MAX_TOLD], more)


def _few_of_each(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The first of each kind, and how many more there are."""
    for kind in dict.fromkeys(problem.kind for problem in problems):
        found = [problem for problem in problems if problem.kind == kind]
        yield from found[:MAX_HINTS]
        if len(found) > MAX_HINTS:
            yield Problem(
                found[MAX_HINTS].path, kind, f"and {len(found) - MAX_HINTS} more documents like these", severity="warning"
            )


@dataclass(slots=True)
class _Hint:
    """One look at times: what was seen of which document."""

    source: Source
    copies: Copies
    since: float | None
    before: Mapping[str, Signs]
    limits: DocumentLimits
    seen: dict[str, Signs | CatalogError | None] = field(default_factory=dict)

    def run(self) -> Verdict:
        """Look at the copy, then at as many of its members as the budget allows."""
        before = self.source.requests
        local = self.source.location.startswith("file:") and not getattr(self.source, "container", "")
        budget = self.limits.max_hint_files if local else self.limits.max_hint_requests
        found = self._glance()
        if self.copies.key not in self.seen and budget > self.source.requests - before:
            self.seen |= self.source.look([self.copies.key])
        copy = self.seen.get(self.copies.key)
        reasons = []
        if isinstance(copy, Signs):
            left = max(0, budget - (self.source.requests - before))
            self.seen |= self.source.look(sample([key for key in self.copies.documents if key not in self.seen], left))
        else:
            reasons.append(str(copy) if copy else f"the store gives {self.copies.key!r}, and says that it is not there")
        modified = copy.modified if isinstance(copy, Signs) else None
        if isinstance(copy, Signs) and modified is None:
            reasons.append(f"the store does not say when {self.copies.key!r} was written")
        if self._only_copy():
            reasons.append(f"{self.copies.key!r} is the only copy; of the documents that it names, none was found")
        else:
            found += self._suspicions(modified)
        failed = [each for key, each in self.seen.items() if isinstance(each, CatalogError) and key != self.copies.key]
        if failed:
            reasons.append(f"{len(failed)} members could not be looked at: {failed[0]}")
        verdict = _unproven("; ".join(reasons)) if reasons else Verdict(UNPROVEN)
        members = {key: each for key, each in self.seen.items() if isinstance(each, Signs) and key in self.copies.documents}
        verdict = replace(verdict, signs=members)
        found += self._changed(members)
        if found:
            return replace(verdict, fresh=SUSPECT, problems=(*_few_of_each(found), *verdict.problems))
        return verdict

    def _changed(self, members: Mapping[str, Signs]) -> Iterator[Problem]:
        """Members that look other than when the same copy was looked at before."""
        for key in sorted(members.keys() & self.before.keys()):
            sign = differ(members[key], self.before[key])
            if sign:
                message = f"{key!r} has another {sign} than before, and {self.copies.key!r} is the same"
                yield Problem(key, "suspect-changed", message, severity="warning")

    def _only_copy(self) -> bool:
        """Whether not one member is there: a store that was published as its consolidated document, and chunks perhaps."""
        members = [signs for key, signs in self.seen.items() if key in self.copies.documents]
        return bool(members) and all(signs is None for signs in members)

    def _glance(self) -> list[Problem]:
        """Note what one list shows; members that the copy does not name come back."""
        try:
            glance = self.source.glance()
        except CatalogError:
            return []  # then each document is asked for by name
        if glance is None:
            return []
        for key in (self.copies.key, *self.copies.documents):
            if key in glance.signs:
                self.seen[key] = glance.signs[key]
            elif glance.shows(key) and key != self.copies.key:
                self.seen[key] = None
        return list(self._unnamed(glance))

    def _unnamed(self, glance: Glance) -> Iterator[Problem]:
        for key in glance.signs:
            if key not in self.copies.documents and self.copies.covers(key, glance.signs):
                message = f"the store has {key!r}, and {self.copies.key!r} does not name it"
                yield Problem(key, "suspect-unnamed", message, severity="warning")

    def _suspicions(self, modified: float | None) -> list[Problem]:
        """Members that are gone, or newer than the copy and than the last comparison with it."""
        compared = self.since is not None and modified is not None and self.since > modified
        known = self.since if compared else modified
        allowed = None if known is None else known if compared else known + CLOSE_S
        found = []
        for key in sorted(self.seen.keys() & self.copies.documents.keys()):
            signs = self.seen[key]
            if signs is None:
                message = f"{self.copies.key!r} names {key!r}, and the store does not have it"
                found.append(Problem(key, "suspect-vanished", message, severity="warning"))
            elif isinstance(signs, Signs) and known is not None and _is_after(signs.modified, allowed):
                after = f"after {self.copies.key!r} was {'compared with it' if compared else 'written'} ({_time(known)})"
                message = f"{key!r} was written at {_time(signs.modified or 0)}, {after}"
                found.append(Problem(key, "suspect-newer", message, severity="warning"))
        return found


def sample(keys: Sequence[str], count: int) -> list[str]:
    """At most so many keys, spread evenly over all of them, those near the root first."""
    ordered = sorted(keys, key=lambda key: (key.count("/"), key))
    if len(ordered) <= count:
        return ordered
    return [ordered[index * len(ordered) // count] for index in range(count)]


def _is_after(modified: float | None, known: float | None) -> bool:
    return modified is not None and known is not None and modified > known


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"


@dataclass(slots=True)
class _Proof:
    """One comparison with the members: what was read, what is not there, what could not be read."""

    source: Source
    harvest: Harvest
    copies: Copies
    limits: DocumentLimits
    members: dict[str, Document] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    size: int = 0
    before: int = 0
    stopped: str = ""

    def run(self) -> Verdict:
        """Read the members, those that are named and, where the store lists, all others; compare; judge."""
        self.before = self.source.requests
        own = self.harvest.documents[0]
        root = {own.key: own.data} if self.copies.zarr_format == 3 else {}
        unseen = self._walk({key: data for key, data in root.items() if "/" not in key})
        shown = len(self.members)
        self._read([key for key in self.copies.documents if key not in self.members])
        if len(self.members) > shown and not unseen:
            unseen = f"whether there are others cannot be seen: the store's list leaves out {len(self.members) - shown} of them"
        self.members |= {key: Document(key, data) for key, data in root.items()}
        return self._verdict(compare(self.copies, self.members, self.missing, self.limits), unseen)

    def _verdict(self, found: Sequence[Disagreement], unseen: str) -> Verdict:
        unread = [key for key in self.copies.documents if key not in self.members and key not in self.missing]
        problems = list(_told([each.to_problem() for each in found], "disagreements"))
        if unread:
            why = self.stopped or next(iter(self.failed.values()), "")
            reason = f"{len(unread)} of {len(self.copies.documents)} members could not be read ({_some(unread)}): {why}"
            problems += _unproven(reason).problems
        elif unseen:
            message = f"all {len(self.copies.documents)} documents that {self.copies.key!r} names were compared; {unseen}"
            problems.append(Problem("", "freshness-named-only", message, severity="info"))
        fresh = STALE if found else UNPROVEN if unread else PROVEN_NAMED if unseen else PROVEN
        documents = None
        if any(each.kind != "stale-unreadable" for each in found):
            if self._has_none():
                message = f"none of the documents that {self.copies.key!r} names is in the store; they were taken from there"
                problems.append(Problem("", "stale-kept", message, severity="warning"))
            else:
                unreadable = [each.key for each in found if each.kind == "stale-unreadable"]
                documents = tuple(merge(self.copies, self.members, self.missing, unreadable))
        return Verdict(fresh, 0, tuple(problems), tuple(each.key for each in found), not unread, documents)

    def _has_none(self) -> bool:
        """Whether the store has no member at all: it is a consolidated document, and chunks perhaps."""
        return self.missing == self.copies.documents.keys() and self.members.keys() <= {self.copies.key}

    def _walk(self, known: Mapping[str, bytes]) -> str:
        """Read what a listing shows; why it may not show all members, or nothing."""
        if len(self.copies.documents) > self.limits.max_prove_requests:
            return "a listing would need more requests than are allowed"
        hidden: list[str] = []
        try:
            for item in self.source.walk(self.limits, known):
                if item.problem is not None and item.problem.kind not in _NOT_HIDING and item.key not in self.copies.documents:
                    hidden.append(item.problem.message)
                elif item.data is not None:
                    self._keep(item.key, item.data)
                if self._is_over():
                    hidden.append(self.stopped)
                    break
        except CatalogError as error:
            hidden.append(str(error))
        if not hidden:
            return ""
        return f"whether there are others cannot be seen: {hidden[0]}"

    def _read(self, keys: Sequence[str]) -> None:
        """Read members by name, many at a time."""
        failures = 0
        remaining = iter(keys)
        while not self._is_over():
            left = self.limits.max_prove_requests - (self.source.requests - self.before)
            batch = list(islice(remaining, min(_BATCH, left)))
            if not batch:
                return
            for key, outcome in self.source.read_many(batch, self.limits.max_bytes).items():
                if isinstance(outcome, CatalogError):
                    self.failed[key] = str(outcome)
                    failures += isinstance(outcome, StoreUnavailableError)
                elif outcome is None:
                    self.missing.add(key)
                else:
                    self._keep(key, outcome)
            if failures >= _MAX_FAILURES:
                self.stopped = f"the store failed to give {failures} documents; the rest was not asked for"
                return

    def _keep(self, key: str, data: bytes) -> None:
        self.members[key] = Document(key, data)
        self.size += len(data)

    def _is_over(self) -> bool:
        """Whether a bound is met; then ``stopped`` says which."""
        if self.size > MAX_TOTAL_BYTES:
            self.stopped = f"they have more than {MAX_TOTAL_BYTES} bytes together"
        elif self.source.requests - self.before >= self.limits.max_prove_requests:
            limit = self.limits.max_prove_requests
            self.stopped = f"it would take more than {limit} requests (max_prove_requests, CATALOG_METADATA__MAX_PROVE_REQUESTS)"
        return bool(self.stopped)
