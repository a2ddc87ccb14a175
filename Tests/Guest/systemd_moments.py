"""What test_real_systemd.py has the machine do in each of its lives, with systemd as process 1.

The repository, the state and the configuration are on a file system on the disk; programs and units are laid out anew.
"""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DISK = pathlib.Path("/srv/backup")
UNIT = "backupctl@slow.service"
# The stream of the schedule goes on until this file is there.
GO = pathlib.Path("/run/go")
PATIENCE = 120


def call(*words, codes=(0,)):
    result = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert codes is None or result.returncode in codes, f"{words}: status {result.returncode}\n{result.stdout}{result.stderr}"
    return result


def backupctl(*words, codes=(0,)):
    return call("/usr/bin/backupctl", *words, codes=codes)


def shown(*names):
    """Properties of the unit."""
    lines = call("systemctl", "show", UNIT, "-p", ",".join(names)).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


def wait_until(is_so, what):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not come about: {shown('ActiveState', 'Result', 'StatusText')}\n" + call(
            "systemctl", "status", "--no-pager", "-l", UNIT, codes=None).stdout
        time.sleep(0.1)


def last_run():
    return json.loads(backupctl("runs", "list", "--json").stdout)[0]


def begin(program, is_new=False):
    """Lays out programs and units, and mounts the disk."""
    shutil.copy(program, "/usr/bin/backupctl")
    if is_new:
        call("mkfs.ext4", "-q", "/dev/vda")
    DISK.mkdir(parents=True, exist_ok=True)
    call("mount", "/dev/vda", DISK)
    shutil.copy(ROOT / "systemd/backupctl@.service", "/etc/systemd/system/")
    schedules = pathlib.Path("/etc/backupctl/schedules")
    schedules.mkdir(parents=True)
    (schedules / "slow.yaml").write_text(json.dumps({
        "timer": {"on-calendar": "Sun *-*-* 05:00:00", "persistent": True}, "resources": {"disk": 1},
        "jobs": {"tree": {"kind": "archive", "trees": "pam", "uses": "disk"},
                 "slow": {"kind": "archive", "streams": "slow", "after": "tree", "uses": "disk"}}}))
    (schedules.parent / "config.yaml").write_text(json.dumps({
        "repository": {"path": str(DISK / "repository"), "must-be-mounted": True}, "state-directory": str(DISK / "state"),
        "trees": [{"name": "pam", "path": "/etc/pam.d"}], "coverage": {"roots": []},
        "streams": [{"name": "slow", "command": ["sh", "-c", f"echo $$ >/run/slow.pid; until [ -e {GO} ]; do sleep 0.2; done; date"]}]}))
    if is_new:
        backupctl("init", "-q", DISK / "repository")
    call("systemctl", "daemon-reload")


def drop_in(**settings):
    """Settings of the unit, in the place of earlier ones."""
    directory = pathlib.Path(f"/run/systemd/system/{UNIT}.d")
    directory.mkdir(exist_ok=True)
    (directory / "test.conf").write_text("[Service]\n" + "".join(f"{name}={value}\n" for name, value in settings.items()))
    call("systemctl", "daemon-reload")


def start():
    """Starts the unit, and waits until its run is at the stream."""
    for path in (GO, pathlib.Path("/run/slow.pid")):
        path.unlink(missing_ok=True)
    call("systemctl", "reset-failed", UNIT, codes=None)
    call("systemctl", "start", UNIT)
    wait_until(pathlib.Path("/run/slow.pid").exists, "the stream's command")


def has_ended():
    return shown("ActiveState")["ActiveState"] in ("inactive", "failed")


# The moments.


def start_returns_when_the_run_is_up_and_its_status_is_shown():
    begun = time.monotonic()
    start()
    properties = shown("ActiveState", "StatusText", "MainPID")
    assert properties["ActiveState"] == "active", properties
    wait_until(lambda: "slow" in shown("StatusText")["StatusText"], "the status")
    assert last_run()["state"] == "running"
    assert int(properties["MainPID"]) == last_run()["process"], "another process than systemd's does the run"
    print(f"up after {time.monotonic() - begun:.1f} s: {shown('StatusText')['StatusText']}")


