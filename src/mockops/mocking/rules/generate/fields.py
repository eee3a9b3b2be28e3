"""What a field of a certain name usually holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from mockops.core.ids import uuid_from
from mockops.mocking.rules.generate import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json
    from mockops.mocking.rules.generate.dice import Dice
    from mockops.mocking.rules.generate.scene import Scene

    Maker = Callable[[Scene], Json]


def uuid(dice: Dice) -> str:
    """Return a UUID (RFC 9562, version 4)."""
    return uuid_from(int(dice.ratio() * (1 << 53)) << 64 | int(dice.ratio() * (1 << 53)) << 11 | dice.below(1 << 11))


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 writes it, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def host(scene: Scene, kind: str = "") -> str:
    """Return a host name below a domain reserved for examples (RFC 2606)."""
    return f"{kind}.example.com" if kind else f"{scene.dice.pick(words.NOUNS)}.example.com"


def url(scene: Scene, path: str = "") -> str:
    """Return an https URL of a host reserved for examples."""
    return f"https://example.com/{path or scene.dice.pick(words.NOUNS)}"


def image(scene: Scene) -> str:
    """Return the URL of a picture."""
    return f"https://cdn.example.com/images/{scene.dice.text(words.HEX, 8)}.png"


def ipv4(scene: Scene) -> str:
    """Return an IPv4 address reserved for documentation (RFC 5737)."""
    return f"{scene.dice.pick(('192.0.2', '198.51.100', '203.0.113'))}.{scene.dice.between(1, 254)}"


def ipv6(scene: Scene) -> str:
    """Return an IPv6 address reserved for documentation (RFC 3849)."""
    return f"2001:db8::{scene.dice.between(1, 0xFFFF):x}"


def phone(scene: Scene) -> str:
    """Return a telephone number of the range reserved for fiction, in E.164's notation."""
    return f"+1{scene.dice.pick(('202', '212', '303', '415', '512', '617'))}55501{scene.dice.between(0, 99):02d}"


def street(scene: Scene) -> str:
    """Return a house number and a street."""
    return f"{scene.dice.between(1, 250)} {scene.dice.pick(words.STREETS)}"


def sentence(scene: Scene) -> str:
    """Return a plain sentence."""
    return scene.dice.pick(words.SENTENCES)


def slug(scene: Scene) -> str:
    """Return a part of a URL: `quiet-harbor`."""
    return scene.thing.lower()


def birthday(scene: Scene) -> str:
    """Return a day between 1955 and 2004."""
    return date(1955 + scene.dice.below(50), scene.dice.between(1, 12), scene.dice.between(1, 28)).isoformat()


def token(scene: Scene) -> str:
    """Return what looks like a token and opens nothing."""
    return scene.dice.text(words.TOKEN, 32)


def mac(scene: Scene) -> str:
    """Return a MAC address reserved for documentation (RFC 9542)."""
    return f"00:00:5E:00:53:{scene.dice.below(256):02X}"


