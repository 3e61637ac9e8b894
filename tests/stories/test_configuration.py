"""The configuration as an operator meets it: every fault at once, secrets unseen, reload all or nothing."""
import os
import pathlib
import re
import socket
import threading

import pytest
import yaml

from books import Later
from harness import Wire, default_config, eventually, post, together
from harness.config import SHOP_KEY, provider
from harness.ports import free_port, give_back

FAULT = re.compile(r"^(?P<file>/?[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<words>.+)$")
HEAD = "currency: USD\nclients:\n  - {name: shop, balance: 0, key: \"${env:SHOP_KEY}\"}\nproviders:\n" \
       "  - {name: alpha, url: \"https://alpha.example/api/v2\", key: \"${env:ALPHA_KEY}\"}\n"
SECRETS = {"SHOP_KEY": "secret-of-the-shop-1234", "ALPHA_KEY": "secret-of-alpha-5678"}
LINK = "https://example.com/p/1"


@pytest.fixture
def check(make_gateway):
    """check(text): what `panelmux check` says of it: exit code, [(line, column, words)], raw text."""
    def run(text, environment=SECRETS, files=None):
        ports = free_port(), free_port()
        if "\nproviders:\n" in text and text.endswith("\n"):  # `check` tries the addresses: ours, not those of the others
            for key, line in (("listen", f"listen: 127.0.0.1:{ports[0]}\n"),
                              ("admin", f"admin: {{listen: \"127.0.0.1:{ports[1]}\"}}\n")):
                text += "" if re.search(rf"^{key}:", text, re.M) else line
        gateway = make_gateway(config=text, environment=environment, start=False)
        for name, content in (files or {}).items():
            path = pathlib.Path(gateway.folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        done = gateway.cli("check")
        for port in ports:
            give_back(port)
        faults = []
        for line in done.stderr.splitlines():
            found = FAULT.match(line)
            if found and not found["words"].startswith("warning:"):
                faults.append((os.path.relpath(os.path.join(gateway.folder, found["file"]), gateway.folder),
                               int(found["line"]), int(found["column"]), found["words"]))
        return done, faults
    return run


def place_of(text, what):
    """(line, column) of the first place of what in text, from 1."""
    at = text.index(what)
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


# ---- check


def test_a_sound_configuration_passes_without_a_word_too_much(check):
    done, faults = check(HEAD + "services:\n  - {id: 1, offers: [{provider: alpha, service: 101}]}\n")
    assert done.returncode == 0 and faults == [], done


def test_the_shipped_examples_are_sound(make_gateway):
    gateway = make_gateway(config=HEAD, start=False, environment={
        name: f"{name}-value-12345" for name in
        ("PANELMUX_ADMIN_TOKEN", "SHOP_KEY", "RESELLER_KEY", "RESELLER_OLD_KEY", "ALPHA_KEY", "BETA_KEY", "GAMMA_KEY")})
    example = pathlib.Path(__file__).parents[2] / "config/panelmux.example.yaml"
    text = example.read_text()
    for port, ours in (("8080", gateway.port), ("8081", gateway.admin_port)):  # whatever this machine has there
        text = text.replace(f":{port}", f":{ours}")
    path = pathlib.Path(gateway.folder, "example.yaml")
    path.write_text(text)
    done = gateway.cli("check", "-c", path, config=False)
    assert done.returncode == 0, done


def test_every_fault_is_reported_at_once_with_its_place(check):
    text = """\
listen: 0.0.0.0:99999
currency: USD
statusfresh: 30s
decimals: 9
request_timeout: 0s
answer_within: soon
workers: -1
catalogue: {refresh: 15, price_jumps: 50%}
rates: {EUR: abc}
clients:
  - name: shop
    key: ${env:SHOP_KEY}
    mark_up: 5%
    rate_limit: 50
  - name: shop
    key: ${env:OTHER_KEY_NOT_SET}
  - name: nokey
providers:
  - name: alpha
    url: ftp://alpha.example/
    key: ${env:ALPHA_KEY}
    currency: TRY
    timeout: 15
services:
  - id: 1
    offers: [{provider: alhpa, service: 101}]
  - id: 1
    offers: [{provider: alpha, service: 101}]
    routing: cheepest
    markup: twelve
  - id: 0
    offers: []
"""
    done, faults = check(text)
    assert done.returncode == 1, done
    told = {(line, column): words for _, line, column, words in faults}
    for what, says in {
        "0.0.0.0:99999": "listen", "statusfresh": "status_fresh", "9\nrequest": "decimals", "0s\nanswer": "request_timeout",
        "soon": "answer_within", "-1\ncat": "workers", "15, price": "refresh", "price_jumps": "price_jump", "abc": "rates",
        "mark_up": "markup", "50\n  - name": "rate_limit", "${env:OTHER": "OTHER_KEY_NOT_SET", "ftp:": "url",
        "TRY\n    timeout": "TRY", "15\nservices": "timeout", "alhpa": "alpha", "cheepest": "cheapest", "twelve": "markup",
        "0\n    offers: []": "id"}.items():
        place = place_of(text, what)
        assert place in told, (what, place, done.stderr)
        assert says in told[place], (what, told[place])
    assert [words for (line, _), words in told.items() if line in (15, 17)], done.stderr  # a second shop, no key
    assert any(line == 27 for line, _ in told), done.stderr  # a second service 1
    assert len(faults) >= 22 and done.stdout.count("secret-of") == 0 and "secret-of" not in done.stderr


def test_a_syntax_error_ends_its_file_and_is_reported_with_its_place(check):
    done, faults = check(HEAD + "services: [{id: 1\nmore: x: y\n")
    assert done.returncode == 1 and faults and faults[0][1] >= 6, done
    done, faults = check("currency: USD\n\tclients: []\n")
    assert done.returncode == 1 and faults[0][1] == 2, done
    for text in ("", "just a text", "- a\n- list\n", "\x00", "a: !!python/object x\n", "a: &x [1]\nb: *x\n", "[" * 5000):
        done, _ = check(text)
        assert done.returncode in (0, 1) and "assertion" not in done.stderr, (text[:20], done)
        if text:
            assert done.returncode == 1, (text[:20], done)


def test_doubled_keys_are_faults_everywhere(check):
    text = HEAD + "currency: EUR\nadmin: {listen: 127.0.0.1:1, listen: 127.0.0.1:2}\n"
    done, faults = check(text)
    places = {(line, column) for _, line, column, _ in faults}
    assert done.returncode == 1 and {(6, 1), place_of(text, "listen: 127.0.0.1:2")} <= places, done


@pytest.mark.parametrize("line, near", [
    ("currancy: USD", "currency"), ("Listen: 1.1.1.1:1", "listen"), ("status-fresh: 1s", "status_fresh"), ("worker: 1", "workers"),
    ("answerwithin: 8s", "answer_within"), ("import: []", "imports"), ("trusted_proxy: []", "trusted_proxies")])
def test_an_unknown_key_names_the_nearest(check, line, near):
    done, faults = check(HEAD.replace("currency: USD\n", "") + line + "\n")
    assert done.returncode == 1 and len(faults) == 1, done
    assert faults[0][1:3] == (5, 1) and f"`{near}`" in faults[0][3]


def test_a_missing_variable_or_file_is_named_and_no_value_ever(check):
    text = HEAD + "admin: {listen: 127.0.0.1:1, token: \"${file:/nowhere/token}\"}\n"
    done, faults = check(text, environment={"SHOP_KEY": SECRETS["SHOP_KEY"]})
    assert done.returncode == 1 and "secret-of" not in done.stderr + done.stdout
    words = {place: text for *place, text in [(line, text) for _, line, _, text in faults] for place in [tuple(place)]}
    assert "ALPHA_KEY" in words[(5,)] and "/nowhere/token" in words[(6,)], done


def test_secrets_are_never_shown_whatever_is_wrong_with_them(make_gateway, alpha):
    secret = "very-secret-0123456789"
    text = (f"clients:\n  - {{name: shop, key: {secret}}}\n  - {{name: two, key: {secret}}}\n  - {{name: three, key: [{secret}, x]}}\n"
            f"providers:\n  - {{name: alpha, url: \"https://u:{secret}@x.example/\", key: \"{secret}\\n\\u0001\"}}\n"
            f"admin: {{listen: 127.0.0.1:1, token: {{x: {secret}}}}}\n")
    gateway = make_gateway(config=text, start=False)
    done = gateway.cli("check")
    assert done.returncode == 1 and secret not in done.stderr + done.stdout, done


def test_a_credential_is_read_from_where_the_service_manager_put_it(check, tmp_path):
    """By its own name, or as LoadCredential=secret:FOLDER names it; what is missing names the place to write it to."""
    text = HEAD.replace("${env:SHOP_KEY}", "${credential:shop_key}").replace("${env:ALPHA_KEY}", "${credential:alpha_key}")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "shop_key").write_text("secret-of-the-shop-1234\n")
    done, faults = check(text, environment={"CREDENTIALS_DIRECTORY": str(folder)})
    assert done.returncode == 1 and [fault[1:3] for fault in faults] == [place_of(text, '"${credential:alpha_key}"')], done
    assert "write the secret into that file" in faults[0][3] and "/etc/panelmux/secrets/alpha_key" in faults[0][3]
    (folder / "secret_alpha_key").write_text("secret-of-alpha-5678\n")
    done, faults = check(text, environment={"CREDENTIALS_DIRECTORY": str(folder)})
    assert done.returncode == 0 and faults == [] and "literal secret" not in done.stderr, done
    assert "secret-of" not in done.stdout + done.stderr
    (folder / "shop_key").unlink()
    os.mkfifo(folder / "shop_key")
    done, faults = check(text, environment={"CREDENTIALS_DIRECTORY": str(folder)})
    assert done.returncode == 1 and "not a regular file" in done.stderr, done


