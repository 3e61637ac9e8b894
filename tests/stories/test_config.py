"""config show and config diff: what runs, and what a reload would change, without a secret anywhere."""
import yaml

from harness.config import ADMIN_TOKEN, SHOP_KEY


def shown(gateway):
    done = gateway.cli("config", "show")
    assert done.returncode == 0, done
    return done, yaml.safe_load(done.stdout)


def differences(gateway):
    done = gateway.cli("config", "diff")
    assert done.returncode in (0, 1), done
    return done.returncode, done.stdout.splitlines()


def test_the_running_configuration_is_shown_without_its_secrets(make_gateway, alpha):
    gateway = make_gateway([alpha], environment={"OTHER_KEY": "the-other-secret-value"}, clients=[
        {"name": "shop", "key": SHOP_KEY, "balance": 0},
        {"name": "other", "keys": ["literal-secret-one", "${env:OTHER_KEY}"], "funds": "prepaid", "services": ["1", "3-5"]}])
    done, said = shown(gateway)
    assert "# what the running gateway has read from" in done.stdout
    assert said["clients"][0] == {"name": "shop", "key": "********", "balance": 0}
    assert said["clients"][1] == {"name": "other", "keys": ["********", "${env:OTHER_KEY}"], "funds": "prepaid",
                                  "services": [1, "3-5"]}
    assert said["admin"] == {"listen": gateway.config["admin"]["listen"], "token": "********"}
    assert said["providers"][0]["url"] == alpha.url and said["providers"][0]["key"] == "********"
    assert said["services"] == gateway.config["services"] and said["status_fresh"] == "1ms"
    assert said["answer_within"] == "8s" and "answer_within: 8s  # default" in done.stdout, "what was left out has its default"
    asked = gateway.cli("config", "show", "--json").json
    assert asked["source"] == "gateway" and {"key": "answer_within", "value": "8s", "default": True} in asked["settings"]
    for text in (done.stdout, str(asked), gateway.admin("/config").text):
        for secret in (SHOP_KEY, ADMIN_TOKEN, "literal-secret-one", "the-other-secret-value", alpha.key):
            assert secret not in text
    assert gateway.admin("/config", token=None).status == 401


def test_what_is_shown_is_a_configuration(make_gateway, alpha):
    """Read again, with secrets in their places, it says the same."""
    gateway = make_gateway([alpha], rates={"EUR": "1.08"}, log={"level": "warn"})
    _, said = shown(gateway)
    said["admin"]["token"], said["clients"][0]["key"], said["providers"][0]["key"] = ADMIN_TOKEN, SHOP_KEY, alpha.key
    gateway.write(said)
    assert differences(gateway) == (0, [f"{gateway.path} says what runs; a reload changes nothing"])


def test_without_a_gateway_the_file_is_shown(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False)
    done, said = shown(gateway)
    assert f"# what {gateway.path} says; no gateway runs with it" in done.stdout
    assert said["services"] == gateway.config["services"] and SHOP_KEY not in done.stdout
    away = gateway.cli("config", "diff", "--json")
    assert (away.returncode, away.json["code"]) == (3, "unreachable")


def test_diff_tells_what_a_reload_would_change(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    workers = gateway.config["workers"]
    assert differences(gateway)[0] == 0
    config = yaml.safe_load(yaml.safe_dump(gateway.config))
    config.update(status_fresh="20s", answer_within="8000ms", workers=3)  # 8000ms is the default in other words
    config["providers"][0]["key"] = "another-key"
    config["services"] = [{**service, "markup": "30%"} if service["id"] == 2 else service for service in config["services"]
                          if service["id"] != 7]
    config["services"].append({"id": 99, "offers": [{"provider": "alpha", "service": 101}]})
    gateway.write(config)
    code, lines = differences(gateway)
    assert code == 1 and lines == [
        "providers.alpha.key: another value", "services.2.markup: 25% → 30%", "services.7: goes", "services.99: new",
        "status_fresh: 1ms → 20s", f"workers: {workers} → 3 (needs a restart)"], lines
    said = gateway.cli("config", "diff", "--json")
    assert said.returncode == 1 and said.json["same"] is False and len(said.json["differences"]) == 6
    assert shown(gateway)[1]["status_fresh"] == "1ms", "what runs is still shown"
    config["workers"] = workers
    gateway.write(config)
    assert gateway.cli("reload").returncode == 0
    assert differences(gateway)[0] == 0 and shown(gateway)[1]["status_fresh"] == "20s"


def test_a_secret_that_changed_behind_its_name_is_a_difference(make_gateway, alpha, tmp_path):
    secret = tmp_path / "shop_key"
    secret.write_text("the-first-secret-value\n")
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": f"${{file:{secret}}}", "balance": 0}])
    assert differences(gateway)[0] == 0
    secret.write_text("the-second-secret-value\n")
    assert differences(gateway) == (1, ["clients.shop.key: another value"])


def test_a_file_with_faults_is_refused_as_a_reload_would(make_gateway, alpha):
    gateway = make_gateway([alpha])
    gateway.write({**gateway.config, "status_fresh": "soon"})
    done = gateway.cli("config", "diff")
    assert done.returncode == 1 and "`status_fresh`: `soon` is not a duration" in done.stderr, done
    assert gateway.cli("config", "diff", "--json").json["code"] == "configuration"
    assert shown(gateway)[1]["status_fresh"] == "1ms"