def reference(scene: Scene) -> str:
    """Return a short code people read out: `QX-48210`."""
    return f"{scene.dice.text('ABCDEFGHJKLMNPQRSTUVWXYZ', 2)}-{scene.dice.between(10_000, 99_999)}"


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("email email_address mail user_email contact_email", lambda s: s.email),
    ("first_name given_name firstname forename fname", lambda s: s.first_name),
    ("last_name family_name lastname surname lname", lambda s: s.last_name),
    ("middle_name", lambda s: s.dice.pick(words.FIRST_NAMES)),
    ("full_name display_name real_name fullname legal_name contact_name customer_name user_full_name account_holder "
     "cardholder_name holder_name recipient_name sender_name author_name owner_name", lambda s: s.full_name),
    ("author owner assignee reviewer creator created_by updated_by modified_by assigned_to recipient sender "
     "manager attendee customer contact", lambda s: s.full_name),
    ("username user_name login nickname nick screen_name handle user", lambda s: s.username),
    ("initials", lambda s: s.first_name[0] + s.last_name[0]),
    ("name", lambda s: s.name),
    ("company company_name organization organisation organization_name employer business_name merchant merchant_name "
     "vendor supplier manufacturer brand publisher", lambda s: s.company),
    ("job job_title position occupation profession", lambda s: s.dice.pick(words.JOBS)),
    ("department team division", lambda s: s.dice.pick(words.DEPARTMENTS)),
    ("gender sex", lambda s: s.dice.pick(("female", "male"))),
    ("salutation honorific prefix_title", lambda s: s.dice.pick(("Ms", "Mr", "Dr"))),
    ("birthday birth_date date_of_birth dob born_on", birthday),
    ("phone phone_number mobile mobile_number telephone tel cell fax fax_number msisdn cell_phone", phone),
    ("city town locality municipality place_of_birth", lambda s: s.place(0)),
    ("state province region county state_province administrative_area", lambda s: s.place(1)),
    ("country_code country_iso iso_country country_iso2 iso2", lambda s: s.place(2)),
    ("country country_name nationality", lambda s: s.place(3)),
    ("zip zip_code zipcode postal_code postcode postalcode post_code", lambda s: s.place(4)),
    ("timezone time_zone tz zone_info zoneinfo", lambda s: s.place(5)),
    ("street street_address address_line1 address_line_1 address1 line1 street1 street_name street_line1", street),
    ("address full_address formatted_address billing_address shipping_address postal_address location",
     lambda s: f"{street(s)}, {s.place(4)} {s.place(0)}"),
    ("address_line2 address_line_2 address2 line2 street2", lambda s: f"Apt {s.dice.between(1, 40)}"),
    ("house_number street_number building", lambda s: str(s.dice.between(1, 250))),
    ("currency currency_code", lambda s: s.currency(0)),
    ("currency_name", lambda s: s.currency(1)),
    ("currency_symbol", lambda s: s.currency(2)),
    ("language lang language_code", lambda s: s.language(0)),
    ("language_name", lambda s: s.language(1)),
    ("locale culture", lambda s: s.language(2)),
    ("color colour color_name", lambda s: s.color(0)),
    ("hex_color color_hex color_code background_color text_color foreground_color", lambda s: s.color(1)),
    ("url uri href link website homepage web_url html_url site self permalink web_site home_page endpoint", url),
    ("callback_url redirect_url redirect_uri webhook_url return_url notification_url", lambda s: url(s, "callback")),
    ("avatar avatar_url image image_url photo photo_url picture picture_url thumbnail thumbnail_url icon icon_url logo "
     "logo_url profile_image cover", image),
    ("domain hostname host domain_name fqdn server", host),
    ("ip ip_address ipv4 client_ip remote_ip ip_addr remote_addr", ipv4),
    ("ipv6 ipv6_address", ipv6),
    ("mac mac_address", mac),
    ("user_agent useragent", lambda s: s.dice.pick(words.USER_AGENTS)),
    ("uuid guid correlation_id request_id trace_id session_id transaction_id idempotency_key", lambda s: uuid(s.dice)),
    ("slug permalink_slug handle_slug path_name", slug),
    ("token access_token refresh_token id_token api_key apikey secret client_secret auth_token session_token nonce",
     token),
    ("token_type", lambda s: "Bearer"),
    ("password pass passwd pwd", lambda s: f"{s.dice.pick(words.NOUNS).title()}-{s.dice.between(1000, 9999)}!"),
    ("hash checksum digest sha sha256", lambda s: s.dice.text(words.HEX, 64)),
    ("sha1 commit commit_sha commit_id head_sha", lambda s: s.dice.text(words.HEX, 40)),
    ("md5 etag", lambda s: s.dice.text(words.HEX, 32)),
    ("title subject headline heading caption", lambda s: s.dice.pick(words.TITLES)),
    ("description summary comment note notes message body text content details bio about reason remarks abstract "
     "short_description long_description excerpt explanation detail", sentence),
    ("status state_name stage phase", lambda s: s.dice.pick(words.STATUSES)),
    ("type kind", lambda s: s.dice.pick(("standard", "basic", "premium"))),
    ("category category_name genre", lambda s: s.dice.pick(words.CATEGORIES)),
    ("tag label keyword topic", lambda s: s.dice.pick(words.TAGS)),
    ("product product_name item item_name article", lambda s: s.product),
    ("material", lambda s: s.dice.pick(words.MATERIALS)),
    ("sku product_code item_code part_number", lambda s: f"SKU-{s.dice.between(10_000, 99_999)}"),
    ("""
        code reference reference_number order_number invoice_number confirmation_number booking_reference
        tracking_number
    """
     "number ref coupon coupon_code promo_code", reference),
    ("barcode ean gtin upc", lambda s: "4006381333931"),
    ("isbn isbn13", lambda s: "9780306406157"),
    ("iban", lambda s: s.dice.pick(words.IBANS)),
    ("bic swift swift_code bic_code", lambda s: "DEUTDEFF"),
    ("account_number bank_account", lambda s: s.dice.text(words.DIGITS, 10)),
    ("card_number credit_card credit_card_number pan", lambda s: s.card(1)),
    ("card_brand card_type brand_name", lambda s: s.card(0)),
    ("last4 last_four", lambda s: s.card(1)[-4:]),
    ("cvv cvc cvv2 security_code", lambda s: "123"),
    ("vat vat_number vat_id tax_id", lambda s: f"DE{s.dice.text('123456789', 9)}"),
    ("version api_version app_version software_version semver",
     lambda s: f"{s.dice.between(1, 4)}.{s.dice.below(10)}.{s.dice.below(10)}"),
    ("file filename file_name", lambda s: s.file[0]),
    ("mime_type mimetype content_type media_type file_type", lambda s: s.file[1]),
    ("extension file_extension", lambda s: s.file[0].rpartition(".")[2]),
    ("path file_path filepath", lambda s: f"/{s.dice.pick(words.NOUNS)}/{s.thing}"),
    ("gender_identity pronouns", lambda s: s.dice.pick(("she/her", "he/him", "they/them"))),
    ("unit units unit_of_measure", lambda s: s.dice.pick(("piece", "kg", "m"))),
    ("cursor next_cursor page_token next_page_token next_token", lambda s: s.dice.text(words.TOKEN, 24)),
    ("priority severity level", lambda s: s.dice.pick(("low", "medium", "high"))),
    ("role user_role", lambda s: s.dice.pick(("admin", "editor", "viewer"))),
    ("method http_method", lambda s: s.dice.pick(("GET", "POST"))),
    ("price amount total subtotal cost fee balance", lambda s: f"{s.dice.between(500, 20_000) / 100:.2f}"),
    ("lat latitude", lambda s: s.place(6)),
    ("lng lon long longitude", lambda s: s.place(7)),
)  # fmt: skip