def test_a_literal_secret_is_a_warning_only(check):
    done, faults = check(HEAD.replace("\"${env:SHOP_KEY}\"", "a-literal-key-123456"))
    assert done.returncode == 0 and faults == []
    assert re.search(r":3:\d+: warning: ", done.stderr) and "a-literal-key" not in done.stderr, done


def test_what_is_included_is_a_file(check, tmp_path):
    """A pipe would be waited for."""
    os.mkfifo(tmp_path / "pipe")
    done, faults = check(HEAD + f"include: [{tmp_path}/pipe]\n")
    assert done.returncode == 1 and "it is not a file" in faults[0][3], done


def test_included_files_are_merged_from_where_they_stand(check, make_gateway):
    files = {"more/clients.yaml": "clients:\n  - {name: two, balance: 0, key: \"${env:SHOP_KEY}2\"}\ninclude: [deeper/services.yaml]\n",
             "more/deeper/services.yaml": "services:\n  - {id: 1, offers: [{provider: alpha, service: 101}]}\n"}
    done, faults = check(HEAD + "include: [more/clients.yaml]\n", files=files)
    assert done.returncode == 0, done
    files["more/deeper/services.yaml"] += "  - {id: 1, ofers: []}\n"
    done, faults = check(HEAD + "include: [more/clients.yaml, missing.yaml]\n", files=files)
    assert done.returncode == 1
    told = {(file, line) for file, line, _, _ in faults}
    assert {("more/deeper/services.yaml", 3), ("panelmux.yaml", 6)} <= told, done
    done, _ = check(HEAD + "include: [panelmux.yaml]\n")
    assert done.returncode == 1, done  # a circle
    done, faults = check(HEAD + "include: [other.yaml]\n", files={"other.yaml": "currency: EUR\nwat: 1\n"})
    assert done.returncode == 1 and ("other.yaml", 2) in {(file, line) for file, line, _, _ in faults}, done


