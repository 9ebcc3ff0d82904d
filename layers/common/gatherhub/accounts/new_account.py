"""What registering takes, and the rules it must keep; only that route loads the e-mail rules."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic.types import StringConstraints

from gatherhub.accounts import password_rules, passwords
from gatherhub.accounts.names import PersonalName, Username, fold, foldable
from gatherhub.schemas import Request, encodable

_NO_ADDRESS = "Enter a valid e-mail address."


def _email(address: str) -> str:
    try:
        # The form is checked, not whether the domain exists. Addresses under .test are for trying
        # things out, and no e-mail is ever sent.
        checked = validate_email(
            address, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        raise ValueError(_NO_ADDRESS) from None
    if fold(checked.normalized) != fold(address):
        raise ValueError(_NO_ADDRESS)  # invisible characters, with which it could not sign in
    return checked.normalized


Email = Annotated[
    str,
    StringConstraints(max_length=254, strip_whitespace=True),
    AfterValidator(encodable),
    AfterValidator(_email),
    AfterValidator(foldable),
    Field(description="Unique ignoring case.", json_schema_extra={"format": "email"}),
]
NewPassword = Annotated[
    SecretStr,
    Field(
        description="Not all digits, not the username or e-mail address, and not a common one.",
        json_schema_extra={
            "minLength": password_rules.SHORTEST,
            "maxLength": passwords.LONGEST,
        },
    ),
]


class NewAccount(Request):
    """The account to create."""

    # SecretStr keeps the password out of reprs, and this keeps it out of pydantic's messages.
    model_config = ConfigDict(hide_input_in_errors=True)

    username: Username
    email: Email
    password: NewPassword
    first_name: PersonalName = ""
    last_name: PersonalName = ""

    @field_validator("password")
    @classmethod
    def _hard_to_guess(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        text = password.get_secret_value()
        names = [info.data[field] for field in ("username", "email") if field in info.data]
        password_rules.check(encodable(text), names)
        return password
