"""Discriminators: their mapping brought in line with what the alternatives themselves allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject

_PREFIX = "#/$defs/"


def correct(discriminator: JsonObject, definitions: dict[str, JsonObject | bool]) -> None:
    """Replace values that an alternative's own `enum` or `const` rules out by those it allows, in place.

    Documents often leave the mapping out although the alternatives spell their values otherwise than their names
    (`Dog` allows only `dog`): taken literally, no value would fit.
    """
    mapping: dict[str, str] = discriminator["mapping"]
    corrected: dict[str, str] = {}
    for value, target in mapping.items():
        allowed = _allowed(target.removeprefix(_PREFIX), discriminator["propertyName"], definitions)
        if allowed is None or value in allowed:
            corrected[value] = target
            continue
        for other in allowed:
            if isinstance(other, str) and other not in mapping:
                corrected.setdefault(other, target)
    discriminator["mapping"] = corrected


def _allowed(name: str, member: str, definitions: dict[str, JsonObject | bool]) -> list[Json] | None:
    """Return the values a schema's own member may have, None if any."""
    pending: list[Json] = [definitions.get(name)]
    seen = {name}
    while pending:
        schema = pending.pop(0)
        if type(schema) is not dict:
            continue
        declared = schema.get("properties", {}).get(member)
        if type(declared) is dict and "const" in declared:
            return [declared["const"]]
        if type(declared) is dict and "enum" in declared:
            return list(declared["enum"])
        other = schema.get("$ref", "").removeprefix(_PREFIX)
        if other and other not in seen:
            seen.add(other)
            pending.append(definitions.get(other))
        pending += schema.get("allOf", ())
    return None
