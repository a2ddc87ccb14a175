#!/usr/bin/env python3
"""What people do with volumes: take snapshots of one instant, list, archive as images and as files, restore; and a cluster that fails.

  scripts/guest -m 3072 -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_operations.py
"""
import contextlib
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import luks  # noqa: E402
from backupctl import BINARY, DEGRADED, OK, Backupctl  # noqa: E402
from pools import KIB, MIB, ThinPool, mapped, need_pools, report, tool  # noqa: E402

DRIVER = "csi.proxmox.sinextra.dev"


setUpModule = need_pools


class Operations(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-operations-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.pool = ThinPool(size=160 * MIB, metadata=4 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.backupctl = Backupctl(self.work)

    def volume(self, name, size=16 * MIB, seed=1):
        volume = self.pool.volume(name, size)
        volume.write(0, random.Random(seed).randbytes(512 * KIB))
        volume.write(size - 64 * KIB, b"the end".ljust(64 * KIB, b"\0"))
        return volume

    def restored(self, volume, name="image"):
        """The content of the newest point's image."""
        image = self.work / name
        image.unlink(missing_ok=True)
        self.backupctl.restore(volume, image)
        return image.read_bytes()

    def point(self, volume):
        """What the newest point says of how it was read."""
        return json.loads(self.backupctl.call("show", f"volume/{volume}", "--json").stdout)["volume"]

    def said(self, *words, codes=(OK,)):
        result = self.backupctl.call(*words, codes=codes)
        return result.stdout + result.stderr

    def script(self, name, text):
        path = self.work / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def schedule(self, name, **content):
        path = self.work / f"{name}.yaml"
        path.write_text(json.dumps(content))
        return ["run", str(path)]

    def assert_nothing_is_left(self, of):
        """No mapping, no throwaway snapshot, no lease."""
        self.assertEqual([name for name in mapped() if name.endswith("_read") or name.startswith("backupctl")], [])
        self.assertEqual([name for name in self.pool.names() if name.endswith("_read")], [])
        self.assertEqual(self.backupctl.leases(), [], of)


class Images(Operations):
    @contextlib.contextmanager
    def writer(self, first, second, start):
        """Somebody counts on from a number, on one volume and then on the other, for as long as the context lasts."""
        is_over = threading.Event()

        def count():
            with open(first.path, "r+b", buffering=0) as one, open(second.path, "r+b", buffering=0) as two:
                for number in itertools.count(start):
                    for device in (one, two):
                        os.pwrite(device.fileno(), number.to_bytes(8, "big").ljust(4 * KIB, b"\0"), MIB)
                        os.fdatasync(device.fileno())
                    if is_over.is_set():
                        return

        thread = threading.Thread(target=count)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def test_snapshots_of_one_instant_become_points_of_one_instant(self):
        volumes = [self.volume("vm-1-data", seed=1), self.volume("vm-1-log", seed=2)]
        run = self.schedule(
            "pair", resources={"disk": 1},
            volumes=[{"name": "pair", "group": self.pool.group, "match": ["vm-1-*"], "together": True}],
            jobs={"freeze": {"kind": "snapshot", "volumes": "pair", "keep": {"last": 1}, "uses": "disk"},
                  "keep": {"kind": "archive", "of": "freeze", "uses": "disk"}})
        counts = []
        for read in ("mapped", "changed"):
            with self.writer(*volumes, start=1 + max(counts, default=0)):
                self.backupctl.call(*run)
            first, second = (int.from_bytes(self.restored(volume)[MIB:MIB + 8], "big") for volume in volumes)
            self.assertIn(first - second, (0, 1), "somebody wrote between the two snapshots")
            counts.append(first)
            for volume in volumes:
                self.assertEqual(self.point(volume)["read"], read)
        self.assertGreater(counts[1], counts[0])
        rows = json.loads(self.backupctl.call("snapshots", "list", "--json").stdout)
        self.assertFalse(any(row["isUnfinished"] for row in rows))
        for volume in volumes:
            newest = max((row for row in rows if row["volume"] == str(volume)), key=lambda row: row["created"])
            self.assertTrue(newest["isBase"])
        self.assert_nothing_is_left("a run of two jobs")

    def test_a_job_of_its_own_removes_the_snapshots_that_no_rule_keeps(self):
        volumes = [self.volume("vm-1-data", seed=1), self.volume("vm-1-log", seed=2)]
        selection = [{"name": "both", "group": self.pool.group, "match": ["vm-1-*"]}]
        take = self.schedule("series", volumes=selection, jobs={"take": {"kind": "snapshot", "volumes": "both"}})
        for _ in range(3):
            self.backupctl.call(*take)

        def count():
            rows = json.loads(self.backupctl.call("snapshots", "list", "--json").stdout)
            return [sum(row["volume"] == str(volume) for row in rows) for volume in volumes]

        self.assertEqual(count(), [3, 3])
        other = self.schedule("other", volumes=selection, jobs={"old": {"kind": "retention", "volumes": "both", "keep": {"last": 1}}})
        self.backupctl.call(*other)
        self.assertEqual(count(), [3, 3], "those of another schedule are kept by its own rules")
        remove = self.schedule("series", volumes=selection, jobs={"old": {"kind": "retention", "volumes": "both", "keep": {"last": 2}}})
        said = self.backupctl.call(*remove)
        self.assertEqual(count(), [2, 2], said.stdout + said.stderr)
        self.backupctl.call(*remove)
        self.assertEqual(count(), [2, 2])

    def test_an_image_goes_back_to_a_volume_a_file_and_a_pipe(self):
        volume = self.volume("vm-1-data")
        self.backupctl.call(*Backupctl.archive(volume))
        group, source = self.pool.group, f"volume/{volume}"
        self.backupctl.call("restore", source, "--to-volume", f"{group}/new", "--verify", "-q")
        fields = report("lvs", "-o", "lv_tags,lv_active,lv_size", f"{group}/new")[0]
        self.assertEqual((fields["lv_tags"], fields["lv_active"], int(fields["lv_size"])), ("", "active", volume.size()))
        self.assertEqual(self.point_content(f"{group}/new"), volume.read())
        piped = subprocess.run([BINARY, "restore", source, "--to-stdout", "-q", "--config", str(self.backupctl.config)],
                               stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
        self.assertTrue(piped == volume.read())
        self.assertTrue(self.backupctl.rescue(volume, self.work / "rescued").read_bytes() == volume.read())
        # Never over a volume that is there.
        before = volume.read()
        said = self.said("restore", source, "--to-volume", str(volume), codes=(1, 2, 30, 64))
        self.assertIn(str(volume), said)
        self.assertTrue(volume.read() == before)

    @staticmethod
    def point_content(name):
        group, volume = name.split("/")
        return pathlib.Path(f"/dev/{group}/{volume}").read_bytes()

    def test_a_damaged_pack_leaves_no_volume_behind(self):
        volume = self.volume("vm-1-data")
        self.backupctl.call(*Backupctl.archive(volume))
        pack = max(self.backupctl.repository.glob(f"sources/volume/{volume}/packs/*"), key=lambda path: path.stat().st_size)
        with open(pack, "r+b") as file:
            middle = pack.stat().st_size // 2
            file.seek(middle)
            byte = file.read(1)[0]
            file.seek(middle)
            file.write(bytes([byte ^ 0xFF]))
        before = self.pool.names()
        self.said("restore", f"volume/{volume}", "--to-volume", f"{self.pool.group}/new", codes=(20,))
        self.assertEqual(self.pool.names(), before)
        self.assert_nothing_is_left("a restore that failed")

    def test_a_snapshot_that_vanishes_before_it_is_read(self):
        volume = self.volume("vm-1-data")
        # Letting the application go on is what comes between the snapshot and its reading.
        thaw = self.script("thaw", f"lvremove -q -f --select 'lv_name=~\"^{volume.name}_snap_\"' {self.pool.group}")
        run = self.schedule(
            "vanishes", resources={"disk": 1},
            volumes=[{"name": "one", "group": self.pool.group, "match": [volume.name],
                      "freeze": {"command": ["true"], "thaw": [thaw], "timeout": "60s"}}],
            jobs={"keep": {"kind": "archive", "volumes": "one", "uses": "disk"}})
        said = self.said(*run, codes=(1,))
        self.assertRegex(said, r"_snap_\d+_\d+")
        self.assertRegex(said, "not there any more|is gone|was removed")
        self.assertEqual(self.backupctl.points(volume), [])
        self.assert_nothing_is_left("a snapshot that vanished")


class Files(Operations):
    @contextlib.contextmanager
    def filled(self, path, *make):
        """Makes a file system with some of everything in it, mounted meanwhile, so that its journal is to be replayed."""
        tool(*make, path)
        with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as mounted:
            tool("mount", path, directory)
            mounted.callback(tool, "umount", directory)
            root = pathlib.Path(directory)
            (root / "folder").mkdir()
            (root / "folder/file").write_bytes(random.Random(5).randbytes(300 * KIB))
            os.link(root / "folder/file", root / "second name")
            (root / "link").symlink_to("folder/file")
            (root / os.fsdecode(b"not utf-8 \xff")).write_text("a name of bytes")
            os.setxattr(root / "folder/file", "user.note", b"kept")
            os.chmod(root / "folder", 0o2750)
            tool("sync", "-f", directory)
            yield

    def archived(self, volume, **selection):
        self.backupctl.call(*self.backupctl.run_of("files", {
            "group": self.pool.group, "match": [volume.name], "mode": "files"} | selection))
        # To a file system that takes attributes, which that of temporary files may not.
        target = self.pool.volume("target", 32 * MIB)
        tool("mkfs.ext4", "-q", target.path)
        place = self.work / "target"
        place.mkdir()
        tool("mount", target.path, place)
        self.addCleanup(tool, "umount", place)
        self.backupctl.call("restore", f"volume/{volume}", "--to", str(place / "restored"), "-q")
        return place / "restored"

    def assert_restored(self, root):
        self.assertTrue((root / "folder/file").read_bytes() == random.Random(5).randbytes(300 * KIB))
        self.assertEqual((root / "folder/file").stat().st_ino, (root / "second name").stat().st_ino)
        self.assertEqual(os.readlink(root / "link"), "folder/file")
        self.assertEqual((root / os.fsdecode(b"not utf-8 \xff")).read_text(), "a name of bytes")
        self.assertEqual(os.getxattr(root / "folder/file", "user.note"), b"kept")
        self.assertEqual((root / "folder").stat().st_mode & 0o7777, 0o2750)

    def test_the_files_of_ext4_that_is_mounted(self):
        volume = self.pool.volume("vm-1-files", 32 * MIB)
        with self.filled(volume.path, "mkfs.ext4", "-q"):
            self.assert_restored(self.archived(volume))
        self.assertEqual(self.point(volume)["mode"], "files")
        self.assert_nothing_is_left("ext4")

    def test_the_files_of_xfs_in_luks_with_the_key_of_a_command(self):
        volume = self.pool.volume("vm-2-files", 400 * MIB)
        luks.format_luks(volume.path)
        (self.work / "key").write_text(luks.KEY)
        (self.work / "key").chmod(0o600)
        with luks.opened(volume.path) as path, self.filled(path, "mkfs.xfs", "-q"):
            self.assert_restored(self.archived(volume, luks={"key-command": ["cat", str(self.work / "key")]}))
        self.assertEqual(self.point(volume)["encryption"], "opened")
        self.assert_nothing_is_left("xfs in LUKS")

    def test_what_cannot_be_mounted_names_the_mode_image(self):
        volume = self.volume("vm-3-swap")
        said = self.said(*self.backupctl.run_of("files", {"group": self.pool.group, "match": [volume.name], "mode": "files"}),
                         codes=(1,))
        self.assertIn("mode: image", said)
        self.assertEqual(self.backupctl.points(volume), [])
        self.assert_nothing_is_left("what can't be mounted")


class Lists(Operations):
    def kubectl(self, text):
        return {"command": [self.script("kubectl", text)], "timeout": "10s"}

    def answer(self, volume, claim):
        namespace, name = claim.split("/")
        item = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pvc-{name}"},
                "spec": {"capacity": {"storage": "16Mi"}, "claimRef": {"namespace": namespace, "name": name},
                         "csi": {"driver": DRIVER, "volumeHandle": f"home/pve1/proxmox-lvm/{volume.name}"}},
                "status": {"phase": "Bound"}}
        (self.work / "answer.json").write_text(json.dumps(
            {"apiVersion": "v1", "kind": "List", "items": [item], "metadata": {"resourceVersion": ""}}))
        return f"cat {self.work / 'answer.json'}"

    def test_a_cluster_that_fails_hangs_or_prints_garbage_never_widens_a_selection(self):
        volume, other = self.volume("vm-1-pvc-1"), self.volume("vm-2-plain")
        selections = [{"name": "claims", "group": self.pool.group, "match": ["vm-1-*"], "namespaces": ["media"]},
                      {"name": "plain", "group": self.pool.group, "match": ["vm-2-*"]}]
        run = self.schedule("both", resources={"disk": 1}, volumes=selections, jobs={
            "claims": {"kind": "archive", "volumes": "claims", "uses": "disk"},
            "plain": {"kind": "archive", "volumes": "plain", "uses": "disk"}})
        bad = ["echo 'connection refused' >&2; exit 1", "sleep 60", "echo '<html>not json</html>'", "echo '{\"kind\": \"List\"}'"]
        for number, text in enumerate(bad):
            self.backupctl.configure(kubernetes=self.kubectl(text) | {"timeout": "2s"})
            said = self.said(*run, codes=(1,))
            self.assertRegex(said, "claims", text)
            self.assertEqual(self.backupctl.points(volume), [], text)
            self.assertEqual(len(self.backupctl.points(other)), number + 1, text)
        self.backupctl.configure(kubernetes=self.kubectl(self.answer(volume, "media/photos")))
        self.said(*run)
        self.assertEqual(len(self.backupctl.points(volume)), 1)
        # From now on the answer that was good counts.
        for number, text in enumerate(bad[:2]):
            self.backupctl.configure(kubernetes=self.kubectl(text) | {"timeout": "2s"})
            self.said(*run, codes=(OK, DEGRADED))
            self.assertEqual(len(self.backupctl.points(volume)), number + 2, text)
        listed = json.loads(self.backupctl.call("volumes", "list", "--json", codes=(OK, DEGRADED)).stdout)
        self.assertEqual([row["claim"] for row in listed["volumes"] if row["volume"] == str(volume)], ["media/photos"])

    def test_lists_say_what_is_there_and_what_it_costs(self):
        volume = self.volume("vm-1-data")
        secret = self.pool.volume("vm-2-secret", 8 * MIB)
        luks.format_luks(secret.path)
        foreign = volume.snapshot("vm-1-data_snap_20260101_0000")
        self.backupctl.configure(volumes=[{"name": "vms", "group": self.pool.group, "match": ["vm-1-data"]}])
        self.backupctl.call(*Backupctl.take(volume))
        volume.write(0, random.Random(9).randbytes(256 * KIB))
        self.backupctl.call(*Backupctl.archive(volume))
        listed = json.loads(self.backupctl.call("volumes", "list", "--json", codes=(OK, DEGRADED)).stdout)
        rows = {row["volume"]: row for row in listed["volumes"]}
        row = rows[str(volume)]
        self.assertEqual((row["sizeBytes"], row["encrypted"], row["state"]), (16 * MIB, False, "protected"))
        self.assertGreaterEqual(row["mappedBytes"], 512 * KIB)
        self.assertTrue(row["newestPoint"])
        # What was overwritten is held by the first snapshot of ours and by the foreign one, so none frees it alone.
        self.assertEqual([snapshot["base"] for snapshot in row["snapshots"]], [True, False])
        foreign.remove()
        names = self.backupctl.call("snapshots", "list", "--json")
        cost = {row["name"]: row["exclusive"] for row in json.loads(names.stdout)}
        older = min(cost)
        self.assertGreaterEqual(cost[older], 256 * KIB)
        self.assertLess(cost[max(cost)], 256 * KIB)
        self.assertTrue(rows[str(secret)]["encrypted"])
        self.assertEqual(rows[str(secret)]["state"], "uncovered")
        # A snapshot of somebody else stays, whatever its name.
        foreign = volume.snapshot("vm-1-data_snap_20260101_0000")
        said = self.said("snapshots", "remove", str(foreign), codes=(30,))
        self.assertIn("is not ours", said)
        self.assertIn(foreign.name, self.pool.names())
        self.backupctl.call("snapshots", "remove", older)
        self.assertNotIn(older.split("/")[1], self.pool.names())


if __name__ == "__main__":
    unittest.main()
