"""Creating a vote."""

from gatherhub import clock
from gatherhub.accounts.people import among
from gatherhub.errors import invalid
from gatherhub.events.entities import Event
from gatherhub.ids import new_id
from gatherhub.table import keys
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.reads import get_many
from gatherhub.voting import ending, store, views
from gatherhub.voting.entities import Option, Vote
from gatherhub.voting.permissions import not_a_participant
from gatherhub.voting.schemas import CreatedVote, NewVote

_DRAWS = 5  # a second one is needed once in 4,096 votes of the same millisecond


def create(creator_id: int, request: NewVote) -> CreatedVote:
    """Create a vote of an event and return it.

    Problem `validation_error` for an event that does not exist, `permission_denied` for one in
    which the creator takes no part. Two requests, and one to the queue if the vote ends very soon.
    """
    wanted = (
        keys.event(request.event),
        keys.participant(request.event, creator_id),
        keys.user(creator_id),
    )
    # The person too is read before the write, so that nothing can fail after it.
    found = get_many(wanted)
    event_item, participation = (found.get(key) for key in wanted[:2])
    if event_item is None:
        raise invalid("event", "There is no such event.")
    if participation is None:
        raise not_a_participant()
    event = Event.model_validate(event_item)
    vote = _add(creator_id, request, store.shards_for(event.current_participants))
    ending.announce_soon(vote)
    return views.created(vote, event, among([creator_id], found)[creator_id])


def _add(creator_id: int, request: NewVote, shards: int) -> Vote:
    options = tuple(
        Option(id=number, text=option.text) for number, option in enumerate(request.options, 1)
    )
    for _ in range(_DRAWS):
        vote = Vote(
            id=new_id(),
            event_id=request.event,
            creator_id=creator_id,
            title=request.title,
            description=request.description,
            options=options,
            ends_at=request.ends_at,
            multiple_choice=request.multiple_choice,
            created_at=clock.now(),
            shards=shards,
        )
        try:
            store.add(vote)
        except ConditionFailed as failure:
            if failure.failed(1):
                raise not_a_participant() from failure
            continue  # the id is taken
        return vote
    raise StoreUnavailable("no free id was found")
