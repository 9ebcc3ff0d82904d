"""The life of a vote on moto's DynamoDB and SQS, which check every expression as AWS does."""

import json
from datetime import timedelta

import pytest

from gatherhub import aws, clock, settings
from gatherhub.table import keys
from gatherhub.table.reads import query
from gatherhub.voting import ending, removal
from tests.integration.voting.support import (
    EVENT,
    MAKER,
    MEMBER,
    OWNER,
    STRANGER,
    a_party,
    cast,
    close,
    create,
    created,
    delete,
    listed,
    results,
    show,
    vanishes,
)


@pytest.fixture(autouse=True)
def table(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep moto's table here, and add a queue to it."""
    queue = aws.client("sqs").create_queue(QueueName="closing")
    monkeypatch.setenv("CLOSING_QUEUE_URL", queue["QueueUrl"])
    a_party(participants=60)


def test_a_vote_from_its_creation_to_its_end() -> None:
    assert create(STRANGER).status == 403
    vote_id, other = created(), created(ends_at=None)
    assert cast(vote_id, MEMBER, 2).status == 200
    assert cast(vote_id, MEMBER, 2).json["error"] == "already_voted"
    assert cast(vote_id, STRANGER, 2).json["error"] == "permission_denied"
    assert show(vote_id, MEMBER).json["user_vote"]["option_ids"] == [2]
    assert close(vote_id, OWNER).status == 200
    assert cast(vote_id, MAKER, 2).json["error"] == "voting_ended"
    assert results(vote_id).json["winner"] == {"option_id": 2, "text": "Sushi"}
    for wanted in ("", f"event={EVENT}&", f"creator={MAKER}&"):
        for status, expected in (("active", other), ("ended", vote_id)):
            page = listed(f"?{wanted}status={status}").json
            assert (page["count"], [v["id"] for v in page["results"]]) == (1, [expected])
    assert delete(other).status == 204
    vanishes()
    removal.remove_with_event(EVENT)
    assert query(keys.event(EVENT).pk, keys.VOTES_OF_EVENT) == []
    assert query(keys.vote(vote_id).pk) == query(keys.ballots(vote_id)) == []
    assert listed().json["count"] == 0


def test_the_end_of_a_vote_goes_through_the_queue() -> None:
    ends_at = clock.to_text(clock.now() + timedelta(seconds=2))
    vote_id = created(ends_at=ends_at)
    assert ending.schedule() == 1
    queue = {"QueueUrl": settings.closing_queue_url(), "WaitTimeSeconds": 4}
    (message,) = aws.client("sqs").receive_message(**queue)["Messages"]
    assert json.loads(message["Body"]) == {"vote_id": vote_id, "end": ends_at}
    assert ending.receive(message["Body"]) is True
    assert clock.to_text(clock.now()) >= ends_at  # it may come early, and is waited out
    assert ending.receive(message["Body"]) is False
    assert ending.schedule() == 0