def a_second_start_ends_with_11_and_harms_nothing():
    said = backupctl("run", "slow", codes=(11,)).stderr
    assert "slow" in said and "hint:" in said, said
    assert shown("ActiveState")["ActiveState"] == "active" and last_run()["state"] == "running"


def stop_interrupts_the_run_and_leaves_no_child():
    child = int(pathlib.Path("/run/slow.pid").read_text())
    begun = time.monotonic()
    call("systemctl", "stop", UNIT)
    assert time.monotonic() - begun < PATIENCE
    assert not pathlib.Path(f"/proc/{child}").exists(), "the stream's command lives on"
    assert last_run()["state"] == "interrupted", last_run()
    assert leases() == [], leases()


def a_start_timeout_does_not_end_a_long_run():
    # Long enough for the start of a program where each instruction is translated; the run goes on for longer.
    begun = time.monotonic()
    drop_in(TimeoutStartSec="60s")
    start()
    time.sleep(max(0, begun + 65 - time.monotonic()))
    assert shown("ActiveState")["ActiveState"] == "active"
    GO.touch()
    wait_until(has_ended, "the end of the run")
    assert last_run()["state"] == "ok" and shown("Result")["Result"] == "success", (last_run(), shown("Result"))


def a_process_that_hangs_is_killed_by_the_watchdog_and_the_run_shows_as_died():
    drop_in(WatchdogSec="30s", TimeoutStopSec="5s", TimeoutAbortSec="5s")
    start()
    os.kill(int(shown("MainPID")["MainPID"]), signal.SIGSTOP)
    wait_until(has_ended, "the end by the watchdog")
    assert shown("Result")["Result"] == "watchdog", shown("Result")
    assert last_run()["state"] == "died", last_run()
    drop_in()


def timers_are_enabled_and_foreign_ones_left_alone():
    foreign = pathlib.Path("/etc/systemd/system/backupctl@foreign.timer")
    text = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
    foreign.write_text(text)
    backupctl("timers", "install")
    assert "backupctl@slow.timer" in call("systemctl", "list-timers", "--all").stdout
    assert call("systemctl", "is-enabled", "backupctl@slow.timer").stdout.strip() == "enabled"
    assert foreign.read_text() == text and "enabled" != call(
        "systemctl", "is-enabled", foreign.name, codes=None).stdout.strip()


def serve(program):
    begin(program, is_new=True)
    for moment in (start_returns_when_the_run_is_up_and_its_status_is_shown, a_second_start_ends_with_11_and_harms_nothing,
                   stop_interrupts_the_run_and_leaves_no_child, a_start_timeout_does_not_end_a_long_run,
                   a_process_that_hangs_is_killed_by_the_watchdog_and_the_run_shows_as_died,
                   timers_are_enabled_and_foreign_ones_left_alone):
        moment()
        print("ok", moment.__name__, flush=True)
    start()
    call("systemctl", "--no-block", "reboot")
    time.sleep(PATIENCE)
    raise AssertionError("the machine isn't rebooted")


def go_on(state):
    """What the last run before came to, and that it is gone on with to a whole end."""
    last = last_run()
    assert last["state"] == state, last
    before = points()
    GO.touch()
    backupctl("run", "slow", "--resume")
    assert last_run()["state"] == "ok" and last_run()["resumedFrom"] == last["id"], last_run()
    assert points() == before + 1, f"{points()} points of the stream after {before}"
    backupctl("check", "-q")
    assert leases() == [], leases()
    parts = [path for path in (DISK / "repository").rglob("*.part")]
    assert not parts, parts


def go_on_after_reboot(program):
    begin(program)
    go_on("interrupted")
    start()
    print("running", flush=True)
    time.sleep(PATIENCE)


def go_on_after_cut(program):
    begin(program)
    go_on("died")


def points():
    """How many points the stream has."""
    return len(list((DISK / "repository/sources/stream/slow/points").glob("*.json")))


def leases():
    """What the catalog says is still there."""
    database = sqlite3.connect(f"file:{DISK}/state/catalog.sqlite?mode=ro", uri=True)
    try:
        return database.execute("SELECT kind, subject FROM lease").fetchall()
    finally:
        database.close()


if __name__ == "__main__":
    {"serve": serve, "go_on_after_reboot": go_on_after_reboot, "go_on_after_cut": go_on_after_cut}[sys.argv[1]](sys.argv[2])
