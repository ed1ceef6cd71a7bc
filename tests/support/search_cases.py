"""What a search must do on every graph store. Subclasses are beside a fixture `catalogue`: a workspace, and facts."""

import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import InputError, LimitExceededError
from catalog.services.asking.filter_tree import KINDS
from catalog.services.delete import delete
from catalog.services.search import SearchLimits, search
from catalog.services.search_answer import SearchAnswer
from catalog.services.search_request import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, read_search
from catalog.services.workspace import Workspace
from tests.support.search_facts import (
    OPERATORS,
    ArrayFacts,
    DatasetFacts,
    boxes_overlap,
    facet_of,
    holds,
    random_condition,
    random_filter,
    take_in,
)


@dataclass
class SearchCatalogue:
    """A catalogue, and the facts that it was made from."""

    workspace: Workspace
    folder: Path
    datasets: list[DatasetFacts]

    @property
    def arrays(self) -> list[ArrayFacts]:
        return [array for dataset in self.datasets for array in dataset.arrays]

    def search(self, **request: Any) -> SearchAnswer:
        return search(self.workspace.public, self.workspace.iris, read_search(request), SearchLimits(seconds=120))

    def found(self, **request: Any) -> list[str]:
        """IRIs of all hits."""
        answer = self.search(limit=1000, **request)
        assert answer.complete
        assert answer.total == len(answer.hits)
        assert answer.next == ""
        return [hit.iri for hit in answer.hits]


def fill(workspace: Workspace, folder: Path, count: int = 16) -> SearchCatalogue:
    """A catalogue of so many datasets."""
    return SearchCatalogue(workspace, folder, [take_in(workspace, folder, f"set-{at:02}", at) for at in range(count)])


