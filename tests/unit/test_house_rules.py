"""Short files, short functions, no silence: the house rules, read from the code itself."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("pages", "hfcore", "inference", "bench", "docs")
FORBIDDEN = {("unsafe", "allow", "html"), ("use", "container", "width")}
FORBIDDEN_NAMES = {"_".join(words) for words in FORBIDDEN} | {"NotImplemented" + "Error", "NotImplemented"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def product() -> dict[str, ast.Module]:
    """The product's own files by path."""
    files = [ROOT / "app.py", *(f for room in ROOMS for f in sorted((ROOT / room).rglob("*.py")))]
    return {str(f.relative_to(ROOT)): ast.parse(f.read_text()) for f in files if f.exists()}


@cache
def suites() -> dict[str, ast.Module]:
    """The files with tests by path."""
    return {str(f.relative_to(ROOT)): ast.parse(f.read_text()) for f in sorted((ROOT / "tests").rglob("*.py"))}


def _lines(path: str) -> int:
    return (ROOT / path).read_text().count("\n")


def _limit(path: str) -> int:
    return 60 if path == "app.py" else 80 if path.startswith("pages/") else 400


def test_files_stay_short() -> None:
    """A module has at most 400 lines, a page at most 80, the entry at most 60."""
    assert [f"{path}: {_lines(path)} lines" for path in product() if _lines(path) > _limit(path)] == []


def test_functions_stay_short() -> None:
    """A function has at most 50 lines."""
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTION) and (node.end_lineno or 0) - node.lineno > 50
    ]
    assert long == []


def test_no_exception_is_swallowed() -> None:
    """Whoever catches an exception does something about it."""
    silent = [
        f"{path}:{node.lineno}"
        for path, tree in (product() | suites()).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(x, ast.Pass) for x in node.body)
    ]
    assert silent == []


def test_nothing_is_left_undone_or_unsafe() -> None:
    """No unfinished function, no HTML from data, no outdated width argument."""
    found = [
        f"{path}:{getattr(node, 'lineno', '?')} {word}"
        for path, tree in product().items()
        for node in ast.walk(tree)
        for word in (getattr(node, "arg", None), getattr(node, "id", None))
        if word in FORBIDDEN_NAMES
    ]
    notes = [path for path in product() if "TO" + "DO" in (ROOT / path).read_text()]
    assert found + notes == []


def test_files_leave_through_one_door() -> None:
    """Only hfcore/ui/download.py draws a download button, so that no table leaves with a formula in it."""
    buttons = [
        f"{path}:{node.lineno}"
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "download_button" and path != "hfcore/ui/download.py"
    ]
    assert buttons == []


def test_modules_are_named_after_what_they_hold() -> None:
    """No module is a drawer for everything."""
    drawers = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert [path for path in product() if Path(path).stem in drawers] == []


def test_tests_neither_sleep_nor_look_away() -> None:
    """A test polls with a deadline, and none is skipped or expected to fail."""
    found = [
        f"{path}:{node.lineno} {node.attr}"
        for path, tree in suites().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute)
        if (ast.unparse(node.value), node.attr) in {("time", "sleep"), ("pytest.mark", "skip"), ("pytest.mark", "xfail")}
    ]
    assert found == []


def test_each_test_states_its_requirement() -> None:
    """Every test says in its docstring what must hold."""
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in suites().items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTION) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_the_lock_covers_every_requirement() -> None:
    """Every package that the requirement files name is pinned in constraints.txt, with nothing of this machine in it."""
    lock = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.partition("==")[0].lower() for line in lock if "==" in line}
    named = {_name(line) for f in ROOT.glob("requirements*.txt") for line in f.read_text().splitlines()}
    assert named - {""} <= pinned
    assert [line for line in lock if not line.startswith("#") and ("==" not in line or "@" in line or "/" in line)] == []


def _name(line: str) -> str:
    """Name of the package on a line of a requirement file, "" when there is none."""
    return "" if line.startswith(("#", "-")) else line.split(">")[0].split("=")[0].split("[")[0].strip().lower()


def test_requirements_are_what_is_imported() -> None:
    """Every package that the product imports is required by name, and nothing else is."""
    files = ("requirements.txt", "requirements-ray.txt", "requirements-mlflow.txt")
    required = {_name(line) for f in files for line in (ROOT / f).read_text().splitlines()} - {""}
    known_as = {"scikit-learn": "sklearn", "xgboost-cpu": "xgboost", "azureml-core": "azureml"}
    known_as |= {"azureml-train-automl-client": "azureml", "mlflow-skinny": "mlflow"}
    in_azure = {"joblib"}  # imported by the entry script inside Azure's container, which brings it
    assert _imported() - in_azure == {known_as.get(name, name) for name in required}


def _imported() -> set[str]:
    """Top names of what the product imports, Python's own and its own rooms aside."""
    inside = set(sys.stdlib_module_names) | {"pages", "hfcore", "inference", "tests"}
    nodes = [n for path, tree in product().items() if not path.startswith(("bench", "docs")) for n in ast.walk(tree)]
    names = [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    named = {name.split(".")[0] for name in names} - inside
    return named | {name.split(".")[0] for name in _loaded_late()}


def _loaded_late() -> set[str]:
    """Names of modules that `sdk.load` imports by name."""
    return {
        node.args[0].value
        for tree in product().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sdk.load" and isinstance(node.args[0], ast.Constant)
    }
