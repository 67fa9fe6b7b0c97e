"""The repository tests itself: what review alone would let slip."""

import ast
import importlib
import pkgutil
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mutants.run import read_mutants

import countersign
from countersign.access.model import READING, Permission
from countersign.gate.commands import COMMANDS
from countersign.kernel.refusal import Refusal, all_refusals

pytestmark = pytest.mark.fast

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "countersign"
TESTS = REPOSITORY / "tests"
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
SCHEMAS = {
    "access", "accounts", "alerts", "audit", "gate", "infra", "ledger", "rails", "rules",
    "transfers", "vault",
}  # fmt: skip
# Above the domains: what lists and measurements read across schemas, and never write.
READ_BY = {
    "entrypoints/bench/crash.py": {"gate", "ledger", "rails", "transfers"},
    "entrypoints/console/account_pages.py": {"accounts", "gate"},
    "entrypoints/console/alert_pages.py": {"alerts", "transfers"},
    "entrypoints/console/board.py": {"alerts", "gate", "transfers"},
    "entrypoints/console/finding.py": {"gate", "transfers"},
    "entrypoints/console/pages.py": {"accounts", "alerts", "transfers"},
    "entrypoints/console/palette.py": {"accounts"},
    "entrypoints/console/proof_pages.py": {"gate"},
    "entrypoints/console/reasoning.py": {"gate"},
    "flows/backup/layout.py": {"infra"},
    "flows/follow_events.py": {"gate", "transfers"},
    "flows/list_alerts.py": {"gate", "transfers"},
    "flows/list_accounts.py": {"accounts", "gate", "ledger"},
    "flows/measure_backlog.py": {"alerts", "audit", "gate", "rails", "transfers"},
    "flows/list_transfers.py": {"gate", "transfers"},
}
# These packages hold many nouns: a code's area there is a word of a folder or file below them.
LAYERS = {"entrypoints", "flows", "infra", "kernel"}
OTHER_AREAS = {
    # Named for the commands that they belong to.
    "countersign.entrypoints.receiving": "ingest",
    "countersign.entrypoints.running": "run",
    # Both name an institution.
    "countersign.kernel.bic": "lei",
}

WITH_MONEY = {
    "accounts", "channels", "features", "gate", "kernel", "ledger", "rails", "rules", "transfers",
}  # fmt: skip
NO_FLOATS = {
    ("gate/front.py", "folder / name"): "a path",
}
# A refusal that no test can cause, with the reason.
UNTESTED: dict[str, str] = {}


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
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, node.name


def test_a_store_is_imported_only_by_its_own_package_and_the_journal() -> None:
    for path in modules():
        package = path.relative_to(SOURCE).parts[0]
        found = re.findall(
            r"from countersign\.(\w+)(?:\.store import| import store)", path.read_text("utf-8")
        )
        is_journal = path.parent == SOURCE / "gate" / "journal"
        assert is_journal or set(found) <= {package}, path


def test_sql_names_only_tables_of_its_own_schema() -> None:
    """In any module, not in stores alone. Only the gate's journal goes to every schema."""
    for path in modules():
        file = str(path.relative_to(SOURCE))
        named = {schema for _, schema in tables_in(path.read_text("utf-8"))}
        if not file.startswith("gate/journal/"):
            assert named <= {file.partition("/")[0]} | READ_BY.get(file, set()), path


def test_what_is_above_the_domains_writes_no_table() -> None:
    for path in modules():
        if path.relative_to(SOURCE).parts[0] in {"entrypoints", "flows"}:
            verbs = {verb for verb, _ in tables_in(path.read_text("utf-8"))}
            assert verbs <= {"FROM", "JOIN"}, path


def test_sql_is_found_wherever_it_stands() -> None:
    source = '''
"""DELETE FROM gate.batch is not SQL here."""
QUERY = "SELECT 1 FROM accounts.freeze AS f" " JOIN  ledger.balance"
def f(table, connection):
    connection.execute(b"UPDATE rules.policy SET hash = NULL")
    connection.execute(f"DELETE FROM ONLY gate.{table}")
    connection.execute("insert into vault.token values (1); TRUNCATE TABLE audit.tile")
    raise ValueError("a table.name, from house.hold and update me.now")
'''
    assert tables_in(source) == {
        ("FROM", "accounts"), ("JOIN", "ledger"), ("UPDATE", "rules"), ("DELETE FROM", "gate"),
        ("INSERT INTO", "vault"), ("TRUNCATE TABLE", "audit"),
    }  # fmt: skip


def tables_in(source: str) -> set[tuple[str, str]]:
    """(verb, schema) of every table that a string of a module names, docstrings apart."""
    tree = ast.parse(source)
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            node.value = ast.Constant(None) if isinstance(node.value, ast.Constant) else node.value
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        if isinstance(text, str):
            found |= {
                (" ".join(verb.upper().split()), schema)
                for verb, schema in _TABLE.findall(text)
                if schema in SCHEMAS
            }
    return found


_TABLE = re.compile(
    r"(?i)\b(DELETE\s+FROM|FROM|INSERT\s+INTO|UPDATE|JOIN|TRUNCATE(?:\s+TABLE)?|LOCK(?:\s+TABLE)?"
    r"|COPY|ALTER\s+TABLE|CREATE\s+TABLE|DROP\s+TABLE|MERGE\s+INTO)\s+(?:ONLY\s+)?(\w+)\."
)


