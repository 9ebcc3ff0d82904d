"""How long a call may take, before the function that makes it is killed."""

from threading import Thread

import pytest

from gatherhub import aws
from tests.template import load_template

SERVICES = ("dynamodb", "s3", "secretsmanager", "ssm")


def longest(service: str) -> float:
    """Return the seconds after which a call to a service that hangs has failed."""
    config = aws.client(service).meta.config
    attempts = config.retries["total_max_attempts"]
    pauses = sum(2**number for number in range(attempts - 1))
    return float(attempts * (config.connect_timeout + config.read_timeout) + pauses)


@pytest.mark.parametrize("service", SERVICES)
def test_a_call_and_what_undoes_it_fit_into_a_function(service: str) -> None:
    assert 2 * longest(service) < load_template()["Globals"]["Function"]["Timeout"]


def test_a_check_tries_once_and_only_the_check() -> None:
    with aws.one_attempt():
        once = aws.client("dynamodb")
        assert once.meta.config.retries["total_max_attempts"] == 1
        others = []
        thread = Thread(target=lambda: others.append(aws.client("dynamodb")))
        thread.start()
        thread.join()
    assert aws.client("dynamodb") is others[0] is not once
