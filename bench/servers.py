"""The servers that are compared: how each is set up and started in the folder of the run."""
import json
import os
import re
import shutil
import sqlite3
import subprocess

from processes import LOAD_CORE, ask, free_ports, get, start, stop, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT_KEY = "bench-client-key-0123456789abcdef"
PREPAID_KEY = "bench-prepaid-key-0123456789abcde"
FIRST_SERVICE, SERVICES = 10000, 5000

PANELMUX = """\
listen: 127.0.0.1:{port}
admin: {{listen: "127.0.0.1:{admin}"}}
currency: USD
ledger: sqlite:{run}/{name}.db
workers: 1
status_fresh: {fresh}
{more}clients:
  - {{name: bench, key: {key}, balance: 100}}
{clients}providers:
  - {{name: panel, url: "http://127.0.0.1:{panel}/api/v2", key: {name}, currency: USD, max_connections: 512, rate_limit: {rate_limit}}}
imports: [{{provider: panel, first_id: {first}, markup: 20%}}]
"""


PREPAID_CLIENT = f"  - {{name: prepaid, key: {PREPAID_KEY}, funds: prepaid, credit_limit: 1000000000}}\n"


class Server:
    """roots: the processes whose trees count; port: where it answers; fresh_port: with copies of a status."""

    def __init__(self, name, label):
        self.name, self.label = name, label
        self.roots, self.programs = [], []
        self.port = self.fresh_port = self.admin_port = None
        self.services_file = self.orders_file = None

    def started(self, program):
        self.roots.append(program.pid)
        self.programs.append(program)


class Scene:
    """One run: its folder, its panel, and the programs built for it."""

    def __init__(self, run, binary, against=None):
        self.run, self.binary, self.against = run, binary, against
        self.panel_port = None

    def log(self, name):
        return os.path.join(self.run, name + ".log")

    def compile(self, name, *libraries):
        out = os.path.join(self.run, name)
        subprocess.run(["cc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-o", out, os.path.join(HERE, name + ".c"), *libraries],
                       check=True)
        return out

    def start_panel(self):
        [self.panel_port] = free_ports(1)
        self.panel = start([self.compile("panel"), self.panel_port, SERVICES], self.log("panel"), core=LOAD_CORE)
        wait_for(lambda: get(self.panel_port, "/counts")[0] == 200, self.log("panel"))

    def set_panel(self, latency_ms=0, drop_each=0):
        get(self.panel_port, f"/set?latency={latency_ms}&drop={drop_each}")

    def counts(self):
        return json.loads(get(self.panel_port, "/counts")[1])

    def fill(self, name, server, **values):
        """A peer's configuration with @RUN@ and the like replaced; its path."""
        with open(os.path.join(HERE, "peers", name)) as file:
            text = file.read()
        values = {"NAME": server.name, "RUN": self.run, "HERE": os.path.join(HERE, "peers"), "PANEL": self.panel_port, "KEY": CLIENT_KEY, **values}
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        if os.geteuid() == 0 and name not in ("fpm.conf", "redis.conf"):
            text = "user root;\n" + text
        path = os.path.join(self.run, f"{server.name}-{name}")
        with open(path, "w") as file:
            file.write(text)
        return path

    def start_nginx(self, server, configuration):
        program = start(["nginx", "-p", self.run, "-e", self.log(server.name), "-c", configuration], self.log(server.name))
        wait_for(lambda: ask(server.port, "key=x")[0] > 0, self.log(server.name))
        server.started(program)


def panelmux(scene, name="panelmux", fresh="1ms", binary=None, ledger=None, **settings):
    """ledger(path): fills what the binary has made before it is measured. settings: those that older binaries do not know
    are written only where they are given."""
    server = Server(name, name)
    server.port, server.admin_port = free_ports(2)
    path = os.path.join(scene.run, name + ".yaml")
    rate_limit = settings.pop("rate_limit", "none")
    clients = PREPAID_CLIENT if settings.pop("prepaid", False) else ""
    more = "".join(f"{name}: {value}\n" for name, value in settings.items())
    with open(path, "w") as file:
        file.write(PANELMUX.format(port=server.port, admin=server.admin_port, run=scene.run, name=name, fresh=fresh,
                                   key=CLIENT_KEY, panel=scene.panel_port, first=FIRST_SERVICE, rate_limit=rate_limit,
                                   clients=clients, more=more))
    command = [binary or scene.binary, "serve", "-c", path]

    def begin():
        program = start(command, scene.log(name))
        wait_for(lambda: get(server.admin_port, "/readyz")[0] == 200, scene.log(name))
        return program
    if ledger:
        stop(begin())
        ledger(os.path.join(scene.run, name + ".db"))
    server.started(begin())
    return server


