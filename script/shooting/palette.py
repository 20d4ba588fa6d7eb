"""Makes a screenshot a third of its size: 256 colours, which is what a page has when its letters' edges are rounded."""

import struct
import zlib
from base64 import b64decode, b64encode
from collections import Counter

from playwright.sync_api import Page

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SURFACES = 96  # colours that are kept as they are: neighbours among them may be nearly alike, and mean it
ALIKE = 0xF0F0F0  # the bits of a colour that tell it from another: four of each channel
PIXELS = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const reader = new FileReader();
  reader.readAsDataURL(new Blob([pixels]));
  await new Promise((done) => { reader.onload = done; });
  return [image.width, reader.result.split(",")[1]];
}"""


def with_palette(png: bytes, blank: Page) -> bytes:
    """The same picture; `blank` is an empty page, whose browser unpacks what it packed."""
    width, encoded = blank.evaluate(PIXELS, b64encode(png).decode())
    pixels = memoryview(b64decode(encoded)).cast("I")  # little-endian: alpha, blue, green, red
    palette, index_of = _palette(Counter(pixels))
    indices = bytes(map(index_of.__getitem__, pixels))
    lines = b"".join(b"\0" + indices[start : start + width] for start in range(0, len(indices), width))
    header = struct.pack(">IIBBBBB", width, len(indices) // width, 8, 3, 0, 0, 0)
    colours = b"".join(struct.pack("<I", colour)[:3] for colour in palette)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _palette(counted: Counter[int]) -> tuple[list[int], dict[int, int]]:
    """Surfaces as they are, then one colour of every kind; and where in the palette each colour of the picture finds its own."""
    colours = [colour for colour, _ in counted.most_common()]
    kinds: dict[int, int] = {}
    for colour in colours:
        kinds.setdefault(colour & ALIKE, colour)
    palette = list(dict.fromkeys([*colours[:SURFACES], *kinds.values()]))[:256]
    places = {colour: place for place, colour in enumerate(palette)}

    def place_of(colour: int) -> int:
        for candidate in (colour, kinds[colour & ALIKE]):
            if candidate in places:
                return places[candidate]
        return min(range(len(palette)), key=lambda place: _distance(colour, palette[place]))

    return palette, {colour: place_of(colour) for colour in colours}


def _distance(one: int, other: int) -> int:
    return sum((a - b) ** 2 for a, b in zip(struct.pack("<I", one), struct.pack("<I", other), strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
