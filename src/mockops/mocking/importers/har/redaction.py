"""What is secret in a recording is masked before it becomes a file, and counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote_plus

import msgspec

from mockops.core.redact import MASK, Secrets, is_telling, mask_values
from mockops.mocking.importers.foreign_parts import is_json_type, parsed_json

if TYPE_CHECKING:
    from collections import Counter

    from mockops.core.json import Json, JsonObject

_FORM = "application/x-www-form-urlencoded"
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]{0,80}:)?([A-Za-z_][\w.-]{0,80})([^<>]{0,500})>([^<>]+)</")
_TEXT_MEMBER = re.compile(r'"([^"\\]{1,80})"(\s*:\s*)"((?:[^"\\]|\\.)*)"')
_URL_PARAMETER = re.compile(r"""(?<=[?&;])([\w.$-]{1,80})=([^&;#\s"'<>\\]+)""")
_NAMES = Secrets()


class Redactor:
    """Masks secrets; what it masked stands in `counts`."""

    def __init__(self, counts: Counter[str], *, emails: bool) -> None:
        """Count in `counts`; `emails`: whether addresses are replaced, too."""
        self.counts = counts
        self._emails = emails

    def header(self, name: str, value: str) -> str:
        """Return a field of an answer with what is secret in it masked."""
        masked = MASK if is_telling(name) else _NAMES.header(name, value)
        if masked != value:
            self.counts[f"header {name.lower()}"] += 1
            return masked
        return self.text(value)

    def is_secret(self, name: str, value: str) -> bool:
        """Whether a query parameter or form field must not be written down; counted where it is."""
        if is_telling(name):
            self.counts[f"parameter {name}"] += 1
            return True
        return self.text(value) != value

    def text(self, text: str) -> str:
        """Return a text with credentials in it masked."""

        def parameter(match: re.Match[str]) -> str:
            if not is_telling(match[1]) or match[2] == MASK:
                return match[0]
            self.counts[f"parameter {match[1]}"] += 1
            return f"{match[1]}={MASK}"

        if "=" in text:
            text = _URL_PARAMETER.sub(parameter, text)
        masked, secrets, addresses = mask_values(text, emails=self._emails)
        if secrets:
            self.counts["token in a value"] += secrets
        if addresses:
            self.counts["e-mail address"] += addresses
        return masked

    def json(self, value: Json, *, is_secret: bool = False) -> Json:
        """Return a JSON value with members of telling names, and credentials anywhere, masked; its shape stays."""
        if isinstance(value, dict):
            return {
                self.text(name): self.json(member, is_secret=is_secret or self._counts_member(name, member))
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self.json(item, is_secret=is_secret) for item in value]
        if is_secret and _is_value(value):
            return MASK if isinstance(value, str) else 0
        return self.text(value) if isinstance(value, str) else value

    def without_secrets(self, value: Json) -> Json:
        """Return a JSON value without the members that would be masked, or UNSET where the value itself would be."""
        if isinstance(value, dict):
            kept: JsonObject = {}
            for name, member in value.items():
                rest = msgspec.UNSET if is_telling(name) else self.without_secrets(member)
                if rest is not msgspec.UNSET:
                    kept[name] = rest
            return kept
        if isinstance(value, list):
            items = [self.without_secrets(item) for item in value]
            return msgspec.UNSET if any(item is msgspec.UNSET for item in items) else items
        is_clean = not isinstance(value, str) or mask_values(value, emails=self._emails)[0] == value
        return value if is_clean else msgspec.UNSET

    def body(self, content: bytes, media_type: str) -> bytes:
        """Return a body with what is secret in it masked; one that is no text stays."""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return content
        if is_json_type(media_type) or text.lstrip()[:1] in ("{", "["):
            value = parsed_json(text)
            if value is not msgspec.UNSET:
                masked = self.json(value)
                return content if masked == value else msgspec.json.encode(masked)
        if media_type == _FORM:
            return self._form(text).encode()
        return self._loose_text(text).encode()

    def _form(self, text: str) -> str:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=None)
        if not any(self.is_secret(name, value) for name, value in fields):
            return text
        return "&".join(
            f"{quote_plus(name)}={MASK if is_telling(name) else quote_plus(mask_values(value, emails=self._emails)[0])}"
            for name, value in fields
        )

    def _loose_text(self, text: str) -> str:
        """Mask elements of XML and members of JSON inside other text (lines, scripts), and credentials anywhere."""

        def element(match: re.Match[str]) -> str:
            if not is_telling(match[2]) or not match[4].strip():
                return match[0]
            self.counts[f"element {match[2]}"] += 1
            return f"<{match[1] or ''}{match[2]}{match[3]}>{MASK}</"

        def member(match: re.Match[str]) -> str:
            if not is_telling(match[1]) or not match[3]:
                return match[0]
            self.counts[f"member {match[1]}"] += 1
            return f'"{match[1]}"{match[2]}"{MASK}"'

        return self.text(_TEXT_MEMBER.sub(member, _ELEMENT.sub(element, text)))

    def _counts_member(self, name: str, member: Json) -> bool:
        if not is_telling(name):
            return False
        if _is_value(member) or isinstance(member, dict | list):
            self.counts[f"member {name}"] += 1
        return True


def _is_value(value: Json) -> bool:
    """Whether a scalar can be a secret: truth values, null and what is empty cannot."""
    return value is not None and not isinstance(value, bool | dict | list) and value != ""
