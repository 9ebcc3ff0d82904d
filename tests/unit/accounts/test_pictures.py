import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from gatherhub.accounts import pictures
from gatherhub.accounts.pictures import to_avatar
from gatherhub.errors import ErrorCode, Problem

RED, BLUE = (220, 20, 20), (20, 20, 220)
ORIENTATION, GPS = 0x0112, 0x8825


def halves(size: tuple[int, int] = (80, 40), mode: str = "RGB") -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", size, RED)
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, size[0], size[1]), BLUE)
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()


def avatar(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(to_avatar(content)))
    assert picture.format == "WEBP"
    assert max(picture.size) <= 512
    picture.load()
    return picture


def like(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel[:3], colour, strict=True))


def refusal(content: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        to_avatar(content)
    return caught.value


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header promises a size and whose data would have to be decoded to tell."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * min(height * (1 + 3 * width), 1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("size", [(80, 40), (2_000, 1_000)])
def test_every_format_becomes_webp(kind: str, size: tuple[int, int]) -> None:
    picture = avatar(saved(halves(size), kind))
    assert picture.size == (min(size[0], 512), min(size[1], 256))
    width, height = picture.size
    assert like(picture.convert("RGB").getpixel((width // 4, height // 2)), RED)
    assert like(picture.convert("RGB").getpixel((3 * width // 4, height // 2)), BLUE)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "1"),
        ("PNG", "L"),
        ("PNG", "LA"),
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("GIF", "L"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_mode(kind: str, mode: str) -> None:
    avatar(saved(Image.new(mode, (700, 300)), kind))


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    grey = avatar(saved(Image.new("I;16", (8, 8), 0x8000), "PNG"))
    assert like(grey.convert("RGB").getpixel((4, 4)), (128, 128, 128))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_transparency_is_kept(kind: str) -> None:
    picture = Image.new("RGBA", (1_000, 1_000), (*RED, 255))
    ImageDraw.Draw(picture).rectangle((0, 0, 499, 999), (0, 0, 0, 0))
    small = avatar(saved(picture, kind))
    assert small.mode == "RGBA"
    left, right = small.getpixel((100, 256)), small.getpixel((400, 256))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[3] == 0
    assert right[3] == 255
    assert like(right, RED)


def test_an_opaque_picture_has_no_alpha() -> None:
    assert avatar(saved(halves(), "PNG")).mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (80, 40), (10, 20)),
        (2, (80, 40), (70, 20)),
        (3, (80, 40), (70, 20)),
        (4, (80, 40), (10, 20)),
        (5, (40, 80), (20, 10)),
        (6, (40, 80), (20, 10)),
        (7, (40, 80), (20, 70)),
        (8, (40, 80), (20, 70)),
    ],
)
def test_the_orientation_is_applied(
    kind: str, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = avatar(saved(halves(), kind, exif=exif))
    assert picture.size == size
    assert like(picture.convert("RGB").getpixel(red_at), RED)
    assert not picture.getexif()


def exif_with_place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (48.0, 51.0, 29.0)
    return exif


def with_text() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SecretComment")
    info.add_itxt("XML:com.adobe.xmp", "SecretXmp")
    return info


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (
            "JPEG",
            {"exif": exif_with_place(), "comment": b"SecretComment", "icc_profile": b"SecretIcc"},
        ),
        ("JPEG", {"xmp": b"SecretXmp"}),
        ("PNG", {"exif": exif_with_place(), "pnginfo": with_text(), "icc_profile": b"SecretIcc"}),
        ("GIF", {"comment": b"SecretComment"}),
        ("WEBP", {"exif": exif_with_place(), "xmp": b"SecretXmp", "icc_profile": b"SecretIcc"}),
    ],
)
def test_no_metadata_is_left(kind: str, options: dict[str, Any]) -> None:
    original = saved(halves(), kind, **options)
    content = to_avatar(original)
    assert b"Secret" in original or kind == "PNG"
    for trace in (b"Secret", b"EXIF", b"Exif", b"XMP ", b"ICCP"):
        assert trace not in content
    picture = Image.open(io.BytesIO(content))
    assert not picture.getexif()
    assert not set(picture.info) - {"loop", "background", "timestamp", "duration"}


def test_nothing_is_said_about_metadata_that_is_wrong() -> None:
    rationals = b"".join(struct.pack("<HHII", tag, 5, 60_000, 8) for tag in range(3))
    exif = b"II*\0\x08\0\0\0" + struct.pack("<H", 3) + rationals
    avatar(saved(halves(), "PNG", exif=exif))  # a warning would be an error here


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in (BLUE, RED)]
    picture = avatar(saved(frames[1], kind, save_all=True, append_images=[frames[0]]))
    assert getattr(picture, "n_frames", 1) == 1
    assert like(picture.convert("RGB").getpixel((20, 20)), RED)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (513, 512)])
def test_odd_shapes(size: tuple[int, int]) -> None:
    assert min(avatar(saved(Image.new("RGB", size), "PNG")).size) >= 1


def test_small_pictures_are_not_enlarged() -> None:
    assert avatar(saved(halves((30, 20)), "PNG")).size == (30, 20)


def test_twenty_five_megapixels_are_allowed() -> None:
    assert avatar(saved(Image.new("L", (5_000, 5_000)), "PNG")).size == (512, 512)


@pytest.mark.parametrize(
    "size", [(5_001, 5_000), (9_000, 9_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", never)
    problem = refusal(png_of(*size))
    assert problem.code is ErrorCode.VALIDATION_ERROR
    assert problem.details == {"avatar": ["Send at most 25 megapixels."]}


def test_a_frame_larger_than_its_animation_is_refused() -> None:
    gif = bytearray(saved(Image.new("P", (10, 10)), "GIF"))
    place = gif.index(b"\x2c", 13)  # the image descriptor: left, top, width, height
    gif[place + 5 : place + 9] = struct.pack("<HH", 60_000, 60_000)
    assert set(refusal(bytes(gif)).details) == {"avatar"}


def test_compressed_text_does_not_unfold_without_limit() -> None:
    info = PngImagePlugin.PngInfo()
    for number in range(100):
        info.add_text(f"t{number}", "x" * 1_000_000, zip=True)
    assert set(refusal(saved(halves(), "PNG", pnginfo=info)).details) == {"avatar"}


def progressive(scans: int) -> bytes:
    """Return a JPEG to which its last scan was added that many times."""
    whole = saved(halves(), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[start:-2] * scans + whole[-2:]


def profiles(number: int) -> bytes:
    """Return a PNG with that many colour profiles."""
    whole = saved(halves(), "PNG", icc_profile=b"\0" * 1_000)
    start = whole.index(b"iCCP") - 4
    end = whole.index(b"IDAT") - 4
    return whole[:end] + whole[start:end] * number + whole[end:]


@pytest.mark.parametrize("content", [progressive(20), profiles(2)])
def test_what_is_repeated_a_few_times_is_decoded(content: bytes) -> None:
    avatar(content)


@pytest.mark.parametrize("content", [progressive(100), profiles(10)])
def test_what_is_repeated_to_keep_a_decoder_busy_is_refused_before_it_starts(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(Image, "open", opened.append)
    problem = refusal(content)
    assert problem.code is ErrorCode.VALIDATION_ERROR
    assert problem.details == {"avatar": ["This picture has too many parts."]}
    assert not opened


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_file_that_breaks_off_is_refused(kind: str, share: float) -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    content = saved(noise, kind)
    assert set(refusal(content[: int(len(content) * share)]).details) == {"avatar"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>",
        saved(halves(), "BMP"),
        saved(halves(), "TIFF"),
        saved(halves(), "ICO"),
        saved(halves(), "PPM"),
        saved(halves(), "PDF"),
        saved(halves(), "EPS"),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    problem = refusal(content)
    assert problem.code is ErrorCode.VALIDATION_ERROR
    assert problem.details == {"avatar": ["Send a whole JPEG, PNG, GIF or WebP picture."]}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damage_anywhere_is_refused_or_decoded(kind: str) -> None:
    exif = {} if kind == "GIF" else {"exif": exif_with_place()}
    content = saved(halves(), kind, **exif)
    for place in range(0, len(content), 7):
        damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            avatar(damaged)
        except Problem as problem:
            assert set(problem.details) == {"avatar"}  # noqa: PT017


def test_four_megabytes_are_allowed_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = saved(halves(), "JPEG")
    whole = picture + b"\0" * (pictures.MAX_BYTES - len(picture))
    avatar(whole)
    opened: list[object] = []
    monkeypatch.setattr(Image, "open", opened.append)
    problem = refusal(whole + b"\0")
    assert problem.code is ErrorCode.PAYLOAD_TOO_LARGE
    assert problem.details == {"limit_bytes": 4 * 1024 * 1024}
    assert not opened


def test_a_failure_of_ours_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: Callable[[Image.Image], bytes] = lambda _: 1 / 0  # type: ignore[assignment, return-value]  # noqa: E731
    monkeypatch.setattr(pictures, "_encoded", broken)
    with pytest.raises(ZeroDivisionError):
        to_avatar(saved(halves(), "PNG"))
