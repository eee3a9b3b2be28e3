"""`{{variables}}` of Postman: the collection's own, those of paths, and the dynamic ones (`{{$guid}}`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.mocking.importers.foreign_parts import as_list, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mockops.core.json import Json
    from mockops.mocking.importers.foreign_parts import Tally, Tokens

VARIABLE = re.compile(r"\{\{\s*([^{}\s][^{}]*?)\s*\}\}")
_MAX_DEPTH = 8
_MAX_RESOLVED = 100_000
_SPECIAL = re.compile(r"\{(?=[{%#])")

DYNAMIC: dict[str, str] = {
    "$guid": "uuid()",
    "$randomUUID": "uuid()",
    "$timestamp": "now('unix')",
    "$isoTimestamp": "now('%Y-%m-%dT%H:%M:%S.000Z')",
    "$randomInt": "random.int(0, 1000)",
    "$randomBoolean": "random.bool()",
    "$randomAlphaNumeric": "random.string(1)",
    "$randomHexadecimal": "random.hex(8)",
    "$randomFirstName": "fake.first_name",
    "$randomLastName": "fake.last_name",
    "$randomFullName": "fake.name",
    "$randomNamePrefix": "fake.title",
    "$randomUserName": "fake.username",
    "$randomEmail": "fake.email",
    "$randomExampleEmail": "fake.email",
    "$randomPassword": "fake.password",
    "$randomPhoneNumber": "fake.phone",
    "$randomPhoneNumberExt": "fake.phone",
    "$randomJobTitle": "fake.job",
    "$randomJobType": "fake.job",
    "$randomCity": "fake.city",
    "$randomCountry": "fake.country",
    "$randomCountryCode": "fake.country_code",
    "$randomStreetName": "fake.street",
    "$randomStreetAddress": "fake.address",
    "$randomLatitude": "fake.latitude",
    "$randomLongitude": "fake.longitude",
    "$randomCompanyName": "fake.company",
    "$randomCurrencyCode": "fake.currency",
    "$randomPrice": "fake.price",
    "$randomBankAccount": "random.digits(8)",
    "$randomWord": "fake.word",
    "$randomNoun": "fake.word",
    "$randomVerb": "fake.word",
    "$randomAdjective": "fake.word",
    "$randomLoremWord": "fake.word",
    "$randomPhrase": "fake.sentence",
    "$randomLoremSentence": "fake.sentence",
    "$randomLoremSentences": "fake.text",
    "$randomLoremParagraph": "fake.text",
    "$randomLoremParagraphs": "fake.text",
    "$randomLoremText": "fake.text",
    "$randomColor": "fake.color",
    "$randomUrl": "fake.url",
    "$randomDomainName": "fake.hostname",
    "$randomIP": "fake.ipv4",
    "$randomIPV6": "fake.ipv6",
    "$randomMACAddress": "fake.mac",
    "$randomUserAgent": "fake.user_agent",
    "$randomDatePast": "fake.datetime",
    "$randomDateRecent": "now('iso')",
    "$randomDateFuture": "now('iso', days=30)",
    "$randomFileName": "fake.file_name",
    "$randomMimeType": "fake.mime_type",
    "$randomSemver": "fake.version",
}
"""Postman's dynamic variables as expressions of our templates; drawn anew for each use, as Postman does."""


class Variables:
    """The collection's variables, and what is to be said about others."""

    def __init__(self, given: Json, tally: Tally, tokens: Tokens) -> None:
        self._tally = tally
        self._tokens = tokens
        self.values: dict[str, str] = {}
        for each in as_list(given):
            variable = as_object(each)
            name = as_text(variable.get("key")) or as_text(variable.get("id"))
            if name and variable.get("disabled") is not True:
                self.values[name] = as_text(variable.get("value"))

    def resolve(self, text: str) -> str:
        """Return a text with the variables that the collection gives a value in place; the others stay."""
        for _ in range(_MAX_DEPTH):
            found = VARIABLE.sub(lambda match: self.values.get(match[1]) or match[0], text)
            if found == text or len(found) > _MAX_RESOLVED:
                return text
            text = found
        return text

    def body(self, text: str, params: Collection[str], tokens: Tokens) -> tuple[str, bool]:
        """Return a text of an answer with its variables replaced, and whether it is a template now.

        Args:
            text: With `{{variables}}`.
            params: Names of the path's parameters: a variable of this name is what the request says there.
            tokens: Where it stands.

        """
        if "{{" not in text:
            return text, False
        text = self.resolve(text)
        pieces: list[str] = []
        at, is_template = 0, False
        for match in VARIABLE.finditer(text):
            expression = self._expression(match[1], params, tokens)
            if expression is None:
                continue
            pieces += [_literal(text[at : match.start()]), "{{ ", expression, " }}"]
            at, is_template = match.end(), True
        if not is_template:
            return text, False
        return "".join(pieces) + _literal(text[at:]), True

    def _expression(self, name: str, params: Collection[str], tokens: Tokens) -> str | None:
        if name in params:
            return f"request.params['{name}']" if name.isidentifier() else None
        expression = DYNAMIC.get(name)
        if expression is None:
            kind = (
                "dynamic variables of Postman without a counterpart" if name[:1] == "$" else "variables without a value"
            )
            hint = "write a template instead: docs/guides/stubs.md, Templates"
            self._tally.add(f"{{n}} use{{s}} of {kind}, left as they are", tokens, f"{{{{{name}}}}}", hint=hint)
        return expression

    def value(self, value: Json, params: Collection[str], tokens: Tokens) -> tuple[Json, bool]:
        """Return a JSON value with the variables in its texts replaced, and whether one is a template now.

        What was text stays text, so a text that is one expression is written out.
        """
        texts: list[str] = []
        _collect(value, texts)
        if not any(self.body(text, params, tokens)[1] for text in texts if "{{" in text):
            return _mapped(value, self.resolve), False

        def translate(text: str) -> str:
            found, is_template = self.body(text, params, tokens)
            if not is_template:
                return _literal(found)
            whole = VARIABLE.fullmatch(found)
            return f"{{{{ {whole[1]}|string }}}}" if whole else found

        return _mapped(value, translate), True


def _literal(text: str) -> str:
    """Return text in which Jinja2 sees nothing to act on."""
    return _SPECIAL.sub("{{ '{' }}", text)


def _collect(value: Json, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for member in value.values():
            _collect(member, texts)
    elif isinstance(value, list):
        for item in value:
            _collect(item, texts)


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
