"""Are a user's shapes taken as they are meant, or refused with file and line?"""

import re
from pathlib import Path

import pytest

from catalog.errors import InputError, LimitExceededError
from catalog.resources import resource
from catalog.validation import shapes as module
from catalog.validation.shape_check import word_that_leaves_the_data
from catalog.validation.shapes import load_shapes

HEAD = """@prefix ex:  <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh:  <http://www.w3.org/ns/shacl#> .
@prefix zo:  <https://w3id.org/zarr-catalog/ns#> .
@prefix zsh: <https://w3id.org/zarr-catalog/shapes#> .

"""
LINE = HEAD.count("\n") + 1
TARGET = "sh:targetClass zo:ZarrArray"


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.ttl").write_text(HEAD + text)
    return tmp_path


def query(text: str) -> str:
    return f'ex:a a sh:NodeShape ; {TARGET} ; sh:sparql [ sh:select """{text}""" ] .'


def test_by_default_the_built_in_ones() -> None:
    names = {file.name for file in load_shapes().files}
    assert "core/array.ttl" in names
    assert "recommended/dataset.ttl" in names
    assert {file.name.split("/")[0] for file in load_shapes(recommended=False).files} == {"core"}
    assert load_shapes(core=False, recommended=False).files == ()


def test_a_users_own_are_added(tmp_path: Path) -> None:
    own = f"ex:a a sh:PropertyShape ; {TARGET} ; sh:path ex:p ; sh:minCount 1 ."
    shapes = load_shapes(folder=folder_with(tmp_path, own=own))
    assert shapes.files[:-1] == load_shapes().files
    assert shapes.files[-1].name == str(tmp_path / "own.ttl")
    assert shapes.notes == ()


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    text = f"ex:a a sh:PropertyShape ; {TARGET} ; sh:path ex:p ; sh:minCount 1 ."
    digests = []
    for name, content in [("one", text), ("two", text), ("one", text + "\n")]:
        folder = tmp_path / str(len(digests))
        folder.mkdir()
        digests.append(load_shapes(folder=folder_with(folder, **{name: content})).digest)
    assert digests[0] == digests[1] != digests[2]
    assert load_shapes().digest not in digests
    assert len(digests[0]) == 64


