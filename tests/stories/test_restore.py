"""A backup taken while serving, put back over the books as docs/operations.md says."""
import os
import shutil

LIVE = ("panelmux.db", "panelmux.db-wal", "panelmux.db-shm")


def restore(gateway, copy, aside):
    """The page's steps: stop, put the old books aside with their -wal and -shm, copy, verify."""
    gateway.stop()
    os.mkdir(aside)
    for name in LIVE:
        path = os.path.join(gateway.folder, name)
        if os.path.exists(path):
            shutil.move(path, aside)
    shutil.copy(copy, os.path.join(gateway.folder, "panelmux.db"))
    verified = gateway.cli("ledger", "verify")
    assert verified.returncode == 0, verified


def test_a_restored_backup_is_verified_and_goes_on(gateway, alpha, tmp_path):
    copy = str(tmp_path / "copy.db")
    before = [gateway.add(link=f"https://example.com/p/{i}") for i in range(3)]
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    assert gateway.status(before[0])["status"] == "Completed"
    assert gateway.cli("ledger", "backup", copy).returncode == 0
    lost = gateway.add(link="https://example.com/p/lost")
    restore(gateway, copy, str(tmp_path / "aside"))

    # Numbers given since the backup are known to clients: the next one is above them.
    gateway.write({**gateway.config, "first_order": lost + 100})
    gateway.start()
    assert [gateway.status(order)["status"] for order in before] == ["Completed", "Pending", "Pending"]
    assert gateway.status(lost).error == "Incorrect order ID"
    assert gateway.add(link="https://example.com/p/new") == lost + 100
    assert gateway.cli("ledger", "verify").returncode == 0
    assert len(alpha.orders()) == 5, "a restore sent something again"


def test_what_is_put_aside_can_be_put_back(gateway, tmp_path):
    copy, aside = str(tmp_path / "copy.db"), tmp_path / "aside"
    first = gateway.add()
    assert gateway.cli("ledger", "backup", copy).returncode == 0
    second = gateway.add(link="https://example.com/p/2")
    restore(gateway, copy, str(aside))
    for name in LIVE:
        path = os.path.join(gateway.folder, name)
        if os.path.exists(path):
            os.remove(path)
        if (aside / name).exists():
            shutil.copy(aside / name, path)
    gateway.start()
    assert [gateway.status(order)["status"] for order in (first, second)] == ["Pending", "Pending"]


def test_a_torn_backup_is_not_taken_for_a_ledger(gateway, tmp_path):
    copy = str(tmp_path / "copy.db")
    for i in range(20):
        gateway.add(link=f"https://example.com/p/{i}")
    assert gateway.cli("ledger", "backup", copy).returncode == 0
    gateway.stop()
    for name in LIVE:
        if os.path.exists(os.path.join(gateway.folder, name)):
            os.remove(os.path.join(gateway.folder, name))
    with open(copy, "rb") as whole, open(os.path.join(gateway.folder, "panelmux.db"), "wb") as torn:
        torn.write(whole.read()[: os.path.getsize(copy) // 2])
    verified = gateway.cli("ledger", "verify")
    assert verified.returncode == 1 and "damaged" in verified.stderr, verified
