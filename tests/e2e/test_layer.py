"""The layer lacks the parts of its libraries that nothing uses: what is used still works."""

import io

import httpx
import pytest
from PIL import Image


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "P"), ("GIF", "P"), ("WEBP", "RGB")]
)
def test_avatars_of_every_format_are_taken(
    http: httpx.Client, token: str, kind: str, mode: str
) -> None:
    picture = io.BytesIO()
    Image.new(mode, (900, 600), 100).save(picture, kind)
    answer = http.put(
        "/api/v1/auth/profile/",
        headers={"Authorization": f"Bearer {token}"},
        files={"avatar": ("me", picture.getvalue())},
    )
    assert answer.status_code == 200, answer.text
    loaded = httpx.get(answer.json()["avatar"])
    avatar = Image.open(io.BytesIO(loaded.content))
    assert (avatar.format, avatar.size) == ("WEBP", (512, 341))
