"""Mockoon's response rules as conditions of stubs; a rule may need several stubs, one of which then matches."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign_parts import as_object, as_text, parsed_json
from mockops.mocking.importers.mockoon.templates import steps_of
from mockops.mocking.importers.wiremock.handlebars import Untranslatable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json, JsonObject

_GROUPS = {"query": "query", "header": "headers", "cookie": "cookies", "params": "params"}
_MAX_ALTERNATIVES = 64
_MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RuleUntranslatable(Invalid):
    """A rule says something that no stub can say."""

    code: ClassVar[str] = "mocking.mockoon"


Condition = tuple[str, str, Any]
"""Group of the match (`query`, `body` …), name in it, matcher."""


def alternatives(rules: list[Json], operator: str, buckets: Mapping[str, str]) -> list[JsonObject]:
    """Return what the `match` of stubs must say beside method and path, so that one of them is meant.

    Args:
        rules: Of one response.
        operator: `AND`, else `OR`.
        buckets: Data buckets by name and id, for JSON Schemas.

    Raises:
        RuleUntranslatable: Its text names the rule.

    """
    choices = [_conditions(as_object(rule), buckets) for rule in rules]
    if operator == "AND":
        count = 1
        for each in choices:
            count *= len(each)
        if count > _MAX_ALTERNATIVES:
            raise RuleUntranslatable("rules that need too many stubs")
        return [_together(each) for each in product(*choices)]
    return [_together((each,)) for choice in choices for each in choice]


def _together(conditions: tuple[Condition, ...]) -> JsonObject:
    """Return the parts of a match in which all conditions hold."""
    match: JsonObject = {}
    for group, name, matcher in conditions:
        if group in ("body", "method"):
            if group not in match:
                match[group] = dict(matcher) if isinstance(matcher, dict) else matcher
            elif group == "body":
                match["body"].setdefault("all_of", []).append(matcher)
            elif match["method"] != matcher:
                raise RuleUntranslatable("rules for two methods at once")
            continue
        former = match.setdefault(group, {}).setdefault(name, {})
        if former.keys() & matcher.keys() and former != matcher:
            raise RuleUntranslatable(f"two rules of one kind for {group}.{name}")
        former.update(matcher)
    return match


def _conditions(rule: JsonObject, buckets: Mapping[str, str]) -> list[Condition]:
    """Return the conditions one of which must hold for a rule to hold."""
    target, name, value = as_text(rule.get("target")), as_text(rule.get("modifier")), as_text(rule.get("value"))
    operator = as_text(rule.get("operator")) or ("regex" if rule.get("isRegex") is True else "equals")
    is_inverted = rule.get("invert") is True
    what = f"the rule {target or '?'} {name} {operator} {value}".strip()
    if "{{" in value or "{{" in name:
        raise RuleUntranslatable(f"{what}: templates in rules have no counterpart")
    try:
        if target in _GROUPS:
            return [(_GROUPS[target], name, _of_value(operator, value, what, is_inverted=is_inverted))]
        if target == "body":
            return _of_body(name, operator, value, buckets, what, is_inverted=is_inverted)
        if target == "method" and operator == "equals" and not is_inverted:
            return [("method", "", value.upper())]
    except Untranslatable as error:
        raise RuleUntranslatable(f"{what}: {error}") from error
    raise RuleUntranslatable(f"{what}: its target has no counterpart")


def _of_value(operator: str, value: str, what: str, *, is_inverted: bool) -> JsonObject:
    """Return the matcher of a text value: a query parameter, header, cookie, path parameter."""
    no = "not_" if is_inverted else ""
    if operator in ("equals", "array_includes"):
        return {f"{no}equals": value}
    if operator in ("regex", "regex_i"):
        return {f"{no}regex": whole_regex(value, ignore_case=operator == "regex_i")}
    if operator == "null":
        return {"present": is_inverted}
    raise RuleUntranslatable(f"{what}: this operator has no counterpart outside of bodies")


def whole_regex(pattern: str, *, ignore_case: bool = False) -> str:
    """Return a regular expression for a whole text that finds what JavaScript's finds anywhere in it."""
    if pattern.startswith("/") and pattern.rpartition("/")[2] in ("i", "") and len(pattern) > 1:
        pattern, _, flags = pattern[1:].rpartition("/")
        ignore_case = ignore_case or flags == "i"
    start = "" if pattern.startswith("^") else ".*"
    is_anchored = pattern.endswith("$") and not pattern.endswith("\\$")
    inner = pattern.removeprefix("^")
    inner = inner[:-1] if is_anchored else inner
    if "|" in pattern and (start == "" or is_anchored):  # an anchor belongs to one alternative alone
        start, inner, is_anchored = ".*", pattern, False
    flags = "(?is)" if ignore_case else "(?s)"
    return f"{flags}{start}(?:{inner}){'' if is_anchored else '.*'}"


