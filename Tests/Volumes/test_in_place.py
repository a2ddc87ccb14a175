#!/usr/bin/env python3
"""Restores volumes in place on a real pool, under a cluster that is a stand-in, and kills that at every call of a tool.

  scripts/guest -m 3072 -- env BACKUPCTL=$PWD/.build/debug/backupctl RESTORE_KILLS=4 SEED=1 python3 Tests/Volumes/test_in_place.py
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from backupctl import DEGRADED, OK, PATIENCE, Backupctl  # noqa: E402
from cluster import Cluster  # noqa: E402
from pools import KIB, MIB, ThinPool, Volume, mapped, mapper_name, need_pools, report, tool  # noqa: E402

# How many of the calls at which a restore can be killed are tried; all of them take long.
RESTORE_KILLS = int(os.environ.get("RESTORE_KILLS", "4"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))
FAILED, USAGE = 1, 64
NAME = "vm-9999-pvc-1"



def setUpModule():
    need_pools()
    # The stand-in is started often; Debian's own Python starts fastest.
    os.environ["PATH"] = f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}"


class InPlaceCase(unittest.TestCase):
    """A volume of a claim that a Deployment uses, and a point of what it held before it was spoiled."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-in-place-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.pool = ThinPool(size=160 * MIB, metadata=4 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.volume = self.pool.volume(NAME, 8 * MIB)
        tool("lvchange", "--addtag", "pve-vm-9999", str(self.volume))
        self.other = self.pool.volume("vm-9999-pvc-2", 4 * MIB)
        self.cluster = Cluster(self.work / "cluster.json")
        self.cluster.volume("pvc-1", "apps", "data", NAME)
        self.cluster.volume("pvc-2", "apps", "other", "vm-9999-pvc-2")
        self.cluster.deployment("apps", "wiki", ["data"], replicas=2)
        self.cluster.deployment("apps", "neighbour", ["other"], replicas=1)
        self.cluster.timing(pod_end_calls=1, detach_calls=1, notice_calls=1, pod_ready_calls=1)
        os.environ.update(self.cluster.environment)
        self.backupctl = Backupctl(self.work, **self.limits("90s", "90s"))
        self.source = f"volume/{self.volume}"
        self.volume.write(0, random.Random(1).randbytes(3 * MIB))
        self.before = self.volume.read()
        self.backupctl.call(*Backupctl.archive(self.volume), codes=(OK, DEGRADED))
        self.spoil()

    @staticmethod
    def limits(stop, start, kubectl=Cluster.kubectl):
        return {"kubernetes": {"command": [str(kubectl)]}, "restore": {"stop-within": stop, "start-within": start}}

    def spoil(self):
        self.volume.write(MIB, random.Random(2).randbytes(MIB))
        self.spoiled = self.volume.read()

    def restore(self, *more, codes=(OK,)):
        return self.backupctl.call("restore", self.source, "--in-place", "--yes", *more, codes=codes)

    def records(self):
        return json.loads(self.backupctl.call("restore", "list", "--json", "-v").stdout)

    def live(self):
        return Volume(self.pool, NAME)

    def made(self):
        """What restores made or keep."""
        return sorted(name for name in self.pool.names() if name.startswith("backupctl_"))

    def assert_running(self):
        self.assertEqual(self.cluster.replicas("deployment", "apps", "wiki"), 2)
        self.assertEqual(self.cluster.replicas("deployment", "apps", "neighbour"), 1)

    def assert_live(self, content):
        self.assertTrue(self.live().read() == content, "the live volume has other content")
        row = report("lvs", "-o", "lv_tags,lv_skip_activation", str(self.live()))[0]
        self.assertEqual(row["lv_tags"], "pve-vm-9999")
        self.assertFalse(row["lv_skip_activation"])


