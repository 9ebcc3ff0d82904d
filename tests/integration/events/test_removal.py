"""What is left of a deleted event goes by the stream, however often that has to be tried."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gatherhub.events import store
from gatherhub.maintenance import removal
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.writes import Put, write
from tests.http import handler
from tests.integration.events.support import (
    ANNA,
    BEN,
    created,
    delete,
    items_of,
    join,
    show,
    update,
)
from tests.memory_table import MemoryTable
from tests.people import person


@pytest.fixture
def anna(table: MemoryTable) -> str:
    return person(ANNA)


def consume(*records: dict[str, Any]) -> list[str]:
    """Deliver a batch and return the sequence numbers that are to be delivered again."""
    event = {"Records": list(records)}
    report = handler("maintenance.remove_leftovers")(event, SimpleNamespace())
    return [failure["itemIdentifier"] for failure in report["batchItemFailures"]]


def deletions(table: MemoryTable) -> Iterator[dict[str, Any]]:
    """Yield the records that the function's filter lets through."""
    for record in table.stream:
        old = record["dynamodb"].get("OldImage", {})
        if record["eventName"] == "REMOVE" and old.get("kind") == {"S": "event"}:
            yield record


def crowd(event_id: int, size: int) -> None:
    for user_id in range(1_000, 1_000 + size):
        key = keys.participant(event_id, user_id)
        write(Put(key, {keys.KIND: "participant", "event_id": event_id, "user_id": user_id}))


def test_nothing_of_a_deleted_event_is_left_and_all_of_the_others(
    anna: str, table: MemoryTable
) -> None:
    event, other = created(anna, description="Bring cake"), created(anna, description="Bring cake")
    join(person(BEN), event)
    join(person(BEN), other)
    kept = items_of(table, other)
    # The event, two participations, two rows in lists, three words.
    assert len(items_of(table, event)) == len(kept) == 8
    delete(anna, event)
    assert len(items_of(table, event)) == 2
    assert consume(*deletions(table)) == []
    assert items_of(table, event) == []
    assert items_of(table, other) == kept
    assert len(show(anna, other).json["participants"]) == 2


def test_a_repeated_delivery_is_harmless(anna: str, table: MemoryTable) -> None:
    event, other = created(anna), created(anna)
    delete(anna, event)
    (record,) = deletions(table)
    before = items_of(table, other)
    assert consume(record) == consume(record, record) == []
    assert items_of(table, event) == []
    assert items_of(table, other) == before


def test_a_crowd_goes_in_rounds(
    anna: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_AT_ONCE", 40)
    event = created(anna)
    crowd(event, 99)
    delete(anna, event)
    assert consume(*deletions(table)) == []
    assert items_of(table, event) == []


def test_what_dies_halfway_is_delivered_again_and_finished(
    anna: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, second = created(anna), created(anna)
    crowd(event, 60)
    delete(anna, event)
    delete(anna, second)
    first_record, second_record = deletions(table)
    write_batch = table.batch_write_item
    written = 0

    def dying(**request: Any) -> dict[str, Any]:
        nonlocal written
        written += 1
        if written == 2:
            raise StoreUnavailable("gone in the middle")
        return write_batch(**request)

    with monkeypatch.context() as patch:
        patch.setattr(table, "batch_write_item", dying)
        failed = consume(first_record, second_record)
    assert failed == [first_record["dynamodb"]["SequenceNumber"]]
    left = len(items_of(table, event))
    assert 0 < left < 61
    assert items_of(table, second) == []
    assert consume(first_record, second_record) == []
    assert items_of(table, event) == []


def test_participations_go_before_everything_else_and_a_failure_stops_the_rest(
    anna: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[int, int]] = []

    def later(event_id: int) -> None:
        called.append((event_id, len(items_of(table, event_id))))

    removers = (*removal.REMOVERS[store.EVENT], later)
    monkeypatch.setitem(removal.REMOVERS, store.EVENT, removers)
    event = created(anna)
    delete(anna, event)
    (record,) = deletions(table)
    with monkeypatch.context() as patch:
        patch.setattr(table, "query", _refuse)
        assert consume(record) == [record["dynamodb"]["SequenceNumber"]]
    assert called == []
    assert consume(record) == []
    assert called == [(event, 0)]


def _refuse(**_: Any) -> None:
    raise StoreUnavailable("no answer")


def test_other_changes_remove_nothing(anna: str, table: MemoryTable) -> None:
    event = created(anna)
    join(person(BEN), event)
    update(anna, event, title="Dinner")
    before = items_of(table, event)
    assert consume(*table.stream) == []
    assert items_of(table, event) == before


def test_a_record_that_can_not_be_read_is_reported(anna: str, table: MemoryTable) -> None:
    event = created(anna)
    delete(anna, event)
    (record,) = deletions(table)
    broken = {**record, "dynamodb": {**record["dynamodb"], "Keys": {}}}
    assert consume(broken) == [record["dynamodb"]["SequenceNumber"]]


def test_whoever_warms_the_function_sends_nothing(table: MemoryTable) -> None:
    assert consume() == []
