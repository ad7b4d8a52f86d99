"""Every kind of event that the portal writes has a word in Polish on the auditors' page."""

import ast
import fnmatch
from collections.abc import Iterator
from pathlib import Path

import pytest

from boi_portal.cases.trail import WORDS

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "boi_portal"


class Module:
    """A module in which events are recorded: finds which kinds an expression can name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.imported = {
            ((node.module or "").rpartition(".")[2], alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.calls: dict[str, list[tuple[ast.Call, ast.FunctionDef]]] = {}
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call):
                        self.calls.setdefault(_called(call), []).append((call, function))

    def recorded(self) -> Iterator[tuple[int, ast.expr, ast.FunctionDef]]:
        """(line, the expression that names the kind, the function around it) of each event."""
        for call, function in self.calls.get("record", ()):
            if len(call.args) >= 5:
                yield call.lineno, call.args[1], function

    def kinds(self, named: ast.expr, function: ast.FunctionDef | None) -> Iterator[str]:
        """The kinds that `named` can be."""
        match named:
            case ast.Constant(value=str(kind)):
                yield kind
            case ast.IfExp(body=body, orelse=orelse):
                yield from self.kinds(body, function)
                yield from self.kinds(orelse, function)
            case ast.Name(id=name):
                yield from self._kinds_of_name(name, function)
            case ast.JoinedStr(values=parts):
                yield "".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in parts)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                for value in _assigned(self.tree, name):
                    yield from self.kinds(value, None)
            case _:
                yield f"(no constant, {self.path.name}:{named.lineno})"

    def _kinds_of_name(self, name: str, function: ast.FunctionDef | None) -> Iterator[str]:
        parameters = [one.arg for one in function.args.args] if function is not None else []
        if function is not None and name in parameters:
            yield from self._kinds_of_parameter(parameters.index(name), name, function)
            return
        found = [*_assigned(function, name)] if function is not None else []
        for value in found or _assigned(self.tree, name):
            yield from self.kinds(value, function if found else None)

    def _kinds_of_parameter(self, place: int, name: str, function: ast.FunctionDef) -> Iterator[str]:
        method = function.args.args[0].arg == "self"
        for module in MODULES:
            for call, caller in module.calls.get(function.name, ()):
                if not self._is_called(call, module, function.name):
                    continue
                keyword = next((one.value for one in call.keywords if one.arg == name), None)
                yield from module.kinds(keyword or call.args[place - method], caller)

    def _is_called(self, call: ast.Call, module: "Module", name: str) -> bool:
        """Whether a call in `module` is of this module's function and not of another that is called the same."""
        if isinstance(call.func, ast.Name):
            return module is self or (self.path.stem, name) in module.imported
        on = getattr(call.func, "value", None)
        named = on.id if isinstance(on, ast.Name) else ""
        return named == self.path.stem if module is not self or named in STEMS else True


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """What is assigned to a name, also in a row of names."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    yield from (value for one, value in pairs if isinstance(one, ast.Name) and one.id == name)


MODULES = [Module(path) for path in sorted(PACKAGE.rglob("*.py"))]
STEMS = {module.path.stem for module in MODULES}


def events() -> list[tuple[str, str]]:
    """(where, kind) of every event of the portal."""
    found = []
    for module in MODULES:
        for line, named, function in module.recorded():
            kinds = set(module.kinds(named, function))
            found += [(f"{module.path.relative_to(PACKAGE)}:{line}", kind) for kind in sorted(kinds or {"?"})]
    return found


EVENTS = events()


def test_events_are_found_at_all() -> None:
    assert {"sign-in", "case-read", "case-stage"} <= {kind for _, kind in EVENTS}


@pytest.mark.parametrize(("where", "kind"), EVENTS, ids=str)
def test_kind_of_event_has_a_word(where: str, kind: str) -> None:
    assert any(fnmatch.fnmatch(word, kind) for word in WORDS), f"{where}: say in cases/trail.py what {kind!r} is called"