class InPlace(InPlaceCase):
    def test_puts_the_point_in_place_and_takes_it_back(self):
        uuid = self.volume.fields("lv_uuid")
        plan = self.backupctl.call("restore", self.source, "--in-place", codes=(USAGE,))
        self.assertIn("deployment/wiki in apps", plan.stdout)
        self.assertIn("--yes", plan.stderr)
        self.assertEqual(self.made(), [])
        self.assertEqual(self.cluster.calls("scale"), [])

        self.assertIn("only what differs", plan.stdout)
        filled = self.pool.status()["data"] * self.pool.size
        result = self.restore()
        # One MiB was spoiled: as much differs, in whole blocks, and no more takes room.
        self.assertLessEqual(self.pool.status()["data"] * self.pool.size - filled, MIB + 256 * KIB)
        self.assertIn("restore --undo", result.stdout)
        self.assert_live(self.before)
        self.assert_running()
        scaled = [" ".join(words) for words in self.cluster.calls("scale")]
        self.assertEqual(scaled, [f"scale deployment/wiki -n apps --replicas={count}" for count in (0, 2)])
        kept = self.made()
        self.assertEqual(len(kept), 1)
        row = report("lvs", "-o", "lv_uuid,lv_active,lv_skip_activation,lv_tags", f"{self.pool.group}/{kept[0]}")[0]
        self.assertEqual({"lv_uuid": row["lv_uuid"]}, uuid)
        self.assertEqual(row["lv_active"], "")
        self.assertIn("backupctl.restore=", row["lv_tags"])

        # What is kept is no volume to archive, no snapshot, and not uncovered.
        self.assertNotIn(kept[0], self.backupctl.call("snapshots", "list", "--json").stdout)
        self.assertNotIn(kept[0], self.backupctl.call("volumes", "list", "--json").stdout)

        self.live().write(0, b"written since" * 100)
        since = self.live().read()
        record = self.records()[0]["restore"]
        self.backupctl.call("restore", "--undo", record, "--yes")
        self.assert_live(self.spoiled)
        self.assert_running()
        aside = Volume(self.pool, self.made()[0])
        aside.activate()
        self.assertTrue(aside.read() == since, "what was written since is lost")
        aside.deactivate()
        self.backupctl.call("restore", "--forget", record, "--yes")
        self.assertEqual(self.made(), [])
        self.assert_live(self.spoiled)

    def test_is_archived_again_afterwards_as_what_it_is_now(self):
        self.restore()
        self.backupctl.call(*Backupctl.archive(self.live()), codes=(OK, DEGRADED))
        image = self.work / "image"
        self.backupctl.restore(self.live(), image)
        self.assertTrue(image.read_bytes() == self.live().read())

    def test_restores_from_a_snapshot_which_it_does_not_use_up(self):
        self.backupctl.call(*Backupctl.take(self.volume))
        self.volume.write(2 * MIB, random.Random(3).randbytes(MIB))
        snapshots = self.backupctl.snapshots()
        self.assertIn("--from snapshot", self.backupctl.call("restore", self.source, "--in-place", "--plan").stdout)
        for _ in range(2):
            self.restore("--from", "snapshot")
            self.assert_live(self.spoiled)
            self.live().write(0, b"spoiled again" * 1000)
        self.assertEqual(self.backupctl.snapshots(), snapshots)
        self.assert_running()
        refused = self.restore("--from", "snapshot", "--at", "2020-01-01", codes=None)
        self.assertNotEqual(refused.returncode, OK)

    def test_leaves_all_as_it_was_while_the_volume_stays_open(self):
        self.backupctl.configure(**self.limits("25s", "90s"))
        with open(self.volume.path, "rb"):
            result = self.restore(codes=(FAILED,))
            self.assertIn("still in use after 25 s", result.stderr)
            self.assertIn(f"the device of {self.volume} is open", result.stderr)
            self.assertIn("what was stopped runs again", result.stderr)
            self.assert_running()
            self.assert_live(self.spoiled)
        record = self.records()[0]
        self.assertEqual(record["state"], "unfinished")
        self.backupctl.call("restore", "--resume", record["restore"])
        self.assert_live(self.before)
        self.assert_running()

    def test_says_who_does_what_it_cannot_keep_stopped(self):
        self.backupctl.configure(**self.limits("25s", "90s"))
        for misbehaviour, said in [({"scale_back_after": 2}, "something else started it again"),
                                   ({"never_end": True}, "still uses it while it ends"),
                                   ({"never_detach": True}, "is still attached to"),
                                   ({"fail": {"scale": "error: You must be logged in to the server (Unauthorized)"}},
                                    "Unauthorized"),
                                   ({"garbage": {"get": True}}, "JSON")]:
            with self.subTest(said):
                self.cluster.misbehave(**misbehaviour)
                result = self.restore(codes=(FAILED, 30))
                self.assertIn(said, result.stderr)
                self.assert_live(self.spoiled)
                self.cluster.misbehave()
                for record in self.records():
                    if record["state"] == "unfinished":
                        self.backupctl.call("restore", "--undo", record["restore"], "--yes")
                self.assert_running()
                self.assertEqual(self.made(), [])

    def test_is_done_but_degraded_when_what_was_started_is_not_ready(self):
        self.backupctl.configure(**self.limits("90s", "2s"))
        self.cluster.misbehave(never_ready=True)
        self.assertIn("isn't ready", self.restore(codes=(DEGRADED,)).stderr)
        self.assert_live(self.before)
        self.assert_running()

    def test_brings_back_a_volume_that_is_gone(self):
        self.volume.remove()
        self.restore()
        self.assertTrue(self.live().read() == self.before)
        self.assert_running()

    def test_refuses_a_name_that_is_something_else_by_now(self):
        self.restore()
        record = self.records()[0]["restore"]
        self.live().rename("mine")
        self.pool.volume(NAME, 4 * MIB)
        result = self.backupctl.call("restore", "--undo", record, "--yes", codes=(FAILED, 30))
        self.assertIn("neither what was live before nor what was restored", result.stderr)
        self.assertIn("mine", self.pool.names())

    def test_changes_nothing_without_room_in_the_pool(self):
        filler = self.pool.volume("filler", 150 * MIB)
        filler.write(0, random.Random(4).randbytes(140 * MIB))
        result = self.restore(codes=None)
        self.assertNotEqual(result.returncode, OK)
        self.assertIn("error: cannot restore", result.stderr)
        self.assert_live(self.spoiled)
        self.assert_running()
        self.assertEqual(self.made(), [])


