"""Free ports for programs that can't tell which port they got. A file lock a port keeps parallel
runs (pytest -n 2, several people on one machine) apart; the lock lives as long as the process."""
import fcntl
import os
import socket
import tempfile

FIRST, LAST = 21000, 31999  # below the range the system takes for outgoing connections
_locks = {}
_next = FIRST + (os.getpid() * 37) % (LAST - FIRST)


def _lock(port):
    folder = os.path.join(tempfile.gettempdir(), f"panelmux-ports-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    file = open(os.path.join(folder, str(port)), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    global _next
    for _ in range(LAST - FIRST + 1):
        port = _next
        _next = FIRST if _next == LAST else _next + 1
        if port in _locks:
            continue
        lock = _lock(port)
        if lock is None:
            continue
        if _is_free(port):
            _locks[port] = lock
            return port
        lock.close()
    raise RuntimeError("no free port")


def give_back(port):
    lock = _locks.pop(port, None)
    if lock:
        lock.close()