@pytest.mark.parametrize("line", ["ledger: postgresql://user@host/db"])
def test_what_is_not_built_is_refused_with_a_clear_word(check, line):
    key = line
    text = HEAD + "services:\n  - id: 1\n    offers: [{provider: alpha, service: 101}]\n" + key + "\n"
    done, faults = check(text)
    if done.returncode == 0:
        pytest.skip(f"{line} is built")
    assert done.returncode == 1 and len(faults) == 1, done
    assert "not built" in faults[0][3] and key.partition(":")[0] in faults[0][3], done


@pytest.mark.parametrize("line, is_fine", [
    ("status_fresh: 1ms", True), ("status_fresh: 2h", True), ("status_fresh: 1d", True), ("status_fresh: 0", False), ("status_fresh: 30", False),
    ("status_fresh: -1s", False), ("status_fresh: 99999999999999999999s", False), ("max_body: 1MiB", True), ("max_body: 0", False),
    ("decimals: 2", True), ("decimals: 8", True), ("decimals: 1", False), ("decimals: 5.5", False), ("first_order: 2147483648", False),
    ("first_order: 0", False), ("first_order: 1000000", True), ("listen: [127.0.0.1:1, 127.0.0.1:2]", True), ("listen: localhost", False),
    ("listen: []", False), ("rates: {EUR: \"1.08\", TRY: 0.029}", True), ("rates: {EUR: 0}", False), ("rates: {EUR: -1}", False),
    ("rates: {EUR: 1e3}", None), ("currency: usd", None), ("trusted_proxies: [10.0.0.0/8, \"::1\"]", True), ("trusted_proxies: [10.0.0.1/8]", False),
    ("workers: 0", False), ("admin: {listen: 0.0.0.0:8081}", False), ("admin: {listen: 0.0.0.0:8081, token: \"${env:SHOP_KEY}\"}", True),
    ("admin: {listen: \"[::1]:8081\"}", True), ("catalogue: {price_jump: 50%, vanish_limit: 30%}", True), ("catalogue: {price_jump: -1%}", False),
    ("tls: {certificate: /nowhere.pem, key: /nowhere.pem}", False), ("tls: {certificate: /etc/hostname}", False), ("workers:", None)])
