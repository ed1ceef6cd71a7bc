"""What does a confined process give up, and what does it keep?

Memory beyond a limit, core files, files to write, most descriptors, and for good the right to gain rights. Where it needs none
and the system allows it, the network: it gets one of its own with nothing in it, not even this machine. Where root started it,
the user too: it becomes one that nobody else is, so that it can neither signal others nor touch their files.

Source: user_namespaces(7), network_namespaces(7), capabilities(7), "Effect of user ID changes on capabilities", and prctl(2).
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DESCRIPTORS: Final = 1024
FIRST_USER: Final = 0x70000000
"""User ids from here on are given to nobody (systemd's containers end below); each process has its own, by its process id."""
NOBODY: Final = 65534
"""Where such high ids are not mapped, as in a container without root."""

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES: Final = 38
_KILL, _SET_GROUP, _SET_USER = 5, 6, 7


@dataclass(frozen=True, slots=True)
class Rights:
    """What an operator wants of confined processes.

    Attributes
    ----------
    own_user
        Whether one that root starts becomes a user of its own, where that one can read what the work needs.
    must_be_alone
        Whether one that needs no network may not run with one.
    """

    own_user: bool = False
    must_be_alone: bool = False


NONE: Final = Rights()
"""What is wanted of a process of whoever runs this very program."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What a process has not got any more.

    Attributes
    ----------
    network, user
        Whether it reaches nobody, and whether it is a user of its own.
    """

    network: bool
    user: bool


def confine(memory_bytes: int, nice: int, *, network: bool, rights: Rights, reads: Iterable[str] = ()) -> GivenUp:
    """Give up what the work of this process does not need; it has one thread.

    Parameters
    ----------
    memory_bytes
        Address space.
    nice
        How far it lets others go first, 0 to 19.
    network
        Whether it keeps the network.
    rights
        What else is wanted.
    reads
        Folders that it has to read, beside its own program; only looked at where it may become another user.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    allowed = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    with contextlib.suppress(OSError):
        os.nice(nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    user = rights.own_user and _can_be_another() and _chosen_user([*sys.path, *reads])
    if not user:
        return GivenUp(not network and (_apart(_NEW_USER | _NEW_NETWORK) or _apart(_NEW_NETWORK)), user=False)
    alone = not network and _apart(_NEW_NETWORK)  # while it is root: then no user namespace is needed, which systems may forbid
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    return GivenUp(alone or (not network and _apart(_NEW_USER | _NEW_NETWORK)), user=True)


def _apart(namespaces: int) -> bool:
    try:
        os.unshare(namespaces)
    except (OSError, AttributeError):
        return False
    return True


def _can_be_another() -> bool:
    """Whether this is root as whole as it has to be: also its starter, which has the same rights, will have to end it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        held = int(status.partition("CapEff:")[2].split()[0], 16)
    except (OSError, ValueError, IndexError):
        return False
    return os.geteuid() == 0 and all(held >> right & 1 for right in (_KILL, _SET_GROUP, _SET_USER))


def _chosen_user(paths: Iterable[str]) -> int:
    """An id that can be taken and can read all of these; 0 where none can. Root's groups, which open more, go.

    Of what is not there yet the folder counts that it will be in.
    """
    there = [next(each for each in (Path(path), *Path(path).parents) if each.exists()) for path in paths]
    needed = [(path, os.R_OK | (os.X_OK if path.is_dir() else 0)) for path in there]
    before = os.getgroups()
    for user in (FIRST_USER + os.getpid(), NOBODY):
        try:
            os.setgroups([])
            os.setegid(user)
            os.seteuid(user)
            if all(os.access(path, how, effective_ids=True) for path, how in needed):
                return user
        except OSError:
            continue
        finally:
            os.seteuid(0)
            os.setegid(0)
    with contextlib.suppress(OSError):  # a container without root may not let them be changed at all
        os.setgroups(before)
    return 0