class AskedInTime:
    """A graph store that notes how much time it is given, and takes its time."""

    def __init__(self, store: Any, seconds: float = 0.0) -> None:
        self._store, self._seconds = store, seconds
        self.timeouts: list[float | None] = []

    def select(self, *given: Any, timeout: float | None = None, **more: Any) -> Any:
        self.timeouts.append(timeout)
        time.sleep(self._seconds)
        return self._store.select(*given, timeout=timeout, **more)

    def find_text(self, words: str, *, limit: int, timeout: float | None = None) -> Any:
        self.timeouts.append(timeout)
        time.sleep(self._seconds)
        return self._store.find_text(words, limit=limit, timeout=timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class SearchTests:
    """The behaviour of the search, against brute force over the facts."""

    requests = int(os.environ.get("SEARCH_REQUESTS", "52"))
    """How many are made at random; more find more."""

    def test_every_operator_finds_what_brute_force_finds(self, catalogue: SearchCatalogue) -> None:
        rng = random.Random(5)
        operators = [*OPERATORS, "!=", "not-in", "isnull"]
        for number in range(self.requests):
            operator, wanted = operators[number % len(operators)], set[str]()
            condition = random_condition(rng)
            while condition["op"] != operator or (number < len(operators) and not wanted):
                condition = random_condition(rng)
                wanted = {each.iri for each in catalogue.arrays if holds(condition, each.values)}
            wanted = {each.iri for each in catalogue.arrays if holds(condition, each.values)}
            assert set(catalogue.found(kind="arrays", filter=condition)) == wanted, condition

    def test_trees_of_conditions(self, catalogue: SearchCatalogue) -> None:
        rng = random.Random(6)
        some = 0
        for _ in range(self.requests):
            tree = random_filter(rng)
            wanted = {each.iri for each in catalogue.arrays if holds(tree, each.values)}
            assert set(catalogue.found(kind="arrays", filter=tree)) == wanted, tree
            some += 0 < len(wanted) < len(catalogue.arrays)
        assert some > self.requests / 3

    def test_boxes_and_intervals(self, catalogue: SearchCatalogue) -> None:
        rng = random.Random(7)
        for _ in range(self.requests // 3):
            west, east = rng.randint(-180, 180), rng.randint(-180, 180)
            south = rng.randint(-90, 89)
            box = [west, south, east, rng.randint(south, 90)]
            wanted = {each.iri for each in catalogue.datasets if each.box and boxes_overlap(each.box, tuple(map(float, box)))}
            assert set(catalogue.found(kind="datasets", bbox=box)) == wanted, box
            start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=rng.randint(-100, 24 * 400))
            end = start + timedelta(hours=rng.randint(0, 24 * 60))
            for first, last in ((start, end), (start, None), (None, end)):
                wanted = {
                    each.iri
                    for each in catalogue.datasets
                    if each.interval
                    and (last is None or each.interval[0] <= last)
                    and (first is None or each.interval[1] >= first)
                }
                text = "/".join(".." if each is None else each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (first, last))
                assert set(catalogue.found(kind="datasets", datetime=text)) == wanted, text
        assert any(each.box and each.box[0] > each.box[2] for each in catalogue.datasets), "none crosses the antimeridian"

    def test_times_are_instants_whatever_their_zone(self, catalogue: SearchCatalogue) -> None:
        intervals = {each.iri: each.interval for each in catalogue.datasets if each.interval}
        for each in list(intervals.values())[:6]:
            shifted = (each[0] - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S-03:00")
            for operator, meets in (
                ("=", lambda a, b: a == b), ("<", lambda a, b: a < b), ("<=", lambda a, b: a <= b),
                (">", lambda a, b: a > b), (">=", lambda a, b: a >= b),
            ):  # fmt: skip
                wanted = {iri for iri, interval in intervals.items() if meets(interval[0], each[0])}
                found = catalogue.found(kind="datasets", filter={"term": "start", "op": operator, "value": shifted})
                assert set(found) == wanted, (operator, shifted)
            day = {iri for iri, interval in intervals.items() if interval[0].date() == each[0].date()}
            assert set(catalogue.found(kind="datasets", filter={"start": each[0].strftime("%Y-%m-%d")})) == day

    def test_sorted_and_paged(self, catalogue: SearchCatalogue) -> None:
        def missing_last(each: ArrayFacts, term: str, sign: int) -> tuple[bool, Any]:
            value = each.values.get(term, [None])[0]
            if value is None:
                return (True, 0)
            return (False, sign * value if not isinstance(value, str) else tuple(sign * ord(letter) for letter in value))

        for sort in (["run"], ["-run"], ["standard_name", "-ndim"], ["-gain", "path"], []):
            keys = [(name.removeprefix("-"), -1 if name.startswith("-") else 1) for name in sort]
            ordered = sorted(catalogue.arrays, key=lambda each: (*(missing_last(each, *key) for key in keys), each.iri))
            if "-standard_name" not in sort:  # a text that another begins with comes first; turned round it would come last
                assert catalogue.found(kind="arrays", sort=sort) == [each.iri for each in ordered], sort
            pages, cursor = [], ""
            while True:
                answer = catalogue.search(kind="arrays", sort=sort, limit=7, cursor=cursor)
                assert answer.total == len(ordered)
                pages += [hit.iri for hit in answer.hits]
                cursor = answer.next
                if not cursor:
                    break
            assert pages == [each.iri for each in ordered]

    def test_facets_count_what_is_found(self, catalogue: SearchCatalogue) -> None:
        rng = random.Random(8)
        for _ in range(max(5, self.requests // 10)):
            tree = random_filter(rng)
            found = [each for each in catalogue.arrays if holds(tree, each.values)]
            terms = ["dtype", "dims", "standard_name", "run", "ok"]
            facets = [{"term": term, "limit": 3} for term in terms]
            answer = catalogue.search(kind="arrays", filter=tree, facets=facets, limit=0)
            assert answer.total == len(found)
            for facet, term in zip(answer.facets, terms, strict=True):
                wanted = facet_of(found, term)
                assert [each.count for each in facet.values] == sorted(wanted.values(), reverse=True)[:3], (tree, term)
                assert all(wanted[json.dumps(each.value)] == each.count for each in facet.values)
                assert facet.more == (len(wanted) > 3)

    def test_a_sample_is_of_what_matches_and_the_same_for_a_seed(self, catalogue: SearchCatalogue) -> None:
        condition = {"ndim__gte": 2}
        matching = {each.iri for each in catalogue.arrays if each.values["ndim"][0] >= 2}
        drawn: Counter[str] = Counter()
        for seed in range(12):
            answer = catalogue.search(kind="arrays", filter=condition, sample=5, seed=str(seed))
            assert answer.total == len(matching)
            assert len({hit.iri for hit in answer.hits}) == 5
            drawn.update(hit.iri for hit in answer.hits)
            again = catalogue.search(kind="arrays", filter=condition, sample=5, seed=str(seed))
            assert [hit.iri for hit in again.hits] == [hit.iri for hit in answer.hits]
        assert set(drawn) <= matching
        assert len(drawn) > len(matching) / 2
        assert catalogue.search(kind="arrays", sample=3).seed != ""

    def test_words_are_joined_with_conditions(self, catalogue: SearchCatalogue) -> None:
        named = {each.iri for each in catalogue.arrays if "temperature" in str(each.values.get("standard_name", ""))}
        answer = catalogue.search(kind="arrays", text="temperature", limit=1000)
        assert {hit.iri for hit in answer.hits} == named
        scores = [hit.matched.score for hit in answer.hits if hit.matched]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == len(named)
        fewer = {each.iri for each in catalogue.arrays if each.iri in named and each.values["ndim"][0] >= 3}
        assert set(catalogue.found(kind="arrays", text="temperature", filter={"ndim__gte": 3})) == fewer
        assert catalogue.search(kind="arrays", text="nothingofthekind").total == 0

    def test_hits_say_what_the_documents_say(self, catalogue: SearchCatalogue) -> None:
        facts = {each.iri: each for each in catalogue.arrays}
        for hit in catalogue.search(kind="arrays", limit=1000).hits:
            said = facts[hit.iri].values
            assert (list(hit.shape or ()), hit.data_type, list(hit.dimension_names or ())) == (
                said["shape"][0],
                said["dtype"][0],
                said["dims"],
            )
            assert (hit.path, hit.standard_name) == (facts[hit.iri].path, said.get("standard_name", [""])[0])
            assert hit.dataset == f"{catalogue.workspace.iris.base}datasets/{facts[hit.iri].dataset}"

    def test_every_kind(self, catalogue: SearchCatalogue) -> None:
        groups = sum(len({each.path.rpartition("/")[0] for each in dataset.arrays} | {""}) for dataset in catalogue.datasets)
        wanted = {"datasets": len(catalogue.datasets), "arrays": len(catalogue.arrays), "groups": groups}
        wanted |= {"nodes": groups + len(catalogue.arrays), "images": 0, "plates": 0, "wells": 0}
        assert {kind: catalogue.search(kind=kind, limit=0).total for kind in KINDS} == wanted

    def test_the_largest_request_is_answered(self, catalogue: SearchCatalogue) -> None:
        deep: dict[str, Any] = {"term": "group__dataset__root__group__dataset__location", "op": "contains", "value": "x" * 4096}
        for level in range(MAX_DEPTH - 1):
            deep = {"not": deep} if level % 2 else {"or": [deep, {"dims": "time"}]}
        assert catalogue.search(kind="arrays", filter=deep).complete
        way = "https://w3id.org/zarr-catalog/ns#inDataset"
        terms = ["dataset__array__dataset__array__path", "dataset__array__note", f"<{way}>/^<{way}>/<{way}>/^<{way}>/zo:path"]
        wide = [{"term": terms[at % 3], "op": "contains", "value": str(at)} for at in range(MAX_CONDITIONS - 1)]
        many = {"term": "path", "op": "in", "value": [f"v{at}" + "y" * 900 for at in range(MAX_VALUES)]}
        assert catalogue.search(kind="arrays", filter={"or": [*wide, many]}).complete
        assert catalogue.search(kind="arrays", filter={"and": wide}).total == 0

    def test_a_dataset_is_named_by_its_identifier(self, catalogue: SearchCatalogue) -> None:
        for dataset in catalogue.datasets[:2]:
            wanted = {each.iri for each in dataset.arrays}
            others = {each.iri for each in catalogue.arrays} - wanted
            for value in (dataset.id, dataset.iri):
                assert set(catalogue.found(kind="arrays", filter={"dataset": value})) == wanted
                assert set(catalogue.found(kind="arrays", filter={"term": "dataset", "op": "!=", "value": value})) == others
            nodes = set(catalogue.found(kind="nodes", filter={"dataset": dataset.id}))
            assert nodes > wanted
            assert all(each.startswith(f"{dataset.iri}/nodes/") for each in nodes)
            deep = {each.iri for each in dataset.arrays if each.values["ndim"][0] >= 2}
            assert set(catalogue.found(kind="arrays", filter={"dataset": dataset.id, "ndim__gte": 2})) == deep
        assert catalogue.found(kind="arrays", filter={"dataset": "set-"}) == []

    def test_unknown_terms_name_the_nearest(self, catalogue: SearchCatalogue) -> None:
        for request, near in (
            ({"filter": {"standard_nam": "x"}}, "standard_name"),
            ({"filter": {"gian__gte": 1}}, "gain"),
            ({"filter": {"dataset__titel": "x"}}, "title"),
            ({"filter": {"term": "zo:dataTypName", "value": "x"}}, "zo:dataTypeName"),
            ({"facets": ["dtpye"]}, "dtype"),
            ({"sort": ["-nidm"]}, "ndim"),
        ):
            with pytest.raises(InputError, match=f"near are .*{near}"):
                catalogue.search(kind="arrays", **request)
        assert catalogue.search(kind="arrays", filter={"channel__label": "DAPI"}).total == 0, "known, and nowhere used"

    def test_what_is_cut_off_says_so(self, catalogue: SearchCatalogue) -> None:
        def limited(**request: Any) -> SearchAnswer:
            workspace = catalogue.workspace
            return search(workspace.public, workspace.iris, read_search(request), SearchLimits(matches=10, facet_values=2))

        ordered = sorted(each.iri for each in catalogue.arrays)
        assert limited(kind="arrays", limit=4).total == len(ordered), "what is recorded needs no count"
        every = {"ndim__gte": 0}
        first = limited(kind="arrays", filter=every, limit=4)
        assert (first.complete, first.exact, first.total) == (True, True, len(ordered)), "nodes by IRI are never carried"
        assert [hit.iri for hit in first.hits] == ordered[:4]
        ordered = sorted(each.iri for each in catalogue.datasets)
        first = limited(kind="datasets", limit=4)
        assert (first.complete, first.exact, first.total) == (False, False, 10)
        assert first.to_dict()["total"] == {"value": 10, "relation": "at-least"}
        assert [hit.iri for hit in first.hits] == ordered[:4], "the order of IRIs is right all the same"
        second = limited(kind="datasets", limit=4, cursor=first.next)
        assert [hit.iri for hit in second.hits] == ordered[4:8]
        by_run = limited(kind="arrays", sort=["run"])
        assert not by_run.complete
        assert by_run.next == ""
        assert "10" in by_run.reasons[0]
        assert not limited(kind="arrays", filter={"ndim": 5}, limit=0).reasons
        facet = limited(kind="datasets", facets=["array__dtype"])
        assert any("array__dtype" in reason for reason in facet.reasons)

    @pytest.mark.parametrize(
        "request_",
        [
            {"text": "temperature"}, {"text": "tem* run*", "filter": {"ndim__gte": 1}}, {"bbox": [-180, -90, 180, 90]}, {},
            {"datetime": "2019/2021"}, {"filter": {"start__gte": "2020"}}, {"filter": {"gain": 1}}, {"sort": ["run"]},
            {"filter": {"dataset__title": "x"}}, {"filter": {"not": {"dims": "time"}}, "facets": ["dtype"]},
        ],
        ids=str,
    )  # fmt: skip
    def test_every_part_is_asked_within_the_time(self, catalogue: SearchCatalogue, request_: dict[str, Any]) -> None:
        store = AskedInTime(catalogue.workspace.public)
        search(store, catalogue.workspace.iris, read_search({"kind": "arrays", **request_}), SearchLimits(seconds=60))
        assert store.timeouts
        assert all(each is not None and 0 < each <= 60 for each in store.timeouts)
        slow = AskedInTime(catalogue.workspace.public, seconds=0.25)
        began = time.monotonic()
        with pytest.raises(LimitExceededError) as caught:
            search(slow, catalogue.workspace.iris, read_search({"kind": "arrays", **request_}), SearchLimits(seconds=0.2))
        assert caught.value.limit == "search-seconds"
        assert time.monotonic() - began < 5

    def test_pages_are_stable_while_datasets_come_and_go(self, catalogue: SearchCatalogue) -> None:
        before = {each.iri for each in catalogue.arrays}
        rng = random.Random(9)
        for sort in (["-run"], [], ["path"]):
            seen: list[str] = []
            cursor, gone = "", set[str]()
            coming = iter(range(100))
            while True:
                answer = catalogue.search(kind="arrays", sort=sort, limit=25, cursor=cursor)
                seen += [hit.iri for hit in answer.hits]
                cursor = answer.next
                if not cursor:
                    break
                number = next(coming)
                name = f"{rng.choice('az')}-{len(sort)}{sort[0][-1] if sort else 'x'}-{number}"
                take_in(catalogue.workspace, catalogue.folder, name, 1000 + number, arrays=2)
                if number % 2:
                    victim = f"victim-{name}"
                    take_in(catalogue.workspace, catalogue.folder, victim, 2000 + number, arrays=2)
                    delete(catalogue.workspace, victim)
                    gone.add(victim)
            assert len(seen) == len(set(seen)), "something was seen twice"
            assert before <= set(seen), "something was passed over"
            assert not any(f"datasets/{each}/" in iri for each in gone for iri in seen)
            for each in catalogue.search(kind="datasets", limit=1000).hits:
                if not each.iri.rpartition("/")[2].startswith("set-"):
                    delete(catalogue.workspace, each.iri)
