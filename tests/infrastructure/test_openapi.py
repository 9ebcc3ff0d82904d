import pytest

from gatherhub.http.routes import ROUTES
from tools import openapi


def test_the_description_is_what_the_handlers_declare() -> None:
    text = openapi.TARGET.read_text(encoding="utf-8")
    assert text == openapi.render(), "run `make openapi`"


@pytest.mark.parametrize("path", ["/health/ready/", "/health/live/"])
def test_a_check_that_fails_has_the_body_of_one_that_does_not(path: str) -> None:
    responses = openapi.describe()["paths"][path]["get"]["responses"]
    assert set(responses) == {"200", "503"}
    assert responses["200"]["content"] == responses["503"]["content"]
    assert "$ref" in responses["200"]["content"]["application/json"]["schema"]


def test_the_description_has_every_public_route() -> None:
    described = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, operations in openapi.describe()["paths"].items()
        for method in operations
    }
    assert described == {(path, method) for path, methods in ROUTES.items() for method in methods}