def test_money_never_meets_a_float() -> None:
    """Nor a division that makes one; what counts seconds is no money."""
    for package in sorted(WITH_MONEY):
        for path in sorted((SOURCE / package).rglob("*.py")):
            file, text = str(path.relative_to(SOURCE)), path.read_text("utf-8")
            wrong = [found for found in floats_in(text) if (file, found) not in NO_FLOATS]
            assert not wrong, f"{file}: {wrong}"


def test_a_float_is_found_wherever_it_stands() -> None:
    source = """
PAUSE_SECONDS = 0.5
RATE = 0.5  # seconds
def f(x: float) -> int:
    x /= 2
    return x // 2 + x / 3 + float("1") + wait(
        timeout_seconds=2.5
    )
"""
    assert sorted(floats_in(source)) == ["0.5", "float", "float", "x / 3", "x /= 2"]


def floats_in(source: str) -> list[str]:
    """Each float, by name or value, and each true division, but in a line that counts seconds."""
    lines = source.splitlines()
    found = []
    for node in ast.walk(ast.parse(source)):
        is_float = isinstance(node, ast.Name) and node.id == "float"
        is_value = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        is_parted = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if is_float or is_value or is_parted:
            line = lines[node.lineno - 1].partition("#")[0]  # type: ignore[attr-defined]
            if not re.search(r"(?i)seconds|\bdeadline\b", line):
                found.append(ast.unparse(node))
    return found


def ours() -> list[type[Refusal]]:
    import_everything()
    found = [r for r in all_refusals() if r.__module__.startswith("countersign.")]
    assert len(found) > 80
    return found


def test_every_refusal_speaks_both_languages() -> None:
    for refusal in ours():
        assert re.search(r"[\u4e00-\u9fff]", refusal.chinese), refusal.code
        assert refusal.__doc__, refusal.code


def test_every_refusal_has_a_code_of_its_area() -> None:
    """The area is the package; in a package of many nouns, a word of the module's own place."""
    for refusal in ours():
        area = refusal.code.partition(".")[0]
        _, package, *place = refusal.__module__.split(".")
        if package in LAYERS:
            words = {word for name in place for word in name.split("_")}
            is_right = area in words or OTHER_AREAS.get(refusal.__module__) == area
        else:
            is_right = area == package
        assert is_right, f"{refusal.code} in {refusal.__module__}"


def test_every_refusal_is_met_by_a_test() -> None:
    """By its code or its class, whichever a test expects."""
    tests = "\n".join(
        path.read_text("utf-8").replace("\\.", ".") for path in sorted(TESTS.rglob("test_*.py"))
    )
    for refusal in ours():
        named = rf"\b({re.escape(refusal.code)}|{refusal.__name__})\b"
        is_met = re.search(named, tests) is not None
        assert is_met != (refusal.code in UNTESTED), refusal.code
    assert set(UNTESTED) <= {refusal.code for refusal in ours()}


def test_every_permission_is_used() -> None:
    """A permission that no command and no reader needs protects nothing."""
    needed = {command.permission for command in COMMANDS.values()}
    assert not needed & READING
    assert needed | READING == {*Permission, None}


def test_every_package_is_on_the_map() -> None:
    text = (REPOSITORY / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()):
        assert f"  {folder}/" in text, folder


def test_every_mutant_stands_where_it_says() -> None:
    for mutant in read_mutants():
        text = (SOURCE / mutant.file).read_text(encoding="utf-8")
        assert text.count(mutant.find) == 1, mutant.name
        file, _, name = mutant.test.partition("::")
        text = (REPOSITORY / file).read_text(encoding="utf-8")
        assert f"def {name.partition('[')[0]}(" in text, mutant.test


def test_every_setting_is_in_the_recipe() -> None:
    text = (REPOSITORY / "docs" / "recipes" / "settings.md").read_text(encoding="utf-8")
    source = (SOURCE / "infra" / "settings.py").read_text(encoding="utf-8")
    listed = re.findall(r'"(\w+)": \("(COUNTERSIGN_\w+)"', source)
    assert len(listed) >= 7
    for key, variable in listed:
        assert f"| `{key}` | `{variable}` |" in text, key


def test_the_help_of_make_names_targets_only() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    lines = done.stdout.splitlines()
    assert len(lines) >= 5
    for line in lines:
        make, target, *words = line.split()
        assert make == "make"
        assert f"\n{target}:" in makefile
        assert words


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
    files = sorted((REPOSITORY / "requirements").glob("*.txt"))
    assert [file.stem for file in files] == ["axe", "dev", "run", "schemas"]
    pins = {file.stem: pins_in(file.read_text(encoding="utf-8")) for file in files}
    for stem, found in pins.items():
        assert found, stem
        assert [pin for pin, hashes in found.items() if not hashes] == [], stem
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[\[<>=]", requirement)[0]
        for stem in ("dev", "run"):
            assert any(re.match(rf"{re.escape(name)}(\[\w+\])?==", p) for p in pins[stem]), name


def test_a_pin_without_a_hash_is_found() -> None:
    text = (
        "# by uv\na==1 \\\n    --hash=sha256:0a \\\n    --hash=sha256:0b\n    # via c\nb==2\nc>=3\n"
    )
    assert pins_in(text) == {"a==1": 2, "b==2": 0, "c>=3": 0}


def pins_in(requirements: str) -> dict[str, int]:
    """Every requirement of a file and how many hashes it has."""
    joined = requirements.replace("\\\n", " ").splitlines()
    wanted = [line.split() for line in joined if line.strip() and not line.lstrip().startswith("#")]
    return {
        words[0]: sum(word.startswith("--hash=sha256:") for word in words[1:]) for words in wanted
    }