def _of_body(
    path: str, operator: str, value: str, buckets: Mapping[str, str], what: str, *, is_inverted: bool
) -> list[Condition]:
    if not path:
        return [("body", "", each) for each in _of_whole_body(operator, value, buckets, what, is_inverted=is_inverted)]
    steps = steps_of(path) if not path.startswith("$") or "[?" not in path else []
    selector = json_path(steps) if steps else path
    no = "not_" if is_inverted else ""
    if operator == "equals":
        found: list[JsonObject] = [{"json_path": {selector: {f"{no}equals": value}}}]
    elif operator in ("regex", "regex_i"):
        found = [{"json_path": {selector: {f"{no}regex": whole_regex(value, ignore_case=operator == "regex_i")}}}]
    elif operator == "null":
        found = _of_null(selector, is_inverted=is_inverted)
    elif operator == "empty_array" and not is_inverted:
        return [("body", "", {"json_path": {selector: []}})]
    elif operator == "array_includes" and not is_inverted:
        return [("body", "", {"json_path": {f"{selector}[?{_equals_any(value)}]": {"exists": True}}})]
    else:
        found = [
            {"json_schema": _schema_at(steps, _schema_of(operator, value, buckets, what), is_inverted=is_inverted)}
        ]
    if len(steps) == 1 and operator in ("equals", "regex", "regex_i") and not is_inverted:
        matcher = next(iter(found[0]["json_path"].values()))
        found.append({"form": {str(steps[0]): matcher}})  # Mockoon reads forms by the same path
    return [("body", "", each) for each in found]


def _of_null(selector: str, *, is_inverted: bool) -> list[JsonObject]:
    if is_inverted:
        return [{"json_path": {selector: {"exists": True, "not_equals": "null"}}}]
    return [{"json_path": {selector: {"exists": False}}}, {"json_path": {selector: None}}]


def _of_whole_body(
    operator: str, value: str, buckets: Mapping[str, str], what: str, *, is_inverted: bool
) -> list[JsonObject]:
    no = "not_" if is_inverted else ""
    if operator == "equals":
        if is_inverted:
            return [{"not_regex": f"(?s){re.escape(value)}"}]
        parsed = parsed_json(value)
        is_structure = isinstance(parsed, dict | list)
        return [{"equals": value}, *([{"equals": parsed}] if is_structure else [])]
    if operator in ("regex", "regex_i"):
        return [{f"{no}regex": whole_regex(value, ignore_case=operator == "regex_i")}]
    if operator == "null":
        return [{"present": is_inverted}]
    if operator == "empty_array" and not is_inverted:
        return [{"equals": []}]
    schema = _schema_of(operator, value, buckets, what)
    return [{"json_schema": {"not": schema} if is_inverted else schema}]


def _schema_of(operator: str, value: str, buckets: Mapping[str, str], what: str) -> Json:
    """Return the JSON Schema of what a rule wants at its place."""
    if operator == "empty_array":
        return {"type": "array", "maxItems": 0}
    if operator == "array_includes":
        wanted = parsed_json(value)
        values = [value] if wanted is msgspec.UNSET else [value, wanted]
        return {"type": "array", "contains": {"enum": values}}
    if operator == "valid_json_schema":
        schema = parsed_json(buckets.get(value, value))
        if isinstance(schema, dict | bool):
            return schema
        raise RuleUntranslatable(f"{what}: there is no such data bucket with a JSON Schema")
    raise RuleUntranslatable(f"{what}: this operator has no counterpart")


def _schema_at(steps: list[str | int], schema: Json, *, is_inverted: bool) -> JsonObject:
    """Return a schema of the whole body that wants another one to hold at a place."""
    for step in reversed(steps):
        if isinstance(step, int):
            schema = {"type": "array", "prefixItems": [{}] * step + [schema], "minItems": step + 1}
        else:
            schema = {"type": "object", "properties": {step: schema}, "required": [step]}
    return {"not": schema} if is_inverted else schema


def json_path(steps: list[str | int]) -> str:
    """Return members and indexes as a JSONPath (RFC 9535)."""
    path = "$"
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _MEMBER.fullmatch(step):
            path += f".{step}"
        else:
            escaped = step.replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{escaped}']"
    return path


def _equals_any(value: str) -> str:
    """Return a filter's test that an item is a value: as text, or the number or truth value that the text is."""
    text = "@ == " + msgspec.json.encode(value).decode()
    parsed = parsed_json(value)
    if isinstance(parsed, bool | int | float) or parsed is None:
        return f"{text} || @ == {msgspec.json.encode(parsed).decode()}"
    return text
