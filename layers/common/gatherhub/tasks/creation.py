"""Creating a task."""

from gatherhub import clock
from gatherhub.errors import invalid_fields
from gatherhub.events.entities import Event
from gatherhub.ids import new_id
from gatherhub.table import keys
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.reads import get_many
from gatherhub.tasks import store
from gatherhub.tasks.context import UNKNOWN_USER, TaskInContext
from gatherhub.tasks.entities import Task
from gatherhub.tasks.permissions import must_participate
from gatherhub.tasks.schemas import NewTask, TaskSummary
from gatherhub.tasks.summaries import summarise

_ROUNDS = 5  # a second one when the id is taken, once in 4,096 tasks of the same millisecond


def create(creator_id: int, request: NewTask) -> TaskSummary:
    """Create a task in an event and return it.

    Problem `validation_error` for an unknown event or assignee, `permission_denied` for a creator
    who takes no part in the event. Two requests.
    """
    for _ in range(_ROUNDS):
        # Read before the write: to say exactly what is wrong, and so that nothing fails after it.
        found = _prepared(creator_id, request)
        try:
            store.add(found.task)
        except ConditionFailed:  # the id is taken, or what was just read holds no more
            continue
        return summarise(found)
    raise StoreUnavailable("no free id was found")


def _prepared(creator_id: int, request: NewTask) -> TaskInContext:
    event_key = keys.event(request.event)
    participation = keys.participant(request.event, creator_id)
    accounts = [keys.user(user_id) for user_id in (creator_id, request.assignee) if user_id]
    items = get_many([event_key, participation, *accounts])
    if event_key in items and participation not in items:
        raise must_participate()
    wrong = {}
    if event_key not in items:
        wrong["event"] = ["There is no such event."]
    if request.assignee is not None and keys.user(request.assignee) not in items:
        wrong["assignee"] = [UNKNOWN_USER]
    if wrong:
        raise invalid_fields(wrong)
    return TaskInContext(_new(creator_id, request), Event.model_validate(items[event_key]), items)


def _new(creator_id: int, request: NewTask) -> Task:
    now = clock.now()
    return Task(
        id=new_id(),
        event_id=request.event,
        creator_id=creator_id,
        assignee_id=request.assignee,
        title=request.title,
        description=request.description,
        status="pending",
        priority=request.priority,
        due_date=request.due_date,
        created_at=now,
        updated_at=now,
        completed_at=None,
        version=1,
    )