def test_values_at_their_limits(check, line, is_fine):
    base = HEAD.replace("currency: USD\n", "") if line.startswith("currency") else HEAD
    done, faults = check(base + line + "\n")
    assert done.returncode in (0, 1) and (done.returncode == 1) == bool(faults), done
    if is_fine is not None:
        assert (done.returncode == 0) == is_fine, done


def test_check_and_serve_say_the_same_and_find_the_file(make_gateway):
    gateway = make_gateway(config=HEAD + "wrong: 1\n", environment=SECRETS, start=False)
    done = gateway.cli("check")
    served = gateway.cli("serve", timeout=20)
    assert done.returncode == served.returncode == 1
    assert ":6:1: " in done.stderr and ":6:1: " in served.stderr
    gateway.environment["PANELMUX_CONFIG"] = gateway.path
    assert ":6:1: " in gateway.cli("check", config=False).stderr
    del gateway.environment["PANELMUX_CONFIG"]
    assert ":6:1: " in gateway.cli("check", config=False).stderr  # ./panelmux.yaml
    assert gateway.cli("check", "-c", "/nowhere.yaml", config=False).returncode == 1
    assert gateway.cli("check", "--nonsense").returncode == 2


def test_no_client_learns_our_float_unless_told_to(make_gateway, alpha):
    gateway = make_gateway([alpha])
    text = pathlib.Path(gateway.path).read_text()
    said = "- balance: provider_sum\n  name: shop\n"
    assert text.count(said) == 1
    silent = text.replace(said, "- name: shop\n")
    pathlib.Path(gateway.path).write_text(silent)
    right = "`balance` is missing; `funds: unlimited` needs it: what this client sees as its balance, an amount or provider_sum"
    for done in (gateway.cli("check"), gateway.cli("serve"), gateway.cli("reload")):
        assert done.returncode == 1 and right in done.stderr, done
    assert eventually(lambda: gateway.call("balance")["balance"] == "1000.00000")  # the file that is in force says so
    pathlib.Path(gateway.path).write_text(text.replace(said, said.replace("provider_sum", "0")))
    assert gateway.cli("reload").returncode == 0
    assert gateway.call("balance")["balance"] == "0.00000"


def test_online_asks_each_provider_for_its_balance(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], start=False)
    assert gateway.cli("check", "--online").returncode == 0
    assert len(alpha.log("balance")) == len(beta.log("balance")) == 1
    beta.set(key="changed-key-0123456789")
    done = gateway.cli("check", "--online")
    assert done.returncode != 0 and "beta" in done.stderr + done.stdout and beta.settings["key"] not in done.stderr + done.stdout
    beta.stop()
    assert gateway.cli("check", "--online").returncode != 0


# ---- reload


def changed(gateway, **changes):
    from harness import merged
    return merged(gateway.config, changes)


def test_new_clients_prices_and_services_are_live_after_a_reload(gateway, alpha, beta):
    two = {"name": "two", "key": "key-of-two-0123456789"}
    config = changed(gateway, clients=[{**gateway.config["clients"][0], "markup": "100%"}, two])
    config["services"] = config["services"][:3] + [{"id": 77, "offers": [{"provider": "beta", "service": 102}]}]
    assert gateway.call("services", key=two["key"]).error == "Invalid API key"
    done = gateway.reload(config)
    assert done.returncode == 0, done
    found = {entry["service"]: entry["rate"] for entry in gateway.call("services").json}
    assert found == {1: "2.25", 2: "1.125", 3: "20.00", 77: "0.90"}
    assert {entry["service"]: entry["rate"] for entry in gateway.call("services", key=two["key"]).json}[77] == "0.45"
    assert gateway.add(service=77, key=two["key"]) and len(beta.orders()) == 1
    assert gateway.call("add", service=5, link=LINK, quantity=100).error == "Incorrect service ID"
    config["clients"] = [two]
    assert gateway.reload(config).returncode == 0
    assert gateway.call("balance").error == "Invalid API key"