WRAPPER = """#!/bin/sh
# Counts the calls of tools that change something, and kills who calls before or after the one that is meant.
case "$*" in {changing}) ;; *) exec {real} "$@" ;; esac
count=$(($(cat {work}/count) + 1)); echo $count >{work}/count
end=$(cat {work}/end)
if [ "$end" = "before $count" ]; then kill -9 $PPID; exit 1; fi
{real} "$@"; status=$?
if [ "$end" = "after $count" ]; then kill -9 $PPID; fi
exit $status
"""


class KilledInPlace(InPlaceCase):
    def setUp(self):
        super().setUp()
        directory = self.work / "tools"
        directory.mkdir()
        for name in ["lvcreate", "lvchange", "lvrename", "lvremove"]:
            self.wrap(directory / name, shutil.which(name), "*")
        self.wrap(directory / "kubectl", Cluster.kubectl, "*scale*|*patch*|*delete*|*create*")
        os.environ["PATH"] = f"{directory}:{os.environ['PATH']}"
        self.addCleanup(os.environ.update, {"PATH": os.environ["PATH"].split(":", 1)[1]})
        self.backupctl.configure(**self.limits("90s", "90s", directory / "kubectl"))

    def wrap(self, path, real, changing):
        path.write_text(WRAPPER.format(real=real, work=self.work, changing=changing))
        path.chmod(0o755)

    def end_at(self, end):
        (self.work / "count").write_text("0")
        (self.work / "end").write_text(end)

    def calls(self):
        return int((self.work / "count").read_text())

    def killed(self, *words):
        """Whether a call was killed rather than ended."""
        result = subprocess.run(self.backupctl.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=PATIENCE, check=False)
        self.assertIn(result.returncode, (OK, -9), result.stdout + result.stderr)
        return result.returncode != OK

    def test_ends_in_the_old_or_the_new_state_wherever_it_is_killed(self):
        self.end_at("never")
        self.restore()
        self.assert_live(self.before)
        whole = self.calls()
        self.assertGreater(whole, 8)
        self.take_back()
        moments = [(when, number) for number in range(1, whole + 1) for when in ("before", "after")]
        chosen = sorted(random.Random(SEED).sample(moments, min(RESTORE_KILLS, len(moments))), key=moments.index)
        for place, (when, number) in enumerate(chosen):
            with self.subTest(f"seed {SEED}: killed {when} call {number} of {whole}"):
                self.end_at(f"{when} {number}")
                self.assertTrue(self.killed("restore", self.source, "--in-place", "--yes"))
                self.end_at("never")
                unfinished = [row for row in self.records() if row["state"] == "unfinished"]
                way = ["--resume", "--undo"][place % 2]
                # Killed before it was noted, nothing had begun; after the last note, it is done.
                if unfinished:
                    self.killed("restore", way, unfinished[0]["restore"], "--yes")
                content = self.live().read()
                self.assertTrue(content in (self.before, self.spoiled), "the live volume is neither")
                if unfinished:
                    self.assertTrue(content == (self.before if way == "--resume" else self.spoiled), way)
                self.assert_live(content)
                self.assert_running()
                self.take_back()
                self.assertEqual(self.backupctl.leases(), [])

    def take_back(self):
        """Everything as it was before, with nothing of any restore left."""
        for row in self.records():
            if row["state"] == "restored":
                self.backupctl.call("restore", "--undo", row["restore"], "--yes")
            if row["state"] in ("restored", "undone"):
                self.backupctl.call("restore", "--forget", row["restore"], "--yes")
        self.assert_live(self.spoiled)
        self.assertEqual(self.made(), [])
        prefix = mapper_name(self.pool.group, "backupctl")
        self.assertEqual([name for name in mapped() if name.startswith(prefix)], [])


if __name__ == "__main__":
    unittest.main()
