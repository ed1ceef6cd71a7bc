"""How much is measured?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each benchmark works on.

    Attributes
    ----------
    runs
        How often each call is timed; the median counts.
    read_groups, read_arrays
        Nodes of the hierarchy that is read.
    arrays
        Arrays of the hierarchy that is converted and ingested.
    validated_arrays
        Arrays of the hierarchy that is validated.
    value_bytes
        Bytes of the array whose values are read.
    small_reads
        Arrays of which a small part each is read.
    laboratories
        Samples, and the shape of each one's array, of the stores that are searched for a URI.
    points, point_reads
        Points that are read at once, and how many of them one by one.
    served_datasets
        As ``datasets``, of the catalogue that is served.
    service_requests
        Requests of one kind to the service, one after the other and then several at once.
    service_s
        Seconds after which no more of one kind are asked.
    deaths
        Queries of death; None: all of them.
    dataset_arrays, datasets
        Arrays of one dataset, and how many datasets a growing catalogue holds at each point.
    store_arrays
        Arrays of one store, at each point of its growth.
    judged_arrays
        Arrays of the largest of them that is validated, which takes the most memory.
    settle_s
        Seconds to wait after each growth, in which Oxigraph merges its files.
    """

    runs: int = 5
    read_groups: int = 1_000
    read_arrays: int = 2_000
    arrays: int = 10_000
    validated_arrays: int = 500
    value_bytes: int = 256 * 2**20
    small_reads: int = 1_000
    laboratories: tuple[tuple[int, tuple[int, int]], ...] = ((2, (9_000, 1_000)), (500, (100, 100)))
    points: int = 100_000
    point_reads: int = 200
    served_datasets: tuple[int, ...] = (1, 10, 100)
    service_requests: int = 300
    service_s: float = 8.0
    deaths: int | None = None
    dataset_arrays: int = 1_000
    datasets: tuple[int, ...] = (1, 10, 100)
    store_arrays: tuple[int, ...] = (1_000, 10_000)
    judged_arrays: int = 10_000
    settle_s: float = 2.0


DEFAULT = Sizes()
TINY = Sizes(
    runs=1,
    read_groups=2,
    read_arrays=4,
    arrays=6,
    validated_arrays=3,
    value_bytes=2**16,
    small_reads=3,
    laboratories=((2, (30, 4)),),
    points=20,
    point_reads=5,
    served_datasets=(2,),
    service_requests=4,
    deaths=3,
    dataset_arrays=3,
    datasets=(1, 2),
    store_arrays=(3, 6),
    judged_arrays=6,
    settle_s=0.0,
)
