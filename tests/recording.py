"""What a call asks of AWS: which requests, which of them wait for which, and what they need.

Threads would finish in any order, so what runs side by side is run one after the other here, and
each request is given the step in which it would begin: one more than the requests before it. What
a container asks once in its life (the token secret, the public address) is left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self
from unittest.mock import patch

from gatherhub import aws
from gatherhub.realtime import publishing
from gatherhub.realtime.publishing import Delivery, Outcome
from tests.memory_table import MemoryTable

_MANAGE = "execute-api:ManageConnections"
_POOL = "gatherhub.parallel.ThreadPoolExecutor"
_PERMISSIONS = {
    "s3": {"put_object": "s3:PutObject", "delete_object": "s3:DeleteObject"},
    "sqs": {"send_message": "sqs:SendMessage"},
    "apigatewaymanagementapi": {"get_connection": _MANAGE},
}
"""The operations of other services that are told too, and what a role must allow for them."""

_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

Grant = tuple[str, str]
"""An action, and of the table's actions the kind of the partitions on which it is done."""


class RecordingTable(MemoryTable):
    """A table that can tell the requests of one call as docs/access-patterns.md writes them.

    Other services do nothing but are told as well. `clients` are who is reached by sockets.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clients = RecordedClients(self)
        self._step = 0
        self._steps: dict[int, set[str]] = {}
        self._permissions: set[Grant] = set()

    def requests_of(self, call: Callable[[], object]) -> str:
        """Return the requests of a call: steps by `→`, in each step what is independent by `∥`."""
        self._step, self._steps = 0, {}
        with self._inline():
            call()
        steps = [" ∥ ".join(sorted(self._steps[step])) for step in sorted(self._steps)]
        return " → ".join(steps) or "none"

    def grants_of(self, call: Callable[[], object]) -> set[Grant]:
        """Return what a role must allow for a call."""
        start, self._permissions = len(self.requests), set()
        call()
        return self._permissions | {
            (f"dynamodb:{action}", kind)
            for operation, request in self.requests[start:]
            for action, kind in _grants(operation, request)
        }

    @contextmanager
    def installed(self) -> Iterator["RecordingTable"]:
        """Stand in for the clients of the table and of the other services."""
        with super().installed():
            outer = aws.client

            def client(service: str, endpoint_url: str | None = None) -> Any:
                return (
                    _Service(self, service)
                    if service in _PERMISSIONS
                    else outer(service, endpoint_url)
                )

            with (
                patch.object(aws, "client", client),
                patch.object(publishing, "endpoint", lambda: self.clients),
            ):
                yield self

    def tell(self, operation: str, permission: str) -> None:
        """Note a request to another service."""
        self._permissions.add((permission, ""))
        self._note("".join(word.title() for word in operation.split("_")))

    def _record(self, operation: str, **request: Any) -> None:
        super()._record(operation, **request)
        places = sorted({_place(partition) for partition in _partitions(request)})
        self._note(f"{operation} {', '.join(places)}")

    def _note(self, request: str) -> None:
        self._step += 1
        self._steps.setdefault(self._step, set()).add(request)

    @contextmanager
    def _inline(self) -> Iterator[None]:
        def pool(*_: int, **__: int) -> _Inline:
            return _Inline(self)

        with patch(_POOL, pool):
            yield


class _Service:
    """A client of another service."""

    def __init__(self, table: RecordingTable, service: str) -> None:
        self._table = table
        self._permissions = _PERMISSIONS[service]

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def request(**_: Any) -> dict[str, Any]:
            self._table.tell(operation, self._permissions[operation])
            return {}

        return request


class RecordedClients:
    """A management endpoint without any network, and the clients behind it.

    `posted` has what each was sent, `hung_up` whose connections were closed, in order. Connections
    in `gone` are not there, those in `failing` can't be reached.
    """

    def __init__(self, table: RecordingTable) -> None:
        self._table = table
        self.posted: dict[str, list[bytes]] = {}
        self.hung_up: list[str] = []
        self.gone: set[str] = set()
        self.failing: set[str] = set()

    def deliver(self, todo: Mapping[str, Sequence[bytes]]) -> dict[str, Delivery]:
        with _Inline(self._table) as connections:
            return dict(zip(todo, connections.map(self._deliver, todo.items()), strict=True))

    def hang_up(self, connection_id: str) -> bool:
        self._table.tell("delete_connection", _MANAGE)
        self.hung_up.append(connection_id)
        return True

    def _deliver(self, entry: tuple[str, Sequence[bytes]]) -> Delivery:
        connection_id, messages = entry
        for number, message in enumerate(messages):
            self._table.tell("post_to_connection", _MANAGE)
            if connection_id in self.gone:
                return Delivery(number, Outcome.GONE)
            if connection_id in self.failing:
                return Delivery(number, Outcome.FAILED)
            self.posted.setdefault(connection_id, []).append(message)
        return Delivery(len(messages), Outcome.DELIVERED)


class _Inline:
    """A pool of threads without threads: all that it runs begins at the same step."""

    def __init__(self, table: RecordingTable) -> None:
        self._table = table
        self._begin = self._end = table._step

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._table._step = self._end

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._table._step = self._begin
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        self._end = max(self._end, self._table._step)
        return done

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return iter([self.submit(function, item).result() for item in items])


def _partitions(request: Any) -> Iterator[str]:
    """Yield every partition that is named anywhere in a request."""
    if isinstance(request, dict):
        for name, value in request.items():
            if name in {"pk", ":pk"}:
                yield value["S"]
            else:
                yield from _partitions(value)
    elif isinstance(request, list):
        for value in request:
            yield from _partitions(value)


def _grants(operation: str, request: dict[str, Any]) -> Iterator[Grant]:
    """Yield the actions of a request of the table, each with a kind of partition."""
    if operation != "TransactWriteItems":
        yield from ((operation, _kind(partition)) for partition in _partitions(request))
        return
    for action in request["items"]:
        ((kind, body),) = action.items()
        key = body.get("Key") or body["Item"]
        yield _IN_TRANSACTIONS[kind], _kind(key["pk"]["S"])


def _kind(partition: str) -> str:
    return partition.partition("#")[0]


def _place(partition: str) -> str:
    """Return what the document calls a partition: its kind, and of lists the name."""
    kind, separator, _ = partition.partition("#")
    if kind in {"LIST", "COUNT"}:
        return re.sub(r"(:\d+|(?<=:status):\w+)$", ":…", partition)
    return kind + separator
