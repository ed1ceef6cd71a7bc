"""Where are the stores, documents and test suites that other projects published?"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def find_corpora() -> Path:
    """Folder of the corpora: ``CATALOG_CORPORA``, else ``../shared/corpora`` beside the checkout; it need not exist."""
    named = os.environ.get("CATALOG_CORPORA")
    return Path(named).expanduser().resolve() if named else ROOT.parent / "shared" / "corpora"
