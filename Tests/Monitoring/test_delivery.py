#!/usr/bin/env python3
"""Real runs that tell a real HTTP server, a real Pushgateway and a real program how they went."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
SERVER = pathlib.Path(__file__).with_name("http_server.py")


@unittest.skipUnless(shutil.which("curl"), "curl is not installed")
class Delivery(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-delivery-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.log = open(self.work / "requests", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        server = subprocess.Popen([sys.executable, str(SERVER)], stdout=self.log, stdin=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        deadline = time.monotonic() + 30
        while not self.lines():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.address = f"http://127.0.0.1:{self.lines()[0]}"
        (self.work / "tree").mkdir()
        (self.work / "token").write_text("Authorization: Bearer sesame\n")
        (self.work / "token").chmod(0o600)
        subprocess.run([BACKUPCTL, "init", "-q", str(self.work / "repository")], check=True)
        self.configure()
        (self.work / "nightly.yaml").write_text("jobs: {keep: {kind: archive, trees: tree}}\n")

    def lines(self):
        return (self.work / "requests").read_text().splitlines()

    def requests(self):
        """What was asked since the last look, as `METHOD path`; the whole of each in `self.last`."""
        self.last = [json.loads(line) for line in self.lines()[1 + getattr(self, "seen", 0):]]
        self.seen = getattr(self, "seen", 0) + len(self.last)
        return sorted(f"{request['method']} {request['path']}" for request in self.last)

    def configure(self, metrics=None, **more):
        (self.work / "config.yaml").write_text(json.dumps({
            "repository": {"path": str(self.work / "repository")}, "state-directory": str(self.work / "state"),
            "trees": [{"name": "tree", "path": str(self.work / "tree")}], "coverage": {"roots": []},
            **({"metrics": metrics} if metrics else {}),
            "notifications": [
                {"name": "hook", "webhook": {"url": f"{self.address}/hook", "header-file": str(self.work / "token")}},
                {"name": "phone", "on": ["failed"],
                 "ntfy": {"url": f"{self.address}/topic", "priority": 5, "tags": ["backup"]}},
                {"name": "other", "schedules": ["weekly"], "webhook": {"url": f"{self.address}/other"}},
                {"name": "broken", "webhook": {"url": "http://127.0.0.1:9/nobody"}},
                {"name": "program", "command": ["sh", "-c", f"cat >> {self.work}/told"]},
                {"name": "switch", "ping": {"url": f"{self.address}/ping"}}],
            **more}))

    def run_schedule(self, code):
        result = subprocess.run(
            [BACKUPCTL, "run", str(self.work / "nightly.yaml"), "-q", "--config", str(self.work / "config.yaml")],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def break_tree(self):
        (self.work / "tree").rename(self.work / "away")

    def mend_tree(self):
        (self.work / "away").rename(self.work / "tree")

    def test_changes_of_state_are_told_once_and_each_run_pings_the_switch(self):
        (self.work / "tree/file").write_text("content\n")
        first = self.run_schedule(0)
        self.assertEqual(self.requests(), ["POST /ping", "POST /ping/start"], "well from the beginning is no news")
        self.assertFalse((self.work / "told").exists())
        self.break_tree()
        failed = self.run_schedule(1)
        self.assertEqual(self.requests(), ["POST /hook", "POST /ping/fail", "POST /ping/start", "POST /topic"])
        hook = next(request for request in self.last if request["path"] == "/hook")
        self.assertEqual(hook["headers"]["Authorization"], "Bearer sesame")
        document = json.loads(hook["body"])
        self.assertEqual((document["event"], document["schedule"], document["state"]), ("failed", "nightly", "failed"))
        phone = next(request for request in self.last if request["path"] == "/topic")
        self.assertEqual(phone["headers"]["Priority"], "5")
        self.assertIn("backup", phone["headers"]["Tags"])
        self.assertEqual(json.loads((self.work / "told").read_text())["event"], "failed")
        # A target that can't be reached is a warning and no more; its announcement is tried again next time.
        self.assertIn("warning: cannot notify broken", failed.stderr)
        again = self.run_schedule(1)
        self.assertEqual(self.requests(), ["POST /ping/fail", "POST /ping/start"], "what goes on is no news")
        self.assertIn("warning: cannot notify broken", again.stderr)
        self.mend_tree()
        self.run_schedule(0)
        self.assertEqual(self.requests(), ["POST /hook", "POST /ping", "POST /ping/start"])
        self.assertNotIn("sesame", first.stderr + failed.stderr + again.stderr)

    @unittest.skipUnless(shutil.which("prometheus-pushgateway"), "the Pushgateway is not installed")
    def test_a_pushgateway_has_the_states_and_one_that_is_gone_fails_no_run(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        gateway = subprocess.Popen(
            ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(gateway.wait)
        self.addCleanup(gateway.kill)
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).read()
                break
            except OSError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
        (self.work / "tree/file").write_text("content\n")
        self.configure(metrics={"pushgateway": {"url": f"http://127.0.0.1:{port}"}})
        self.run_schedule(0)
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        self.assertRegex(page, r'backupctl_source_state\{instance="[^"]+",job="backupctl",source="tree/tree",state="ok"\} 1')
        gateway.kill()
        gateway.wait()
        result = self.run_schedule(0)
        self.assertIn("warning: cannot push metrics", result.stderr)


if __name__ == "__main__":
    unittest.main()
