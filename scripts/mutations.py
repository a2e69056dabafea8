"""The mutants of a Python module: copies with one small fault each, as a careless change would make it.

Comparisons and edges flipped, conditions negated, `and` and `or` swapped, terms, entries of tables, alternatives of
patterns and statements left out, constants changed, min and max swapped, early returns and values of returns removed.
Not touched, because no behaviour hangs on it: docstrings, annotations, decorators, assertions, `__all__`, and sentences
for people (texts with a blank that begin with a capital).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

Edit = tuple[int, int, str]  # bytes from, to, and what stands there instead

_COMPARE = {
    ast.Lt: ["<="], ast.LtE: ["<"], ast.Gt: [">="], ast.GtE: [">"], ast.Eq: ["!="], ast.NotEq: ["=="],
    ast.In: ["not in"], ast.NotIn: ["in"], ast.Is: ["is not"], ast.IsNot: ["is"],
}  # fmt: skip
_BINARY = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Div: "*", ast.Mod: "*", ast.BitOr: "&",
    ast.BitAnd: "|", ast.LShift: ">>",
}  # fmt: skip
_SWAPS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith",
    "bisect_right": "bisect_left", "match": "search", "fullmatch": "match", "find": "rfind", "rpartition": "partition",
}  # fmt: skip
_DROPPED_CALLS = frozenset(["strip", "lstrip", "rstrip", "lower", "upper", "casefold"])
_PATTERNS = frozenset(["compile", "match", "search", "sub", "findall", "fullmatch", "split"])
_SENTENCE = re.compile(r"[A-Z][\w-]*\W.* ")
_LITERAL = re.compile(rb"(?:[rfRF]{0,2})\"")


@dataclass(frozen=True)
class Mutant:
    """`original` and `mutated` are the lines that differ, each stripped, joined by a blank; `where` is the function."""

    where: str
    line: int
    original: str
    mutated: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.where, self.original, self.mutated


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant that still compiles, each once, in the order of the lines."""
    reader = _Reader(source)
    reader.visit(ast.parse(source))
    found: dict[str, Mutant] = {}
    for where, edits in reader.found:
        mutant = _made(reader.data, where, edits)
        if mutant is not None and mutant.source not in found:
            found[mutant.source] = mutant
    return sorted(found.values(), key=lambda one: (one.line, one.mutated))


def _made(data: bytes, where: str, edits: list[Edit]) -> Mutant | None:
    changed = data
    for start, end, text in sorted(edits, reverse=True):
        changed = changed[:start] + text.encode() + changed[end:]
    source = changed.decode()
    try:
        ast.parse(source)
    except SyntaxError:
        return None
    if source == data.decode():
        return None
    old, new = data.decode().split("\n"), source.split("\n")
    head = next(at for at, (one, two) in enumerate(zip([*old, ""], [*new, ""])) if one != two)
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    lines = [" ".join(text.strip() for text in part[head : len(part) - tail]) for part in (old, new)]
    return Mutant(where, head + 1, lines[0].strip(), lines[1].strip(), source)