MAKERS: dict[str, Maker] = {name: make for names, make in _MAKERS for name in names.split()}
"""By the name in snake case."""

_LAST_WORDS = frozenset(
    [
        "email",
        "url",
        "uri",
        "href",
        "link",
        "phone",
        "city",
        "country",
        "currency",
        "locale",
        "timezone",
        "ip",
        "uuid",
        "slug",
        "token",
        "hash",
        "sha",
        "title",
        "description",
        "message",
        "status",
        "color",
        "price",
        "amount",
        "total",
        "avatar",
        "image",
        "photo",
        "icon",
        "logo",
        "username",
        "filename",
        "version",
        "sku",
        "iban",
        "language",
        "latitude",
        "longitude",
        "host",
        "hostname",
        "domain",
        "password",
    ]
)


def maker_of(name: str) -> Maker | None:
    """Return what makes the value of a field of that name (in snake case), or None."""
    known = MAKERS.get(name)
    if known is not None:
        return known
    head, _, last = name.rpartition("_")
    if not head:
        return None
    if last in _LAST_WORDS:
        return MAKERS[last]
    if last == "name":
        return _named(head)
    return None


def _named(head: str) -> Maker:
    """Return what makes `team_name` and the like: the maker of `team`, else two words."""
    return MAKERS.get(head, slug)
