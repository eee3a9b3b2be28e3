"""What a field's name says, however it is written."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HUMP = re.compile(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")

_ROLES = {
    "person": """
        user customer person contact author owner member employee patient student teacher account_holder
        profile
    """
    "recipient sender assignee reviewer passenger driver guest candidate applicant lead subscriber participant "
    "attendee cardholder beneficiary payer creator actor",
    "company": "company organization organisation org business merchant vendor supplier employer publisher brand "
    "manufacturer store shop restaurant hotel bank partner agency provider customer_account",
    "product": "product item article sku variant good menu_item line_item order_item",
    "pet": "pet dog cat animal",
    "file": "file attachment document image photo picture asset upload blob artifact",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
_PERSONAL = frozenset(
    ("email", "first_name", "last_name", "given_name", "family_name", "surname", "username", "birth_date", "birthday")
)


@lru_cache(maxsize=8192)
def snake(name: str) -> str:
    """Return a field's name in lower case with underscores: `createdAt`, `created-at` and `CreatedAt` are one."""
    if len(name) > 200:
        return ""
    parted = _HUMP.sub(lambda m: f"{m[1]}_{m[2]}" if m[1] else f"{m[3]}_{m[4]}", name)
    return _NOT_WORD.sub("_", parted.lower()).strip("_")


def singular(name: str) -> str:
    """Return the singular of a field's name, roughly: `categories` is `category`, `tags` is `tag`."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name


def role_of(names: Iterable[str], properties: Iterable[str]) -> str:
    """Return what an object is about, told by its component's or field's name, else by its properties."""
    for name in names:
        plain = singular(snake(name))
        for key in (plain, plain.rpartition("_")[2], plain.partition("_")[0]):
            if key in _ROLE_OF:
                return _ROLE_OF[key]
    return "person" if any(snake(name) in _PERSONAL for name in properties) else ""
