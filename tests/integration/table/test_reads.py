import itertools

import pytest

from gatherhub import aws
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.keys import Key
from gatherhub.table.reads import get, get_many, query
from gatherhub.table.writes import Put, transact, write


def put(pk: str, sk: str) -> Key:
    key = Key(pk, sk)
    write(Put(key, {"kind": "test"}))
    return key


def test_get_returns_the_item_or_none() -> None:
    key = put("P", "a")
    assert get(key) == {"pk": "P", "sk": "a", "kind": "test"}
    assert get(Key("P", "b")) is None


def test_get_many_takes_more_keys_than_one_request_does_and_each_once() -> None:
    keys = [put("P", f"{n:03}") for n in range(120)]
    found = get_many([*keys, *keys, Key("P", "none")])
    assert set(found) == set(keys)


def test_get_many_asks_again_for_what_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [put("P", "a"), put("P", "b")]
    client = aws.client("dynamodb")
    whole = client.batch_get_item

    def half(**request: dict[str, dict[str, list[object]]]) -> object:
        ((table, wanted),) = request["RequestItems"].items()
        first, *rest = wanted["Keys"]
        answer = whole(RequestItems={table: {"Keys": [first]}})
        if rest:
            answer["UnprocessedKeys"] = {table: {"Keys": rest}}
        return answer

    monkeypatch.setattr(client, "batch_get_item", half)
    assert set(get_many(keys)) == set(keys)
    monkeypatch.setattr(
        client,
        "batch_get_item",
        lambda **r: {"Responses": {}, "UnprocessedKeys": r["RequestItems"]},
    )
    with pytest.raises(StoreUnavailable):
        get_many(keys)


def test_query_returns_a_partition_in_order_by_prefix() -> None:
    for pk, sk in itertools.product("PQ", ("b#2", "a#1", "b#1")):
        put(pk, sk)
    assert [item["sk"] for item in query("P")] == ["a#1", "b#1", "b#2"]
    assert [item["sk"] for item in query("P", "b#")] == ["b#1", "b#2"]


def test_query_reads_on_past_a_megabyte() -> None:
    for n in range(4):
        write(Put(Key("P", str(n)), {"text": "x" * 380_000}))
    assert len(query("P")) == 4


def test_a_transaction_happens_whole() -> None:
    transact([Put(Key("P", "a"), {}), Put(Key("P", "b"), {})])
    assert len(query("P")) == 2
