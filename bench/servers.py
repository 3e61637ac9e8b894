"""The servers that are compared: how each is set up and started in the folder of the run."""
import json
import os
import re
import shutil
import sqlite3
import subprocess

from processes import LOAD_CORE, ask, free_ports, get, start, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT_KEY = "bench-client-key-0123456789abcdef"
FIRST_SERVICE, SERVICES = 10000, 5000

PANELMUX = """\
listen: 127.0.0.1:{port}
admin: {{listen: "127.0.0.1:{admin}"}}
currency: USD
ledger: sqlite:{run}/{name}.db
workers: 1
status_fresh: {fresh}
clients: [{{name: bench, key: {key}}}]
providers:
  - {{name: panel, url: "http://127.0.0.1:{panel}/api/v2", key: {name}, currency: USD, max_connections: 512, rate_limit: none}}
imports: [{{provider: panel, first_id: {first}, markup: 20%}}]
"""


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

    def __init__(self, run, binary):
        self.run, self.binary = run, binary
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

    def fill(self, name, **values):
        """A peer's configuration with @NAME@ replaced; its path."""
        with open(os.path.join(HERE, "peers", name)) as file:
            text = file.read()
        values = {"RUN": self.run, "HERE": os.path.join(HERE, "peers"), "PANEL": self.panel_port, "KEY": CLIENT_KEY, **values}
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        if os.geteuid() == 0 and name not in ("fpm.conf", "redis.conf"):
            text = "user root;\n" + text
        path = os.path.join(self.run, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def start_nginx(self, server, configuration):
        program = start(["nginx", "-p", self.run, "-e", self.log(server.name), "-c", configuration], self.log(server.name))
        wait_for(lambda: ask(server.port, "key=x")[0] > 0, self.log(server.name))
        server.started(program)


def panelmux(scene, name="panelmux", fresh="1ms"):
    server = Server(name, "panelmux")
    server.port, server.admin_port = free_ports(2)
    path = os.path.join(scene.run, name + ".yaml")
    with open(path, "w") as file:
        file.write(PANELMUX.format(port=server.port, admin=server.admin_port, run=scene.run, name=name, fresh=fresh,
                                   key=CLIENT_KEY, panel=scene.panel_port, first=FIRST_SERVICE))
    server.started(start([scene.binary, "serve", "-c", path], scene.log(name)))
    wait_for(lambda: get(server.admin_port, "/readyz")[0] == 200, scene.log(name))
    return server


def panelmux_fresh(scene):
    return panelmux(scene, "panelmux_fresh", "1h")


def nginx_pass(scene):
    server = Server("pass", "nginx pass-through")
    [server.port] = free_ports(1)
    scene.start_nginx(server, scene.fill("pass.conf", PORT=server.port))
    return server


def nginx_lua(scene):
    server = Server("lua", "nginx + Lua + Redis")
    server.port, server.fresh_port, redis_port = free_ports(3)
    folder = os.path.join(scene.run, "redis")
    os.mkdir(folder)
    server.started(start(["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                          "--appendonly", "yes", "--appendfsync", "everysec"], scene.log("redis")))
    about = subprocess.run(["nginx", "-V"], stderr=subprocess.PIPE, text=True).stderr
    modules = re.search(r"--modules-path=(\S+)", about).group(1)
    scene.start_nginx(server, scene.fill("lua.conf", PORT=server.port, FRESH_PORT=server.fresh_port, REDIS=redis_port,
                                         MODULES=modules))
    return server


def _fill_php_books(scene):
    rows = json.loads(ask(scene.panel_port, "key=php&action=services")[2])
    books = sqlite3.connect(os.path.join(scene.run, "php.db"))
    with open(os.path.join(HERE, "peers", "php.sql")) as file:
        books.executescript(file.read())
    books.execute("INSERT INTO users VALUES(1, ?, 1000000)", [CLIENT_KEY])
    books.executemany("INSERT INTO services VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                      [(r["service"] + FIRST_SERVICE, r["service"], r["name"], r["type"], r["category"],
                        f'{float(r["rate"]) * 1.2:.4f}', r["min"], r["max"], r["dripfeed"], r["refill"], r["cancel"]) for r in rows])
    books.commit()
    books.close()


def php(scene):
    server = Server("php", "PHP-FPM")
    [server.port] = free_ports(1)
    _fill_php_books(scene)
    is_root = os.geteuid() == 0
    fpm = next(filter(None, map(shutil.which, ("php-fpm8.2", "php-fpm"))))
    configuration = scene.fill("fpm.conf", USER="user = root\ngroup = root" if is_root else "")
    server.started(start([fpm, "-F", "-y", configuration] + (["-R"] if is_root else []), scene.log("fpm")))
    wait_for(lambda: os.path.exists(os.path.join(scene.run, "php.sock")), scene.log("fpm"))
    scene.start_nginx(server, scene.fill("php.conf", PORT=server.port))
    return server


def evhttp(scene):
    server = Server("evhttp", "bare evhttp")
    [server.port] = free_ports(1)
    server.started(start([scene.compile("constant", "-levent"), server.port], scene.log("evhttp")))
    wait_for(lambda: ask(server.port, "")[0] == 200, scene.log("evhttp"))
    return server
