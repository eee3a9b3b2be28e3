"""Templates compiled: checked, rewritten to pay for what they do, and rendered."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError, UndefinedError

from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import MockOpsError
from mockops.mocking.model import StubInvalid, TemplateFailed
from mockops.mocking.rules.templates.budget import MAX_SOURCE_CHARACTERS
from mockops.mocking.rules.templates.chains import Chain, read_chains
from mockops.mocking.rules.templates.filters import BUDGET
from mockops.mocking.rules.templates.missing import describe_missing, read_places
from mockops.mocking.rules.templates.rewrite import Paying, find_problems, macro_steps, names_used
from mockops.mocking.rules.templates.sandbox import Sandbox
from mockops.mocking.rules.templates.values import json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import jinja2

    from mockops.core.json import Json
    from mockops.mocking.rules.templates.scope import Scope

T = TypeVar("T")

_RESULT = "result"
_CODE = "mocking.template_invalid"


class Template:
    """One compiled template. `render` gives text; `value` keeps the type of a lone expression."""

    def __init__(self, source: str) -> None:
        """Compile.

        Args:
            source: A Jinja2 template.

        Raises:
            StubInvalid: It cannot be right; the diagnostics carry line and column.

        """
        if len(source) > MAX_SOURCE_CHARACTERS:
            raise StubInvalid(f"the template has {len(source)} characters, more than {MAX_SOURCE_CHARACTERS}")
        self.source = source
        try:
            self._compile(source)
        except TemplateSyntaxError as error:
            raise _invalid([_diagnose(source, error.message or "syntax error", error.lineno, "")]) from error
        except (RecursionError, MemoryError, SyntaxError, OverflowError) as error:
            raise _invalid([_diagnose(source, "the template is nested too deeply", 1, "")]) from error

    def _compile(self, source: str) -> None:
        sandbox = Sandbox()
        tree = sandbox.parse(source)
        problems = find_problems(sandbox, tree)
        if problems:
            raise _invalid([_diagnose(source, each.message, each.line, each.word) for each in problems])
        has_random_filter = any(node.name == "random" for node in tree.find_all(nodes.Filter))
        self.uses = names_used(tree) | ({"random"} if has_random_filter else frozenset())
        self._roots = tuple(sorted({name.partition(".")[0] for name in self.uses}))
        self._chains = read_chains(tree)
        self._places = read_places(tree)
        self._tree = tree
        self._is_expression = is_lone_expression(sandbox, source)
        self._template: jinja2.Template | None = None
        self._assemble()

    def _assemble(self) -> None:
        """Turn the tree into code: at once, so that whatever is wrong shows now."""
        tree = self._tree
        if self._is_expression:
            output = tree.body[0]
            assert isinstance(output, nodes.Output)  # noqa: S101 (what a lone expression is)
            target = nodes.Name(_RESULT, "store", lineno=1)
            tree = nodes.Template([nodes.Assign(target, output.nodes[0], lineno=1)], lineno=1)
        sandbox = Sandbox(macro_steps(tree))
        Paying().visit(tree)
        tree.set_environment(sandbox)
        self._template = sandbox.from_string(tree)

    @property
    def is_expression(self) -> bool:
        """Whether it is one expression and nothing else, so that `value` keeps its type."""
        return self._is_expression

    def render(self, scope: Scope) -> str:
        """Return the text for one request.

        Raises:
            TemplateFailed: Something is undefined, cannot be done or costs too much.

        """
        if self._chains is not None:
            text = self._render_chains(self._chains, scope)
            if text is not None:
                return text
        if self._is_expression:
            return self._run(scope, lambda context: text_of(self._result(context), scope.budget))
        return self._run(scope, lambda context: self._join(context, scope))

    def value(self, scope: Scope) -> Json:
        """Return the value of a lone expression as JSON has it, else the text.

        Raises:
            TemplateFailed: Something is undefined, cannot be done or costs too much.

        """
        if not self._is_expression:
            return self.render(scope)
        if self._chains is not None and isinstance(self._chains[0], Chain):
            found, value = self._chains[0].follow(scope)
            if found:
                return json_of(value, scope.budget)
        return self._run(scope, lambda context: json_of(self._result(context), scope.budget))

    @staticmethod
    def _render_chains(parts: tuple[str | Chain, ...], scope: Scope) -> str | None:
        """Return the text of plain look-ups; None when one needs Jinja2 (to fail in its words, or to call)."""
        texts = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            found, value = part.follow(scope)
            if not found:
                return None
            texts.append(text_of(value, scope.budget))
        return "".join(texts)

    def _result(self, context: Any) -> Any:
        assert self._template is not None  # noqa: S101 (set by _assemble)
        for _ in self._template.root_render_func(context):
            pass
        return context.vars[_RESULT]

    def _join(self, context: Any, scope: Scope) -> str:
        assert self._template is not None  # noqa: S101 (set by _assemble)
        texts = []
        for text in self._template.root_render_func(context):
            scope.budget.spend_text(len(text))
            texts.append(text)
        return "".join(texts)

    def _run(self, scope: Scope, work: Callable[[Any], T]) -> T:
        assert self._template is not None  # noqa: S101 (set by _assemble)
        names = {name: scope.root(name) for name in self._roots}
        names[BUDGET] = scope.budget
        try:
            return work(self._template.new_context(names))
        except MockOpsError as error:
            raise TemplateFailed(f"{self._place(error)}{error}") from error
        except UndefinedError as error:
            raise TemplateFailed(f"{self._place(error)}{describe_missing(error, self._places, scope)}") from error
        except TemplateError as error:
            raise TemplateFailed(f"{self._place(error)}{error.message or type(error).__name__}") from error
        except Exception as error:  # whatever an expression can raise is the template's failure, told as such
            raise TemplateFailed(f"{self._place(error)}{_describe(error)}") from error

    def _place(self, error: BaseException) -> str:
        """Return `line N: ` of the template, as far as the traceback tells."""
        if "\n" not in self.source or self._template is None:
            return ""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == (self._template.filename or "<template>") and frame.lineno:
                return f"line {self._template.get_corresponding_lineno(frame.lineno)}: "
        return ""


def _describe(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "a macro calls itself too often, or a value is nested too deeply"
    return f"{type(error).__name__}: {error}"


def is_lone_expression(sandbox: Sandbox, source: str) -> bool:
    """Whether a template is one `{{ … }}`, with nothing before or after it."""
    kinds = [kind for _, kind, _ in sandbox.lex(source)]
    return (
        len(kinds) > 2
        and kinds[0] == "variable_begin"
        and kinds[-1] == "variable_end"
        and kinds.count("variable_begin") == 1
    )


def _invalid(diagnostics: list[Diagnostic]) -> StubInvalid:
    first = diagnostics[0]
    more = f" (and {len(diagnostics) - 1} more)" if len(diagnostics) > 1 else ""
    return StubInvalid(f"template, line {first.line}, column {first.column}: {first.message}{more}", diagnostics)


def _diagnose(source: str, message: str, line: int, word: str) -> Diagnostic:
    lines = source.splitlines() or [""]
    text = lines[min(max(line, 1), len(lines)) - 1]
    column = text.find(word) + 1 if word else text.find("{") + 1
    return Diagnostic(code=_CODE, message=message, source="template", line=line, column=max(column, 1))
