"""Requests to the management endpoint as bytes, signed as AWS asks (Signature Version 4).

Ours, because botocore's signer parses, copies and sorts a request anew for each, which takes longer
than all else that a post costs. Here what is the same for every post of a second is made once in
it, and what a message's digest is once for all its receivers; two hashes are left. A test holds the
signatures to botocore's.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import quote

from botocore.credentials import ReadOnlyCredentials

_SERVICE = "execute-api"


class Signer:
    """Signs requests to one host with one set of credentials; meant for one call of many posts.

    It remembers the digest of every body that it has signed.
    """

    def __init__(
        self,
        credentials: ReadOnlyCredentials,
        region: str,
        host: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._host = host
        self._now = now
        self._second = -1
        self._digests: dict[bytes, str] = {}

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return a whole HTTP/1.1 request; `path` is percent-encoded as it is to be sent."""
        second = int(self._now())
        if second != self._second:
            self._begin(second)
        # All services but S3 sign the path encoded once more than it is sent.
        canonical = f"{method}\n{quote(path, safe='/~')}{self._signed}{self._digest(body)}"
        text = self._prefix + hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}{self._head}{signature}"
        return f"{head}\r\n\r\n".encode() + body

    def _digest(self, body: bytes) -> str:
        found = self._digests.get(body)
        if found is None:
            found = self._digests[body] = hashlib.sha256(body).hexdigest()
        return found

    def _begin(self, second: int) -> None:
        """Prepare what all requests of a second have in common."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        headers = {"Host": self._host, "X-Amz-Date": moment}
        if self._credentials.token:
            headers["X-Amz-Security-Token"] = self._credentials.token
        names = ";".join(headers).lower()
        lines = "".join(f"{name.lower()}:{value}\n" for name, value in headers.items())
        scope = f"{moment[:8]}/{self._region}/{_SERVICE}/aws4_request"
        self._signed = f"\n\n{lines}\n{names}\n"
        self._prefix = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n"
        self._key = self._signing_key(scope)
        self._head = "".join(f"\r\n{name}: {value}" for name, value in headers.items()) + (
            "\r\nAuthorization: AWS4-HMAC-SHA256 "
            f"Credential={self._credentials.access_key}/{scope}, SignedHeaders={names}, Signature="
        )
        self._second = second

    def _signing_key(self, scope: str) -> bytes:
        key = f"AWS4{self._credentials.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key
