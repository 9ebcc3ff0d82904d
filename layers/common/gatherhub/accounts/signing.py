"""The keys that sign tokens: versions of one secret, so that rotating it logs nobody out.

The version id of the secret is the `kid` of a token. The current version signs; the previous one
still verifies. To rotate, put a new value into the secret (docs/operations.md).
"""

import time
from dataclasses import dataclass, field
from functools import lru_cache

from botocore.exceptions import ClientError

from gatherhub import aws, settings

_FRESH = (
    300.0  # seconds for which a container signs with a key without asking whether it is current
)
_RETRY = 30.0  # seconds between look-ups of unknown key ids, which anyone can make up


@dataclass
class SigningKeys:
    """The keys a container knows, by `kid`."""

    _keys: dict[str, str] = field(default_factory=dict)
    _current: str = ""
    _loaded_at: float = float("-inf")

    def current(self) -> tuple[str, str]:
        """Return `(kid, key)` for signing."""
        if time.monotonic() - self._loaded_at > _FRESH:
            self._load()
        return self._current, self._keys[self._current]

    def find(self, kid: str) -> str | None:
        """Return the key with this id, or None when no valid token can have been signed by it."""
        age = time.monotonic() - self._loaded_at
        if age > _FRESH or (kid not in self._keys and age > _RETRY):
            self._load()
        return self._keys.get(kid)

    def _load(self) -> None:
        current = self._version("AWSCURRENT")
        if current is None:
            raise RuntimeError("the token secret has no current version")
        self._current = current[0]
        self._keys = dict(filter(None, (current, self._version("AWSPREVIOUS"))))
        self._loaded_at = time.monotonic()

    @staticmethod
    def _version(stage: str) -> tuple[str, str] | None:
        try:
            answer = aws.client("secretsmanager").get_secret_value(
                SecretId=settings.token_secret_id(), VersionStage=stage
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return answer["VersionId"], answer["SecretString"]


@lru_cache(maxsize=1)
def signing_keys() -> SigningKeys:
    """Return the keys of this container."""
    return SigningKeys()
