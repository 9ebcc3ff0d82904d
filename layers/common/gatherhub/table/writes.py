"""Writes: single ones, and transactions that happen whole or not at all."""

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gatherhub import aws, settings
from gatherhub.parallel import each
from gatherhub.table.conditions import Condition, Placeholders, changes
from gatherhub.table.errors import Contention, StoreUnavailable, translated
from gatherhub.table.items import Item, Value, marshal_item, unmarshal_item
from gatherhub.table.keys import Key

Result = TypeVar("Result")

_PATIENCE = 8.0  # seconds that one write may wait for others, so that its function can still answer
_FIRST_DELAY = 0.02  # seconds; doubles with each attempt, with full jitter
_LONGEST_DELAY = 1.0
_BATCH = 25  # DynamoDB's limit of actions in one BatchWriteItem


@dataclass(frozen=True)
class Put:
    """Write an item whole."""

    key: Key
    item: Mapping[str, Any]
    when: Condition | None = None

    def request(self) -> dict[str, Any]:
        """Return the action as DynamoDB takes it."""
        item = marshal_item({**self.key._asdict(), **self.item})
        return {"Put": {"Item": item, **_expressions(self.when)}}


@dataclass(frozen=True)
class Update:
    """Change attributes of an item, creating it when `when` allows."""

    key: Key
    assign: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    when: Condition | None = None

    def request(self) -> dict[str, Any]:
        """Return the action as DynamoDB takes it."""
        placeholders = Placeholders()
        expression = changes(placeholders, self.assign, self.add, self.remove)
        rest = _expressions(self.when, placeholders)
        return {"Update": {**_key(self.key), "UpdateExpression": expression, **rest}}


@dataclass(frozen=True)
class Delete:
    """Remove an item."""

    key: Key
    when: Condition | None = None

    def request(self) -> dict[str, Any]:
        """Return the action as DynamoDB takes it."""
        return {"Delete": {**_key(self.key), **_expressions(self.when)}}


@dataclass(frozen=True)
class Check:
    """Write nothing, but let the transaction happen only if the condition holds."""

    key: Key
    when: Condition

    def request(self) -> dict[str, Any]:
        """Return the action as DynamoDB takes it."""
        return {"ConditionCheck": {**_key(self.key), **_expressions(self.when)}}


Action = Put | Update | Delete | Check


def write(action: Put | Update | Delete) -> Item:
    """Do one write and return the item as an `Update` left it (empty for the others).

    ConditionFailed when the condition does not hold. One request, more when a transaction is at
    the same item.
    """
    ((kind, request),) = action.request().items()
    operation = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[kind]
    if kind == "Update":
        request["ReturnValues"] = "ALL_NEW"

    def attempt() -> Item:
        call = getattr(aws.client("dynamodb"), operation)
        answer = call(TableName=settings.table_name(), **request)
        return unmarshal_item(answer.get("Attributes", {}))

    return _with_patience(attempt)


def transact(actions: Sequence[Action] | Callable[[], Sequence[Action]]) -> None:
    """Do all actions at once or none. One request, more when others write the same items.

    A function is asked for its actions at each attempt, when they depend on the time.
    ConditionFailed says which conditions did not hold. A token makes the SDK's repeats of a call
    harmless, so an answer that got lost can't do the work twice.
    """

    def attempt() -> None:
        wanted = actions() if callable(actions) else actions
        requests = [_with_table(action.request()) for action in wanted]
        # The token stands for the outcome too, and a cancelled transaction stays cancelled, so
        # each attempt of ours needs its own.
        aws.client("dynamodb").transact_write_items(
            TransactItems=requests, ClientRequestToken=uuid.uuid4().hex
        )

    _with_patience(attempt)


def delete_all(keys: Iterable[Key]) -> None:
    """Remove items, whether they exist or not. A request for each 25, side by side.

    StoreUnavailable when some are left; doing it again removes them.
    """
    wanted = [{"DeleteRequest": _key(key)} for key in dict.fromkeys(keys)]
    each(_write_batch, [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)])


def _write_batch(requests: Sequence[dict[str, Any]]) -> None:
    table = settings.table_name()
    rest = {table: requests}

    def attempt() -> None:
        nonlocal rest
        answer = aws.client("dynamodb").batch_write_item(RequestItems=rest)
        rest = answer.get("UnprocessedItems") or {}
        if rest:
            raise Contention("items were left unprocessed")

    _with_patience(attempt)


def _with_patience(attempt: Callable[[], Result]) -> Result:
    """Try again with jitter while others write the same items; StoreUnavailable if that is long.

    Nothing was written when there is a conflict, so trying again can't do anything twice.
    """
    for delay in _delays():
        try:
            with translated():
                return attempt()
        except Contention:
            time.sleep(delay)
    raise StoreUnavailable("too many writers at the same items")


def _delays() -> Iterator[float]:
    """Yield how long to wait after each attempt, until one can't begin in time any more."""
    deadline = time.monotonic() + _PATIENCE
    longest = _FIRST_DELAY
    while time.monotonic() < deadline:
        yield random.uniform(0, longest)  # noqa: S311  (spreads load, guards nothing)
        longest = min(2 * longest, _LONGEST_DELAY)


def _with_table(request: dict[str, Any]) -> dict[str, Any]:
    ((kind, body),) = request.items()
    return {kind: {"TableName": settings.table_name(), **body}}


def _key(key: Key) -> dict[str, Any]:
    return {"Key": marshal_item(key._asdict())}


def _expressions(
    when: Condition | None, placeholders: Placeholders | None = None
) -> dict[str, Any]:
    placeholders = placeholders or Placeholders()
    request: dict[str, Any] = {}
    if when is not None:
        request["ConditionExpression"] = when(placeholders)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if placeholders.names:
        request["ExpressionAttributeNames"] = placeholders.names
    if placeholders.values:
        request["ExpressionAttributeValues"] = placeholders.values
    return request
