"""The project's own Python files, for tests that read the code."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("pages", "ui", "charts", "models", "connectors", "data", "locales")
MODULES = sorted(path.stem for path in ROOT.glob("*.py"))


def files(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def where(path: Path, node: ast.expr | ast.stmt) -> str:
    """A place in the code, "ui/cards.py:12"."""
    return f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"


@cache
def imports(path: Path) -> list[tuple[str, ast.stmt]]:
    """Every module a file imports, by its full name, and the statement; `from a import b` gives a and a.b."""
    found: list[tuple[str, ast.stmt]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.module, node), *((f"{node.module}.{alias.name}", node) for alias in node.names)]
    return found
