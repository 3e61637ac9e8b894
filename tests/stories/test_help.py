"""What the commands say about themselves, to people, to shells and to scripts: help, completion, errors as JSON."""
import json
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.process import binary

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*words, **more):
    return subprocess.run([binary(), *words], capture_output=True, text=True, timeout=60, **more)


def usage_lines():
    return [line[len("  panelmux "):] for line in run("--help").stdout.splitlines() if line.startswith("  panelmux ")]


def words_of(line):
    """["client", "freeze"] of "client freeze|unfreeze NAME": what names the sub-command."""
    found = []
    for word in line.split():
        if not re.fullmatch(r"[a-z|]+", word):
            break
        found.append(word.split("|")[0])
    return found


def options_of(line):
    return re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)


# --- help


def test_the_help_of_each_sub_command_explains_its_options_with_an_example():
    lines = usage_lines()
    assert len(lines) > 25
    for line in lines:
        words = words_of(line)
        done = run(*words, "--help")
        assert done.returncode == 0 and f"  panelmux {line}\n" in done.stdout, (words, done)
        explained = done.stdout.split("\nOptions:\n")[1].split("\nExamples:\n")[0]
        for option in options_of(line):
            assert re.search(rf"^  {option}( .+)?\n      \S.{{10,}}$", explained, re.M), f"{words}: {option} is not explained"
        example = done.stdout.split("\nExamples:\n")[1]
        assert re.search(r"^  panelmux " + re.escape(words[0]), example, re.M), f"{words}: no example"


def test_every_option_in_the_help_is_one_that_its_command_knows(make_gateway):
    """No gateway runs: what it says is that, or what is missing, never that it does not know the option."""
    gateway = make_gateway(start=False)
    for line in usage_lines():
        words = words_of(line)
        if words[0] in ("completion", "demo", "serve", "simulate"):
            continue  # they would run, or take no more than one word
        for option in options_of(run(*words, "--help").stdout.split("\nOptions:\n")[1].split("\nExamples:\n")[0]):
            if option in ("-c", "--help") or f" {option}" not in run(*words, "--help").stdout:
                continue
            done = gateway.cli(*words, option, "1")
            assert f"unknown option {option}" not in done.stderr, (words, option, done)


