"""Finding out early, and in words, that a port is taken."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack

from local.config import HOST
from local.errors import StackError

# What binding to ::1 answers on a machine that has IPv6 compiled in but switched off.
_NO_SUCH_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def require_free(port: int, variable: str) -> None:
    """Check that nothing listens on `port` of either loopback address.

    Raises:
        StackError: the port is taken; the message names the variable that chooses another.
    """
    for family, host in ((socket.AF_INET, HOST), (socket.AF_INET6, "::1")):
        if _taken(family, host, port):
            message = (
                f"Port {port} is taken: stop the program that uses it,"
                f" or choose another port with {variable}=…"
            )
            raise StackError(message)


def free_ports(count: int) -> list[int]:
    """Return ports that are free now; for tests, which must not depend on fixed ones."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in sockets]


def _taken(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        probe = socket.socket(family)
    except OSError:  # a machine without IPv6
        return False
    with probe:
        # As servers do: connections of a server that has just stopped don't count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno not in _NO_SUCH_ADDRESS
    return False
