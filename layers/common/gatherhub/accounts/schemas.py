"""What the account routes take and answer; registering has its own module, `new_account`."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, PlainValidator, SecretStr, WithJsonSchema

from gatherhub.accounts.names import LoginName, PersonalName
from gatherhub.schemas import Description, Request, Response, Text, Upload, UtcTime, encodable


def _encodable_secret(secret: SecretStr) -> SecretStr:
    encodable(secret.get_secret_value())
    return secret


def _upload_or_null(value: Any) -> Upload | None:
    if value is None or isinstance(value, Upload):
        return value
    raise ValueError("Send null to remove the avatar, or one file in multipart/form-data.")


class LoginRequest(Request):
    """Who signs in, and the proof."""

    # SecretStr keeps the password out of reprs, and this keeps it out of pydantic's messages.
    model_config = ConfigDict(hide_input_in_errors=True)

    username: LoginName
    password: Annotated[SecretStr, AfterValidator(_encodable_secret)]


class RefreshRequest(Request):
    """The refresh token to exchange, or to end the login of."""

    refresh: Text


class ProfileChanges(Request):
    """What to change of a profile; what is not sent stays."""

    first_name: PersonalName = ""
    last_name: PersonalName = ""
    bio: Description = ""
    avatar: Annotated[
        Upload | None,
        PlainValidator(_upload_or_null),
        WithJsonSchema({"type": "null", "description": "null removes the avatar."}),
    ] = None


class TokenPair(Response):
    """An access token for an hour and the refresh token that gets the next pair, once."""

    access: str
    refresh: str


class Account(Response):
    """An account as its owner sees it after signing in."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str


class NewlyJoined(Account):
    """An account as its owner sees it after registering."""

    date_joined: UtcTime


class Registered(TokenPair):
    """The answer to registering, which signs in as well."""

    user: NewlyJoined


class SignedIn(TokenPair):
    """The answer to signing in."""

    user: Account


class UpdatedProfile(NewlyJoined):
    """A profile after a change. `avatar` is an absolute URL, or null without one."""

    bio: str
    avatar: str | None


class Profile(UpdatedProfile):
    """A profile. `last_login` is the latest registration or login; refreshing is neither."""

    last_login: UtcTime