def test_one_fault_and_nothing_has_changed(gateway):
    before = gateway.call("services").body
    config = changed(gateway, clients=[{"name": "new", "key": "key-of-new-0123456789"}], services=[], nonsense=1)
    mark = gateway.mark()
    failed = gateway.metrics()
    done = gateway.reload(config)
    assert done.returncode == 1 and "nonsense" in done.stderr + done.stdout, done
    gateway.wait_log("reload_refused", after=mark)
    assert gateway.call("services").body == before
    assert gateway.call("balance", key="key-of-new-0123456789").error == "Invalid API key"
    counted = {name: value - failed.get(name, 0) for name, value in gateway.metrics().items()
               if "reload" in name and "fail" in name}
    assert 1 in counted.values(), counted
    mark = gateway.mark()
    gateway.hang_up()
    gateway.wait_log("reload_refused", after=mark)
    assert gateway.call("services").body == before


def test_sighup_reloads_as_the_command_does(gateway):
    gateway.write(changed(gateway, clients=[{"name": "shop", "key": "another-key-0123456789"}]))
    gateway.hang_up()
    gateway.wait_log("reloaded")
    eventually(lambda: "balance" in gateway.call("balance", key="another-key-0123456789"))
    assert gateway.call("balance").error == "Invalid API key"


def test_no_request_fails_while_reloads_run(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], workers=2)
    config, stop, faults, counts = gateway.config, threading.Event(), [], []

    def ask(n):
        done = 0
        with Wire(gateway.port) as wire:
            while not stop.is_set():
                wire.send(post(f"key={SHOP_KEY}&action=" + ("services" if n % 2 else
                                                            f"add&service=1&quantity=10&link={LINK}%23{n}.{done}")))
                answer = wire.answer()
                if answer is None or answer.status != 200 or b"error" in answer.body[:20]:
                    faults.append(answer)
                    return
                done += 1
        counts.append(done)

    askers = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for asker in askers:
        asker.start()
    for turn in range(5):
        config = {**config, "decimals": 5 + turn % 2, "status_fresh": f"{turn + 1}ms"}
        assert gateway.reload(config).returncode == 0
    stop.set()
    for asker in askers:
        asker.join()
    assert not faults and min(counts) >= 1, (faults, counts)
    numbers = gateway.add()
    assert len(alpha.orders()) == numbers and beta.orders() == []


def test_an_order_under_way_goes_on_through_a_reload(gateway, alpha):
    alpha.rule("add", hold="held", times=1)
    found = []
    asker = threading.Thread(target=lambda: found.append(gateway.call("add", service=1, link=LINK, quantity=100)))
    asker.start()
    alpha.wait_hold("held")
    assert gateway.reload(changed(gateway, answer_within="5s", services=gateway.config["services"][1:])).returncode == 0
    alpha.release("held")
    asker.join()
    assert found[0].json == {"order": 1} and len(alpha.orders()) == 1
    assert gateway.status(1)["status"] == "Pending"


