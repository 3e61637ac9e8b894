"""wrk and what it tells."""
import json
import os
import re
import subprocess

from processes import LOAD_CORE, cpu_seconds
from servers import CLIENT_KEY, HERE

CLIENTS = {"services": 8, "gzip": 8, "slow": 512}


def wrk(server, port, case, seconds, check=False, clients=None, key=CLIENT_KEY):
    """One run of wrk; its figures, with what the server's tree spent meanwhile."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{clients or CLIENTS.get(case, 32)}", f"-d{seconds}s", "--timeout", "20s",
               "-s", os.path.join(HERE, "load.lua"), f"http://127.0.0.1:{port}/api/v2", "--",
               "add" if case == "slow" else case, key, server.services_file, server.orders_file] + ["check"] * check
    before = cpu_seconds(server.roots)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    spent = cpu_seconds(server.roots) - before
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    if not found or done.stderr:
        raise SystemExit(f"bench: {server.label}, {case}: {done.stderr or done.stdout}")
    figures = json.loads(found.group(1))
    count = max(1, figures["requests"])
    return {"rps": figures["requests"] / figures["us"] * 1e6, "us": spent / count * 1e6, "p50_ms": figures["p50_us"] / 1000,
            "p99_ms": figures["p99_us"] / 1000, "util": spent / figures["us"] * 1e6, "requests": figures["requests"],
            "wrong": figures["errors"] + figures["wrong"]}
