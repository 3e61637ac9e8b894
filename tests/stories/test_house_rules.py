"""The scripts that hold the rules of the tree: each finds what it is there to find, in a small tree made for it."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

RIGHT = {
    "gateway/a/foo.c": """/* brace { in a comment */
static const char sign = '{', *text = "bar(void) {";
#define ODD(x) { x
struct foo { int one; };
static int foo_values[] = {1, 2};
int foo(void) { return 1; }
static void foo_inner(int (*call)(int), void *arg) { if (arg) { call(1); } }
static void PRINTF_LIKE(1, 2)
    foo_print(const char *format, ...)
{
}
""",
    "gateway/a/foo.h": "int foo(void);\nint foo_shared(void);\nstatic inline int foo_short(void) { return 2; }\n",
    "gateway/a/foo_private.h": "static inline int foo_long(void) { return 3; }\n",
    "gateway/a/foo_bar.c": "int foo_shared(void) { return 4; }\nstatic int foo_bar_own(void) { return 5; }\n",
    "providers/baz.c": "struct baz { int one; };\n__attribute__((cold)) void baz_run(struct baz *baz) { baz->one = 1; }\n",
    "simulator/main.c": "int main(void) { return 0; }\n",
}


def check_names(folder, **changed):
    for path, text in {**RIGHT, **changed}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    done = subprocess.run([ROOT / "tools" / "check-names", folder], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def test_names_that_are_right_pass(tmp_path):
    assert check_names(tmp_path) == (0, "names: 9 functions begin with their file's stem, 2 structs, each tag once\n")


@pytest.mark.parametrize("path, text, fault", [
    ("providers/baz.c", "\nstatic int find(void)\n{\n}\n", "providers/baz.c:2: find must begin with baz_"),
    ("providers/baz.c", "\n\nint bazaar(void) {}\n", "providers/baz.c:3: bazaar must begin with baz_"),
    ("providers/baz.h", "static inline int get(void) { return 1; }\n", "providers/baz.h:1: get must begin with baz_"),
    ("gateway/a/foo_private.h", "static inline int go(void) {}\n", "gateway/a/foo_private.h:1: go must begin with foo_"),
    ("gateway/a/foo_bar.c", "static int foo_shared(void) { return 4; }\n", "gateway/a/foo_bar.c:1: foo_shared must begin with foo_bar_"),
    ("gateway/a/foo_bar.c", "int foo_hidden(void) { return 4; }\n", "gateway/a/foo_bar.c:1: foo_hidden must begin with foo_bar_"),
    ("simulator/main.c", "struct foo { int two; };\nint main(void) { return 0; }\n",
     "simulator/main.c:1: struct foo is also in gateway/a/foo.c:4"),
])
def test_a_wrong_name_is_found_where_it_stands(tmp_path, path, text, fault):
    status, output = check_names(tmp_path, **{path: text})
    assert status == 1 and output.startswith(fault) and output.count("\n") == 1, output


def test_a_tree_without_functions_is_no_tree_that_passed(tmp_path):
    done = subprocess.run([ROOT / "tools" / "check-names", tmp_path], stdout=subprocess.PIPE)
    assert done.returncode == 1


def named_in_proof():
    """(file, test) of each story that docs/proof.md names, and (file, None) of each other test file."""
    text = (ROOT / "docs" / "proof.md").read_text()
    for name, test in re.findall(r"`((?:unit|contract)/[\w/]+\.c|test_\w+\.py)(?:::(\w+…?))?`", text):
        yield ROOT / "tests" / (name if "/" in name else "stories/" + name), test or None


def test_every_test_that_proof_names_exists():
    missing = []
    for file, test in named_in_proof():
        text = file.read_text() if file.exists() else ""
        end = "" if test and test.endswith("…") else r"\b"
        pattern = r"\b" + test.removesuffix("…") + end if test else ""
        if not file.exists() or not re.search(pattern, text):
            missing.append(f"{file.relative_to(ROOT)}::{test}")
    assert not missing
    assert len(list(named_in_proof())) > 40
