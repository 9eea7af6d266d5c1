"""A hook round every expression that may hold an array, and what each stands for.

Refuses to put one round functions, texts, and the plain numbers that choose an item.
"""

import ast
from typing import Any

from compare.check.lines.sites import Site

SAW = "__compare_check_saw__"
QUIET_KEYWORDS = {"axis", "keepdims", "dtype", "ndmin", "order", "size"}


class ExpressionRewriter(ast.NodeTransformer):
    """Puts hooks round the expressions of one file; `sites` says what a number is."""

    def __init__(self, file: str, source: str, first_number: int = 0) -> None:
        self.file = file
        self._lines = [line.encode() for line in source.splitlines()]
        self.next_number = first_number
        self.sites: list[Site] = []
        self._statement = 0
        self._functions: list[str] = []
        self._whole: dict[int, str] = {}  # id of a node -> what its value goes to

    def _site(
        self, node: ast.expr | ast.stmt, kind: str, text: str = "", target: str = ""
    ) -> int:
        number = self.next_number
        self.next_number += 1
        self.sites.append(
            Site(
                number,
                self.file,
                kind,
                node.lineno,
                node.end_lineno or node.lineno,
                node.col_offset,
                node.end_col_offset or node.col_offset,
                self._statement or node.lineno,
                text or self._text(node),
                target or self._whole.get(id(node), ""),
                ".".join(self._functions),
            )
        )
        return number

    def _text(self, node: ast.expr | ast.stmt) -> str:
        """Return the source of an expression; columns count bytes."""
        last = node.end_lineno or node.lineno
        lines = self._lines[node.lineno - 1 : last]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode()

    def _wrap(self, node: ast.expr, kind: str) -> ast.expr:
        """Return ``saw(number, node)``; the node itself was visited already."""
        number = self._site(node, kind)
        name = ast.Name(SAW, ast.Load())
        call = ast.Call(name, [ast.Constant(number), node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _test(self, node: ast.expr) -> ast.expr:
        number_of = self._site(node, "test")
        inner = self.visit(node)
        name = ast.Name(SAW, ast.Load())
        call = ast.Call(name, [ast.Constant(number_of), inner], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def visit_Name(self, node: ast.Name) -> Any:
        """Show the value of a variable."""
        return self._wrap(node, "name") if isinstance(node.ctx, ast.Load) else node

    def visit_Constant(self, node: ast.Constant) -> Any:
        """Show a number; not what chooses an item."""
        is_number = type(node.value) in (int, float)
        return self._wrap(node, "number") if is_number else node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """Show x.a."""
        if not isinstance(node.ctx, ast.Load):
            return node
        node.value = self.visit(node.value)
        return self._wrap(node, "made" if node.attr == "T" else "part")

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """Show x[i]."""
        if not isinstance(node.ctx, ast.Load):
            return node
        node.value = self.visit(node.value)
        node.slice = self._index(node.slice)
        return self._wrap(node, "part")

    def _index(self, node: Any) -> Any:
        """Rewrite an index, but for the plain numbers in it."""
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return node
        if isinstance(node, ast.Tuple):
            node.elts = [self._index(e) for e in node.elts]
            return node
        if isinstance(node, ast.Slice):
            for part in ("lower", "upper", "step"):
                if getattr(node, part) is not None:
                    setattr(node, part, self._index(getattr(node, part)))
            return node
        return self.visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        """Rewrite the body; its defaults run elsewhere."""
        node.body = self.visit(node.body)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        """Show what is given, and what comes back; the function itself stays."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg not in QUIET_KEYWORDS:
                keyword.value = self.visit(keyword.value)
        return self._wrap(node, "call")

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Show the result of arithmetic."""
        self.generic_visit(node)
        return self._wrap(node, "made")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """Show the result of a sign."""
        self.generic_visit(node)
        return self._wrap(node, "made")

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Show the result of a comparison."""
        self.generic_visit(node)
        return self._wrap(node, "made")

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Show the condition, and what comes of it."""
        node.test = self._test(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return self._wrap(node, "call")

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        """Rewrite what is run through; the target and the conditions stay."""
        node.iter = self.visit(node.iter)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        """Leave texts alone."""
        return node
