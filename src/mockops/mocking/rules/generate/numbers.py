"""Numbers within bounds, and those a field's name suggests."""

from __future__ import annotations

from math import ceil, floor, isfinite
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.place import DeadEnd
from mockops.mocking.rules.generate.times import step_of

if TYPE_CHECKING:
    from mockops.mocking.rules.generate.dice import Dice
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Number, Shape

_INT_FORMATS = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-(1 << 15), (1 << 15) - 1),
    "uint16": (0, (1 << 16) - 1),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "uint32": (0, (1 << 32) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint64": (0, (1 << 64) - 1),
}

_USUAL: dict[str, tuple[float, float, int]] = {
    name: (low, high, decimals)
    for names, low, high, decimals in (
        ("price amount cost fee unit_price value balance salary subtotal net gross discount tax shipping", 5, 200, 2),
        ("total grand_total total_price total_amount", 20, 500, 2),
        ("quantity qty count stock units items_count", 1, 12, 0),
        ("age", 18, 80, 0),
        ("rating score stars", 1, 5, 1),
        ("percent percentage progress ratio_percent", 1, 99, 0),
        ("ratio probability confidence rate opacity", 0, 1, 2),
        ("lat latitude", -85, 85, 6),
        ("lng lon long longitude", -179, 179, 6),
        ("altitude elevation", 0, 2500, 1),
        ("year", 2018, 2025, 0),
        ("month", 1, 12, 0),
        ("day", 1, 28, 0),
        ("hour", 0, 23, 0),
        ("minute second", 0, 59, 0),
        ("page page_number current_page", 1, 1, 0),
        ("per_page page_size limit", 20, 20, 0),
        ("offset skip start", 0, 0, 0),
        ("total_count total_results total_items total_elements", 3, 60, 0),
        ("total_pages pages last_page", 1, 5, 0),
        ("port", 1024, 49_151, 0),
        ("status_code http_status", 200, 200, 0),
        ("weight", 1, 40, 1),
        ("height", 20, 200, 0),
        ("width", 20, 200, 0),
        ("length depth", 5, 120, 0),
        ("size bytes file_size size_bytes", 1_000, 5_000_000, 0),
        ("duration", 10, 3_600, 0),
        ("temperature", -5, 35, 1),
        ("distance", 1, 50, 1),
        ("priority position rank order sort_order index level", 1, 10, 0),
        ("expires_in ttl", 3_600, 3_600, 0),
        ("version", 1, 9, 0),
        ("id", 1, 99_999, 0),
    )
    for name in names.split()
}
_LAST_WORDS = frozenset(
    [
        "price",
        "amount",
        "cost",
        "fee",
        "total",
        "quantity",
        "qty",
        "count",
        "age",
        "rating",
        "score",
        "percent",
        "percentage",
        "ratio",
        "rate",
        "lat",
        "latitude",
        "lng",
        "lon",
        "longitude",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "port",
        "weight",
        "height",
        "width",
        "size",
        "duration",
        "temperature",
        "distance",
        "id",
        "pages",
    ]
)


def draw_number(shape: Shape, place: Place, dice: Dice, *, is_integer: bool, is_wide: bool) -> Number:
    """Return a number within the shape's bounds; raises DeadEnd when there is none."""
    is_whole = is_integer or any(step == 1 for step in shape.steps)
    low, high = _bounds(shape, is_integer=is_whole)
    if is_whole:
        return _integer(shape, place, dice, low, high, is_wide=is_wide)
    return _decimal(shape, place, dice, low, high, is_wide=is_wide)


def _bounds(shape: Shape, *, is_integer: bool) -> tuple[Number | None, Number | None]:
    """Return the lowest and highest value; an integer's open bound is a closed one a whole number further."""
    low, high = shape.low, shape.high
    if is_integer:
        for name in shape.formats:
            if name in _INT_FORMATS:
                least, most = _INT_FORMATS[name]
                low = least if low is None else max(low, least)
                high = most if high is None else min(high, most)
        low = None if low is None else _up(low)
        high = None if high is None else _down(high)
        if shape.low_open is not None:
            above = floor(shape.low_open) + 1 if isfinite(shape.low_open) else 0
            low = above if low is None else max(low, above)
        if shape.high_open is not None:
            below = ceil(shape.high_open) - 1 if isfinite(shape.high_open) else 0
            high = below if high is None else min(high, below)
    if low is not None and high is not None and low > high:
        raise DeadEnd(f"no number lies between {low} and {high}")
    return low, high


def _up(number: Number) -> int:
    return number if isinstance(number, int) else ceil(number)


