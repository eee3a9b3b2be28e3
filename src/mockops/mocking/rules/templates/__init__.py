"""Templates in answers: sandboxed Jinja2 that can neither reach nor exhaust the process.

`{{ request.params.id }}` and the like: `request.{method,path,url,params,query,queries,headers,cookies,body,text}`,
`persona`, `state`, `session`, `now()`, `uuid()`, `fake.…`, `random.…`. A name that does not exist is an error when the
template is compiled, or, where only the request can tell, when it is rendered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockops.mocking.rules.templates.scope import Scope as Scope  # noqa: TC001 (others import it from here)

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.templates.engine import Template as Template


def is_template(text: str) -> bool:
    """Whether a text holds anything that a template language would act on."""
    return "{{" in text or "{%" in text or "{#" in text


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Template:
    """Compile a template, once per text.

    Raises:
        StubInvalid: It cannot be right: syntax, an unknown name, member or filter; each with line and column.

    """
    from mockops.mocking.rules.templates.engine import Template  # noqa: PLC0415 (jinja2: 160 ms)

    return Template(source)


class JsonTemplate:
    """A JSON value in which texts are templates."""

    def __init__(self, value: Json) -> None:
        """Compile every text of `value`; see `compile_json_template`."""
        self._uses: set[str] = set()
        self._compiled = self._compile(value)

    @property
    def uses(self) -> frozenset[str]:
        """What the texts read of the outside: `request.body`, `persona`, `now` …."""
        return frozenset(self._uses)

    def render(self, scope: Scope) -> Json:
        """Return the value for one request; a text that is one expression becomes what the expression gives.

        Raises:
            TemplateFailed: A text could not be rendered.

        """
        return _render(self._compiled, scope)

    def _compile(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self._compile(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._compile(item) for item in value]
        if isinstance(value, str) and is_template(value):
            program = compile_template(value)
            self._uses |= program.uses
            return _Slot(program)
        return value


class _Slot:
    """Where a rendered value goes."""

    __slots__ = ("program",)

    def __init__(self, program: Template) -> None:
        self.program = program


def _render(value: Json, scope: Scope) -> Json:
    if isinstance(value, _Slot):
        return value.program.value(scope)
    if isinstance(value, dict):
        return {key: _render(member, scope) for key, member in value.items()}
    if isinstance(value, list):
        return [_render(item, scope) for item in value]
    return value


def compile_json_template(value: Json) -> JsonTemplate:
    """Compile a JSON value whose texts are templates; keys stay as they are.

    Raises:
        StubInvalid: A text is no template that could be right.

    """
    return JsonTemplate(value)