def test_a_provider_with_unfinished_orders_cannot_be_removed(gateway, alpha, beta):
    order = gateway.add()
    config = changed(gateway)
    config["providers"] = config["providers"][1:]
    config["services"] = [{**service, "offers": service["offers"][1:]} for service in config["services"]]
    done = gateway.reload(config)
    assert done.returncode == 1 and "alpha" in done.stderr + done.stdout and "unfinished" in done.stderr + done.stdout, done
    assert gateway.add(link=LINK + "2") and len(alpha.orders()) == 2
    closed = changed(gateway)
    closed["providers"] = [provider(alpha, state="closed"), provider(beta)]
    closed["services"] = default_config([alpha, beta])["services"]
    assert gateway.reload(closed).returncode == 0
    gateway.add(link=LINK + "3")
    assert len(alpha.orders()) == 2 and len(beta.orders()) == 1
    alpha.set_order("*", status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Completed"
    eventually(lambda: gateway.status(order + 1)["status"] == "Completed")
    eventually(lambda: gateway.reload(config).returncode == 0)
    assert gateway.status(order)["status"] == "Completed"  # the books remember


def test_a_provider_that_is_being_sent_an_order_cannot_be_removed(gateway, alpha, beta):
    alpha.rule("add", times=1, error="Not enough funds on balance")
    beta.rule("add", times=1, hold="held")
    asker = Later(gateway.add)
    beta.wait_hold("held")  # the second offer: alpha holds nothing of it
    config = changed(gateway)
    config["providers"] = config["providers"][:1]
    config["services"] = [{**service, "offers": service["offers"][:1]} for service in config["services"]]
    done = gateway.reload(config)
    assert done.returncode == 1 and "beta" in done.stderr and "unfinished" in done.stderr, done
    beta.release("held")
    order = asker.result()
    beta.set_order("*", status="Completed", remains=0)
    eventually(lambda: gateway.status(order)["status"] == "Completed")
    eventually(lambda: gateway.reload(config).returncode == 0)


def test_a_provider_that_was_missing_at_the_start_and_came_back_is_asked_again(gateway, alpha, beta):
    order = gateway.add()
    whole = gateway.config
    config = changed(gateway)
    config["providers"] = config["providers"][1:]
    config["services"] = [{**service, "offers": service["offers"][1:]} for service in config["services"]]
    gateway.stop()
    gateway.write(config)
    gateway.start()
    assert gateway.wait_log("orders_without_provider", orders=1)
    alpha.set_order("*", status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Pending"  # the last known state
    assert gateway.reload(whole).returncode == 0
    eventually(lambda: gateway.status(order)["status"] == "Completed")


def test_a_changed_listen_is_bound_before_the_old_one_closes(gateway):
    fresh = free_port()
    old = gateway.port
    with Wire(old) as wire:
        wire.send(post(f"key={SHOP_KEY}&action=balance"))
        assert "balance" in wire.answer()
        config = changed(gateway, listen=[f"127.0.0.1:{old}", f"127.0.0.1:{fresh}"])
        assert gateway.reload(config).returncode == 0
        for port in (old, fresh):
            eventually(lambda: "balance" in gateway.call("balance", port=port))
        wire.send(post(f"key={SHOP_KEY}&action=balance"))
        assert "balance" in wire.answer()  # a socket that stays is kept
        assert gateway.reload({**config, "listen": f"127.0.0.1:{fresh}"}).returncode == 0
        def is_closed():
            try:
                gateway.call("balance", port=old, timeout=2)
                return False
            except OSError:
                return True
        eventually(is_closed)
        assert "balance" in gateway.call("balance", port=fresh)
    give_back(fresh)


def test_an_address_in_use_fails_the_reload_and_nothing_closes(gateway):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = gateway.reload(changed(gateway, listen=address, clients=[{"name": "x", "key": "key-of-x-0123456789"}]))
        assert done.returncode == 1 and address in done.stderr + done.stdout, done
    assert "balance" in gateway.call("balance")


def test_a_new_panel_that_hangs_or_is_dead_holds_no_reload_up(gateway, make_panel):
    gamma = make_panel("gamma")
    gamma.rule("services", hang=True)
    config = changed(gateway, clients=[{**gateway.config["clients"][0], "markup": "100%"}])
    config["providers"] = config["providers"] + [
        provider(gamma), {"name": "dead", "url": "http://127.0.0.1:9/", "key": "dead-key-0123456789"}]
    config["services"] = config["services"] + [{"id": 50, "offers": [{"provider": "gamma", "service": 101}]}]
    gateway.write(config)
    done = gateway.cli("reload", timeout=5)
    assert done.returncode == 0, done
    assert {entry["service"]: entry["rate"] for entry in gateway.call("services").json}[1] == "2.25"
    gamma.release("hang", open=True)
    eventually(lambda: 50 in {entry["service"] for entry in gateway.call("services").json})
    assert gateway.add(service=50) and len(gamma.orders()) == 1


def test_a_broken_certificate_fails_the_reload(make_gateway, alpha, tmp_path):
    gateway = make_gateway([alpha])
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    files = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "cert.pem")}
    done = gateway.reload(changed(gateway, tls=files))
    assert done.returncode == 1 and "cert.pem" in done.stderr + done.stdout, done
    assert "; right is a file with the certificate and its chain, in PEM" in done.stderr, done
    assert gateway.cli("check").returncode == 1
    assert "balance" in gateway.call("balance")


