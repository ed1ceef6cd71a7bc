"""Does the garbage collector rest while a tree grows, and only then?"""

import gc
import threading

import pytest

from catalog.metadata.collector import collector_paused


def test_it_rests_inside_and_goes_on_outside() -> None:
    assert gc.isenabled()
    with collector_paused:
        assert not gc.isenabled()
        with collector_paused:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(KeyError), collector_paused:
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused:
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_last_thread_out_starts_it() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collector_paused:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with collector_paused:
        pass
    assert not gc.isenabled(), "the other thread is still inside"
    leave.set()
    thread.join(10)
    assert gc.isenabled()
