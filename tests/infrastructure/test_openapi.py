from gatherhub.http.routes import ROUTES
from tools import openapi


def test_the_description_is_what_the_handlers_declare() -> None:
    text = openapi.TARGET.read_text(encoding="utf-8")
    assert text == openapi.render(), "run `make openapi`"


def test_the_description_has_every_public_route() -> None:
    described = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, operations in openapi.describe()["paths"].items()
        for method in operations
    }
    assert described == {(path, method) for path, methods in ROUTES.items() for method in methods}
