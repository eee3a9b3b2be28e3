"""Texts of a named format (JSON Schema validation section 7.3, the OpenAPI format registry, and what contracts use)."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate import fields, words
from mockops.mocking.rules.generate.times import order_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.mocking.rules.generate.place import Place

    Maker = Callable[[Place], str]


def _moment(place: Place) -> str:
    return fields.timestamp(place.scene.moment(order_of(place.name)))


def _date(place: Place) -> str:
    if place.name in ("birthday", "birth_date", "date_of_birth", "dob", "born_on"):
        return fields.birthday(place.scene)
    return place.scene.moment(order_of(place.name)).strftime("%Y-%m-%d")


def _time(place: Place) -> str:
    return place.scene.moment(order_of(place.name)).strftime("%H:%M:%SZ")


def _clock(place: Place) -> str:
    return place.scene.moment(order_of(place.name)).strftime("%H:%M:%S")


def _local(place: Place) -> str:
    return place.scene.moment(order_of(place.name)).strftime("%Y-%m-%dT%H:%M:%S")


def _http_date(place: Place) -> str:
    moment = place.scene.moment(order_of(place.name)) + timedelta(0)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year} {moment:%H:%M:%S} GMT"


def _seconds(place: Place) -> str:
    return str(int(place.scene.moment(order_of(place.name)).timestamp()))


def _url(place: Place) -> str:
    maker = fields.maker_of(place.name)
    text = str(maker(place.scene)) if maker else ""
    return text if text.startswith("https://") else fields.url(place.scene)


def _base64(place: Place) -> str:
    return b64encode(place.scene.thing.encode()).decode()


def _base64url(place: Place) -> str:
    return urlsafe_b64encode(place.scene.thing.encode()).decode().rstrip("=")


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("date-time datetime date_time iso8601 iso-8601 google-datetime timestamp iso-date-time rfc3339", _moment),
    ("date full-date iso-date", _date),
    ("time", _time),
    ("time-local partial-time hh:mm:ss", _clock),
    ("date-time-local local-date-time localdatetime", _local),
    ("http-date rfc1123", _http_date),
    ("unixtime unix-time unix epoch", _seconds),
    ("duration", lambda p: f"P{p.scene.dice.between(1, 20)}DT{p.scene.dice.between(1, 12)}H"),
    ("google-duration", lambda p: f"{p.scene.dice.between(1, 3600)}s"),
    ("google-fieldmask", lambda p: "name,description"),
    ("email idn-email", lambda p: p.scene.email),
    ("hostname idn-hostname host domain fqdn", lambda p: fields.host(p.scene)),
    ("ipv4 ip ip-address ipaddress", lambda p: fields.ipv4(p.scene)),
    ("ipv6", lambda p: fields.ipv6(p.scene)),
    ("cidr ipv4-cidr", lambda p: "192.0.2.0/24"),
    ("mac mac-address", lambda p: fields.mac(p.scene)),
    ("uri url iri href link", _url),
    ("uri-reference iri-reference", lambda p: f"/{p.scene.dice.pick(words.NOUNS)}/{p.scene.dice.between(1, 999)}"),
    ("uri-template", lambda p: f"https://example.com/{p.scene.dice.pick(words.NOUNS)}/{{id}}"),
    ("uuid guid uuid4 uuidv4", lambda p: fields.uuid(p.scene.dice)),
    ("json-pointer", lambda p: f"/{p.scene.dice.pick(words.NOUNS)}/0"),
    ("relative-json-pointer", lambda p: f"1/{p.scene.dice.pick(words.NOUNS)}"),
    ("regex", lambda p: "^[a-z]+$"),
    ("byte base64", _base64),
    ("base64url", _base64url),
    ("password", lambda p: f"{p.scene.dice.pick(words.NOUNS).title()}-{p.scene.dice.between(1000, 9999)}!"),
    ("phone phone-number tel telephone e164", lambda p: fields.phone(p.scene)),
    ("int32 int64 int integer long int-or-string", lambda p: str(p.scene.dice.between(1, 9_999))),
    ("float double decimal number money", lambda p: f"{p.scene.dice.between(100, 20_000) / 100:.2f}"),
    ("bcp-47 bcp47 language locale", lambda p: p.scene.language(2)),
    ("iso-4217 currency", lambda p: p.scene.currency(0)),
    ("country iso-3166 country-code iso-3166-1", lambda p: str(p.scene.place(2))),
    ("timezone time-zone tz", lambda p: str(p.scene.place(5))),
    ("color hex-color", lambda p: p.scene.color(1)),
    ("slug", lambda p: fields.slug(p.scene)),
    ("semver version", lambda p: f"{p.scene.dice.between(1, 4)}.{p.scene.dice.below(10)}.{p.scene.dice.below(10)}"),
    ("md5", lambda p: p.scene.dice.text(words.HEX, 32)),
    ("sha1", lambda p: p.scene.dice.text(words.HEX, 40)),
    ("sha256", lambda p: p.scene.dice.text(words.HEX, 64)),
    ("hex", lambda p: p.scene.dice.text(words.HEX, 16)),
    ("objectid object-id mongo-id", lambda p: p.scene.dice.text(words.HEX, 24)),
    ("ulid", lambda p: "01" + p.scene.dice.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)),
    ("json", lambda p: '{"key":"value"}'),
    ("html", lambda p: f"<p>{fields.sentence(p.scene)}</p>"),
    ("boolean", lambda p: "true"),
    ("isbn", lambda p: "9780306406157"),
    ("iban", lambda p: p.scene.dice.pick(words.IBANS)),
    ("credit-card creditcard", lambda p: p.scene.card(1)),
    ("char", lambda p: p.scene.dice.pick(words.LETTERS)),
    ("mime-type media-type", lambda p: p.scene.file[1]),
)

FORMATS: dict[str, Maker] = {name: make for names, make in _MAKERS for name in names.split()}
"""By the format's name, lower case."""
