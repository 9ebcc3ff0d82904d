"""Turning whatever somebody uploads into an avatar, or saying why that can't be."""

import io
import warnings

from PIL import (
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from gatherhub.errors import ErrorCode, Problem, invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 25_000_000
LONGEST_SIDE = 512

# Naming the formats decides by content alone and keeps Pillow from trying its fifty other decoders.
_FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
    )
)
# What a decoder does again for each of them, however small they are, and how many no honest picture
# reaches: a scan of a JPEG walks the whole picture (ten are usual), a colour profile of a PNG is
# inflated to a megabyte (there is one).
_REPEATED = {b"\xff\xd8": (b"\xff\xda", 100), b"\x89PNG": (b"iCCP", 10)}
# Pillow checks every frame against this before it allocates memory, and warns: here, an error.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def to_avatar(content: bytes) -> bytes:
    """Return a picture as WebP: upright, at most 512 px, its first frame, and no metadata.

    WebP is the one format that is small for photographs, keeps transparency and is shown by every
    browser. Problem `payload_too_large` above 4 MB; `validation_error` on `avatar` for anything but
    a whole JPEG, PNG, GIF or WebP picture of at most 25 megapixels that decodes in reasonable time.
    """
    if len(content) > MAX_BYTES:
        raise Problem(
            ErrorCode.PAYLOAD_TOO_LARGE,
            f"The avatar is larger than {MAX_BYTES:,} bytes.",
            {"limit_bytes": MAX_BYTES},
        )
    return _encoded(_decoded(content))


def _decoded(content: bytes) -> Image.Image:
    if _costs_too_much(content):
        raise invalid("avatar", "This picture has too many parts.")
    try:
        with warnings.catch_warnings():
            # Of each tag that is wrong, which is for nobody to know: the metadata is thrown away.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                return _scaled(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise invalid("avatar", f"Send at most {MAX_PIXELS // 1_000_000} megapixels.") from None
    except Exception:  # noqa: BLE001  (decoders fail in any way on hostile bytes)
        raise invalid("avatar", "Send a whole JPEG, PNG, GIF or WebP picture.") from None


def _costs_too_much(content: bytes) -> bool:
    """Tell whether decoding takes far longer than the size of the picture allows.

    Any two bytes occur about 64 times in 4 MB, but JPEG's coding keeps markers out of its data.
    """
    return any(
        content.startswith(head) and content.count(part) > most
        for head, (part, most) in _REPEATED.items()
    )


def _scaled(picture: Image.Image) -> Image.Image:
    # JPEG can be decoded at a fraction of its size, in a fraction of the time and memory.
    picture.draft(None, (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
    picture.load()
    if picture.mode.startswith("I"):
        plain = _eight_bits(picture).convert("RGB")
    else:
        plain = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return ImageOps.exif_transpose(plain)


def _eight_bits(grey: Image.Image) -> Image.Image:
    """Return grey of sixteen bits in eight; Pillow itself would cut it off at white."""
    return grey.convert("I").point(lambda shade: shade / 256).convert("L")


def _encoded(picture: Image.Image) -> bytes:
    picture.info = {}  # from which the encoder takes metadata
    output = io.BytesIO()
    picture.save(output, "WEBP", quality=85, method=4)
    return output.getvalue()
