"""Who opens secrets: each place is known by name, so that a new one is a decision and not a habit."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["register", "customers", "sites", "billing", "recordings", "retention", "dsar", "demo", "embedded"]
METHODS = {"reveal", "masked"}
FUNCTIONS = {"open_sealed", "open_many", "unwrap_key"}

# Each line is a module and a function that may open a secret, with the reason.
ALLOWED = {
    ("register/crypto/fields.py", "EncryptedTextField._sealed"),  # a value copied from another row
    ("register/crypto/fields.py", "EncryptedTextField.held"),  # a value not sealed yet
    ("register/crypto/fields.py", "EncryptedTextField._is_already"),  # whether an assigned value is new
    ("register/crypto/fields.py", "EncryptedTextField.run_validators"),  # a value not sealed yet
    ("register/crypto/fields.py", "BlindIndexAttribute.__get__"),  # a value not sealed yet
    ("register/crypto/fields.py", "BlindIndexField.pre_save"),  # the index of a new value
    ("register/crypto/sealed.py", "Sealed.reveal"),
    ("register/crypto/sealed.py", "Sealed.masked"),
    ("register/crypto/files.py", "EncryptedFile.__init__"),  # the key of the file that is read
    ("register/identity/rotation.py", "_all_sealed_anew"),  # sealed again at once
    ("register/identity/factors.py", "open_secret"),  # the secret of a second factor
    ("register/identity/rotation.py", "_wrapped_anew"),  # wrapped again at once
    ("customers/staff/panels.py", "_contact_context"),  # masked, or opened with a reason that was just logged
    ("billing/staff/panels.py", "billing"),  # masked, or opened with a reason that was just logged
    ("dsar/package/rows.py", "_opened"),  # the person's own, for the package that the person asked for
    ("demo/queries.py", "identity_code_of"),  # made-up people, for the demonstration bank
    ("billing/portal.py", "_ways"),  # masked, for the customer
    ("billing/admin.py", "BankAccountAdmin.iban_masked"),  # masked
}


def openings() -> set[tuple[str, str]]:
    return {
        (str(path.relative_to(ROOT)), name)
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for name in openers_in(ast.parse(path.read_text(encoding="utf-8")))
    }


def openers_in(tree: ast.AST, within: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        name = within
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{within}.{node.name}".strip(".")
        if isinstance(node, ast.Attribute | ast.Name) and opens(node):
            yield name
        yield from openers_in(node, name)


def opens(node: ast.Attribute | ast.Name) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in METHODS or node.attr in FUNCTIONS
    return node.id in FUNCTIONS


@pytest.mark.clause("X3")
def test_only_known_places_open_a_secret() -> None:
    found = openings()
    assert ("register/crypto/sealed.py", "Sealed.reveal") in found
    assert found - ALLOWED == set(), "a new place opens secrets: add it here with its reason, or do without"
    assert ALLOWED - found == set(), "this place opens no secret any more: take it off the list"


def test_the_search_sees_names_and_attributes_in_any_use() -> None:
    tree = ast.parse("class A:\n def f(self):\n  self.code.reveal()\ndef g():\n open_sealed()\nh = partial(open_many)")
    assert set(openers_in(tree)) == {"A.f", "g", ""}