def _down(number: Number) -> int:
    return number if isinstance(number, int) else floor(number)


def _usual(place: Place, *, is_integer: bool) -> tuple[float, float, int] | None:
    name = place.name
    moment = step_of(name)
    if moment is not None and is_integer:
        seconds = int(place.scene.moment(moment).timestamp())
        factor = 1_000 if name.endswith(("_ms", "_millis", "_milliseconds")) else 1
        return seconds * factor, seconds * factor, 0
    known = _USUAL.get(name)
    if known is None:
        last = name.rpartition("_")[2]
        known = _USUAL.get(last) if last in _LAST_WORDS else None
    if name in ("lat", "latitude", "lng", "lon", "longitude") and not is_integer:
        exact = float(str(place.scene.place(6 if name.startswith("lat") else 7)))
        return exact, exact, 6
    return known


def _window(
    place: Place, low: Number | None, high: Number | None, *, is_integer: bool, is_wide: bool
) -> tuple[Number, Number, int]:
    """Return from where to where to draw: the usual range where it fits the bounds, else near the bounds."""
    least, most, decimals = _usual(place, is_integer=is_integer) or ((1, 1_000, 0) if is_integer else (1, 1_000, 2))
    fits = (low is None or low <= least) and (high is None or high >= most)
    if fits and not is_wide:
        return least, most, decimals
    overlap_low = least if low is None else max(least, low)
    overlap_high = most if high is None else min(most, high)
    if overlap_low <= overlap_high and not is_wide:
        return overlap_low, overlap_high, decimals
    if low is not None:
        return low, (high if high is not None else low + 1_000), decimals
    return (high - 1_000 if high is not None else -1_000), (high if high is not None else 1_000), decimals


def _integer(shape: Shape, place: Place, dice: Dice, low: Number | None, high: Number | None, *, is_wide: bool) -> int:
    least, most, _ = _window(place, low, high, is_integer=True, is_wide=is_wide)
    least, most = _up(least), _down(most)
    step = _whole_step(shape)
    if step == 1:
        return dice.between(least, max(least, most))
    first, last = -(-least // step), most // step
    if first > last:
        first = -(-(low if low is not None else least) // step)  # type: ignore[assignment]
        last = (high // step) if high is not None else first + 10  # type: ignore[assignment]
    if first > last:
        raise DeadEnd(f"no multiple of {step} lies within the bounds")
    return int(dice.between(int(first), int(last))) * step


def _whole_step(shape: Shape) -> int:
    """Return the whole number whose multiples are multiples of every step."""
    product = 1
    for step in shape.steps:
        number, scale = step, 1
        while number != int(number) and scale < 10**9:
            number, scale = step * scale * 10, scale * 10
        whole = int(number)  # a multiple of the step, if not the least
        product = product * whole if product % max(whole, 1) else product
    return max(product, 1)


def _decimal(
    shape: Shape, place: Place, dice: Dice, low: Number | None, high: Number | None, *, is_wide: bool
) -> Number:
    if shape.low_open is not None and (low is None or shape.low_open >= low):
        low = shape.low_open
    if shape.high_open is not None and (high is None or shape.high_open <= high):
        high = shape.high_open
    if low is not None and high is not None and low > high:
        raise DeadEnd(f"no number lies between {low} and {high}")
    if shape.steps:
        return _stepped(shape.steps, dice, low, high, shape)
    least, most, decimals = _window(place, low, high, is_integer=False, is_wide=is_wide)
    return _between(dice, least, most, max(decimals, 1 if least != most else decimals), shape)


def _between(dice: Dice, low: Number, high: Number, decimals: int, shape: Shape) -> Number:
    for digits in (decimals, decimals + 3, 12):
        value = round(low + dice.ratio() * (high - low), digits)
        if low <= value <= high and value not in (shape.low_open, shape.high_open):
            return float(value)
    middle = low + (high - low) / 2
    if middle in (shape.low_open, shape.high_open):
        raise DeadEnd(f"no number lies between {low} and {high}")
    return middle


def _stepped(steps: tuple[Number, ...], dice: Dice, low: Number | None, high: Number | None, shape: Shape) -> Number:
    step = max(steps)
    first = 1 if low is None else ceil(low / step)
    if first * step == shape.low_open:
        first += 1
    last = first + 200
    if high is not None:
        last = min(floor(high / step), first + 10_000)
        if last * step == shape.high_open:
            last -= 1
        if low is None:
            first = min(first, last if last >= 0 else last - 200)
    if first > last:
        raise DeadEnd(f"no multiple of {step} lies within the bounds")
    value = dice.between(first, last) * step
    return value if isinstance(value, int) else round(value, 12)
