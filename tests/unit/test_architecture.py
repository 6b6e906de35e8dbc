"""Who may import whom: every arrow points down, and what is heavy stays out of the web process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOOR = ("hfcore.records", "hfcore.states", "hfcore.errors", "hfcore.settings")
ROOMS = ("hfcore.datasets", "hfcore.automl", "hfcore.reporting", "hfcore.scoring")
API = ("hfcore", "hfcore.workspace")
MAY_IMPORT = {
    "pages": ("pages", "hfcore.ui", *API, *ROOMS, *FLOOR),
    "hfcore.ui": ("hfcore.ui", *API, *ROOMS, *FLOOR),
    "hfcore.backends": ("hfcore.workspace", *ROOMS, "inference", *FLOOR),
    "inference": ("inference", *FLOOR),
    "api": (*API, *ROOMS, *FLOOR),
    "rooms": (*ROOMS, *FLOOR),
    "floor": FLOOR,
}
TRAINING = frozenset({"sklearn", "scipy", "lightgbm", "xgboost", "lifelines", "ray", "shap"})
EXPORT = frozenset({"onnx", "onnxmltools", "skl2onnx", "onnxruntime"})
HEAVY = TRAINING | EXPORT | {"alembic", "azureml", "azure", "mlflow", "matplotlib", "fastapi"}
ONLY_IN = {
    "streamlit": ("pages", "hfcore.ui"),
    "plotly": ("pages", "hfcore.ui"),
    "sqlalchemy": ("hfcore.backends.local",),
    "alembic": ("hfcore.backends.local",),
    "mlflow": ("hfcore.backends.local",),
    "ray": ("hfcore.automl.executors",),
    "azureml": ("hfcore.backends.azureml",),
    "azure": ("hfcore.backends.azureml", "hfcore.backends.azureml_v2"),
}
WEB_ENTRIES = ("hfcore.backends.local.workspace", "hfcore.scoring.client")
NOT_FOR_SCORING = frozenset({"pandas", "streamlit", "plotly", "sqlalchemy", "sklearn", "scipy"})


@dataclass(frozen=True)
class Import:
    """One import: who imports what, on which line, and whether it happens when the module is loaded."""

    module: str
    target: str
    line: int
    on_load: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the product, by dotted name."""
    files = [ROOT / "app.py", *(f for room in ("pages", "hfcore", "inference") for f in (ROOT / room).rglob("*.py"))]
    return {_dotted(file): file for file in files if file.exists()}


def _dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Every import of a module, those in functions and under TYPE_CHECKING too."""
    return tuple(_walk(module, ast.parse(modules()[module].read_text()), on_load=True))


def _walk(module: str, node: ast.AST, on_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from (Import(module, target, child.lineno, on_load) for target in _targets(module, child))
        yield from _walk(module, child, on_load and not _is_deferred(child))


def _is_deferred(node: ast.AST) -> bool:
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    return function or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))


def _targets(module: str, node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = _absolute(module, node)
    return [f"{base}.{a.name}" if f"{base}.{a.name}" in modules() else base for a in node.names]


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = modules()[module].name == "__init__.py"
    parts = module.split(".")
    above = parts[: len(parts) - node.level + package]
    return ".".join([*above, node.module] if node.module else above)


def within(module: str, *rooms: str) -> bool:
    """Tell whether a module lies in one of these rooms; `hfcore` itself is only the package's own file."""
    return any(module == room or (room != "hfcore" and module.startswith(room + ".")) for room in rooms)


def floor_of(module: str) -> tuple[str, ...]:
    """What a module may import of this project, its own room included."""
    if within(module, "app", "pages"):
        return MAY_IMPORT["pages"]
    if within(module, "hfcore.backends"):
        own = ".".join(module.split(".")[:3])
        return (*MAY_IMPORT["hfcore.backends"], own)
    named = next((room for room in ("hfcore.ui", "inference") if within(module, room)), None)
    layer = named or ("api" if within(module, *API) else "rooms" if within(module, *ROOMS) else "floor")
    return MAY_IMPORT[layer]


def loaded_by_web() -> set[str]:
    """Every module of ours that the web process loads without being asked for more."""
    waiting = [m for m in modules() if within(m, "app", "pages", "hfcore", "hfcore.ui", *WEB_ENTRIES)]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += [i.target for i in imports(module) if i.on_load and i.target in modules()]
    return seen


def test_every_module_has_a_room() -> None:
    """Each module of hfcore lies in a room that DESIGN.md names, so that the import rule speaks about it."""
    rooms = (*FLOOR, *ROOMS, *API, "hfcore.ui", "hfcore.backends", "inference", "app", "pages")
    assert [m for m in modules() if not within(m, *rooms)] == []


def test_imports_only_look_down() -> None:
    """No module imports one that lies above it or in a backend of another name."""
    wrong = [
        str(found)
        for module in modules()
        for found in imports(module)
        if found.target.split(".")[0] in ("app", "pages", "hfcore", "inference") and not within(found.target, *floor_of(module))
    ]
    assert wrong == []


def test_only_connect_names_backends() -> None:
    """Backends are named as strings in one place, hfcore/workspace.py, and otherwise only by themselves."""
    named = {
        module
        for module, file in modules().items()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("hfcore.backends.")
    }
    assert {m for m in named if not within(m, "hfcore.backends")} <= {"hfcore.workspace"}


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_a_package_stays_in_its_room(package: str) -> None:
    """Streamlit and plotly serve the pages, SQLAlchemy the local store, Azure's SDKs their backends; nobody else."""
    rooms = (*ONLY_IN[package], "app") if package == "streamlit" else ONLY_IN[package]
    assert [str(i) for m in modules() for i in imports(m) if within(i.target, package) and not within(m, *rooms)] == []


def test_azure_is_imported_late() -> None:
    """Nothing of Azure is imported when a module is loaded, its own backend's modules included."""
    assert [str(i) for m in modules() for i in imports(m) if i.on_load and within(i.target, "azureml", "azure")] == []


def test_scoring_process_stays_small() -> None:
    """The inference room imports neither pandas nor anything that trains, draws or stores."""
    wrong = [i for m in modules() if within(m, "inference") for i in imports(m) if i.target.split(".")[0] in NOT_FOR_SCORING]
    assert [str(i) for i in wrong] == []


def test_rooms_have_no_circles() -> None:
    """Sibling rooms may use each other in one direction only."""
    arrows = {
        (source, target)
        for source in ROOMS
        for target in ROOMS
        if source != target
        for m in modules()
        if within(m, source) and any(within(i.target, target) for i in imports(m))
    }
    assert [pair for pair in arrows if pair[::-1] in arrows] == []


def test_web_modules_import_nothing_heavy_on_load() -> None:
    """No module that the web process loads imports a training, export or cloud library at its top."""
    wrong = [str(i) for m in sorted(loaded_by_web()) for i in imports(m) if i.on_load and i.target.split(".")[0] in HEAVY]
    assert wrong == []


def test_web_process_loads_nothing_heavy(tmp_path: Path) -> None:
    """Importing every ui module and opening an existing local workspace loads no training, export or cloud library."""
    ours = [m for m in sorted(modules()) if within(m, "hfcore", "hfcore.ui", *WEB_ENTRIES)]
    opened = f"import hfcore; hfcore.connect('local', home={str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", opened], cwd=ROOT, check=True)
    code = f"import sys, {', '.join(ours)}; {opened}; print(*sorted({{m.split('.')[0] for m in sys.modules}} & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
