"""Does JSON-LD take the keys that mean something to it, and those alone?"""

from typing import Any

import pytest

from tests.support.jsonld import read

E = "http://example.org/"


class TestKeysInsideNodes:
    """A key inside a node object means something where its own context says so, and only there."""

    @pytest.mark.parametrize(
        ("context", "node", "statements"),
        [
            ({"T": {"@id": f"{E}T", "@context": {"k": f"{E}k"}}}, {"@type": "T", "k": 1, f"{E}has": {f"{E}p": 1, "k": 2}}, 4),
            (
                {"T": {"@id": f"{E}T", "@context": {"@propagate": True, "k": f"{E}k"}}},
                {"@type": "T", "k": 1, f"{E}has": {f"{E}p": 1, "k": 2}},
                5,
            ),
            ({"has": {"@id": f"{E}has", "@context": {"k": f"{E}k"}}}, {"has": {"k": 1}, f"{E}has": {"k": 2}}, 3),
            ({"label": {"@id": f"{E}label", "@container": "@language"}}, {"label": {"en": "a", "de": "b"}}, 2),
            ({"by": {"@id": f"{E}by", "@container": "@index"}}, {"by": {"x": {f"{E}p": 1, "k": 2}}}, 2),
            ({"by": {"@id": f"{E}by", "@container": "@id"}}, {"by": {f"{E}x": {f"{E}p": 1, "k": 2}}}, 2),
            ({"by": {"@id": f"{E}by", "@container": "@type"}}, {"by": {f"{E}T": {f"{E}p": 1}}}, 3),
            ({"more": "@nest", "k": f"{E}k"}, {"more": {"k": 1, "unknown": 2}}, 1),
            ({"any": {"@id": f"{E}any", "@type": "@json"}}, {"any": {"k": {"@id": 1}}}, 1),
            ({"k": f"{E}k"}, {f"{E}has": {"@context": None, "k": 1}}, 1),
            ({"id": "@id", "type": "@type", "T": f"{E}T"}, {f"{E}has": {"id": f"{E}x", "type": "T"}}, 2),
        ],
    )
    def test_statements(self, context: Any, node: dict[str, Any], statements: int) -> None:
        assert len(read({"@context": {"@version": 1.1, **context}, "@id": f"{E}s", **node}).lines) == statements
