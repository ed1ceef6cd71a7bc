"""Which names does a page of links give, as web servers make one for a folder?"""

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from catalog.metadata.key import fault_of_key
from catalog.stores.listing import MAX_NAMES
from catalog.stores.objects import Listed


def links_of_page(url: str, page: bytes) -> Listed:
    """The names that a page gives: those of links to what lies directly in its own folder, and no others.

    Parameters
    ----------
    url
        The page's own, ending in ``/``.
    page
        HTML.
    """
    parser = _Anchors()
    parser.feed(page.decode("utf-8", "replace"))
    listed, folders = Listed(), set()
    here = urlsplit(url)
    for target in parser.targets[:MAX_NAMES]:
        try:
            link = urlsplit(urljoin(url, target))
        except ValueError:
            continue
        if (link.scheme, link.netloc) != (here.scheme, here.netloc) or link.query or link.fragment:
            continue
        below = _below(unquote(here.path), unquote(link.path))
        name = below.removesuffix("/")
        if not name or "/" in name or fault_of_key(name):
            continue
        if below.endswith("/"):
            folders.add(name)
        else:
            listed.files.add(name)
    listed.folders.extend(sorted(folders))
    listed.complete = len(parser.targets) <= MAX_NAMES
    return listed


class _Anchors(HTMLParser):
    """Collects where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets.extend(value for name, value in attrs if name == "href" and value)


def _below(folder: str, path: str) -> str:
    return path[len(folder) :] if path.startswith(folder) else ""
