"""Programs of a measurement: started on one core, ended by their own number, and what they cost by /proc."""
import http.client
import os
import re
import signal
import socket
import subprocess
import time

SERVER_CORE, LOAD_CORE = 0, 1
TICKS = os.sysconf("SC_CLK_TCK")
running = []


def start(command, log, core=SERVER_CORE, environment=None):
    """A program of its own session, pinned to a core, its output in a file."""
    with open(log, "ab") as out:
        program = subprocess.Popen(["taskset", "-c", str(core)] + [str(c) for c in command], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=out, start_new_session=True,
                                   env={**os.environ, **(environment or {})})
    running.append(program)
    return program


def stop(program, within=20):
    if program.poll() is None:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(within)
        except subprocess.TimeoutExpired:
            for pid in tree([program.pid]):
                os.kill(pid, signal.SIGKILL)
            program.wait()
    if program in running:
        running.remove(program)
    return program.returncode


def stop_all():
    for program in list(reversed(running)):
        stop(program, 5)


def _stat(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def tree(roots):
    """These processes and all below them."""
    below = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            below.setdefault(int(_stat(name)[1]), []).append(int(name))
        except OSError:
            pass
    found, ahead = [], list(roots)
    while ahead:
        pid = ahead.pop()
        found.append(pid)
        ahead += below.get(pid, [])
    return found


def cpu_seconds(roots):
    """User and system time of the whole tree."""
    ticks = 0
    for pid in tree(roots):
        try:
            stat = _stat(pid)
            ticks += int(stat[11]) + int(stat[12])
        except OSError:
            pass
    return ticks / TICKS


def pss_mib(roots):
    total = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return total / 1024


def fdatasync_ms(folder, count=300):
    """How long the disk takes for an appended block to be durable: each of count times, sorted."""
    path, taken = os.path.join(folder, "fdatasync"), []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    for _ in range(count):
        os.write(file, b"x" * 4096)
        before = time.perf_counter()
        os.fdatasync(file)
        taken.append((time.perf_counter() - before) * 1000)
    os.close(file)
    os.unlink(path)
    return sorted(taken)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(what, log, within=15):
    """Until what() is true; else the end of the log."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.02)
    with open(log, errors="replace") as file:
        raise SystemExit(f"bench: it did not start; {log} ends:\n{file.read()[-2000:]}")


def ask(port, form, gzip=False, within=30):
    """One POST; (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=within)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if gzip:
        headers["Accept-Encoding"] = "gzip"
    connection.request("POST", "/api/v2", form, headers)
    reply = connection.getresponse()
    result = reply.status, reply.headers, reply.read()
    connection.close()
    return result


def get(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", target)
    reply = connection.getresponse()
    result = reply.status, reply.read().decode()
    connection.close()
    return result
