"""Reads, all of them consistent: what a call has written, the next call sees."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gatherhub import aws, settings
from gatherhub.parallel import each
from gatherhub.table.errors import StoreUnavailable, translated
from gatherhub.table.items import Item, marshal_item, unmarshal_item
from gatherhub.table.keys import PARTITION, SORT, Key

_BATCH = 100  # DynamoDB's limit of keys in one BatchGetItem
_ROUNDS = 5


def get(key: Key) -> Item | None:
    """Return one item, or None. One request."""
    with translated():
        answer = aws.client("dynamodb").get_item(
            TableName=settings.table_name(),
            Key=marshal_item(key._asdict()),
            ConsistentRead=True,
        )
    item = answer.get("Item")
    return unmarshal_item(item) if item else None


def get_many(keys: Iterable[Key]) -> dict[Key, Item]:
    """Return the items that exist. A request for each hundred different keys, side by side."""
    wanted = list(dict.fromkeys(keys))
    batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
    found: dict[Key, Item] = {}
    for batch in each(_get_batch, batches):
        found.update(batch)
    return found


def _get_batch(keys: Sequence[Key]) -> dict[Key, Item]:
    table = settings.table_name()
    request = {
        table: {"Keys": [marshal_item(key._asdict()) for key in keys], "ConsistentRead": True}
    }
    found: dict[Key, Item] = {}
    for _ in range(_ROUNDS):
        with translated():
            answer = aws.client("dynamodb").batch_get_item(RequestItems=request)
        for typed in answer["Responses"].get(table, []):
            item = unmarshal_item(typed)
            found[Key(item[PARTITION], item[SORT])] = item
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return found
    raise StoreUnavailable("keys were left unprocessed")


def query(partition: str, prefix: str = "") -> list[Item]:
    """Return the items of a partition whose sort key begins with `prefix`, in its order.

    One request per megabyte.
    """
    condition = f"{PARTITION} = :pk" + (f" AND begins_with({SORT}, :sk)" if prefix else "")
    values = {":pk": partition} | ({":sk": prefix} if prefix else {})
    return _query(condition, values)


def query_range(
    partition: str, start: str, end: str, *, reverse: bool = False, limit: int | None = None
) -> list[Item]:
    """Return the items whose sort key lies between `start` and `end`, at most `limit` of them.

    In the order of their keys, or the reverse of it. One request per megabyte.
    """
    condition = f"{PARTITION} = :pk AND {SORT} BETWEEN :start AND :end"
    values = {":pk": partition, ":start": start, ":end": end}
    return _query(condition, values, reverse=reverse, limit=limit)


def query_pages(partition: str, start: str, end: str) -> Iterator[list[Item]]:
    """Yield the items whose sort key lies between `start` and `end`, in pages of up to a megabyte.

    One request for each page that is taken.
    """
    condition = f"{PARTITION} = :pk AND {SORT} BETWEEN :start AND :end"
    return _pages(condition, {":pk": partition, ":start": start, ":end": end})


def _query(
    condition: str, values: dict[str, str], *, reverse: bool = False, limit: int | None = None
) -> list[Item]:
    found: list[Item] = []
    for page in _pages(condition, values, reverse=reverse, limit=limit):
        found += page
    return found


def _pages(
    condition: str, values: dict[str, str], *, reverse: bool = False, limit: int | None = None
) -> Iterator[list[Item]]:
    rest: dict[str, Any] = {}
    while True:
        if limit is not None:
            rest["Limit"] = limit
        with translated():
            answer = aws.client("dynamodb").query(
                TableName=settings.table_name(),
                KeyConditionExpression=condition,
                ExpressionAttributeValues=marshal_item(values),
                ConsistentRead=True,
                ScanIndexForward=not reverse,
                **rest,
            )
        page = [unmarshal_item(item) for item in answer["Items"]]
        yield page
        if limit is not None:
            limit -= len(page)
        if "LastEvaluatedKey" not in answer or limit == 0:
            return
        rest = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
