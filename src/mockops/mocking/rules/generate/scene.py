"""Who and what one object is about: facts that its fields agree on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unicodedata import normalize

from mockops.mocking.rules.generate import words

if TYPE_CHECKING:
    from mockops.mocking.rules.generate.dice import Dice

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_YEAR_S = 365 * 24 * 3600


class Scene:
    """The facts of one object, each drawn when first asked for and the same ever after."""

    __slots__ = ("_created", "_facts", "dice", "role")

    def __init__(self, dice: Dice, role: str = "") -> None:
        self.dice = dice
        self.role = role
        """What the object is: `person`, `company`, `product`, `pet`, `file`, `place` or unknown (empty)."""
        self._facts: dict[str, tuple[object, ...]] = {}
        self._created: datetime | None = None

    def _fact(self, name: str, options: tuple[tuple[object, ...], ...]) -> tuple[object, ...]:
        if name not in self._facts:
            self._facts[name] = self.dice.pick(options)
        return self._facts[name]

    def _word(self, name: str, options: tuple[str, ...]) -> str:
        if name not in self._facts:
            self._facts[name] = (self.dice.pick(options),)
        return str(self._facts[name][0])

    @property
    def first_name(self) -> str:
        """A given name."""
        return self._word("first", words.FIRST_NAMES)

    @property
    def last_name(self) -> str:
        """A family name."""
        return self._word("last", words.LAST_NAMES)

    @property
    def full_name(self) -> str:
        """Given and family name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def username(self) -> str:
        """Given and family name as a login: `ada.lovelace`."""
        return f"{_ascii(self.first_name)}.{_ascii(self.last_name)}"

    @property
    def email(self) -> str:
        """The person's address at a domain reserved for examples (RFC 2606)."""
        return f"{self.username}@example.com"

    @property
    def company(self) -> str:
        """A company's name."""
        return f"{self._word('company', words.COMPANIES)} {self._word('company_kind', words.COMPANY_KINDS)}"

    @property
    def product(self) -> str:
        """A product's name."""
        return f"{self._word('material', words.MATERIALS)} {self._word('product', words.PRODUCTS)}"

    @property
    def thing(self) -> str:
        """Two words for a thing without a better name: `quiet-harbor`."""
        return f"{self._word('adjective', words.ADJECTIVES)}-{self._word('noun', words.NOUNS)}"

    @property
    def file(self) -> tuple[str, str]:
        """A file's name and media type."""
        media_type, extension = self._fact("file", words.MIME_TYPES)
        return f"{self.thing}.{extension}", str(media_type)

    @property
    def name(self) -> str:
        """What `name` says of such an object."""
        match self.role:
            case "person":
                return self.full_name
            case "company":
                return self.company
            case "product":
                return self.product
            case "pet":
                return self._word("pet", words.PETS)
            case "file":
                return self.file[0]
            case _:
                return self.thing

    def place(self, index: int) -> object:
        """Return one column of the place (see `words.CITIES`)."""
        return self._fact("place", words.CITIES)[index]

    def currency(self, index: int) -> str:
        """Return code, name or sign of the currency."""
        return str(self._fact("currency", words.CURRENCIES)[index])

    def language(self, index: int) -> str:
        """Return code, name or locale of the language."""
        return str(self._fact("language", words.LANGUAGES)[index])

    def color(self, index: int) -> str:
        """Return name or hexadecimal value of the colour."""
        return str(self._fact("color", words.COLORS)[index])

    def card(self, index: int) -> str:
        """Return brand or number of the payment card."""
        return str(self._fact("card", words.TEST_CARDS)[index])

    def moment(self, step: int) -> datetime:
        """Return a moment: step 0 is when the object began, higher steps are later, negative ones earlier."""
        if self._created is None:
            self._created = _EPOCH + timedelta(seconds=self.dice.below(_YEAR_S))
        days = abs(step) * 9 + self.dice.below(8) if step else 0
        seconds = self.dice.below(86_400) if step else 0
        shift = timedelta(days=days, seconds=seconds)
        return self._created + shift if step >= 0 else self._created - shift


def _ascii(name: str) -> str:
    return normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(" ", "")
