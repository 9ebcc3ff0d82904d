"""A TCP proxy in front of the stack that can be cut like a cable."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Proxy:
    """Passes bytes on to a port of this machine until it is cut, and again when it is mended."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._whole = True
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0

    def cut(self) -> None:
        """Break every connection and refuse further ones."""
        with self._lock:
            self._whole = False
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def run(self) -> None:
        """Accept until the listener is closed."""
        with suppress(OSError):
            while True:
                viewer, _ = self._listener.accept()
                Thread(target=self._join, args=[viewer], daemon=True).start()

    def stop(self) -> None:
        """Break everything for good."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _join(self, viewer: socket.socket) -> None:
        with viewer, socket.create_connection(("127.0.0.1", self._target)) as origin:
            with self._lock:
                if not self._whole:
                    return
                self.accepted += 1
                self._open += [viewer, origin]
            back = Thread(target=_pump, args=[origin, viewer], daemon=True)
            back.start()
            _pump(viewer, origin)
            back.join()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Run a proxy."""
    proxy = Proxy(port)
    thread = Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
