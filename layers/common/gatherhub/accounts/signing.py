"""The keys that sign tokens: versions of one secret, so that rotating it logs nobody out.

The version id of the secret is the `kid` of a token. The current version signs; the previous one
still verifies. To rotate, put a new value into the secret (docs/operations.md).
"""

import time
from functools import lru_cache
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws, settings
from gatherhub.errors import unavailable
from gatherhub.observability import logger

_FRESH = (
    300.0  # seconds for which a container signs with a key without asking whether it is current
)
# A key id that is not found is not looked for again for so many seconds, and no more different ones
# are looked for in that time: anyone can make them up.
_RETRY = 30.0
_MOST_UNKNOWN = 20
_NEVER = float("-inf")


class SigningKey(NamedTuple):
    """One version of the secret."""

    kid: str
    key: str


class SigningKeys:
    """The keys a container knows: the current one, and the previous one once a token names it."""

    def __init__(self) -> None:
        self._current: SigningKey | None = None
        self._previous: SigningKey | None = None
        self._renewed_at = _NEVER
        self._unknown: dict[str, float] = {}  # key ids, and when they were not found

    def current(self) -> SigningKey:
        """Return the key to sign with; Problem `service_unavailable` when it can't be read."""
        if self._current is None or time.monotonic() - self._renewed_at > _FRESH:
            self._renew()
        if self._current is None:
            raise unavailable()
        return self._current

    def find(self, kid: str) -> str | None:
        """Return the key with this id, or None when no valid token can have been signed by it.

        Problem `service_unavailable` when no key can be read.
        """
        self.current()
        key = self._known(kid)
        if key is None and self._may_look_for(kid):
            self._renew()
            self._previous = _read("AWSPREVIOUS")
            key = self._known(kid)
            if key is None:
                self._unknown[kid] = time.monotonic()
        return key

    def _known(self, kid: str) -> str | None:
        known = (self._current, self._previous)
        return next((found.key for found in known if found and found.kid == kid), None)

    def _may_look_for(self, kid: str) -> bool:
        since = time.monotonic() - _RETRY
        self._unknown = {name: when for name, when in self._unknown.items() if when >= since}
        return kid not in self._unknown and len(self._unknown) < _MOST_UNKNOWN

    def _renew(self) -> None:
        # A key that can't be renewed goes on being used: better than to refuse everybody.
        found = _read("AWSCURRENT")
        if found is None:
            return
        self._renewed_at = time.monotonic()
        if found != self._current:
            self._current, self._previous = found, None


def _read(stage: str) -> SigningKey | None:
    try:
        answer = aws.client("secretsmanager").get_secret_value(
            SecretId=settings.token_secret_id(), VersionStage=stage
        )
    except (BotoCoreError, ClientError) as error:
        if not _is_missing(error):
            logger.error("the token secret can't be read", exc_info=error)
        return None
    return SigningKey(answer["VersionId"], answer["SecretString"])


def _is_missing(error: Exception) -> bool:
    # A secret that was never rotated has no previous version.
    code = error.response["Error"].get("Code") if isinstance(error, ClientError) else None
    return code == "ResourceNotFoundException"


@lru_cache(maxsize=1)
def signing_keys() -> SigningKeys:
    """Return the keys of this container."""
    return SigningKeys()
