"""What people deploy agrees with the program: man page, unit, compose file, board and alert rules."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest
import yaml

from harness import eventually
from harness.ports import free_port, give_back
from harness.process import binary

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


def tool(name):
    found = shutil.which(name) or (str(ROOT / "build/tools" / name) if os.access(ROOT / "build/tools" / name, os.X_OK) else None)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **more)


# --- the man page


def test_the_man_page_is_that_of_the_commands():
    made = run(binary(), "help", "--man")
    assert made.returncode == 0, made
    assert made.stdout == (PACKAGING / "panelmux.8").read_text(), \
        "packaging/panelmux.8 is stale: panelmux help --man > packaging/panelmux.8"
    for command in re.findall(r"^  panelmux (\w+)", run(binary(), "--help").stdout, re.M):
        assert re.search(rf"^\.B {command}\b", made.stdout, re.M), f"{command} is not in the man page"


# --- health, and what a service manager is told


def test_health_says_whether_clients_may_be_sent(make_gateway, alpha):
    gateway = make_gateway([alpha], catalogue={"refresh": "50ms"})
    well = gateway.cli("health")
    assert (well.returncode, well.stdout) == (0, "ready\n"), well
    assert gateway.cli("health", "--json").json["ready"] is True
    assert gateway.cli("health", "now").returncode == 2
    gateway.stop()
    away = gateway.cli("health")
    assert away.returncode == 3 and "cannot reach" in away.stderr, away


def test_health_names_what_is_missing(make_gateway, alpha):
    alpha.stop()
    gateway = make_gateway([alpha], ready=False)
    gateway.wait_log("serving")
    ill = gateway.cli("health")
    assert ill.returncode == 1 and ill.stderr == "panelmux: not ready: no provider's list is held\n", ill


def test_a_service_manager_is_notified_of_each_step(make_gateway, alpha, tmp_path):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(60)

    def told():
        return dict(line.partition("=")[::2] for line in manager.recv(4096).decode().splitlines())

    gateway = make_gateway([alpha], environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    assert told()["READY"] == "1" and gateway.call("services").status == 200
    assert gateway.reload().returncode == 0
    reloading = told()
    assert reloading["RELOADING"] == "1" and int(reloading["MONOTONIC_USEC"]) > 0
    assert told() == {"READY": "1", "STATUS": "Serving"}
    gateway.write({**gateway.config, "listen": "nowhere"})
    gateway.hang_up()
    assert told()["RELOADING"] == "1"
    refused = told()
    assert refused["READY"] == "1" and "refused" in refused["STATUS"]
    gateway.stop()
    assert told()["STOPPING"] == "1"
    manager.close()


# --- the unit


@pytest.fixture
def installed(tmp_path):
    """What ./run install puts below DESTDIR, with the binary under test instead of a release build."""
    folder = tmp_path / "installed"
    (folder / "usr/bin").mkdir(parents=True)
    (folder / "usr/bin/panelmux").symlink_to(binary())
    unit = (PACKAGING / "panelmux.service").read_text()
    # A man page can be asked for only where it is installed.
    unit = unit.replace("/usr/bin/panelmux", str(folder / "usr/bin/panelmux"))
    unit = re.sub(r"^Documentation=.*\n", "", unit, flags=re.M)
    (folder / "panelmux.service").write_text(unit)
    return folder


def test_the_unit_is_well_formed(installed):
    done = run(tool("systemd-analyze"), "verify", installed / "panelmux.service")
    complaints = [line for line in done.stderr.splitlines() if "panelmux" in line]
    assert complaints == [], done.stderr


def test_the_unit_exposes_little(installed):
    done = run(tool("systemd-analyze"), "security", "--offline=true", "--no-pager", "--threshold=20", installed / "panelmux.service")
    overall = re.search(r"Overall exposure level for panelmux.service: ([\d.]+)", done.stdout)
    assert overall, done
    print(overall.group(0))
    assert float(overall.group(1)) <= 2.0 and done.returncode == 0, done.stdout


def test_install_puts_everything_in_its_place(tmp_path):
    """The task's own words, but for the building of a release."""
    text = (ROOT / "run").read_text()
    body = re.search(r"^task_install\(\) \{\n(.*?)^\}", text, re.M | re.S).group(1)
    body = body.replace("build release panelmux", "").replace("build/release/panelmux", binary()).replace("-Dm755 -s", "-Dm755")
    script = f"set -euo pipefail\ntask_install() {{\n{body}}}\ntask_install /usr\n"
    (tmp_path / "etc/panelmux").mkdir(parents=True)
    (tmp_path / "etc/panelmux/panelmux.yaml").write_text("# mine\n")
    done = run("bash", "-c", script, cwd=ROOT, env={**os.environ, "DESTDIR": str(tmp_path)})
    assert done.returncode == 0, done
    assert run(tmp_path / "usr/bin/panelmux", "--version").returncode == 0
    for place in ("share/man/man8/panelmux.8", "lib/systemd/system/panelmux.service", "lib/sysusers.d/panelmux.conf",
                  "share/doc/panelmux/panelmux.example.yaml", "share/doc/panelmux/operations.md",
                  "share/doc/panelmux/configuration.md", "share/doc/panelmux/CHANGELOG.md",
                  "share/panelmux/panelmux-alerts.yml", "share/panelmux/grafana-panelmux.json"):
        assert (tmp_path / "usr" / place).is_file(), place
    for place, shell in (("bash-completion/completions/panelmux", "bash"), ("zsh/vendor-completions/_panelmux", "zsh")):
        assert (tmp_path / "usr/share" / place).read_text() == run(binary(), "completion", shell).stdout
    assert (tmp_path / "etc/panelmux/secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "etc/panelmux/panelmux.yaml").read_text() == "# mine\n", "an operator's file was overwritten"


def test_the_unit_checks_before_it_starts_and_reads_its_credentials():
    """`check` has the words of `serve`, and each ${credential:NAME} is a file of the folder that the unit loads."""
    unit = dict(re.findall(r"^(Exec\w+|LoadCredential)=(.*)$", (PACKAGING / "panelmux.service").read_text(), re.M))
    assert unit["ExecStartPre"] == unit["ExecStart"].replace(" serve ", " check ")
    assert unit["LoadCredential"] == "secret:/etc/panelmux/secrets"
    assert {"admin_token", "shop_key", "alpha_key"} <= set(CREDENTIAL.findall((PACKAGING / "panelmux.yaml").read_text()))


# --- configurations that are shipped

SECRET = re.compile(r"/run/secrets/(\w+)")
CREDENTIAL = re.compile(r"\$\{credential:(\w+)\}")


@pytest.mark.parametrize("name", ["panelmux.yaml", "compose/sqlite.yaml", "compose/redis.yaml", "compose/try.yaml"])
def test_the_shipped_configurations_are_right(tmp_path, name):
    """With their secrets in a folder of ours, `check` finds nothing, not even a warning."""
    ports = free_port(), free_port()
    shutil.copytree(PACKAGING, tmp_path / "packaging")
    (tmp_path / "secrets").mkdir()
    for path in (tmp_path / "packaging").rglob("*.yaml"):
        for secret in SECRET.findall(path.read_text()) + CREDENTIAL.findall(path.read_text()):
            (tmp_path / "secrets" / secret).write_text(f"value-of-{secret}\n")
        text = SECRET.sub(str(tmp_path / "secrets") + r"/\1", path.read_text()).replace("/var/lib/panelmux", str(tmp_path))
        # Whatever this machine has on 8080 is no fault of the file's.
        path.write_text(text.replace(":8080", f":{ports[0]}").replace(":8081", f":{ports[1]}"))
    done = run(binary(), "check", "-c", tmp_path / "packaging" / name,
               env={**os.environ, "SHOP_KEY": "try-shop-key", "PANEL_KEY": "simulated-key",
                    "CREDENTIALS_DIRECTORY": str(tmp_path / "secrets")})
    faults = [line for line in done.stderr.splitlines() if "http://" not in line]
    for port in ports:
        give_back(port)
    assert done.returncode == 0 and faults == [], done


def test_the_try_sells(make_gateway, make_panel):
    """What the profile try starts, on ports of ours: its panels' script, its gateway's configuration."""
    script = yaml.safe_load((PACKAGING / "compose/panel.yaml").read_text())
    panels = [make_panel(name, **script) for name in ("alpha", "beta")]
    text = (PACKAGING / "compose/try.yaml").read_text()
    for panel in panels:
        assert f"http://try-{panel.name}:9000/api/v2" in text
        text = text.replace(f"http://try-{panel.name}:9000/api/v2", panel.url)
    config = yaml.safe_load(text)
    for name in ("listen", "admin", "ledger"):
        del config[name]
    gateway = make_gateway(config=config, environment={"SHOP_KEY": "try-shop-key", "PANEL_KEY": "simulated-key"})
    services = gateway.call("services", key="try-shop-key").json
    assert [service["service"] for service in services] == [1, 2]
    order = gateway.call("add", key="try-shop-key", service=1, quantity=100, link="https://example.com/p/1")
    assert order["order"] == 1 and len(panels[0].orders()) == 1


# --- the compose file


@pytest.fixture(scope="module")
def composed():
    """The compose file as Debian's docker-compose understands it."""
    done = run(tool("docker-compose"), "-f", ROOT / "docker-compose.yml", "config", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def test_the_profiles_hold_what_they_say(composed):
    services = composed["services"]
    profiles = {}
    for name, service in services.items():
        assert len(service["profiles"]) == 1, name
        profiles.setdefault(service["profiles"][0], set()).add(name)
    assert profiles == {"sqlite": {"gateway"}, "redis": {"gateway-redis", "redis"}, "try": {"try", "try-alpha", "try-beta"}}
    assert "COMPOSE_PROFILES=sqlite\n" in (ROOT / ".env").read_text(), "`docker compose up` alone starts nothing"
    for name, service in services.items():
        for needed in service.get("depends_on", {}):
            assert services[needed]["profiles"] == service["profiles"], f"{name} needs {needed} of another profile"


def test_the_containers_may_do_little(composed):
    for name, service in composed["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == "unless-stopped", name
        assert not service["user"].startswith("0"), name
        assert "privileged" not in service and service.get("network_mode") is None, name
        if name.startswith("try-"):
            assert service["healthcheck"]["test"] == ["NONE"], name
        else:
            assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name


def test_no_port_is_open_beyond_the_clients_one(composed):
    for name, service in composed["services"].items():
        expected = ["127.0.0.1:8080:8080/tcp"] if name in ("gateway", "gateway-redis", "try") else []
        assert service.get("ports", []) == expected, name
    assert composed["networks"]["cache"]["internal"] is True
    assert set(composed["services"]["redis"]["networks"]) == {"cache"}


def test_the_compose_file_gives_each_secret_that_is_read(composed):
    for name, service in composed["services"].items():
        setting = (service.get("environment") or {}).get("PANELMUX_CONFIG")
        if setting is None:
            continue
        text = (PACKAGING / "compose" / pathlib.Path(setting).name).read_text()
        for included in yaml.safe_load(text).get("include", []):
            text += (PACKAGING / "compose" / included).read_text()
        given = {secret["source"] if isinstance(secret, dict) else secret for secret in service.get("secrets", [])}
        assert given == set(re.findall(r"/run/secrets/(\w+)", text)), name
        for variable in re.findall(r"\$\{env:(\w+)\}", text):
            assert variable in service["environment"], f"{name}: {variable}"
    for secret in composed["secrets"].values():
        assert pathlib.Path(secret["file"]).parent == PACKAGING / "secrets"


def test_the_ledger_is_in_a_named_volume(composed):
    for name in ("gateway", "gateway-redis", "try"):
        volumes = {volume.split(":")[1]: volume.split(":")[0] for volume in composed["services"][name]["volumes"]}
        assert volumes["/var/lib/panelmux"] in composed["volumes"], name


def test_the_image_is_lean_and_not_roots():
    """tools/prove-dockerfile carries its steps out; this is what can be read off."""
    text = (PACKAGING / "Dockerfile").read_text()
    final = text[text.rindex("\nFROM "):]
    assert text.count("\nFROM debian:12") == 2
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.M)
    assert re.search(r'^HEALTHCHECK .*CMD \["panelmux", "health"\]$', final, re.M)
    assert "-dev" not in final and "COPY --from=build" in final
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
        for name in source.split():
            assert f"!{name.split('/')[0]}\n" in (ROOT / ".dockerignore").read_text(), name


# --- the board and the rules

METRIC = re.compile(r"\b(panelmux_\w+)\s*(?:\{([^}]*)\})?")


@pytest.fixture
def exposed(make_gateway, make_panel):
    """{metric: [{label: value}]} of a gateway that has done a bit of everything."""
    panels = [make_panel("alpha"), make_panel("beta")]
    gateway = make_gateway(panels, catalogue={"balance": "50ms"})
    panels[0].rule("add", times=1, error="Not enough funds on balance")
    gateway.status(gateway.add())
    gateway.call("balance")
    gateway.call("services", key="nobody's")

    def sample():
        found = {}
        for name in gateway.metrics():
            metric, _, labels = name.partition("{")
            found.setdefault(metric, []).append(dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)))
        return found

    eventually(lambda: "panelmux_provider_balance" in sample())
    return sample()