@pytest.mark.parametrize("change", [{"workers": 2}, {"ledger": "sqlite:other.db"}], ids=["workers", "ledger"])
def test_what_needs_a_restart_is_refused_and_says_so(gateway, change):
    done = gateway.reload(changed(gateway, **change))
    said = done.stderr + done.stdout
    assert done.returncode == 1 and "restart" in said and next(iter(change)) in said, done
    assert "balance" in gateway.call("balance")


def test_reload_without_a_gateway_cannot_reach_it(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False)
    assert gateway.cli("reload").returncode == 3


def test_a_second_gateway_on_the_same_ledger_or_port_is_kept_out(make_gateway, alpha):
    first = make_gateway([alpha])
    same_books = make_gateway(config={**first.config, "listen": "127.0.0.1:0", "admin": {"listen": "127.0.0.1:0"}}, start=False)
    done = same_books.cli("serve", timeout=20)
    assert done.returncode == 3 and str(first.program.pid) in done.stderr, done
    same_port = make_gateway(config={**first.config, "ledger": "sqlite:own.db", "admin": {"listen": "127.0.0.1:0"}}, start=False)
    assert same_port.cli("serve", timeout=20).returncode == 3
    assert "balance" in first.call("balance")


# ---- a provider that goes, looked at once more at the moment of the change


def many(panel, count=12000):
    """A list so long that a reload takes a while to price it."""
    return [{"service": i, "name": f"Service {i}", "type": "Default", "category": "C", "rate": "1.00", "min": 10, "max": 1000}
            for i in range(1, count + 1)]


def without_alpha(config):
    return {**config, "providers": [p for p in config["providers"] if p["name"] != "alpha"],
            "services": [{**s, "offers": [o for o in s["offers"] if o["provider"] != "alpha"]} for s in config["services"]]}


def test_orders_placed_while_a_reload_removes_their_provider_keep_it(make_gateway, alpha, beta):
    beta.set(services=many(beta))
    gateway = make_gateway([alpha, beta], answer_within="300ms", services=[
        {"id": 1, "markup": "50%", "offers": [{"provider": "alpha", "service": 101}]},
        {"id": 2, "markup": "50%", "offers": [{"provider": "beta", "service": 1}]}],
        imports=[{"provider": "beta", "first_id": 1000000, "markup": "10%"}])
    whole = gateway.config
    less = {**whole, "providers": whole["providers"][1:], "services": whole["services"][1:]}
    alpha.rule("add", delay="500ms")
    # The reload checks first and takes some 60 ms to price the list: adds are to come in between, at one of these moments.
    for after_ms in (5, 15, 25, 35, 45, 60, 80, 100):
        gateway.write(less)

        def step(i, after=after_ms / 1000):
            if i == 0:
                return gateway.admin("/reload", "POST", {})
            threading.Event().wait(after)
            return gateway.call("add", service=1, link=f"https://example.com/{after}/{i}", quantity=100)

        reloaded, *answers = together(5, step)
        orders = [answer["order"] for answer in answers if "order" in answer]
        if reloaded.status == 200:
            assert orders == [], "acknowledged orders at a provider that nobody can query any more"
        else:
            assert "unfinished orders" in reloaded.text, reloaded
        gateway.write(whole)
        assert gateway.admin("/reload", "POST", {}).status == 200
        for order in orders:
            eventually(lambda: gateway.admin(f"/orders/{order}").json["order"]["upstream_id"])
        for row in alpha.orders():
            alpha.set_order(row["id"], status="Completed", remains=0)
        assert all(gateway.status(order)["status"] == "Completed" for order in orders)


def test_an_unfinished_refill_keeps_its_provider(gateway, alpha, beta):
    order = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Completed"
    refill = gateway.call("refill", order=order)["refill"]
    whole = gateway.config
    sockets = gateway.admin("/readyz?verbose").json
    done = gateway.reload(without_alpha(whole))
    assert done.returncode == 1 and "unfinished refills" in done.stderr and "state: closed" in done.stderr, done
    # All of the old configuration is in force: alpha takes orders, the refill can be asked for, clients are served.
    assert "status" in gateway.call("refill_status", refill=refill)
    gateway.add(link="https://example.com/2")
    assert len(alpha.orders()) == 2 and sockets["ready"]
