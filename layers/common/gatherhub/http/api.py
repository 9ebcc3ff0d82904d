"""How every function meets HTTP: Powertools' resolver, configured once for all of them.

A handler file makes one `Api`, declares its route on it and exposes it as `handler`. What the
contract asks of every answer (authentication, rate limit, error format, request id, log line) is
done here, around the resolver; the handler's own function only sees valid input.
"""

import json
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.errors import ErrorCode, Problem, internal, rate_limited, unavailable
from gatherhub.http import rate_limit
from gatherhub.http.auth import authenticate
from gatherhub.http.errors import from_validation, to_response
from gatherhub.http.request import JSON, Incoming
from gatherhub.http.roles import Role
from gatherhub.http.routes import allowed_methods
from gatherhub.observability import logger, record_request
from gatherhub.table.errors import TableError

_NO_CONTENT = 204
_HEALTH = "/health/"


class Access(Enum):
    """Who may call a route."""

    SIGNED_IN = "signed in"
    PUBLIC = "public"  # counted by address
    MONITOR = "monitor"  # public and not counted: health


class Api(APIGatewayHttpResolver):
    """The resolver of one function.

    Parameters
    ----------
    access
        Who may call it; `SIGNED_IN` unless said otherwise.
    accepts
        The media types of its request body; empty when it takes none.
    roles
        Which of the signed-in users may call it, any one role being enough; empty for all of them.
    errors
        What its domain may refuse, for the OpenAPI description; what every route may answer
        (invalid input, no token, too many requests) goes without saying.
    """

    def __init__(
        self,
        access: Access = Access.SIGNED_IN,
        accepts: tuple[str, ...] = (JSON,),
        roles: tuple[Role, ...] = (),
        errors: tuple[ErrorCode, ...] = (),
    ) -> None:
        super().__init__(enable_validation=True, serializer=_as_json)
        self.access = access
        self.accepts = accepts
        self.roles = roles
        self.errors = errors
        if access is Access.SIGNED_IN or accepts:
            # Every request counts in the table and deals with tokens.
            aws.prepare("dynamodb", "secretsmanager")
        self._incoming: Incoming
        self._user_id: int | None = None
        self._allowance: rate_limit.Allowance | None = None
        self.exception_handler(RequestValidationError)(
            lambda error: to_response(from_validation(error))
        )
        self.exception_handler(Exception)(self._failed)

    @property
    def user_id(self) -> int:
        """Return the id of the user who is calling; only on routes for signed-in users."""
        if self._user_id is None:
            raise RuntimeError("this route does not authenticate its callers")
        return self._user_id

    @property
    def raw_query(self) -> str:
        """Return the query string as the client sent it."""
        return str(self._incoming.event.get("rawQueryString", ""))

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one HTTP API event (payload 2.0); never raises."""
        started = time.perf_counter()
        self._incoming = Incoming.of(event)
        self._user_id = self._allowance = None
        logger.append_keys(request_id=self._incoming.request_id)
        try:
            self._admit()
            answer = self.resolve(self._incoming.normalised(self.accepts), context)
        except Exception as error:  # noqa: BLE001  (the last place where anything can become an answer)
            answer = _as_event(self._failed(error))
        if answer["statusCode"] == _NO_CONTENT:
            answer |= {"headers": {}, "body": ""}  # Powertools would say `null`
        answer["headers"] = {**answer.get("headers", {}), **self._common_headers()}
        record_request(
            route=self._incoming.route,
            status=answer["statusCode"],
            seconds=time.perf_counter() - started,
            request_id=self._incoming.request_id,
            user_id=self._user_id,
        )
        return answer

    def _admit(self) -> None:
        """Authenticate the caller, count the request and see that there is a route for it.

        A refusal counts as well. What is not there is so for everybody, whatever else is wrong.
        """
        refusal: Problem | None = None
        if self.access is Access.SIGNED_IN:
            try:
                self._user_id = authenticate(self._incoming.headers)
            except Problem as problem:
                refusal = problem
        # The function for what is not there also gets what is not there of the health paths.
        if self.access is not Access.MONITOR and not self._incoming.path.startswith(_HEALTH):
            self._count()
        if not self._has_route():
            raise self._no_route()
        if refusal:
            raise refusal

    def _count(self) -> None:
        subject = f"USER#{self._user_id}" if self._user_id else f"ADDRESS#{self._incoming.client}"
        self._allowance = rate_limit.spend(subject)
        if self._allowance is None:
            self._allowance = rate_limit.exhausted()
            raise rate_limited(self._allowance.limit, "1 minute", self._allowance.reset)

    def _has_route(self) -> bool:
        return any(
            route.method == self._incoming.method and route.rule.match(self._incoming.path)
            for route in (*self._static_routes, *self._dynamic_routes)
        )

    def _no_route(self) -> Problem:
        methods = allowed_methods(self._incoming.path)
        # A path that only looks like one of ours, as with a zero byte for an id, is none of ours.
        if not methods or self._incoming.method in methods:
            return Problem(ErrorCode.NOT_FOUND, "There is nothing at this address.")
        allow = ", ".join(methods)
        return Problem(
            ErrorCode.METHOD_NOT_ALLOWED, f"This address takes {allow}.", headers={"Allow": allow}
        )

    def _failed(self, error: Exception) -> Response[str]:
        if isinstance(error, Problem):
            return to_response(error)
        if isinstance(error, TableError) or aws.is_outage(error):
            logger.error("a service did not answer", exc_info=error)
            return to_response(unavailable())
        logger.error("unexpected error", exc_info=error)
        return to_response(internal(self._incoming.request_id))

    def _common_headers(self) -> dict[str, str]:
        allowance = self._allowance.headers if self._allowance else {}
        return {
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": self._incoming.request_id,
            **allowance,
        }


def _as_json(body: Any) -> str:
    # Not escaped to ASCII: a page of emoji would be three times as long, and past Lambda's 6 MB.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _as_event(response: Response[str]) -> dict[str, Any]:
    headers = {"Content-Type": response.content_type or "", **response.headers}
    return {
        "statusCode": response.status_code,
        "headers": headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