def names_in(expression, exposed, grouping=()):
    """Fails for a metric or label that the gateway does not expose; labels that Prometheus adds are fine."""
    added = {"instance", "job"}
    used = METRIC.findall(expression)
    assert used, f"no metric in {expression}"
    labels = set()
    for metric, selector in used:
        assert metric in exposed, f"{metric} is not exposed"
        have = set().union(*exposed[metric])
        labels |= have
        for label, operator, value in re.findall(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"', selector):
            assert label in have | added, f"{metric} has no label {label}"
            if operator == "=" and label not in added:
                assert value in {row.get(label) for row in exposed[metric]}, f'{metric} never has {label}="{value}"'
    for group in [*re.findall(r"\bby\s*\(([^)]*)\)", expression), *grouping]:
        for label in re.split(r"\s*,\s*", group.strip()):
            assert label in labels | added, f"{label} is no label in {expression}"


def test_the_board_shows_only_what_there_is(exposed):
    board = json.loads((PACKAGING / "grafana-panelmux.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    shown = set()
    for panel in panels:
        for target in panel["targets"]:
            legend = re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"])
            try:
                names_in(target["expr"], exposed, legend)
            except AssertionError as fault:
                raise AssertionError(f"{panel['title']}: {fault}") from None
            shown |= {metric for metric, _ in METRIC.findall(target["expr"])}
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()
            assert metric in exposed and (label == "instance" or label in exposed[metric][0]), variable["query"]
    assert {"panelmux_ledger_writable", "panelmux_orders_accepted_total", "panelmux_provider_breaker"} <= shown


def rules():
    groups = yaml.safe_load((PACKAGING / "panelmux-alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_rules_watch_only_what_there_is(exposed):
    for rule in rules():
        legend = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        if rule["expr"].startswith("up{"):
            continue
        try:
            names_in(rule["expr"], exposed, legend)
        except AssertionError as fault:
            raise AssertionError(f"{rule['alert']}: {fault}") from None


def test_a_wrong_name_would_be_found(exposed):
    for wrong in ("panelmux_opne", 'panelmux_open{colour="x"}', 'panelmux_orders_unfinished{state="dubt"}',
                  "sum by (colour) (panelmux_services)"):
        with pytest.raises(AssertionError):
            names_in(wrong, exposed)


def test_prometheus_takes_the_rules():
    for what in (["check", "rules", PACKAGING / "panelmux-alerts.yml"], ["check", "config", PACKAGING / "prometheus.yml"]):
        done = run(tool("promtool"), *what, cwd=PACKAGING)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_fire_when_they_should(tmp_path):
    for path in (PACKAGING / "panelmux-alerts.yml", ROOT / "tests/stories/alerts.yml"):
        shutil.copy(path, tmp_path)
    done = run(tool("promtool"), "test", "rules", "alerts.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_on_operations_explains_each_alert():
    text = (ROOT / "docs/operations.md").read_text()
    for rule in rules():
        assert f"`{rule['alert']}`" in text, f"docs/operations.md says nothing about {rule['alert']}"
