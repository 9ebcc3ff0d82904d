"""What clients say on a socket, and the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from gatherhub import clock, ids
from gatherhub.accounts import tokens
from gatherhub.errors import NON_FIELD, ErrorCode, Problem, invalid, invalid_fields
from gatherhub.realtime import deadlines, enforcement, resuming
from gatherhub.realtime.audiences import ALL, Subscription, Topic, named
from gatherhub.realtime.connections import Connection, Gone, change_connection
from gatherhub.realtime.messages import Message, MessageType, reply
from gatherhub.schemas import Request, WholeNumber

MAX_BYTES = 8_192
MOST_SUBSCRIPTIONS = 50

_PING = "ping"
_AUTHENTICATE = "authenticate"

RequestType = TypeVar("RequestType", bound=Request)


class Credentials(Request):
    """The data of `authenticate`."""

    token: str


def _listed(value: Any) -> Any:
    return [ALL] if value == ALL else value


class Choice(Request):
    """The data of `subscribe` and `unsubscribe`: topics, of one event or (None) of all."""

    topics: Annotated[list[str], BeforeValidator(_listed), AfterValidator(named)]
    event: Annotated[WholeNumber, Field(ge=1, le=ids.MAX_ID)] | None = None

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return what is chosen."""
        return tuple(Subscription(Topic(name), self.event) for name in self.topics)


class LastMessage(Request):
    """The data of `resume`."""

    last_id: str


def authenticate(connection: Connection, said: Credentials) -> Message:
    """Let a connection listen until the token's time is over, or longer than up to now.

    A token that ends before the present one changes nothing: the user has shown both. Problem
    `token_invalid` or `token_expired` for a bad token, `permission_denied` for another user's.
    """
    access = tokens.verify_access(said.token)

    def renew(present: Connection) -> Connection:
        if present.user_id not in {None, access.user_id}:
            raise Problem(ErrorCode.PERMISSION_DENIED, "The connection is another user's.")
        until = max(present.authenticated_until, access.expires_at)
        return replace(present, user_id=access.user_id, authenticated_until=until)

    renewed = change_connection(connection, renew)
    deadlines.watch_token(renewed)
    return reply(
        MessageType.AUTHENTICATED,
        {
            "user_id": renewed.user_id,
            "expires_at": clock.to_text(clock.from_epoch(renewed.authenticated_until)),
            "closes_at": deadlines.closing_time(renewed),
        },
    )


def subscribe(connection: Connection, said: Choice) -> Message:
    """Add what is chosen. Problem `validation_error` when that is more than a connection has."""

    def add(present: Connection) -> Connection:
        wanted = tuple(dict.fromkeys([*present.subscriptions, *said.subscriptions()]))
        if len(wanted) > MOST_SUBSCRIPTIONS:
            raise invalid("topics", f"A connection has {MOST_SUBSCRIPTIONS} subscriptions at most.")
        return replace(present, subscriptions=wanted)

    return _listening(MessageType.SUBSCRIBED, change_connection(connection, add))


def unsubscribe(connection: Connection, said: Choice) -> Message:
    """Take away what is chosen; without an event also what was narrowed to one."""
    chosen = said.subscriptions()

    def remains(one: Subscription) -> bool:
        whole = replace(one, event_id=None) if said.event is None else one
        return whole not in chosen

    def remove(present: Connection) -> Connection:
        return replace(present, subscriptions=tuple(filter(remains, present.subscriptions)))

    return _listening(MessageType.UNSUBSCRIBED, change_connection(connection, remove))


def resume(connection: Connection, said: LastMessage) -> None:
    """Send what was missed since a message. Problem `validation_error` if there is no such id."""
    resuming.resume(connection, said.last_id)


def _listening(message_type: MessageType, connection: Connection) -> Message:
    present = [{"topic": one.topic, "event": one.event_id} for one in connection.subscriptions]
    return reply(message_type, {"subscriptions": present})


@dataclass(frozen=True)
class _Command:
    """What a type of message carries as `data`, and what is done about it."""

    data: type[Request]
    do: Callable[[Connection, Any], Message | None]


_COMMANDS: Mapping[str, _Command] = {
    _AUTHENTICATE: _Command(Credentials, authenticate),
    "subscribe": _Command(Choice, subscribe),
    "unsubscribe": _Command(Choice, unsubscribe),
    "resume": _Command(LastMessage, resume),
}


class _Said(Request):
    type: str
    data: Any = None


def answer(connection_id: str, body: str) -> Message | None:
    """Return the answer to a client's message.

    None when all has been sent, or when the connection had to be closed. Problem when what the
    client says can't be done. What is malformed makes no request, and `ping` one: its answer is a
    promise that the connection hears what it has subscribed to.
    """
    said = _parsed(body)
    if said.type == _PING:
        return reply(MessageType.PONG) if enforcement.find_open(connection_id) else None
    command = _COMMANDS.get(said.type)
    if command is None:
        raise invalid("type", f"Enter one of: {', '.join(sorted([_PING, *_COMMANDS]))}.")
    data = _checked(command.data, said.data)
    connection = enforcement.find_open(connection_id)
    if connection is None:
        return None
    if connection.user_id is None and said.type != _AUTHENTICATE:
        raise Problem(ErrorCode.NOT_AUTHENTICATED, "Authenticate this connection first.")
    try:
        return command.do(connection, data)
    except Gone:  # closed meanwhile: there is nobody to answer
        return None


def _parsed(body: str) -> _Said:
    if len(body.encode(errors="replace")) > MAX_BYTES:
        raise Problem(
            ErrorCode.PAYLOAD_TOO_LARGE,
            f"The message is larger than {MAX_BYTES:,} bytes.",
            {"limit_bytes": MAX_BYTES},
        )
    try:
        return _Said.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def _checked(model: type[RequestType], data: Any) -> RequestType:
    if not isinstance(data, dict):
        raise invalid("data", "Send an object.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> Problem:
    fields: dict[str, list[str]] = {}
    for entry in error.errors():
        if entry["type"] == "json_invalid":
            return Problem(ErrorCode.INVALID_JSON, "The message is not valid JSON.")
        field = ".".join(str(part) for part in entry["loc"]) or NON_FIELD
        fields.setdefault(field, []).append(entry["msg"])
    return invalid_fields(fields)
