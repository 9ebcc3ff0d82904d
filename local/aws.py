"""Clients of the emulator's AWS APIs with its root credentials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from local.config import REGION
from local.errors import StackError

# The emulator takes this pair for the account's root user, whom no policy limits; everyone
# else (the functions' roles above all) is checked.
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@contextmanager
def explained() -> Iterator[None]:
    """Say in a sentence that the emulator refused a call that the local stack can't do without.

    Raises:
        StackError: it did.
    """
    try:
        yield
    except ClientError as error:
        message = (
            f"The emulator refused: {error}\n"
            "If its data are damaged, `make reset` forgets them and the next start makes new ones."
        )
        raise StackError(message) from error


class Aws:
    """Makes clients that talk to one emulator, whatever AWS settings the user has."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        core = botocore.session.Session()
        for name in ("profile", "config_file", "credentials_file"):
            core.set_config_variable(name, None)
        self._session = boto3.Session(
            aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
            botocore_session=core,
        )

    def client(self, service: str) -> Any:
        """Return a boto3 client of `service`, e.g. `dynamodb`."""
        config = ClientConfig(
            retries={"total_max_attempts": 1},  # a local call that fails won't do better later
            s3={"addressing_style": "path"},
            signature_version="s3v4" if service == "s3" else None,
        )
        return self._session.client(
            service,  # type: ignore[call-overload]  # any service, not only the typed ones
            endpoint_url=self._endpoint_url,
            config=config,
        )
