#!/usr/bin/env python3
"""Follows docs/runbooks/restore-a-volume.md on a real pool: every command of it is executed, in its order.

  scripts/guest -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_volume_runbook.py
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Runbooks")]
import pages  # noqa: E402
from backupctl import BINARY, DEGRADED, OK, Backupctl  # noqa: E402
from cluster import Cluster  # noqa: E402
from pools import MIB, ThinPool, Volume, need_pools  # noqa: E402

PAGE = HERE.parents[1] / "docs/runbooks/restore-a-volume.md"
NAME = "vm-9999-pvc-1"

PODS = """import cluster, sys
for pod in cluster.Cluster(sys.argv[1]).ready("wiki"): print(pod.split("/")[1], "1/1", "Running")"""

setUpModule = need_pools


class RestoreAVolume(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-runbook-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.pool = ThinPool(size=128 * MIB, metadata=4 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.volume = self.pool.volume(NAME, 8 * MIB)
        self.cluster = Cluster(self.work / "cluster.json")
        self.cluster.volume("pvc-1", "wiki", "wiki-data", NAME)
        self.cluster.deployment("wiki", "wiki", ["wiki-data"], replicas=2)
        os.environ.update(self.cluster.environment)
        self.backupctl = Backupctl(
            self.work, kubernetes={"command": [Cluster.kubectl]},
            volumes=[{"name": "pvc", "group": self.pool.group, "match": ["vm-*-pvc-*"]}])
        tools = self.work / "tools"
        tools.mkdir()
        self.program(tools / "backupctl", f'exec {BINARY} "$@" --config {self.backupctl.config}')
        # The stand-in speaks JSON only; a person reads a table.
        self.program(tools / "kubectl", f"PYTHONPATH={HERE} exec {sys.executable} -c '{PODS}' {self.cluster.path}")
        self.environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
        self.ids, self.printed = {}, ""

    @staticmethod
    def program(path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def follow(self, block):
        """Executes a block with the group and the ids that there are really, or compares what it says was printed."""
        if not block.is_commands:
            missing = pages.not_printed(block.text, self.printed.replace(self.pool.group, "pve"), self.ids)
            self.assertIsNone(missing, f"line {block.line}: not in\n{self.printed}")
            return
        self.assertIsNone(block.reason, "all of this page can be executed")
        commands = pages.ID.sub(lambda match: self.ids[match.group()], block.text).replace("pve/", f"{self.pool.group}/")
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
        self.printed = result.stdout
        self.assertEqual(result.returncode, OK, f"line {block.line}: {commands}\n{result.stdout}")

    def test_every_step_of_the_page_does_what_it_says(self):
        sections = {}
        for block in pages.blocks(PAGE.read_text(encoding="utf-8")):
            sections.setdefault(block.section, []).append(block)
        chance = random.Random(1)
        self.volume.write(0, chance.randbytes(2 * MIB))
        archived = self.volume.read()
        self.backupctl.call("archive", "--volume", "pvc", codes=(OK, DEGRADED))
        self.volume.write(0, chance.randbytes(MIB))
        snapshotted = self.volume.read()
        self.backupctl.call("snapshots", "take", str(self.volume))
        self.volume.write(0, chance.randbytes(2 * MIB))
        broken = self.volume.read()
        live = Volume(self.pool, NAME)

        for block in sections.pop("Look"):
            self.follow(block)
        self.assertTrue(live.read() == broken)
        *restore, undo = sections.pop("From a snapshot")
        for block in restore:
            self.follow(block)
        self.assertEqual(self.printed.count("Running"), 2)
        self.assertTrue(live.read() == snapshotted)
        self.follow(undo)
        self.assertTrue(live.read() == broken)
        for block in sections.pop("From the archive"):
            self.follow(block)
        self.assertTrue(live.read() == archived)
        for name in ["If it gives up or is interrupted", "Free the space"]:
            for block in sections.pop(name):
                self.follow(block)
        self.assertEqual(sections, {})
        self.assertTrue(live.read() == archived)
        self.assertEqual(self.cluster.replicas("deployment", "wiki", "wiki"), 2)


if __name__ == "__main__":
    unittest.main()
