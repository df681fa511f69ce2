"""The shape of the code: sizes, docstrings, names."""

import ast
import re

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
VAGUE = {"common", "core", "utils", "util", "helpers", "helper", "services", "misc", "shared"}


def find_functions(path):
    """Every function of a module."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def count_lines(function):
    """The lines of a function from `def` to its end, without its docstring."""
    first = function.body[0]
    docstring = first if ast.get_docstring(function) is not None else None
    return function.end_lineno - function.lineno + 1 - (docstring.end_lineno - docstring.lineno + 1 if docstring else 0)


def test_every_module_starts_with_a_docstring(modules):
    assert [
        path for path in modules if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_bytes()))
    ] == []


def test_every_public_function_and_class_says_what_it_is_for(modules):
    silent = []
    for path in modules:
        for node in ast.parse(path.read_bytes()).body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path}:{node.lineno} {node.name}")
    assert not silent, "\n".join(silent)


def test_no_module_is_longer_than_four_hundred_lines(modules):
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules}
    long = [f"{path} {length}" for path, length in lengths.items() if length > MAX_MODULE_LINES]
    assert not long, "\n".join(long)


def test_no_function_is_longer_than_forty_lines(modules):
    long = [
        f"{path}:{function.lineno} {function.name} {count_lines(function)}"
        for path in modules
        for function in find_functions(path)
        if count_lines(function) > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_module_has_a_name_that_says_nothing(modules, root):
    names = {part for path in modules for part in path.relative_to(root).with_suffix("").parts}
    assert names & VAGUE == set()


def test_every_package_is_a_word_of_the_glossary(modules, root):
    packages = {path.parent.name for path in modules if path.name == "__init__.py"} - {"fairshare"}
    headings = re.findall(r"^\*\*(.+?)\*\*", (root / "GLOSSARY.md").read_text("utf-8"), re.MULTILINE)
    words = {word.strip().lower().replace(" ", "_").replace("-", "_") for each in headings for word in each.split(",")}
    assert {name for name in packages if name not in words} == set()
