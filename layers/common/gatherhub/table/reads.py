"""Reads, all of them consistent: what a call has written, the next call sees."""

from collections.abc import Iterable, Sequence

from gatherhub import aws, settings
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
    """Return the items that exist. One request for each hundred different keys."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    for start in range(0, len(wanted), _BATCH):
        found.update(_get_batch(wanted[start : start + _BATCH]))
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
    found: list[Item] = []
    page: dict[str, object] = {}
    while True:
        with translated():
            answer = aws.client("dynamodb").query(
                TableName=settings.table_name(),
                KeyConditionExpression=condition,
                ExpressionAttributeValues=marshal_item(values),
                ConsistentRead=True,
                **page,
            )
        found += [unmarshal_item(item) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return found
        page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
