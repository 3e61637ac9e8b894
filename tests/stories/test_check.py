"""`check` before the start: what serve would refuse, and what the panels' lists say of the services."""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile

import pytest
import yaml

from harness.process import binary


def offers(provider="alpha", service=101):
    return [{"provider": provider, "service": service}]


def faults(done):
    """The lines of its faults, without the file's name."""
    return [line.split(".yaml: ", 1)[-1] for line in done.stderr.splitlines() if "warning:" not in line]


def warnings(done):
    """Of those the ones about services and imports, but for what they cost (test_margins.py)."""
    return [line.split("warning: ", 1)[1] for line in done.stderr.splitlines() if "warning: " in line
            and ("service " in line or "the import of" in line) and "at cost or less" not in line]


# --- the ledger


def test_a_ledger_that_serve_could_not_open_is_a_fault(make_gateway, alpha, tmp_path):
    gateway = make_gateway([alpha], start=False)
    (tmp_path / "a file").write_text("")
    cases = [(f"sqlite:{tmp_path}/none/books.db", f"there is no folder {tmp_path}/none; make it"),
             (f"sqlite:{tmp_path}/a file/books.db", f"{tmp_path}/a file"),
             (f"sqlite:{tmp_path}", "not a file; name one")]
    for url, words in cases:
        gateway.write({**gateway.config, "ledger": url})
        done = gateway.cli("check")
        assert done.returncode == 1 and len(faults(done)) == 1, (url, done)
        assert faults(done)[0].startswith("`ledger`: ") and words in faults(done)[0], done
    (tmp_path / "books.db").write_bytes(b"no database at all" * 1000)
    gateway.write({**gateway.config, "ledger": f"sqlite:{tmp_path}/books.db"})
    done = gateway.cli("check")
    assert done.returncode == 1 and "`ledger`: " in faults(done)[0], done
    gateway.write({**gateway.config, "ledger": f"sqlite:{tmp_path}/fresh.db"})
    done = gateway.cli("check")
    assert done.returncode == 0 and not (tmp_path / "fresh.db").exists(), "it made what it was to look for"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_folder_that_the_user_cannot_write_is_a_fault(make_gateway, alpha):
    """As the unit runs it: by the user who will run serve."""
    gateway = make_gateway([alpha], start=False)
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as home:  # pytest's own folders are root's alone
        folder, path = os.path.join(home, "books"), os.path.join(home, "panelmux.yaml")
        program = shutil.copy(binary(), home)  # nobody may not see where it was built
        os.chmod(home, 0o755)
        os.mkdir(folder, 0o755)
        with open(path, "w") as file:
            yaml.safe_dump({**gateway.config, "ledger": f"sqlite:{folder}/books.db"}, file)

        def check():
            return subprocess.run([program, "check", "-c", path], capture_output=True, text=True, timeout=60, cwd="/",
                                  user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])

        done = check()
        assert done.returncode == 1 and f"the folder {folder} cannot be written" in done.stderr, done
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        done = check()
        assert done.returncode == 0, done


# --- addresses


