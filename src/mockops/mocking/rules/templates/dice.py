"""`random.…` and `fake.…`: chance and plausible data for templates, all from a seed."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mockops.core.chance import seed_of
from mockops.core.ids import uuid_from
from mockops.mocking.model import TemplateFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockops.core.chance import Chance

_MAX_LENGTH = 10_000

Whole = int
Real = float
Flag = bool
# Dice has methods named int, float and bool, as templates call them; inside it these words stand for the types.


def _bounded(length: int) -> int:
    if not 0 <= length <= _MAX_LENGTH:
        raise TemplateFailed(f"random: a length of {length} is not between 0 and {_MAX_LENGTH}")
    return length


class Dice:
    """Draws; each call another one."""

    METHODS = frozenset(
        {"bool", "choice", "digits", "float", "hex", "int", "letters", "sample", "shuffle", "string", "uuid"}
    )

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def __repr__(self) -> str:
        return "random"

    def int(self, low: Whole = 0, high: Whole = 2**31 - 1) -> Whole:
        """Return a whole number, both ends included."""
        return self._chance.randint(low, high)

    def float(self, low: Real = 0.0, high: Real = 1.0, digits: Whole = 6) -> Real:
        """Return a number, rounded to `digits`."""
        return round(self._chance.uniform(low, high), digits)

    def bool(self, probability: Real = 0.5) -> Flag:
        """Return true with a probability."""
        return self._chance.random() < probability

    def choice(self, items: Sequence[Any], *more: Any) -> Any:
        """Return one of a list, or of the arguments."""
        return self._chance.choice([items, *more] if more else list(items))

    def sample(self, items: Sequence[Any], count: Whole = 1) -> list[Any]:
        """Return `count` different items (fewer when there are fewer)."""
        pool = list(items)
        return self._chance.sample(pool, min(_bounded(count), len(pool)))

    def shuffle(self, items: Sequence[Any]) -> list[Any]:
        """Return the items in another order."""
        return self.sample(items, min(len(items), _MAX_LENGTH))

    def uuid(self) -> str:
        """Return a version-4-shaped UUID."""
        return uuid_from(self._chance.getrandbits(128))

    def hex(self, length: Whole = 16) -> str:
        """Return hexadecimal digits, lower case."""
        return self._draw("0123456789abcdef", length)

    def digits(self, length: Whole = 6) -> str:
        """Return decimal digits."""
        return self._draw(string.digits, length)

    def letters(self, length: Whole = 8) -> str:
        """Return lower-case letters."""
        return self._draw(string.ascii_lowercase, length)

    def string(self, length: Whole = 12) -> str:
        """Return letters and digits."""
        return self._draw(string.ascii_letters + string.digits, length)

    def _draw(self, alphabet: str, length: Whole) -> str:
        return "".join(self._chance.choices(alphabet, k=_bounded(length)))


class FakeText(str):
    """A fake text; `fake.name` and `fake.name()` are the same."""

    __slots__ = ()

    def __call__(self) -> str:
        """Return the text."""
        return str(self)


class FakeNumber(float):
    """A fake number; `fake.latitude` and `fake.latitude()` are the same."""

    __slots__ = ()

    def __call__(self) -> float:
        """Return the number."""
        return float(self)


class Fake:
    """Plausible data by field name; each use another one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._draws = 0

    def __repr__(self) -> str:
        return "fake"

    def draw(self, field: str) -> FakeText | FakeNumber:
        """Return a value for one of `FAKES`."""
        self._draws += 1
        provider_name, make = FAKES[field]
        provider = getattr(_generic(), provider_name)
        provider.reseed(seed_of(self._seed, "fake", field, self._draws))
        value = make(provider)
        return FakeNumber(value) if isinstance(value, float) else FakeText(value)


@lru_cache(maxsize=1)
def _generic() -> Any:
    """Return mimesis' providers: reading their data takes milliseconds, so they are shared and seeded for each draw."""
    from mimesis import Generic  # noqa: PLC0415 (270 ms, needed by few templates)
    from mimesis.locales import Locale  # noqa: PLC0415 (as above)

    return Generic(locale=Locale.EN)


FAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("person", lambda p: p.full_name()),
    "full_name": ("person", lambda p: p.full_name()),
    "first_name": ("person", lambda p: p.first_name()),
    "last_name": ("person", lambda p: p.last_name()),
    "title": ("person", lambda p: p.title()),
    "username": ("person", lambda p: p.username()),
    "email": ("person", lambda p: p.email(domains=["example.com", "example.org", "example.net"])),
    "password": ("person", lambda p: p.password()),
    "phone": ("person", lambda p: p.phone_number()),
    "job": ("person", lambda p: p.occupation()),
    "gender": ("person", lambda p: p.gender()),
    "nationality": ("person", lambda p: p.nationality()),
    "city": ("address", lambda p: p.city()),
    "country": ("address", lambda p: p.country()),
    "country_code": ("address", lambda p: p.country_code()),
    "state": ("address", lambda p: p.state()),
    "street": ("address", lambda p: p.street_name()),
    "address": ("address", lambda p: p.address()),
    "postal_code": ("address", lambda p: p.postal_code()),
    "zip": ("address", lambda p: p.postal_code()),
    "latitude": ("address", lambda p: float(p.latitude())),
    "longitude": ("address", lambda p: float(p.longitude())),
    "company": ("finance", lambda p: p.company()),
    "currency": ("finance", lambda p: p.currency_iso_code()),
    "price": ("finance", lambda p: float(p.price())),
    "card_number": ("payment", lambda p: p.credit_card_number()),
    "word": ("text", lambda p: p.word()),
    "sentence": ("text", lambda p: p.sentence()),
    "text": ("text", lambda p: p.text(quantity=3)),
    "color": ("text", lambda p: p.color()),
    "url": ("internet", lambda p: p.url()),
    "hostname": ("internet", lambda p: p.hostname()),
    "ipv4": ("internet", lambda p: p.ip_v4()),
    "ipv6": ("internet", lambda p: p.ip_v6()),
    "mac": ("internet", lambda p: p.mac_address()),
    "user_agent": ("internet", lambda p: p.user_agent()),
    "date": ("datetime", lambda p: p.date(start=2000, end=2024).isoformat()),
    "time": ("datetime", lambda p: p.time().isoformat(timespec="seconds")),
    "datetime": ("datetime", lambda p: p.datetime(start=2000, end=2024).isoformat(timespec="seconds") + "Z"),
    "timezone": ("datetime", lambda p: p.timezone()),
    "uuid": ("person", lambda p: uuid_from(p.random.getrandbits(128))),
    "file_name": ("file", lambda p: p.file_name()),
    "mime_type": ("file", lambda p: p.mime_type()),
    "version": ("development", lambda p: p.version()),
}
"""Fake fields by the name that templates use."""
