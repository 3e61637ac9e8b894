"""A bare Debian 12 in a folder, by debootstrap from the mirrors that apt uses here. Needs root."""
import os
import pathlib
import re
import shutil
import subprocess
import sys


def proxies():
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def apt_sources():
    """The file that names apt's mirrors of Debian itself here."""
    for path in [pathlib.Path("/etc/apt/sources.list.d/debian.sources"), pathlib.Path("/etc/apt/sources.list")]:
        if path.is_file() and "bookworm" in path.read_text():
            return path
    sys.exit("debian_chroot: apt names no bookworm mirror here")


def mirror():
    match = re.search(r"^(?:URIs:|deb\s+(?:\[[^]]*\]\s+)?)\s*(\S+)", apt_sources().read_text(), re.M)
    return match.group(1)


def make_base(folder, is_main_only=False, has_hosts=True):
    """folder/base: a minbase. is_main_only: its apt knows the main suite alone, no updates and no security fixes.
    has_hosts: with this machine's /etc/hosts, if it has one; a bare minbase has none."""
    base = folder / "base"
    print(f"debootstrap bookworm{', main suite only' if is_main_only else ''}", flush=True)
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base), mirror()], check=True, timeout=900,
                   stdout=subprocess.DEVNULL)
    (base / "etc/apt/sources.list").unlink(missing_ok=True)
    if is_main_only:
        (base / "etc/apt/sources.list").write_text(f"deb {mirror()} bookworm main\n")
    else:
        source = apt_sources()
        shutil.copy(source, base / "etc/apt" / ("sources.list" if source.suffix == ".list" else "sources.list.d"))
    # How apt fetches here holds there as well.
    acquire = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True).stdout
    (base / "etc/apt/apt.conf.d/99acquire").write_text(acquire)
    shutil.copy("/etc/resolv.conf", base / "etc/resolv.conf")
    if has_hosts and os.path.exists("/etc/hosts"):
        shutil.copy("/etc/hosts", base / "etc/hosts")
    else:
        (base / "etc/hosts").unlink(missing_ok=True)
    return base
