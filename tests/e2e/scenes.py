"""Painted scenes that pass for photographs at thumbnail size: hills, seas, cities, woods, nights, streets, tables."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Size = tuple[int, int]

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((58, 110, 165), (226, 214, 190)),
    ((36, 64, 111), (232, 160, 120)),
    ((250, 190, 120), (244, 224, 190)),
    ((110, 160, 200), (235, 240, 240)),
    ((70, 55, 100), (240, 150, 120)),
    ((20, 60, 90), (150, 190, 190)),
    ((150, 170, 180), (225, 225, 215)),
)


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def gradient(size: Size, top: Colour, bottom: Colour) -> Image.Image:
    """A vertical gradient."""
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def glow(image: Image.Image, centre: tuple[float, float], radius: float, colour: Colour, strength: float) -> None:
    """Add a soft light."""
    side = max(2, round(radius * 2))
    # The gradient ends at the corners of its square; the light must end at its edges.
    mask = (
        Image.radial_gradient("L")
        .resize((side, side))
        .point(lambda v: round(max(0.0, 1 - v / 180) ** 1.6 * 255 * strength))
    )
    light = Image.new("RGB", (side, side), colour)
    image.paste(light, (round(centre[0] - radius), round(centre[1] - radius)), mask)


def disc(image: Image.Image, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    x, y = centre
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def ridge(random: Random, width: int, *, base: float, swing: float, roughness: float) -> list[tuple[float, float]]:
    """Points of a skyline from the left edge to the right: five octaves of sines."""
    waves = [
        (swing * roughness**k, (0.8 + random.random()) * 2**k * math.tau / width, random.random() * math.tau)
        for k in range(6)
    ]
    steps = range(0, width + 5, 4)
    return [(x, base - sum(height * math.sin(rate * x + shift) for height, rate, shift in waves)) for x in steps]


def fill_below(image: Image.Image, skyline: list[tuple[float, float]], colour: Colour) -> None:
    width, height = image.size
    ImageDraw.Draw(image).polygon([(0, height), *skyline, (width, height)], fill=colour)


def firs(image: Image.Image, random: Random, skyline: list[tuple[float, float]], colour: Colour) -> None:
    """A line of fir trees on a ridge."""
    draw, height = ImageDraw.Draw(image), image.height
    for x, y in skyline[:: max(1, round(len(skyline) / 70))]:
        tall, left = height * (0.05 + 0.06 * random.random()), x + random.uniform(-8, 8)
        for k in range(3):
            foot, wide = y + tall * 0.1 - tall * 0.28 * k, tall * (0.22 - 0.05 * k)
            draw.polygon([(left - wide, foot), (left, foot - tall * 0.5), (left + wide, foot)], fill=colour)


def hills(size: Size, random: Random) -> Image.Image:
    """Ridge behind ridge in the haze, with a low sun."""
    top, low = random.choice(SKIES)
    image, (width, height) = gradient(size, top, low), size
    sun = (width * random.uniform(0.2, 0.8), height * random.uniform(0.25, 0.5))
    glow(image, sun, height * 0.6, (255, 240, 210), 0.55)
    disc(image, sun, height * 0.045, (255, 250, 235))
    near = random.choice(((24, 48, 44), (44, 38, 52), (30, 52, 34), (58, 40, 36)))
    layers = random.randint(4, 6)
    for k in range(layers):
        share = (k + 1) / layers
        line = ridge(
            random, width, base=height * (0.5 + 0.42 * share - 0.06), swing=height * 0.09 * (1.2 - share), roughness=0.5
        )
        colour = blend(low, near, 0.25 + 0.75 * share)
        fill_below(image, line, colour)
    firs(image, random, line, blend(near, (0, 0, 0), 0.35))
    return image


def snow(size: Size, random: Random) -> Image.Image:
    """White mountains, firs and flakes."""
    image, (width, height) = gradient(size, (120, 160, 200), (226, 234, 240)), size
    for k, colour in enumerate(((176, 196, 216), (206, 218, 230), (236, 241, 246))):
        line = ridge(
            random, width, base=height * (0.5 + 0.17 * k), swing=height * (0.16 - 0.05 * k), roughness=0.52 - 0.08 * k
        )
        fill_below(image, line, colour)
    firs(image, random, line, (40, 66, 66))
    draw = ImageDraw.Draw(image)
    for _ in range(260):
        x, y, r = random.uniform(0, width), random.uniform(0, height), random.uniform(0.8, 3.2)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(250, 252, 255))
    return image


def sea(size: Size, random: Random) -> Image.Image:
    """Sun over water, a sail or two, sand in front."""
    top, low = random.choice(SKIES)
    width, height = size
    horizon = round(height * random.uniform(0.42, 0.56))
    image = gradient(size, top, low)
    sun = (width * random.uniform(0.25, 0.75), horizon - height * random.uniform(0.06, 0.22))
    glow(image, sun, height * 0.55, (255, 235, 200), 0.6)
    disc(image, sun, height * 0.04, (255, 248, 230))
    water = gradient((width, height - horizon), blend(low, (60, 110, 130), 0.55), blend(top, (10, 50, 70), 0.6))
    image.paste(water, (0, horizon))
    draw = ImageDraw.Draw(image)
    for _ in range(420):
        depth = random.random() ** 1.6
        y, spread = horizon + (height - horizon) * depth, 20 + width * 0.16 * depth
        x, long = random.gauss(sun[0], spread), 4 + 30 * depth * random.random()
        draw.line(
            (x - long, y, x + long, y), fill=blend(low, (255, 244, 220), random.random()), width=1 + round(depth * 2)
        )
    for _ in range(random.randint(0, 3)):
        x, tall = random.uniform(0.1, 0.9) * width, height * random.uniform(0.03, 0.07)
        draw.polygon([(x, horizon - tall), (x, horizon), (x + tall * 0.5, horizon)], fill=(246, 242, 232))
        draw.polygon(
            [(x - tall * 0.3, horizon), (x + tall * 0.6, horizon), (x + tall * 0.4, horizon + 5)], fill=(70, 50, 44)
        )
    sand = ridge(random, width, base=height * random.uniform(0.86, 0.95), swing=height * 0.03, roughness=0.4)
    fill_below(image, sand, random.choice(((222, 196, 150), (206, 178, 140), (60, 60, 66))))
    return image


def city(size: Size, random: Random) -> Image.Image:
    """Towers with lit windows at dusk."""
    image, (width, height) = gradient(size, (34, 38, 78), (236, 150, 110)), size
    glow(image, (width * random.random(), height * 0.75), height * 0.7, (255, 190, 140), 0.5)
    draw = ImageDraw.Draw(image)
    for layer in range(3):
        colour = blend((120, 96, 120), (22, 22, 38), layer / 2)
        x = -random.uniform(0, 60)
        while x < width:
            wide = width * random.uniform(0.035, 0.085)
            top = height * (0.72 - 0.12 * (2 - layer) - random.random() ** 2 * 0.42)
            draw.rectangle((x, top, x + wide, height), fill=colour)
            _windows(draw, random, (x, top, x + wide, float(height)), lit=0.1 + 0.14 * layer)
            x += wide + random.uniform(0, 6)
    return image


def _windows(draw: ImageDraw.ImageDraw, random: Random, box: tuple[float, float, float, float], *, lit: float) -> None:
    left, top, right, bottom = box
    y = top + 12
    while y < bottom - 8:
        x = left + 6
        while x < right - 8:
            if random.random() < lit:
                draw.rectangle(
                    (x, y, x + 5, y + 7), fill=random.choice(((255, 220, 150), (255, 236, 190), (210, 226, 240)))
                )
            x += 12
        y += 15


def wood(size: Size, random: Random) -> Image.Image:
    """Trunks in morning fog."""
    far, near = random.choice(
        (((206, 218, 190), (30, 46, 28)), ((232, 206, 160), (66, 40, 24)), ((196, 214, 214), (26, 42, 44)))
    )
    image, (width, height) = gradient(size, blend(far, (255, 255, 240), 0.4), blend(far, near, 0.45)), size
    glow(image, (width * random.random(), height * 0.3), height * 0.7, (255, 250, 225), 0.6)
    for layer in range(5):
        share = (layer + 1) / 5
        draw, colour = ImageDraw.Draw(image), blend(far, near, share**1.3)
        for _ in range(16 - 2 * layer):
            x, wide, lean = random.uniform(0, width), width * (0.004 + 0.02 * share**2), random.uniform(-12, 12)
            foot = height * (0.62 + 0.38 * share)
            draw.polygon(
                [(x + lean, -5), (x + wide + lean, -5), (x + wide * 1.3, foot), (x - wide * 0.3, foot)], fill=colour
            )
        fill_below(
            image, ridge(random, width, base=height * (0.6 + 0.38 * share), swing=height * 0.012, roughness=0.7), colour
        )
    return image


def night(size: Size, random: Random) -> Image.Image:
    """Stars, a bright band and a dark ridge."""
    image, (width, height) = gradient(size, (8, 12, 34), (52, 58, 96)), size
    for _ in range(26):
        along = random.random()
        spot = (width * along + random.gauss(0, 40), height * (0.7 - 0.6 * along) + random.gauss(0, 40))
        glow(image, spot, height * random.uniform(0.06, 0.2), (150, 140, 190), 0.16)
    draw = ImageDraw.Draw(image)
    for _ in range(700):
        x, y, r = random.uniform(0, width), random.uniform(0, height * 0.9), random.random() ** 6 * 2.6 + 0.4
        draw.ellipse((x - r, y - r, x + r, y + r), fill=blend((150, 160, 200), (255, 250, 240), random.random()))
    line = ridge(random, width, base=height * 0.82, swing=height * 0.09, roughness=0.5)
    fill_below(image, line, (10, 12, 22))
    firs(image, random, line, (6, 8, 14))
    return image


def meadow(size: Size, random: Random) -> Image.Image:
    """Flowers out of focus."""
    image, (width, height) = gradient(size, (196, 214, 150), (58, 92, 46)), size
    colours = random.choice(
        (
            ((232, 96, 120), (250, 214, 90), (246, 240, 236)),
            ((150, 110, 200), (236, 226, 250), (250, 190, 90)),
            ((226, 60, 50), (90, 40, 40), (244, 200, 90)),
        )
    )
    for blur, count, most in ((14, 46, 0.07), (6, 40, 0.05), (0, 30, 0.035)):
        draw = ImageDraw.Draw(image)
        for _ in range(count):
            x, y, r = random.uniform(0, width), height * random.random() ** 0.7, height * random.uniform(0.3, 1) * most
            draw.line((x, y, x + random.uniform(-20, 20), height), fill=(70, 110, 52), width=2)
            for petal in range(6):
                angle = petal / 6 * math.tau
                px, py = x + r * 0.6 * math.cos(angle), y + r * 0.6 * math.sin(angle)
                draw.ellipse((px - r * 0.5, py - r * 0.5, px + r * 0.5, py + r * 0.5), fill=colours[_ % 2])
            draw.ellipse((x - r * 0.35, y - r * 0.35, x + r * 0.35, y + r * 0.35), fill=colours[2])
        image = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    return image


def street(size: Size, random: Random) -> Image.Image:
    """A row of painted house fronts under a clear sky."""
    image, (width, height) = gradient(size, (118, 172, 214), (226, 236, 238)), size
    draw, x = ImageDraw.Draw(image), 0.0
    paints = [
        (232, 196, 120),
        (206, 112, 92),
        (236, 224, 204),
        (120, 156, 166),
        (226, 156, 130),
        (158, 176, 132),
        (244, 236, 226),
    ]
    while x < width:
        wide, roof = width * random.uniform(0.14, 0.2), height * random.uniform(0.14, 0.34)
        paint = random.choice(paints)
        draw.rectangle((x, roof, x + wide, height * 0.88), fill=paint)
        draw.polygon([(x - 6, roof), (x + wide / 2, roof - height * 0.09), (x + wide + 6, roof)], fill=(164, 84, 62))
        _front(draw, random, (x, roof, x + wide, height * 0.88), paint)
        x += wide
    draw.rectangle((0, height * 0.88, width, height), fill=(150, 142, 134))
    for _ in range(90):
        px, py = random.uniform(0, width), random.uniform(height * 0.89, height)
        draw.line((px, py, px + 26, py), fill=(132, 124, 118), width=2)
    return image


def _front(draw: ImageDraw.ImageDraw, random: Random, box: tuple[float, float, float, float], paint: Colour) -> None:
    left, top, right, bottom = box
    columns, gap = 3, (right - left) / 3
    rows = max(2, round((bottom - top) / 130))
    high = (bottom - top) / (rows + 0.3)
    for row in range(rows):
        for column in range(columns):
            x, y = left + gap * (column + 0.28), top + high * (row + 0.3)
            w, h = gap * 0.44, high * (0.56 if row < rows - 1 else 0.68)
            shade = random.choice(((64, 84, 100), (92, 112, 122), (250, 226, 170)))
            draw.rectangle((x - 4, y - 4, x + w + 4, y + h + 4), fill=blend(paint, (255, 255, 255), 0.6))
            draw.rectangle((x, y, x + w, y + h), fill=shade)
            draw.line((x + w / 2, y, x + w / 2, y + h), fill=blend(paint, (255, 255, 255), 0.6), width=3)


def table(size: Size, random: Random) -> Image.Image:
    """Coffee and something to eat, from above, on wood."""
    width, height = size
    image = gradient(size, (150, 108, 74), (112, 76, 50))
    draw = ImageDraw.Draw(image)
    for k in range(12):
        y = height * k / 12
        draw.line((0, y, width, y + random.uniform(-4, 4)), fill=(92, 62, 42), width=3)
        for _ in range(14):
            gy, gx = y + random.uniform(4, height / 12), random.uniform(0, width)
            draw.line((gx, gy, gx + random.uniform(60, 320), gy + random.uniform(-2, 2)), fill=(132, 92, 62), width=2)
    for _ in range(random.randint(2, 4)):
        centre = (width * random.uniform(0.15, 0.85), height * random.uniform(0.2, 0.8))
        _plate(image, random, centre, height * random.uniform(0.14, 0.26))
    return image


def _plate(image: Image.Image, random: Random, centre: tuple[float, float], radius: float) -> None:
    shadow = (centre[0] + radius * 0.08, centre[1] + radius * 0.1)
    disc(image, shadow, radius * 1.02, (74, 48, 32))
    glaze = random.choice(((246, 243, 236), (220, 230, 232), (60, 78, 92)))
    for share, colour in ((1.0, glaze), (0.86, blend(glaze, (0, 0, 0), 0.07)), (0.82, glaze)):
        disc(image, centre, radius * share, colour)
    food = random.choice(((70, 40, 24), (214, 150, 62), (176, 60, 46), (120, 150, 70)))
    disc(image, centre, radius * 0.62, food)
    glow(
        image,
        (centre[0] - radius * 0.2, centre[1] - radius * 0.2),
        radius * 0.5,
        blend(food, (255, 240, 220), 0.7),
        0.5,
    )
    for _ in range(14):
        angle, far = random.random() * math.tau, radius * 0.5 * random.random()
        spot = (centre[0] + far * math.cos(angle), centre[1] + far * math.sin(angle))
        disc(
            image,
            spot,
            radius * random.uniform(0.03, 0.08),
            blend(food, random.choice(((255, 244, 220), (40, 80, 30), (250, 90, 60))), 0.7),
        )


SCENES = {
    "hills": hills,
    "snow": snow,
    "sea": sea,
    "city": city,
    "wood": wood,
    "night": night,
    "meadow": meadow,
    "street": street,
    "table": table,
}


def paint(scene: str, size: Size, seed: str) -> Image.Image:
    """The scene in that size, the same for the same seed; with grain, a vignette and a little softness."""
    random = Random(f"{scene} {seed}")  # noqa: S311 - a picture, not a secret
    image = SCENES[scene](size, random).filter(ImageFilter.GaussianBlur(0.7))
    dots = Image.frombytes("L", size, random.randbytes(size[0] * size[1]))
    grain = dots.filter(ImageFilter.GaussianBlur(0.8)).point(lambda v: 128 + (v - 128) // 5)
    image = Image.blend(image, ImageChops.overlay(image, Image.merge("RGB", (grain, grain, grain))), 0.5)
    dark = Image.radial_gradient("L").resize(size).point(lambda v: max(0, v - 150))
    return Image.composite(Image.new("RGB", size, (12, 10, 14)), image, dark)