class _Reader(ast.NodeVisitor):
    def __init__(self, source: str) -> None:
        self.data = source.encode()
        self.found: list[tuple[str, list[Edit]]] = []
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._names: list[str] = []

    def _span(self, node: ast.AST) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.data[start:end].decode()

    def _add(self, *edits: Edit) -> None:
        self.found.append((".".join(self._names), list(edits)))

    def _replace(self, node: ast.AST, text: str) -> None:
        self._add((*self._span(node), text))

    def _between(self, left: ast.AST, right: ast.AST, old: str, new: str) -> None:
        """Changes the operator that stands between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        found = re.search(rf"(?<!\w){re.escape(old)}(?!\w)" if old[0].isalpha() else re.escape(old),
                          self.data[start:end].decode())  # fmt: skip
        if found:
            self._add((start + found.start(), start + found.end(), new))

    # What is passed over.

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._names.append(node.name)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        self._body(node.body)
        self._names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        self._body(node.body)
        self._names.pop()

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not is_text and not isinstance(statement, (ast.Import, ast.ImportFrom)):
                self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {name.id for name in node.targets if isinstance(name, ast.Name)}
        is_type = isinstance(node.value, ast.Subscript) and not self._names
        if not names & {"__all__", "__slots__"} and not is_type:
            self.visit(node.value)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace(node, "pass")
        if node.exc is not None:
            self.visit(node.exc)

    # Statements.

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, (ast.Yield, ast.YieldFrom)):
            self._replace(node, "pass")
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass")
        if type(node.op) in _BINARY:
            sign = {ast.Add: "+", ast.Sub: "-", ast.BitOr: "|", ast.BitAnd: "&"}.get(type(node.op), "")
            if sign:
                self._between(node.target, node.value, f"{sign}=", f"{_BINARY[type(node.op)]}=")
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "break")
        self._replace(node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        if self._nested:
            self._replace(node, "pass")
        if node.value is not None:
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                self._replace(node.value, "None")
            self.visit(node.value)

    _nested = 0

    def visit_If(self, node: ast.If) -> None:
        self._negate(node.test)
        self.visit(node.test)
        self._nested += 1
        self._body(node.body)
        self._nested -= 1
        self._body(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    # Expressions.

    def _negate(self, test: ast.expr) -> None:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return  # leaving out the `not` is the same
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and not isinstance(
            test.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
        ):  # fmt: skip
            return  # so is turning the operator round
        self._replace(test, f"not ({self._text(test)})")

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._replace(test, "True")
            self._negate(test)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:]):
            self._between(left, right, old, new)
        for at in range(len(node.values)):
            self._drop_item(node.values, at)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:]):
            for new in _COMPARE[type(operator)]:
                between = self.data[self._span(left)[1] : self._span(right)[0]].decode()
                old = next(sign for sign in ("not in", "is not", "<=", ">=", "==", "!=", "<", ">", "in", "is")
                           if sign in between)  # fmt: skip
                self._between(left, right, old, new)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sign = self.data[self._span(node.left)[1] : self._span(node.right)[0]].decode().strip("() \n")
        if type(node.op) in _BINARY:
            self._between(node.left, node.right, sign, _BINARY[type(node.op)])
            self._replace(node, self._text(node.left))
            self._replace(node, self._text(node.right))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, (ast.Not, ast.USub)):
            self._replace(node, f"({self._text(node.operand)})")
        if not isinstance(node.operand, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value))
        elif isinstance(value, (int, float)):
            self._replace(node, repr(value + 1))
            self._replace(node, repr(value - 1) if value else "(-1)")
        elif isinstance(value, str) and not _SENTENCE.match(value):
            self._replace(node, '"XX"' if not value else f'("XX" {self._text(node)})')
        elif isinstance(value, bytes):
            self._replace(node, 'b"XX"' if not value else f'(b"XX" {self._text(node)})')

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Its inside has no place in the source on every version of Python."""
        first = node.values[0] if node.values else None
        is_sentence = isinstance(first, ast.Constant) and bool(_SENTENCE.match(str(first.value) + " "))
        if not is_sentence:
            self._replace(node, '"XX"')

    def _drop_item(self, items: list[ast.expr], at: int) -> None:
        """One of several operands, entries or arguments, with what parts it from its neighbour."""
        start, end = self._span(items[at])
        if at + 1 < len(items):
            self._add((start, self._span(items[at + 1])[0], ""))
        else:
            self._add((self._span(items[at - 1])[1], end, ""))

    def _table(self, node: ast.List | ast.Set | ast.Tuple) -> None:
        for at, entry in enumerate(node.elts):
            if len(node.elts) > 1 and isinstance(entry, ast.Constant):
                self._drop_item(node.elts, at)
            else:
                self.visit(entry)

    def visit_List(self, node: ast.List) -> None:
        self._table(node)

    def visit_Set(self, node: ast.Set) -> None:
        self._table(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        if isinstance(node.ctx, ast.Load):
            self._table(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for at, (key, value) in enumerate(zip(node.keys, node.values)):
            if key is not None and isinstance(value, ast.Constant) and at + 1 < len(node.keys):
                following = node.keys[at + 1]
                if following is not None:
                    self._add((self._span(key)[0], self._span(following)[0], ""))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "TypeVar":
            return
        end = self._span(function)[1]
        if name in _SWAPS and not (name == "match" and not isinstance(function, ast.Attribute)):
            self._add((end - len(name), end, _SWAPS[name]))
        if isinstance(function, ast.Attribute):
            if name in _DROPPED_CALLS:
                self._replace(node, self._text(function.value))
            self.visit(function.value)
        of_re = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "re"
        is_pattern = of_re and name in _PATTERNS and isinstance(node.args[0], (ast.Constant, ast.JoinedStr))
        if is_pattern:
            self._pattern(node.args[0])
        for argument in node.args[1 if is_pattern else 0 :]:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in ("strict", "slots", "frozen"):
                self.visit(keyword.value)

    def _pattern(self, node: ast.expr) -> None:
        """Each alternative of a regular expression left out; one without alternatives is spoilt as a whole."""
        alternatives = list(_alternatives(_signs(self.data, *self._span(node))))
        for places in alternatives:
            self._add(*[(at, at + 1, "") for at in places])
        if not alternatives:
            self._replace(node, f'("XX" {self._text(node)})')


def _signs(data: bytes, start: int, end: int) -> list[tuple[int, bytes]]:
    """The bytes inside the literals of one implicit concatenation, with their places."""
    signs: list[tuple[int, bytes]] = []
    at = start
    while at < end:
        opened = _LITERAL.match(data, at, end)
        if opened is None:
            at += 1
            continue
        at = opened.end()
        while data[at : at + 1] != b'"':
            width = 2 if data[at : at + 1] == b"\\" else 1
            signs += [(place, data[place : place + 1]) for place in range(at, at + width)]
            at += width
        at += 1
    return signs


def _alternatives(signs: list[tuple[int, bytes]]) -> Iterator[list[int]]:
    """The places of each alternative, with one bar beside it."""
    stack: list[list[int]] = [[0]]  # of each open group: where its alternatives begin
    at, in_class = 0, False
    while at <= len(signs):
        sign = signs[at][1] if at < len(signs) else b")"
        if sign == b"\\":
            at += 2
            continue
        if in_class:
            in_class = sign != b"]"
        elif sign == b"[":
            in_class = True
            at += 1 if signs[at + 1][1] in (b"^", b"]") else 0
        elif sign == b"(":
            rest = b"".join(one for _, one in signs[at + 1 : at + 40])
            prefix = re.match(rb"\?(?:P<\w+>|<[=!]|[:=!])", rest)
            stack.append([at + 1 + (prefix.end() if prefix else 0)])
        elif sign == b"|":
            stack[-1].append(at + 1)
        elif sign == b")":
            begins = stack.pop()
            ends = [*[one - 1 for one in begins[1:]], at]
            if len(begins) > 1:
                for number, (first, last) in enumerate(zip(begins, ends)):
                    cut = range(first, last + 1) if number + 1 < len(begins) else range(first - 1, last)
                    yield [signs[place][0] for place in cut]
        at += 1