def panelmux_fresh(scene):
    return panelmux(scene, "panelmux_fresh", "1h", tracker="off")


def against(scene):
    return panelmux(scene, "against", binary=scene.against)


def against_fresh(scene):
    return panelmux(scene, "against_fresh", "1h", binary=scene.against)


def nginx_pass(scene):
    server = Server("pass", "nginx pass-through")
    [server.port] = free_ports(1)
    scene.start_nginx(server, scene.fill("pass.conf", server, PORT=server.port))
    return server


def nginx_lua(scene, name="lua", label="nginx + Lua + Redis", appendfsync="everysec"):
    server = Server(name, label)
    server.port, server.fresh_port, redis_port = free_ports(3)
    folder = os.path.join(scene.run, f"{name}-redis")
    os.mkdir(folder)
    server.started(start(["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                          "--appendonly", "yes", "--appendfsync", appendfsync], scene.log(f"{name}-redis")))
    about = subprocess.run(["nginx", "-V"], stderr=subprocess.PIPE, text=True).stderr
    modules = re.search(r"--modules-path=(\S+)", about).group(1)
    scene.start_nginx(server, scene.fill("lua.conf", server, PORT=server.port, FRESH_PORT=server.fresh_port,
                                         REDIS=redis_port, MODULES=modules))
    return server


def nginx_lua_durable(scene):
    """As durable as panelmux: Redis syncs before it answers."""
    return nginx_lua(scene, "lua_durable", "nginx + Lua + Redis, appendfsync always", "always")


def _fill_php_books(scene, server):
    rows = json.loads(ask(scene.panel_port, "key=php&action=services")[2])
    books = sqlite3.connect(os.path.join(scene.run, f"{server.name}.db"))
    with open(os.path.join(HERE, "peers", "php.sql")) as file:
        books.executescript(file.read())
    books.execute("INSERT INTO users VALUES(1, ?, 1000000)", [CLIENT_KEY])
    books.executemany("INSERT INTO services VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                      [(r["service"] + FIRST_SERVICE, r["service"], r["name"], r["type"], r["category"],
                        f'{float(r["rate"]) * 1.2:.4f}', r["min"], r["max"], r["dripfeed"], r["refill"], r["cancel"]) for r in rows])
    books.commit()
    books.close()


def php(scene, name="php", label="PHP-FPM", synchronous="NORMAL"):
    server = Server(name, label)
    [server.port] = free_ports(1)
    _fill_php_books(scene, server)
    is_root = os.geteuid() == 0
    fpm = next(filter(None, map(shutil.which, ("php-fpm8.2", "php-fpm"))))
    configuration = scene.fill("fpm.conf", server, USER="user = root\ngroup = root" if is_root else "")
    server.started(start([fpm, "-F", "-y", configuration] + (["-R"] if is_root else []), scene.log(f"{name}-fpm")))
    wait_for(lambda: os.path.exists(os.path.join(scene.run, f"{name}.sock")), scene.log(f"{name}-fpm"))
    scene.start_nginx(server, scene.fill("php.conf", server, PORT=server.port, SYNCHRONOUS=synchronous))
    return server


def php_durable(scene):
    """As durable as panelmux: SQLite syncs at each commit."""
    return php(scene, "php_durable", "PHP-FPM, synchronous=FULL", "FULL")


def evhttp(scene):
    server = Server("evhttp", "bare evhttp")
    [server.port] = free_ports(1)
    server.started(start([scene.compile("constant", "-levent"), server.port], scene.log("evhttp")))
    wait_for(lambda: ask(server.port, "")[0] == 200, scene.log("evhttp"))
    return server