def test_help_is_given_in_every_spelling():
    for words in (["order", "list", "--help"], ["order", "list", "-h"], ["help", "order", "list"]):
        assert run(*words).stdout == run("order", "list", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    assert "order show" not in run("order", "list", "--help").stdout.split("\n")[0]
    assert "order show ID" in run("order", "--help").stdout


@pytest.mark.parametrize("words", [["nonsense", "--help"], ["help", "nonsense"], ["nonsense", "-h"]])
def test_help_for_a_word_that_is_no_command_is_refused(words):
    done = run(*words)
    assert done.returncode == 2 and "unknown command nonsense" in done.stderr and done.stdout == "", done


@pytest.mark.parametrize("words, missing, others", [
    (["order", "show"], "panelmux order show ID", "order list"), (["client", "key", "revoke", "x"], "revoke NAME LABEL", "credit"),
    (["provider", "pause"], "panelmux provider pause NAME", "doctor"), (["ledger", "backup"], "ledger backup FILE", "verify")])
def test_a_usage_fault_shows_the_form_of_its_sub_command(words, missing, others):
    done = run(*words)
    assert done.returncode == 2 and missing in done.stderr and others not in done.stderr, done


def test_a_pause_that_is_too_long_says_so():
    done = run("provider", "pause", "alpha", "--for", "10000d")
    assert done.returncode == 2 and "--for 10000d is too long; at most" in done.stderr, done
    assert "needs a whole number with its unit" in run("provider", "pause", "alpha", "--for", "2").stderr


@pytest.mark.parametrize("words", [
    *(["list", option, ""] for option in ("--state", "--client", "--provider", "--service", "--link", "--upstream", "--since",
                                          "--until", "--before", "--limit")),
    ["resolve", "--provider", "alpha", "--text", "", "--refund", "--yes"],
    ["resolve", "--provider", "", "--text", "x", "--refund", "--yes"], ["resolve", "7", "--accepted", "", "--yes"]])
def test_an_empty_value_never_stands_for_all_orders(words):
    done = run("order", *words)
    assert done.returncode == 2 and "is empty; give it a value, or leave it out" in done.stderr, done


def test_the_version():
    said = run("--version").stdout
    assert re.fullmatch(r"panelmux \d+\.\d+\.\d+\n", said) and run("version").stdout == said
    assert f"panelmux {run('version', '--json').stdout and json.loads(run('version', '--json').stdout)['version']}\n" == said
    assert run("version", "now").returncode == 2


# --- completion


def completed(typed):
    """What bash offers for the last of these words."""
    script = run("completion", "bash").stdout
    words = " ".join(f"'{word}'" for word in typed)
    asked = f"{script}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _panelmux; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == "", done
    return set(done.stdout.split())


def test_bash_completes_commands_and_options():
    assert {"order", "provider", "check", "--version"} <= completed(["panelmux", ""])
    assert completed(["panelmux", "che"]) == {"check"}
    assert {"list", "show", "resolve"} <= completed(["panelmux", "order", ""])
    assert completed(["panelmux", "order", "list", "--in"]) == {"--in-doubt"}
    assert completed(["panelmux", "-c", "x.yaml", "client", "unf"]) == {"unfreeze"}
    assert completed(["panelmux", "client", "add", "bob", "--mark"]) == {"--markup"}
    assert completed(["panelmux", "client", "list", "--mark"]) == set()
    assert completed(["panelmux", "completion", ""]) == {"bash", "zsh", "--help"}
    assert completed(["panelmux", "check", "-c", "READM"]) == {"README.md"}
    assert completed(["panelmux", "client", "credit", "bob", "5", "--id", "--"]) == set(), "a value is nobody's to know"


def test_every_line_of_the_usage_is_completed():
    for line in usage_lines():
        words = words_of(line)
        assert words[-1] in completed(["panelmux", *words[:-1], words[-1][:1]]), line
        assert set(options_of(line)) <= completed(["panelmux", *words, "-"]), line


def test_the_zsh_completion_is_zsh():
    done = run("completion", "zsh")
    assert done.returncode == 0 and done.stdout.startswith("#compdef panelmux\n")
    for line in usage_lines():
        for word in words_of(line):
            assert re.search(rf"[( ]{word}[ )]", done.stdout), line
    if shutil.which("zsh"):
        assert subprocess.run(["zsh", "-n"], input=done.stdout, text=True, timeout=60).returncode == 0
    assert run("completion").returncode == 2 and run("completion", "fish").returncode == 2


# --- errors as JSON


@pytest.mark.parametrize("words, code, exit_code", [
    (["order", "show", "x"], "usage", 2), (["order"], "usage", 2), (["nonsense"], "usage", 2),
    (["client", "add"], "usage", 2), (["check", "--nonsense"], "usage", 2), (["reload"], "unreachable", 3),
    (["health"], "unreachable", 3), (["provider", "list"], "unreachable", 3), (["import", "nobody"], "not_found", 1),
    (["order", "list"], "unreachable", 3), (["ledger", "verify"], "not_found", 3)])
def test_an_error_is_json_with_a_code(make_gateway, alpha, words, code, exit_code):
    gateway = make_gateway([alpha], start=False)
    done = gateway.cli(*words, "--json")
    assert done.returncode == exit_code, done
    assert done.json["code"] == code and len(done.json["error"]) > 10, done
    assert done.json["error"] in done.stderr, "a person reads the same"
    assert gateway.cli(*words).stdout == "", "without --json there is none"


def test_the_faults_of_a_configuration_are_json_for_every_command(make_gateway):
    gateway = make_gateway(config="listen: nowhere\nadmin: {listen: nowhere}\n", start=False)
    for words in (["check"], ["import", "alpha"], ["order", "list"], ["reload"]):
        done = gateway.cli(*words, "--json")
        assert done.returncode == 1 and done.json["code"] == "configuration", (words, done)
        assert {1, 2} & {fault["line"] for fault in done.json["check"]["list"]}, (words, done)


def test_the_admin_side_and_its_commands_have_the_same_codes(make_gateway, alpha):
    gateway = make_gateway([alpha])
    cases = [("GET", "/orders/999", ["order", "show", "999"], 404, "not_found"),
             ("POST", "/providers/nobody/pause", ["provider", "pause", "nobody"], 404, "not_found"),
             ("POST", "/api/clients/shop/freeze", ["client", "freeze", "shop"], 409, "conflict")]
    for method, path, words, status, code in cases:
        answer = gateway.admin(path, method=method, body="{}" if method == "POST" else None)
        assert (answer.status, answer.json["code"]) == (status, code) and answer.json["error"], (path, answer.text)
        done = gateway.cli(*words, "--json")
        assert (done.returncode, done.json["code"]) == (1, code) and done.json["error"] == answer.json["error"], done
    assert gateway.admin("/nowhere").json["code"] == "not_found"
    assert gateway.admin("/reload").json["code"] == "method"
    gateway.write({**gateway.config, "statusfresh": 1})
    refused = gateway.cli("reload", "--json")
    assert refused.returncode == 1 and refused.json["code"] == "configuration" and "statusfresh" in str(refused.json["faults"])


def test_the_documented_codes_are_those_there_are():
    text = (ROOT / "gateway/admin/errorcode.c").read_text()
    words = set(re.findall(r'\[ERROR_\w+\] = \{"(\w+)"', text))
    table = (ROOT / "docs/operations.md").read_text().split("## Errors as JSON")[1].split("\n## ")[0]
    assert words == set(re.findall(r"^\| `(\w+)` \|", table, re.M))
