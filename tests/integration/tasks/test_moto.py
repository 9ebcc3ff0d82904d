"""The life of a task on moto's DynamoDB, which checks every expression as AWS does."""

from gatherhub.table import keys
from gatherhub.table.reads import query
from gatherhub.tasks import removal
from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    GUEST,
    HOST,
    STRANGER,
    assign,
    complete,
    create,
    delete,
    ids,
    listed,
    show,
    update,
)


def test_a_task_from_its_creation_to_its_end() -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    assert create(tokens[STRANGER], event_id).status == 403
    due = "2030-01-01T00:00:00Z"
    task_id = create(tokens[CREATOR], event_id, assignee=ASSIGNEE, due_date=due).json["id"]
    kept = create(tokens[HOST], event_id).json["id"]
    assert update(tokens[ASSIGNEE], task_id, status="in_progress", due_date=None).status == 200
    assert assign(tokens[HOST], task_id, assignee=GUEST).status == 200
    assert complete(tokens[GUEST], task_id).status == 200
    for query_by in ({"status": "completed"}, {"assignee": GUEST}):
        assert ids(listed(tokens[HOST], **query_by)) == [task_id]
    assert listed(tokens[HOST], due_date_from="2000-01-01").json["count"] == 0
    assert set(ids(listed(tokens[HOST]))) == {task_id, kept}
    assert delete(tokens[HOST], task_id).status == 204
    assert show(tokens[HOST], task_id).status == 404
    removal.remove_with_event(event_id)
    assert query(keys.event(event_id).pk, keys.TASK_OF_EVENT) == []
    assert listed(tokens[HOST]).json["count"] == 0
