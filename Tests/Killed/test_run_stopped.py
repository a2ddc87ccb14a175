#!/usr/bin/env python3
"""Stops real runs by signals, as Ctrl-C, `systemctl stop` and a shutdown do, and listens to what the service manager is told."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))


class StoppedRun(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-stopped-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        (self.work / "tree").mkdir()
        (self.work / "tree/file").write_text("content\n")
        self.configure(["sh", "-c", f"echo $$ > {self.work}/pid; echo begun; exec sleep 300"])
        (self.work / "slow.yaml").write_text(
            "resources: {disk: 1}\n"
            "jobs:\n  first: {kind: archive, trees: tree, uses: disk}\n"
            "  slow: {kind: archive, streams: slow, after: first, uses: disk}\n"
            "  last: {kind: verify, of: [first, slow]}\n")
        subprocess.run([BACKUPCTL, "init", "-q", str(self.work / "repository")], check=True)

    def configure(self, command):
        (self.work / "pid").unlink(missing_ok=True)
        (self.work / "config.yaml").write_text(json.dumps({
            "repository": {"path": str(self.work / "repository")}, "state-directory": str(self.work / "state"),
            "trees": [{"name": "tree", "path": str(self.work / "tree")}],
            "streams": [{"name": "slow", "command": command}],
            "coverage": {"roots": []},
            "metrics": {"textfile": str(self.work / "backupctl.prom")}}))

    def command(self, *arguments):
        return [BACKUPCTL, *arguments, "--config", str(self.work / "config.yaml")]

    def start(self, **variables):
        process = subprocess.Popen(
            self.command("run", str(self.work / "slow.yaml")), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=os.environ | variables)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        # The stream's command says when it runs.
        while not ((self.work / "pid").exists() and (self.work / "pid").read_text().strip()):
            self.assertLess(time.monotonic(), deadline, "the run did not get to the stream")
            time.sleep(0.02)
        return process

    def run_state(self):
        result = subprocess.run(self.command("runs", "--json"), capture_output=True, text=True, check=True)
        return json.loads(result.stdout)[0]["state"]

    def assert_child_is_gone(self):
        pid = int((self.work / "pid").read_text())
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}") and "sleep" in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
            self.assertLess(time.monotonic(), deadline, "the stream's command still runs")
            time.sleep(0.05)

    def test_a_signal_stops_the_run_and_its_children_and_it_can_be_resumed(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                process = self.start()
                begun = time.monotonic()
                process.send_signal(number)
                output, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 128 + number, output + errors)
                self.assertLess(time.monotonic() - begun, 30)
                self.assert_child_is_gone()
                self.assertEqual(self.run_state(), "interrupted")
                self.assertIn("interrupted", errors)
                metrics = (self.work / "backupctl.prom").read_text()
                self.assertIn('backupctl_schedule_state{schedule="slow",state="interrupted"} 1', metrics)
                (self.work / "pid").unlink()
        self.configure(["echo", "whole"])
        resumed = subprocess.run(
            self.command("run", str(self.work / "slow.yaml"), "--resume"), capture_output=True, text=True)
        self.assertEqual(resumed.returncode, 0, resumed.stdout + resumed.stderr)
        self.assertIn("done by the run resumed", resumed.stdout)
        content = subprocess.run(self.command("cat", "stream/slow", "content"), capture_output=True, text=True)
        self.assertEqual(content.stdout, "whole\n", content.stderr)

    def test_a_second_signal_does_not_wait_for_a_child_that_will_not_stop(self):
        # Ignores SIGTERM, so that the first signal alone would take the ten seconds until it is killed.
        self.configure(["sh", "-c", f"trap '' TERM; echo $$ > {self.work}/pid; while :; do sleep 1; done"])
        process = self.start()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - begun, 8, output + errors)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, output + errors)
        self.assertEqual(self.run_state(), "interrupted")
        subprocess.run(["kill", "-9", (self.work / "pid").read_text().strip()], check=False)

    def test_a_killed_run_shows_as_died_at_once_and_is_noted_by_the_next(self):
        process = self.start()
        process.kill()
        process.communicate()
        self.assertEqual(self.run_state(), "died")
        subprocess.run(["kill", "-9", (self.work / "pid").read_text().strip()], check=False)
        self.configure(["echo", "whole"])
        resumed = subprocess.run(
            self.command("run", str(self.work / "slow.yaml"), "--resume"), capture_output=True, text=True)
        self.assertEqual(resumed.returncode, 0, resumed.stdout + resumed.stderr)
        self.assertIn("died: its process", resumed.stderr)
        history = subprocess.run(self.command("runs", "--json"), capture_output=True, text=True, check=True)
        self.assertEqual([run["state"] for run in json.loads(history.stdout)], ["ok", "died"])

    def test_the_service_manager_hears_of_start_progress_life_and_stop(self):
        path = str(self.work / "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(30)
        process = self.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="1500000")
        heard = []
        while not any(text.startswith("STATUS=") and "slow" in text for text in heard):
            heard.append(listener.recv(4096).decode())
        self.assertEqual(heard[0], "READY=1")
        self.assertIn("WATCHDOG=1", heard)
        process.terminate()
        output, errors = process.communicate(timeout=60)
        while "STOPPING=1" not in heard:
            heard.append(listener.recv(4096).decode())
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, output + errors)

    def test_a_paused_service_is_ready_and_ends_well(self):
        subprocess.run(self.command("pause", "--for", "1h", "--because", "a test"), check=True, capture_output=True)
        path = str(self.work / "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(30)
        result = subprocess.run(
            self.command("run", str(self.work / "slow.yaml")), capture_output=True, text=True,
            env=os.environ | {"NOTIFY_SOCKET": path})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(listener.recv(4096).decode(), "READY=1")
        self.assertIn("a test", listener.recv(4096).decode())


if __name__ == "__main__":
    unittest.main()
