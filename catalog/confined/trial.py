"""What will confined processes give up on this machine? One that has nothing to do says so; it answers each task with it."""

from catalog.confined.child import Answer, Give


def prepare(told: bytes) -> Answer:
    """What gives back what it was told."""

    def answer(_: bytes, give: Give) -> None:
        give(told)

    return answer
