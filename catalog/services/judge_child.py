"""What parses and judges inside the process that may die? The change to a curated graph, and the shapes over what comes of it.

`catalog.services.judge_workers` starts it, and `catalog.confined.child` runs it. Tasks are pickled by our own process; what comes
from here is not.
"""

import json
import pickle
from dataclasses import asdict

import catalog.validation.judge  # noqa: F401  so that no change waits for it
from catalog.confined.child import Answer, Give
from catalog.rdf.iris import Iris
from catalog.services.curate import changed_graph
from catalog.validation.pyshacl_validator import PyShaclValidator


def prepare(_told: bytes) -> Answer:
    """What parses and judges."""
    validator = PyShaclValidator()

    def answer(task: bytes, give: Give) -> None:
        work, *given = pickle.loads(task)  # noqa: S301  our own process wrote it
        if work == "change":
            base, dataset_id, before, change = given
            give(changed_graph(Iris(base), dataset_id, before, change))
        else:
            report = validator.validate(*given)
            give(json.dumps({"results": [asdict(each) for each in report.results], "required": report.required}).encode())

    return answer
