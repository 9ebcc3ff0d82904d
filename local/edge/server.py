"""The edge as a running server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import cast

from aiohttp import web

from local.config import HOST
from local.edge.app import EdgeApp
from local.edge.protocol import EdgeProtocol
from local.edge.targets import Targets

# Seconds that open requests get at the stop.
_GRACE = 2.0


class EdgeServer:
    """Serves the edge on `port` of this machine's loopback addresses."""

    def __init__(self, port: int, targets: Targets) -> None:
        self._port = port
        self._app = EdgeApp(targets)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to serve; returns when connections are taken.

        Raises:
            OSError: the port is taken.
        """
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="edge")
        self._thread.start()
        started.result()

    def stop(self) -> None:
        """Close all connections and stop to serve."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def retarget(self, targets: Targets) -> None:
        """Send further requests to other targets."""
        self._app.targets = targets

    def _run(self, started: Future[None]) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: Future[None]) -> None:
        runner = web.AppRunner(self._app.application(), shutdown_timeout=_GRACE)
        await runner.setup()
        try:
            listeners = [await self._listen(runner, HOST)]
        except OSError as error:
            await runner.cleanup()
            started.set_exception(error)
            return
        # "localhost" is ::1 first for many clients. Not every machine has it.
        with suppress(OSError):
            listeners.append(await self._listen(runner, "::1"))
        started.set_result(None)
        await self._stopping.wait()
        for listener in listeners:
            listener.close()
        await runner.cleanup()

    async def _listen(self, runner: web.AppRunner, host: str) -> asyncio.Server:
        server = cast("web.Server", runner.server)  # there is one after setup()

        def connection() -> EdgeProtocol:
            # Bodies pass as they are, as through CloudFront and API Gateway.
            return EdgeProtocol(server, loop=self._loop, auto_decompress=False)

        return await self._loop.create_server(connection, host, self._port, backlog=128)
