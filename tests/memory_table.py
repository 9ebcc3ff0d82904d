"""A DynamoDB table in memory, for tests that play thousands of requests.

moto copies the whole table for each transaction, which makes long runs quadratic. This one has the
same client methods with the same errors, understands exactly the expressions that
`gatherhub.table` writes, and keeps what the table's stream would carry. `test_memory_table.py`
holds it to moto.
"""

import copy
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from sortedcontainers import SortedDict

from gatherhub import aws

Typed = dict[str, Any]
Key = tuple[str, str]

_TOKEN = re.compile(r"[#:]?\w+|<=|>=|<>|[=<>(),]")


class MemoryTable:
    """One table; pass it where `aws.client("dynamodb")` would go (`installed`)."""

    def __init__(self) -> None:
        self._partitions: dict[str, SortedDict[str, Typed]] = {}
        self._lock = threading.RLock()
        self.stream: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def installed(self) -> Iterator["MemoryTable"]:
        """Stand in for the DynamoDB client of the code under test."""
        real = aws.client

        def client(service: str, endpoint_url: str | None = None) -> Any:
            return self if service == "dynamodb" else real(service, endpoint_url)

        aws.client = client
        try:
            yield self
        finally:
            aws.client = real

    def items(self) -> list[Typed]:
        """Return every item, in typed JSON."""
        return [item for partition in self._partitions.values() for item in partition.values()]

    def get_item(self, *, Key: Typed, **request: Any) -> dict[str, Any]:  # noqa: N803
        self._record("GetItem", Key=Key, **request)
        item = self._find(Key)
        return {"Item": copy.deepcopy(item)} if item else {}

    def batch_get_item(self, *, RequestItems: Typed) -> dict[str, Any]:  # noqa: N803
        self._record("BatchGetItem", RequestItems=RequestItems)
        ((table, wanted),) = RequestItems.items()
        if len(wanted["Keys"]) > 100:
            raise _error("ValidationException", "BatchGetItem")
        found = [copy.deepcopy(item) for key in wanted["Keys"] if (item := self._find(key))]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(
        self,
        *,
        KeyConditionExpression: str,  # noqa: N803
        ExpressionAttributeValues: Typed,  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        Limit: int | None = None,  # noqa: N803
        **request: Any,
    ) -> dict[str, Any]:
        self._record("Query", values=ExpressionAttributeValues, Limit=Limit, **request)
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        with self._lock:
            partition = self._partitions.get(values[":pk"], SortedDict())
            if "BETWEEN" in KeyConditionExpression:
                keys = list(partition.irange(values[":start"], values[":end"]))
            else:
                prefix = values.get(":sk", "")
                keys = list(partition.irange(prefix, prefix + "\U0010ffff"))
            if not ScanIndexForward:
                keys.reverse()
            return {"Items": [copy.deepcopy(partition[key]) for key in keys[:Limit]]}

    def put_item(self, *, Item: Typed, **request: Any) -> dict[str, Any]:  # noqa: N803
        self._record("PutItem", Item=Item, **request)
        return self._single("PutItem", {"Put": {"Item": Item, **request}})

    def update_item(self, *, Key: Typed, **request: Any) -> dict[str, Any]:  # noqa: N803
        self._record("UpdateItem", Key=Key, **request)
        return self._single("UpdateItem", {"Update": {"Key": Key, **request}})

    def delete_item(self, *, Key: Typed, **request: Any) -> dict[str, Any]:  # noqa: N803
        self._record("DeleteItem", Key=Key, **request)
        return self._single("DeleteItem", {"Delete": {"Key": Key, **request}})

    def batch_write_item(self, *, RequestItems: Typed) -> dict[str, Any]:  # noqa: N803
        self._record("BatchWriteItem", RequestItems=RequestItems)
        ((_, wanted),) = RequestItems.items()
        keys = [_key(request["DeleteRequest"]["Key"]) for request in wanted]
        if len(set(keys)) != len(keys) or not 0 < len(keys) <= 25:
            raise _error("ValidationException", "BatchWriteItem")
        with self._lock:
            for request in wanted:
                self._apply({"Delete": request["DeleteRequest"]})
        return {"UnprocessedItems": {}}

    def transact_write_items(
        self,
        *,
        TransactItems: list[Typed],  # noqa: N803
        ClientRequestToken: str,  # noqa: N803
    ) -> dict[str, Any]:
        self._record("TransactWriteItems", items=TransactItems, token=ClientRequestToken)
        operation = "TransactWriteItems"
        keys = [_key(body.get("Key") or body["Item"]) for a in TransactItems for body in a.values()]
        if len(set(keys)) != len(keys) or len(keys) > 100:
            raise _error("ValidationException", operation)
        with self._lock:
            reasons = [self._reason(action) for action in TransactItems]
            if any(reason["Code"] != "None" for reason in reasons):
                raise _error("TransactionCanceledException", operation, CancellationReasons=reasons)
            for action in TransactItems:
                self._apply(action)
        return {}

    def _single(self, operation: str, action: Typed) -> dict[str, Any]:
        with self._lock:
            reason = self._reason(action)
            if reason.pop("Code") != "None":
                raise _error("ConditionalCheckFailedException", operation, **reason)
            new = self._apply(action)
            return {"Attributes": copy.deepcopy(new)} if operation == "UpdateItem" else {}

    def _reason(self, action: Typed) -> dict[str, Any]:
        ((_, body),) = action.items()
        item = self._find(body.get("Key") or body["Item"])
        expression = body.get("ConditionExpression")
        if expression is None or _Condition(expression, body, item or {}).holds():
            return {"Code": "None"}
        return {"Code": "ConditionalCheckFailed", **({"Item": copy.deepcopy(item)} if item else {})}

    def _apply(self, action: Typed) -> Typed | None:
        ((kind, body),) = action.items()
        key = body.get("Key") or body["Item"]
        old = self._find(key)
        if kind == "ConditionCheck":
            return None
        new: Typed | None = None
        if kind == "Put":
            new = copy.deepcopy(body["Item"])
        elif kind == "Update":
            new = _updated(body, copy.deepcopy(old) if old else dict(body["Key"]))
        self._store(_key(key), old, new)
        return new

    def _store(self, key: Key, old: Typed | None, new: Typed | None) -> None:
        pk, sk = key
        if new is None:
            self._partitions.get(pk, SortedDict()).pop(sk, None)
        else:
            self._partitions.setdefault(pk, SortedDict())[sk] = new
        if old != new:
            self.stream.append(_stream_record(len(self.stream), key, old, new))

    def _find(self, key: Typed) -> Typed | None:
        pk, sk = _key(key)
        found: Typed | None = self._partitions.get(pk, SortedDict()).get(sk)
        return found

    def _record(self, operation: str, **request: Any) -> None:
        with self._lock:
            self.requests.append((operation, request))


