"""A file's syntax tree, with a hook round every expression that may hold an array.

``dz = (p - t) / len(y)`` becomes ``dz = saw(5, saw(3, saw(1, p) - saw(2, t)) / …)``.
A hook returns its argument, so the code computes what it did before. Line events of a
debugger would show less: only what has a name, and only after the whole line.

Refuses to change what runs when: nothing is evaluated twice, but for the plain names
and attributes of what a line has changed in place.
"""

import ast
from typing import Any

from compare.check.lines.expressions import ExpressionRewriter

CHANGED, RUNS = "__compare_check_changed__", "__compare_check_runs__"
CAN_BE_LEFT_OUT = (ast.Assign, ast.AugAssign, ast.Expr)
NO_CALLS = (ast.Constant, ast.Yield, ast.YieldFrom, ast.Await)


class Rewriter(ExpressionRewriter, ast.NodeTransformer):
    """Puts hooks into one file; `sites` says what each number stands for."""

    def _changed(self, node: ast.expr, index: ast.expr | None) -> ast.Expr:
        """Return a statement that shows what `node`, or an item of it, has become."""
        item = f"[{ast.unparse(index)}]" if index is not None else ""
        text = ast.unparse(node) + item
        number = self._site(node, "changed", text, text)
        arguments = [ast.Constant(number), _copy(node)]
        if index is not None:
            arguments.append(_copy(index))
        call = ast.Call(ast.Name(CHANGED, ast.Load()), arguments, [])
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))

    def visit(self, node: ast.AST) -> Any:
        """Visit a node, and note the statement that it belongs to."""
        if not isinstance(node, ast.stmt):
            return super().visit(node)
        self._statement = node.lineno
        is_optional = isinstance(node, CAN_BE_LEFT_OUT) and bool(self._functions)
        if not is_optional or isinstance(getattr(node, "value", None), NO_CALLS):
            return super().visit(node)
        number = self._of_statement(node)
        return self._if_it_runs(number, _as_list(super().visit(node)), node)

    def _of_statement(self, node: Any) -> int:
        """Return the number of a statement's own site."""
        text = self._text(node)
        return self._site(node, "statement", text)

    def _if_it_runs(self, number: int, body: list[Any], node: ast.stmt) -> ast.If:
        """Return ``if runs(number): body``, so that it can be left out."""
        test = ast.Call(ast.Name(RUNS, ast.Load()), [ast.Constant(number)], [])
        either = ast.If(test, body, [])
        return ast.fix_missing_locations(ast.copy_location(either, node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Rewrite the body; defaults and decorators run when the file is imported."""
        self._functions.append(node.name)
        node.body = [new for old in node.body for new in _as_list(self.visit(old))]
        self._functions.pop()
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        """Leave coroutines alone."""
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Rewrite the methods."""
        self._functions.append(node.name)
        node.body = [new for old in node.body for new in _as_list(self.visit(old))]
        self._functions.pop()
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        """Show the value, and the array in which an item was set."""
        targets = [t for target in node.targets for t in _split(target)]
        items = getattr(node.value, "elts", None)
        if isinstance(node.value, ast.Tuple) and len(items or ()) == len(targets):
            for item, target in zip(node.value.elts, targets, strict=True):
                self._goes_to(item, ast.unparse(target))
        else:
            self._goes_to(node.value, ", ".join(map(ast.unparse, node.targets)))
        base = [
            self._changed(t.value, None)
            for t in targets
            if isinstance(t, ast.Subscript) and _is_plain(t.value)
        ]
        node.value = self.visit(node.value)
        return [node, *base] if base else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Show the value."""
        if node.value is not None:
            self._goes_to(node.value, ast.unparse(node.target))
            node.value = self.visit(node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Show the right side, and what the target has become."""
        self._goes_to(node.value, ast.unparse(node.target), only_items=True)
        node.value = self.visit(node.value)
        target, index = node.target, None
        shown: ast.expr = target
        if isinstance(target, ast.Subscript):
            shown = target.value
            index = target.slice if _is_plain(target.slice) else None
        if not _is_plain(shown):
            return node
        seen = self._changed(_copy(shown), index)
        if isinstance(target, ast.Subscript):
            return [node, seen]
        # A number is not changed in place: it is put back, ``t = changed(5, t)``.
        back = ast.Assign([target], seen.value)
        return [node, ast.fix_missing_locations(ast.copy_location(back, node))]

    def visit_Return(self, node: ast.Return) -> Any:
        """Show what is returned."""
        if node.value is not None:
            self._goes_to(node.value, "return")
            node.value = self.visit(node.value)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        """Show what a call may have changed: its object, and what it was given."""
        if isinstance(node.value, ast.Yield) and node.value.value is not None:
            self._goes_to(node.value.value, "yield")
        lent: list[ast.expr] = []
        if isinstance(node.value, ast.Call):
            call = node.value
            given = [*call.args, *(k.value for k in call.keywords)]
            if isinstance(call.func, ast.Attribute):
                given.append(call.func.value)
                if call.func.attr in ("append", "insert", "appendleft") and call.args:
                    self._goes_to(call.args[-1], ast.unparse(call.func.value))
            lent = [g for g in given if _is_plain(g) and _has_name(g)]
        after = [self._changed(argument, None) for argument in lent]
        node.value = self.visit(node.value)
        return [node, *after]

    def visit_If(self, node: ast.If) -> Any:
        """Show the condition."""
        node.test = self._test(node.test)
        self.generic_bodies(node)
        return node

    def visit_While(self, node: ast.While) -> Any:
        """Leave the condition alone: another value could run for ever."""
        self.generic_bodies(node)
        return node

    def generic_bodies(self, node: ast.If | ast.While) -> None:
        """Rewrite the statements inside."""
        node.body = [n for old in node.body for n in _as_list(self.visit(old))]
        node.orelse = [n for old in node.orelse for n in _as_list(self.visit(old))]

    def visit_For(self, node: ast.For) -> Any:
        """Rewrite what is run through, and the statements; the target stays."""
        node.iter = self.visit(node.iter)
        node.body = [n for old in node.body for n in _as_list(self.visit(old))]
        node.orelse = [n for old in node.orelse for n in _as_list(self.visit(old))]
        return node

    def _goes_to(
        self, value: ast.expr, target: str, *, only_items: bool = False
    ) -> None:
        """Note what a value goes to, and with it what it is put together from."""
        if not only_items:
            self._whole[id(value)] = target
        if isinstance(value, (ast.List, ast.Tuple)):
            for item in value.elts:
                self._goes_to(item, target)
        elif isinstance(value, (ast.ListComp, ast.GeneratorExp)):
            self._goes_to(value.elt, target)
        elif isinstance(value, ast.IfExp):
            self._goes_to(value.body, target)
            self._goes_to(value.orelse, target)

    def visit_Match(self, node: Any) -> Any:
        """Rewrite the statements of each case; patterns stay."""
        for case in node.cases:
            case.body = [n for old in case.body for n in _as_list(self.visit(old))]
        return node


def _split(target: ast.expr) -> list[ast.expr]:
    return list(target.elts) if isinstance(target, ast.Tuple) else [target]


def _as_list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _is_plain(node: ast.expr) -> bool:
    """Tell whether an expression can be read again without calling anything."""
    allowed = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.BinOp)
    small = (ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)
    return all(isinstance(part, (*allowed, *small)) for part in ast.walk(node))


def _has_name(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) for part in ast.walk(node))


def _copy(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.parse(ast.unparse(node), mode="eval").body, node)