@pytest.mark.parametrize("key", ["listen", "admin"])
def test_an_address_that_another_program_holds_is_a_fault(make_gateway, alpha, key):
    gateway = make_gateway([alpha], start=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        change = {"listen": address} if key == "listen" else {"admin": {**gateway.config["admin"], "listen": address}}
        gateway.write({**gateway.config, **change})
        done = gateway.cli("check")
    assert done.returncode == 1 and len(faults(done)) == 1, done
    assert f"{address} is in use by another process; stop that one (`ss -ltnp` shows which), or name a free port" in faults(done)[0]
    assert gateway.cli("check").returncode == 0


def test_they_are_found_beside_faults_elsewhere(make_gateway, alpha, tmp_path):
    """All at once, so that the next run is the last one."""
    gateway = make_gateway([alpha], start=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        gateway.write({**gateway.config, "status_fresh": "soon", "ledger": f"sqlite:{tmp_path}/none/books.db",
                       "listen": f"127.0.0.1:{other.getsockname()[1]}"})
        done = gateway.cli("check")
    found = " ".join(faults(done))
    assert done.returncode == 1 and len(faults(done)) == 3, done
    assert "`soon` is not a duration" in found and "there is no folder" in found and "in use by another process" in found


def test_an_address_of_another_machine_is_a_fault(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False)
    gateway.write({**gateway.config, "listen": "203.0.113.7:8080"})
    done = gateway.cli("check")
    assert done.returncode == 1 and "cannot listen on 203.0.113.7:8080" in faults(done)[0], done


def test_a_gateway_of_the_same_configuration_is_no_fault(make_gateway, alpha):
    gateway = make_gateway([alpha])
    done = gateway.cli("check")
    assert done.returncode == 0 and faults(done) == [], done
    assert f"note: a gateway (pid {gateway.program.process.pid}) runs with this file" in done.stdout, done
    assert "pid" in gateway.cli("check", "--json").json["note"]
    with socket.create_server(("127.0.0.1", 0)) as other:  # what is new in the file is looked at all the same
        gateway.write({**gateway.config, "listen": [gateway.config["listen"], f"127.0.0.1:{other.getsockname()[1]}"]})
        done = gateway.cli("check")
    assert done.returncode == 1 and len(faults(done)) == 1 and "in use by another process" in faults(done)[0], done


def test_a_gateway_of_another_configuration_is_named(make_gateway, alpha):
    running = make_gateway([alpha])
    copy = os.path.join(running.folder, "copy.yaml")
    with open(copy, "w") as file:
        yaml.safe_dump(running.config, file)
    done = running.cli("check", "-c", copy, config=False)
    found = faults(done)
    assert done.returncode == 1 and len(found) == 3, done
    assert "in use by another panelmux (pid " in found[0], done
    assert all(f"a panelmux (pid {running.program.process.pid}) that runs with {running.path}" in line for line in found[1:]), done


def test_a_check_of_the_units_start_gives_the_token_to_nobody(make_gateway, alpha):
    """Between two runs whoever holds the address is not the gateway."""
    gateway = make_gateway([alpha], start=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(60)
        address = f"127.0.0.1:{other.getsockname()[1]}"
        gateway.write({**gateway.config, "admin": {**gateway.config["admin"], "listen": address}})
        # As systemd.exec(5) has it; exec keeps the process.
        script = f'SYSTEMD_EXEC_PID=$$ exec "{binary()}" check -c "{gateway.path}"'
        check = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, cwd=gateway.folder,
                               env={**os.environ, **gateway.environment})
        assert check.returncode == 1 and f"{address} is in use by another process" in check.stderr, check
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.accept()


# --- lists


def test_the_kept_list_tells_what_a_fixed_rate_costs(make_gateway, make_panel):
    """Without asking anybody: warnings, for a list may be old, and a price that rose must not keep serve from starting."""
    alpha = make_panel("alpha", services=[
        {"service": 101, "name": "Likes", "type": "Default", "category": "A", "rate": "2.00", "min": 10, "max": 1000}])
    gateway = make_gateway([alpha], services=[
        {"id": 1, "rate": "1.50", "offers": offers()}, {"id": 2, "rate": "2.00", "offers": offers()},
        {"id": 3, "rate": "1.50", "margin": "allow_loss", "offers": offers()}, {"id": 4, "min": 5, "offers": offers()},
        {"id": 5, "markup": "10%", "offers": offers(service=999)}])
    assert warnings(make_gateway([alpha], start=False, services=gateway.config["services"]).cli("check")) == [], "no list yet"
    gateway.stop()
    asked = len(alpha.log())
    done = gateway.cli("check")
    found = warnings(done)
    assert done.returncode == 0 and len(found) == 4, done
    assert found[0].startswith("service 1, alpha's 101: it costs 2.00 USD for 1000, above the fixed price of 1.50, so this offer")
    assert found[1].startswith("service 3, alpha's 101: it costs 2.00") and "each order is a loss" in found[1]
    assert found[2].startswith("service 4, alpha's 101: `min` 5 is below the panel's 10")
    assert found[3].startswith("service 5, alpha's 999: the panel lists no such service; `panelmux import alpha`")
    assert len(alpha.log()) == asked


def test_online_compares_with_the_lists_of_now(make_gateway, make_panel):
    row = {"name": "Likes", "type": "Default", "category": "A", "rate": "2.00", "min": 10, "max": 1000}
    alpha = make_panel("alpha", services=[{"service": 101, **row}, {"service": 900, **row}])
    beta = make_panel("beta", services=[{"service": 500, **row}])
    gateway = make_gateway([alpha, beta], start=False, services=[
        {"id": 1, "rate": "1.50", "offers": offers()}, {"id": 2, "offers": offers("beta", 7)},
        {"id": 3, "max": 5000, "offers": offers("beta", 500)},
        {"id": 4, "type": "Package", "offers": offers("beta", 500)}],
        imports=[{"provider": "alpha", "first_id": 1000}, {"provider": "beta", "first_id": 1300}])
    alpha.set(currency="EUR")
    offline = gateway.cli("check")
    assert offline.returncode == 0 and warnings(offline) == [], offline
    done = gateway.cli("check", "--online", "--json")
    assert done.returncode == 1 and (done.json["ok"], done.json["code"]) == (False, "conflict"), done
    assert [(p["name"], p["services"]) for p in done.json["providers"]] == [("alpha", 2), ("beta", 1)]
    assert "currency is EUR" in done.json["providers"][0]["problem"], done
    said = done.json["findings"]
    for words in ("service 1, alpha's 101: it costs 2.00 USD", "service 2, beta's 7: the panel lists no such service",
                  "service 3, beta's 500: `max` 5000 is above the panel's 1000",
                  "service 4, beta's 500: its type is Default there, not Package",
                  "the import of beta from 1300 reaches the numbers of that of alpha, 1101 to 1900"):
        assert sum(words in line for line in said) == 1, (words, said)
    text = gateway.cli("check", "--online")
    assert text.returncode == 1 and all(line in text.stdout for line in said), text


def test_online_says_which_list_does_not_come(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], start=False)
    good = gateway.cli("check", "--online", "--json")
    assert good.returncode == 0 and good.json["ok"] and good.json["findings"] == [], good
    beta.rule("services", body="<html>soon</html>")
    done = gateway.cli("check", "--online", "--json")
    assert done.returncode == 1 and done.json["providers"][1]["problem"].startswith("its list: "), done
    assert (done.json["providers"][0]["problem"], done.json["providers"][1]["services"]) == ("", None), done
