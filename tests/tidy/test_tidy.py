"""The repository tests itself: what review alone would let slip."""

import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mutants.run import read_mutants

import countersign
from countersign.kernel.refusal import all_refusals

pytestmark = pytest.mark.fast

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "countersign"
MODULE_LINES_MAX = 420
SCHEMAS = {
    "access", "accounts", "audit", "gate", "ledger", "rails", "rules", "transfers", "vault",
}  # fmt: skip


def modules() -> Iterator[Path]:
    yield from sorted(SOURCE.rglob("*.py"))


def import_everything() -> None:
    for module in pkgutil.walk_packages(countersign.__path__, "countersign."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_what_it_is_and_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module opens with what it is"
    assert len(text.splitlines()) <= MODULE_LINES_MAX


def test_a_store_is_imported_only_by_its_own_package_and_the_journal() -> None:
    for path in modules():
        package = path.relative_to(SOURCE).parts[0]
        found = re.findall(
            r"from countersign\.(\w+)(?:\.store import| import store)", path.read_text("utf-8")
        )
        is_journal = path.parent == SOURCE / "gate" / "journal"
        assert is_journal or set(found) <= {package}, path


def test_a_store_names_only_tables_of_its_schema() -> None:
    for path in sorted(SOURCE.glob("*/store.py")):
        own = path.parent.name
        text = path.read_text("utf-8")
        named = set(re.findall(r"(?:FROM|INTO|UPDATE|JOIN)\s+(\w+)\.\w+", text)) & SCHEMAS
        assert named <= {own}, path


def test_money_never_meets_a_float() -> None:
    for package in ("kernel", "ledger", "accounts", "transfers", "rules", "features"):
        for path in sorted((SOURCE / package).rglob("*.py")):
            names = {
                n.id
                for n in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(n, ast.Name)
            }
            assert "float" not in names, path


def test_every_refusal_speaks_both_languages_and_has_a_code_of_its_area() -> None:
    import_everything()
    ours = [r for r in all_refusals() if r.__module__.startswith("countersign.")]
    assert len(ours) > 80
    for refusal in ours:
        assert refusal.chinese
        assert refusal.__doc__


def test_every_package_is_on_the_map() -> None:
    text = (REPOSITORY / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()):
        assert f"  {folder}/" in text, folder


def test_every_mutant_stands_where_it_says() -> None:
    for mutant in read_mutants():
        text = (SOURCE / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.find) == 1, mutant.name
        file, _, _ = mutant.test.partition("::")
        assert (REPOSITORY / file).exists(), mutant.test


def test_the_repository_names_no_registry_and_no_machine() -> None:
    wrong = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|/root/|/work/")
    for folder in ("src", "tests", "docs", "requirements", "tools", ".ci"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".md", ".txt", ".in", ".toml", ".sql", ""}:
                if path == Path(__file__) or "__pycache__" in path.parts:
                    continue
                assert not wrong.search(path.read_text(encoding="utf-8")), path


def test_dependencies_are_locked_with_hashes() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    locked = (REPOSITORY / "requirements" / "dev.txt").read_text(encoding="utf-8")
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"^{re.escape(name)}(\[\w+\])?==", locked, re.MULTILINE), name
    assert locked.count("--hash=sha256:") > locked.count("==")
