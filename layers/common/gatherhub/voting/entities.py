"""Votes, ballots and totals as the table holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gatherhub import clock
from gatherhub.schemas import UtcTime
from gatherhub.table.items import Item

Status = Literal["active", "ended"]

_OPEN_ENDED_YEARS = 7_000


class _Entity(BaseModel):
    # Keys and kind are in the item too, but are the table's business. Errors are logged, and logs
    # hold nothing that users have written.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Option(_Entity):
    """One thing to choose; `id` counts from 1 within the vote."""

    id: int
    text: str


class Vote(_Entity):
    """One vote.

    `shards` is over how many items its totals are spread. `closed_at` is when its end was noted,
    after which no ballot can come; its status doesn't wait for that.
    """

    id: int
    event_id: int
    creator_id: int
    title: str
    description: str
    options: tuple[Option, ...]
    ends_at: UtcTime | None
    multiple_choice: bool
    created_at: UtcTime
    shards: int
    closed_at: UtcTime | None = None

    @property
    def end(self) -> str:
        """Return the moment by which votes are listed, as text.

        A vote without an end stands 7,000 years after its creation: behind every end that people
        set, by age, and spread over the hours as the creations were.
        """
        if self.ends_at:
            return clock.to_text(self.ends_at)
        created = clock.to_text(self.created_at)
        return f"{int(created[:4]) + _OPEN_ENDED_YEARS}{created[4:]}"

    def status_at(self, moment: datetime) -> Status:
        """Return the status at a moment: ended from `ends_at` on, to the second."""
        return "ended" if self.ends_at and self.ends_at <= moment else "active"


class Ballot(_Entity):
    """What one user chose, in the order in which it was sent. Shown to nobody else."""

    vote_id: int
    event_id: int
    user_id: int
    option_ids: tuple[int, ...]
    voted_at: UtcTime


@dataclass(frozen=True)
class Totals:
    """How many ballots there are, and how many of them have chosen each option (by its id)."""

    ballots: int
    chosen: Mapping[int, int]

    @classmethod
    def of(cls, vote: Vote, shards: Iterable[Item]) -> "Totals":
        """Return the sum of the items over which a vote's totals are spread."""
        items = list(shards)
        return cls(
            ballots=sum(item["ballots"] for item in items),
            chosen={o.id: sum(item.get(counter(o.id), 0) for item in items) for o in vote.options},
        )

    def percentage(self, option_id: int) -> float:
        """Return the share of the ballots that chose an option, with one decimal, halves up."""
        if not self.ballots:
            return 0.0
        # Whole numbers, since 6.25 and the like have no exact neighbours to round to.
        return (2_000 * self.chosen[option_id] + self.ballots) // (2 * self.ballots) / 10

    def winner(self) -> int | None:
        """Return the option that most ballots chose; None without ballots or on a tie."""
        most = max(self.chosen.values())
        first, *others = [option_id for option_id, n in self.chosen.items() if n == most]
        return first if most and not others else None


def counter(option_id: int) -> str:
    """Return the attribute that counts an option."""
    return f"o{option_id}"


def second_after(moment: datetime) -> str:
    """Return, as text, the first moment at which an end is still to come at `moment`."""
    return clock.to_text(moment + timedelta(seconds=1))


def item_of(entity: _Entity) -> dict[str, Any]:
    """Return an entity as an item, without its key; what was never set is left out of it."""
    return entity.model_dump(exclude_unset=True)