class _Condition:
    """A condition as `gatherhub.table.conditions` writes it, evaluated on one item."""

    def __init__(self, expression: str, body: Mapping[str, Any], item: Typed) -> None:
        self._tokens = _TOKEN.findall(expression)
        self._names = body.get("ExpressionAttributeNames", {})
        self._values = body.get("ExpressionAttributeValues", {})
        self._item = item

    def holds(self) -> bool:
        result = self._any()
        if self._tokens:
            raise AssertionError(f"not understood: {self._tokens}")
        return result

    def _any(self) -> bool:
        result = self._all()
        while self._tokens and self._tokens[0] == "OR":
            self._tokens.pop(0)
            result = self._all() or result
        return result

    def _all(self) -> bool:
        result = self._one()
        while self._tokens and self._tokens[0] == "AND":
            self._tokens.pop(0)
            result = self._one() and result
        return result

    def _one(self) -> bool:
        token = self._tokens.pop(0)
        if token == "(":
            result = self._any()
            self._expect(")")
            return result
        if token in {"attribute_exists", "attribute_not_exists"}:
            self._expect("(")
            present = self._names[self._tokens.pop(0)] in self._item
            self._expect(")")
            return present is (token == "attribute_exists")
        left = self._item.get(self._names[token])
        operator = self._tokens.pop(0)
        token = self._tokens.pop(0)
        right = self._values[token] if token in self._values else self._item.get(self._names[token])
        if left is None or right is None:
            return bool(operator == "<>")
        return _OPERATORS[operator](_plain(left), _plain(right))

    def _expect(self, token: str) -> None:
        found = self._tokens.pop(0)
        if found != token:
            raise AssertionError(f"expected {token}, found {found}")


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    # Python takes True for 1, and a NULL is true.
    "=": lambda a, b: type(a) is type(b) and bool(a == b),
    "<>": lambda a, b: type(a) is not type(b) or bool(a != b),
    "<": lambda a, b: type(a) is type(b) and bool(a < b),
    "<=": lambda a, b: type(a) is type(b) and bool(a <= b),
    ">": lambda a, b: type(a) is type(b) and bool(a > b),
    ">=": lambda a, b: type(a) is type(b) and bool(a >= b),
}


def _plain(typed: Typed) -> Any:
    ((kind, value),) = typed.items()
    return int(value) if kind == "N" else value


def _updated(body: Typed, item: Typed) -> Typed:
    names = body.get("ExpressionAttributeNames", {})
    values = body.get("ExpressionAttributeValues", {})
    clauses = re.split(r"\b(SET|ADD|REMOVE)\b", body["UpdateExpression"])[1:]
    for verb, text in zip(clauses[::2], clauses[1::2], strict=True):
        for part in text.split(","):
            tokens = _TOKEN.findall(part)
            name = names[tokens[0]]
            if verb == "SET":
                item[name] = copy.deepcopy(values[tokens[2]])
            elif verb == "ADD":
                total = int(item.get(name, {"N": "0"})["N"]) + int(values[tokens[1]]["N"])
                item[name] = {"N": str(total)}
            else:
                item.pop(name, None)
    return item


def _key(typed: Typed) -> Key:
    return typed["pk"]["S"], typed["sk"]["S"]


def _error(code: str, operation: str, **extra: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        **extra,
    }
    return ClientError(response, operation)


def _stream_record(number: int, key: Key, old: Typed | None, new: Typed | None) -> dict[str, Any]:
    image: dict[str, Any] = {
        "Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}},
        "SequenceNumber": f"{number:021d}",
        "ApproximateCreationDateTime": 1_800_000_000,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if old is not None:
        image["OldImage"] = copy.deepcopy(old)
    if new is not None:
        image["NewImage"] = copy.deepcopy(new)
    name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
    return {
        "eventID": f"event-{number}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.1",
        "awsRegion": "us-east-1",
        "dynamodb": image,
    }
