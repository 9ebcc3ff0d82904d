"""What the table module does when DynamoDB does not simply say yes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from gatherhub import aws
from gatherhub.table import writes
from gatherhub.table.conditions import absent, below, both, either, equal, present
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.keys import Key

KEY = Key("P#1", "S")


class FakeClient:
    """Answers each call with the next of its outcomes: an exception or a response."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[dict[str, Any]] = []
        self.waits: list[float] = []

    def _answer(self, **request: Any) -> Any:
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    transact_write_items = batch_write_item = put_item = update_item = delete_item = _answer


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},  # type: ignore[typeddict-item]
        "TransactWriteItems",
    )


def refused(code: str, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutItem")  # type: ignore[arg-type]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient()
    monkeypatch.setattr(aws, "client", lambda _service: fake)
    # A clock that only waiting moves, and jitter that always waits the longest.
    monkeypatch.setattr("time.monotonic", lambda: sum(fake.waits))
    monkeypatch.setattr("time.sleep", fake.waits.append)
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    return fake


class TestTransact:
    actions = (writes.Put(KEY, {"a": 1}, when=absent()), writes.Delete(KEY))

    def test_a_conflict_is_tried_again_as_a_new_transaction(self, client: FakeClient) -> None:
        client.outcomes = [cancelled("TransactionConflict", "None"), {}]
        writes.transact(self.actions)
        first, second = client.requests
        assert first["TransactItems"] == second["TransactItems"]
        assert first["ClientRequestToken"] != second["ClientRequestToken"]

    @pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
    def test_hopeless_contention_is_unavailable(self, client: FakeClient, code: str) -> None:
        client.outcomes = [cancelled(code)] * 100
        with pytest.raises(StoreUnavailable):
            writes.transact(self.actions)
        assert client.waits[:3] == [0.02, 0.04, 0.08]
        assert max(client.waits) == 1
        assert 8 <= sum(client.waits) <= 9

    def test_actions_that_depend_on_the_time_are_made_anew(self, client: FakeClient) -> None:
        client.outcomes = [cancelled("TransactionConflict"), {}]
        moments = iter("ab")
        writes.transact(lambda: [writes.Put(KEY, {"at": next(moments)})])
        sent = [request["TransactItems"][0]["Put"]["Item"]["at"] for request in client.requests]
        assert sent == [{"S": "a"}, {"S": "b"}]

    def test_a_condition_that_fails_is_final_and_tells_which(self, client: FakeClient) -> None:
        client.outcomes = [cancelled("ConditionalCheckFailed", "None")]
        with pytest.raises(ConditionFailed) as caught:
            writes.transact(self.actions)
        assert caught.value.failed(0)
        assert not caught.value.failed(1)

    def test_a_failed_condition_outweighs_a_conflict(self, client: FakeClient) -> None:
        client.outcomes = [cancelled("TransactionConflict", "ConditionalCheckFailed")]
        with pytest.raises(ConditionFailed):
            writes.transact(self.actions)

    @pytest.mark.parametrize(
        "error",
        [
            refused("ThrottlingException"),
            refused("InternalServerError", 500),
            ConnectTimeoutError(endpoint_url="http://dynamodb"),
        ],
    )
    def test_no_answer_is_unavailable(self, client: FakeClient, error: Exception) -> None:
        client.outcomes = [error]
        with pytest.raises(StoreUnavailable):
            writes.transact(self.actions)

    def test_a_mistake_of_ours_stays_one(self, client: FakeClient) -> None:
        client.outcomes = [refused("ValidationException")]
        with pytest.raises(ClientError):
            writes.transact(self.actions)


class TestWrite:
    def test_an_update_returns_the_item(self, client: FakeClient) -> None:
        client.outcomes = [{"Attributes": {"hits": {"N": "3"}}}]
        assert writes.write(writes.Update(KEY, add={"hits": 1})) == {"hits": 3}
        assert client.requests[0]["ReturnValues"] == "ALL_NEW"

    def test_a_failed_condition_has_the_item_as_it_was(self, client: FakeClient) -> None:
        error = refused("ConditionalCheckFailedException")
        error.response["Item"] = {"hits": {"N": "9"}}  # type: ignore[typeddict-unknown-key]
        client.outcomes = [error]
        with pytest.raises(ConditionFailed) as caught:
            writes.write(writes.Put(KEY, {}, when=absent()))
        assert caught.value.items == [{"hits": 9}]

    def test_a_transaction_at_the_same_item_is_waited_for(self, client: FakeClient) -> None:
        client.outcomes = [refused("TransactionConflictException"), {}]
        assert writes.write(writes.Delete(KEY)) == {}
        assert client.outcomes == []

    def test_hopeless_contention_is_unavailable(self, client: FakeClient) -> None:
        client.outcomes = [refused("TransactionConflictException")] * 100
        with pytest.raises(StoreUnavailable):
            writes.write(writes.Delete(KEY))
        assert 8 <= sum(client.waits) <= 9


class TestDeleteAll:
    def test_many_keys_are_several_requests_and_each_key_goes_once(
        self, client: FakeClient
    ) -> None:
        client.outcomes = [{}, {}]
        keys = [Key("P#1", str(number)) for number in range(30)]
        writes.delete_all([*keys, *keys])
        sizes = sorted(len(batch) for r in client.requests for batch in r["RequestItems"].values())
        assert sizes == [5, 25]

    def test_what_is_left_is_sent_again(self, client: FakeClient) -> None:
        rest = {"gatherhub-test": [{"DeleteRequest": {"Key": {"pk": {"S": "P#1"}}}}]}
        client.outcomes = [{"UnprocessedItems": rest}, {"UnprocessedItems": {}}]
        writes.delete_all([KEY, Key("P#1", "T")])
        assert client.requests[1]["RequestItems"] == rest

    def test_nothing_to_remove_is_no_request(self, client: FakeClient) -> None:
        writes.delete_all([])
        assert client.requests == []


def test_conditions_and_changes_become_one_expression() -> None:
    condition = both(either(absent("hits"), below("hits", 5)), present(), equal("status", "open"))
    update = writes.Update(
        KEY, assign={"status": "shut"}, add={"hits": 2}, remove=("note",), when=condition
    )
    assert update.request() == {
        "Update": {
            "Key": {"pk": {"S": "P#1"}, "sk": {"S": "S"}},
            "UpdateExpression": "SET #status = :v0 ADD #hits :v1 REMOVE #note",
            "ConditionExpression": (
                "((attribute_not_exists(#hits) OR #hits < :v2)"
                " AND attribute_exists(#pk) AND #status = :v3)"
            ),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeNames": {
                "#status": "status",
                "#hits": "hits",
                "#note": "note",
                "#pk": "pk",
            },
            "ExpressionAttributeValues": {
                ":v0": {"S": "shut"},
                ":v1": {"N": "2"},
                ":v2": {"N": "5"},
                ":v3": {"S": "open"},
            },
        }
    }