def test_files_in_subfolders_and_only_turtle(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    folder_with(tmp_path / "deep", own=f"ex:a a sh:NodeShape ; {TARGET} .")
    (tmp_path / "README.md").write_text("not Turtle {")
    assert [Path(file.name).name for file in load_shapes(core=False, recommended=False, folder=tmp_path).files] == ["own.ttl"]


def test_shapes_may_refer_across_files_and_to_built_in_ones(tmp_path: Path) -> None:
    one = f"ex:a a sh:NodeShape ; {TARGET} ; sh:node ex:b ; sh:property zsh:array-shape ."
    assert len(load_shapes(folder=folder_with(tmp_path, one=one, two="ex:b a sh:NodeShape ; sh:nodeKind sh:IRI .")).files) > 2


def test_imports_are_not_followed_and_that_is_said(tmp_path: Path) -> None:
    shapes = load_shapes(folder=folder_with(tmp_path, own="<> a owl:Ontology ; owl:imports <http://127.0.0.1:9/x.ttl> ."))
    [note] = shapes.notes
    assert "own.ttl: owl:imports <http://127.0.0.1:9/x.ttl> was not followed" in note


BAD = {
    "not Turtle": ("ex:a a sh:NodeShape\n  ; , .", "not Turtle", LINE + 1),
    "two paths": (f"ex:a {TARGET} ; sh:path ex:p , ex:q ; sh:minCount 1 .", "one sh:path", LINE),
    "no path": (f"\n\nex:a a sh:PropertyShape ; {TARGET} ; sh:minCount 1 .", "one sh:path", LINE + 2),
    "count": (f"ex:a {TARGET} ; sh:path ex:p ; sh:minCount 'x' .", "sh:minCount", LINE),
    "nested": (f"ex:a {TARGET} ;\n  sh:property [ sh:path ex:p ;\n sh:minCount 'x' ] .", "sh:minCount", LINE),
    "pattern": (f"ex:a {TARGET} ; sh:path ex:p ; sh:pattern '(' .", "unterminated", LINE),
    "length": (f"ex:a {TARGET} ; sh:path ex:p ; sh:maxLength -1 .", "sh:maxLength", LINE),
    "list": (f"ex:a {TARGET} ; sh:path ex:p ; sh:in 'a' .", "sh:in has a list", LINE),
    "or": (f"ex:a {TARGET} ; sh:or ex:b . ex:b a sh:NodeShape .", "sh:or has a list", LINE),
    "datatype": (f"ex:a {TARGET} ; sh:path ex:p ; sh:datatype 'int' .", "sh:datatype has an IRI", LINE),
    "boolean": (f"ex:a {TARGET} ; sh:closed 'yes' .", "sh:closed is true or false", LINE),
    "node kind": (f"ex:a {TARGET} ; sh:nodeKind ex:IRI .", "sh:nodeKind is one of", LINE),
    "severity": (f"ex:a {TARGET} ; sh:nodeKind sh:IRI ; sh:severity ex:Fatal .", "sh:severity is one of sh:Violation", LINE),
    "misspelt": (f"ex:a {TARGET} ; sh:path ex:p ; sh:minCuont 1 .", "sh:minCuont is not a term", LINE),
    "misspelt class": (f"ex:a a sh:NodeShpe ; {TARGET} .", "sh:NodeShpe is not a term", LINE),
    "JavaScript": (f"ex:a {TARGET} ; sh:js [ sh:jsFunctionName 'f' ] .", "is not applied here", LINE),
    "rule": (f"ex:a {TARGET} ; sh:rule [ sh:construct 'CONSTRUCT {{}} WHERE {{}}' ] .", "sh:rule is not applied here", LINE),
    "target by query": (
        "ex:a sh:target [ sh:select 'SELECT ?this WHERE {}' ] ; sh:nodeKind sh:IRI .",
        "is not applied here",
        LINE,
    ),
    "no IRI": ("ex:a sh:targetClass <http://example.org/a\\u0020b> .", "is not an IRI", LINE),
    "namespace": ("ex:a sh:declare [ sh:prefix 'x' ; sh:namespace 'http://e/> SELECT' ] .", "is not an IRI", LINE),
    "unknown shape": (f"ex:a {TARGET} ; sh:node ex:nowhere .", "'http://example.org/nowhere', which is described nowhere", LINE),
    "itself": (f"ex:a {TARGET} ; sh:property [ sh:path ex:p ; sh:node ex:a ] .", "refers to itself", LINE),
    "built in": ("zsh:array-shape\n sh:deactivated true .", "built-in shape", LINE),
    "query": (query("SELECT $this WHERE { $this a "), "Expected", LINE),
    "prefix": (query("SELECT $this WHERE { $this a nobody:Knows }"), "nobody", LINE),
    "SERVICE": (query("SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { $this ?p ?o } }"), "the query has SERVICE", LINE),
    "FROM": (query("SELECT $this FROM <http://127.0.0.1:9/> WHERE { $this ?p ?o }"), "the query has FROM", LINE),
}


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_named_with_file_and_line(name: str, tmp_path: Path) -> None:
    text, message, line = BAD[name]
    good = f"ex:good a sh:NodeShape ; {TARGET} ."
    with pytest.raises(InputError) as caught:
        load_shapes(folder=folder_with(tmp_path, good=good, wrong=text))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'wrong.ttl'}, line {line}: ")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "own.ttl").write_bytes(b"\n\n# \xff\n")
    with pytest.raises(InputError, match=r"own\.ttl, line 3: not UTF-8"):
        load_shapes(folder=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://e/> {} }",
        "SELECT * { service<http://e/> {} }",
        "SELECT * { SERVICE#c\n<http://e/> {} }",
        "SELECT * { SERVICE SILENT ex:e {} }",
        "SELECT * { S\\u0045RVICE <http://e/> {} }",
        "SELECT * { FILTER EXISTS { SERVICE ?x {} } }",
        'SELECT * { ?s ?p "#" . SERVICE <http://e/> {} }',
        "SELECT * { ?s ?p <http://e/#x> . SERVICE <http://e/> {} }",
        "SELECT * { ?s ?p '''it's''' . SERVICE <http://e/> {} }",
        'SELECT * { ?s ?p "a\\"b" . SERVICE <http://e/> {} }',
        "SELECT * { FILTER(?a < ?b) SERVICE <http://e/> {} FILTER(?a > ?b) }",
    ],
)
def test_a_federated_query_is_found(text: str) -> None:
    assert word_that_leaves_the_data(text) == "SERVICE"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service { ?service a ex:SERVICE }",
        'SELECT * { ?s ?p "SERVICE <http://e/>" }',
        "SELECT * { ?s ?p 'from' }",
        "SELECT * { ?s <http://e/FROM> ?o } # SERVICE",
        "SELECT * { ?s from:x $load }",
        "SELECT * { ?s ex:data-from ?o ; ex:from-data ?x }",
    ],
)
def test_a_word_that_means_nothing_is_let_through(text: str) -> None:
    assert word_that_leaves_the_data(text) is None


def test_folders_that_cannot_be_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_shapes(folder=tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no file \*\.ttl"):
        load_shapes(folder=tmp_path)


def test_folders_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(LimitExceededError, match="at most 100 are read") as caught:
        load_shapes(folder=folder_with(tmp_path, own=""))
    assert caught.value.allowed == 100


def test_no_such_profile() -> None:
    with pytest.raises(InputError, match="no profile 'nothing'"):
        load_shapes(profiles=["nothing"])


def test_the_example_in_the_readme_can_be_used(tmp_path: Path) -> None:
    [example] = re.findall(r"```turtle\n(.*?)```", (resource("shapes") / "README.md").read_text(), re.DOTALL)
    (tmp_path / "own.ttl").write_text(example)
    assert load_shapes(folder=tmp_path).notes == ()
