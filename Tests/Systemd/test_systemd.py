#!/usr/bin/env python3
"""The shipped units and timers, examined by systemd's own tools; and `backupctl timers` with the real program."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BACKUPCTL = os.environ.get("BACKUPCTL", str(ROOT / ".build/debug/backupctl"))
SERVICE = ROOT / "systemd/backupctl@.service"


def run(*command, code=0, **options):
    result = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL, **options)
    if code is not None and result.returncode != code:
        raise AssertionError(f"{command} ended with {result.returncode}, not {code}:\n{result.stdout}{result.stderr}")
    return result


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitTests(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def verify(self, text, *timers):
        # The program's own path is that of an installation; here it is the one that was built.
        self.assertIn("ExecStart=/usr/bin/backupctl run %i\n", text)
        service = self.directory / "backupctl@.service"
        service.write_text(text.replace("/usr/bin/backupctl", BACKUPCTL))
        for timer in timers:
            shutil.copy(timer, self.directory)
        names = ["backupctl@weekly.service"] + [timer.name for timer in timers]
        return run(
            "systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
            *[str(self.directory / name) for name in names], code=None,
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{self.directory}:"})

    def test_systemd_finds_no_fault_in_the_service_and_the_shipped_timers(self):
        timers = sorted((ROOT / "systemd").glob("*.timer"))
        self.assertTrue(timers)
        result = self.verify(SERVICE.read_text(), *timers)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_the_same_examination_finds_a_fault_that_is_put_in(self):
        result = self.verify(SERVICE.read_text().replace("KillMode=mixed", "KillMode=gently"))
        self.assertIn("kill mode", result.stderr)

    def test_every_hardening_line_has_its_reason_in_a_comment_above(self):
        lines = SERVICE.read_text().splitlines()
        directives = re.compile(r"(?:Protect|Restrict|Private|NoNew|Memory|SystemCall|Capability|Lock|UMask)\w*=")
        for number, line in enumerate(lines):
            if directives.match(line):
                above = number - 1
                while directives.match(lines[above]):
                    above -= 1
                self.assertTrue(lines[above].startswith("# "), f"{line} has no reason")

    def test_the_shipped_timers_are_those_of_the_shipped_schedules(self):
        result = run(
            BACKUPCTL, "timers", "print", "--json", "--config", self.configuration(), *self.schedules())
        units = {unit["fileName"]: unit["text"] for unit in json.loads(result.stdout)}
        shipped = {file.name: file.read_text() for file in (ROOT / "systemd").glob("*.timer")}
        self.assertEqual(shipped, units)

    def schedules(self):
        return [str(file) for file in sorted((ROOT / "schedules").glob("*.yaml")) if "\ntimer:" in file.read_text()]

    def configuration(self, schedules="schedules"):
        (self.directory / "schedules").mkdir(exist_ok=True)
        path = self.directory / "config.yaml"
        path.write_text(f"repository: {{path: {self.directory}/repository}}\nschedules: {self.directory}/{schedules}\n")
        return str(path)

    def test_systemd_understands_every_calendar_and_a_wrong_one_is_refused(self):
        configuration = self.configuration()
        for file in self.schedules():
            shutil.copy(file, self.directory / "schedules")
        (self.directory / "units").mkdir()
        listed = json.loads(
            run(BACKUPCTL, "timers", "list", "--json", "--directory", str(self.directory / "units"),
                "--config", configuration).stdout)
        self.assertEqual(len(listed), len(self.schedules()))
        for row in listed:
            self.assertRegex(row["next"], r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$")
            self.assertEqual(row["state"], "not installed")
        (self.directory / "schedules/odd.yaml").write_text(
            "timer: {on-calendar: every other blue moon}\njobs: {keep: {kind: verify, sources: '*'}}\n")
        refused = run(BACKUPCTL, "timers", "install", "--no-enable", "--directory", str(self.directory / "units"),
                      "--config", configuration, code=64)
        self.assertIn("every other blue moon", refused.stderr)
        self.assertEqual(list((self.directory / "units").iterdir()), [])

    def test_installing_twice_changes_nothing_and_a_removed_schedule_loses_its_timer(self):
        configuration = self.configuration()
        units = self.directory / "units"
        units.mkdir()
        for name in ["weekly", "nightly"]:
            shutil.copy(ROOT / f"schedules/{name}.yaml", self.directory / "schedules")
        (units / "backupctl@mine.timer").write_text("[Timer]\nOnCalendar=hourly\n")
        install = [BACKUPCTL, "timers", "install", "--no-enable", "--directory", str(units), "--config", configuration]
        self.assertIn("create", run(*install, "--dry-run").stdout)
        self.assertEqual([file.name for file in units.iterdir()], ["backupctl@mine.timer"])
        run(*install)
        before = {file.name: (file.stat().st_mtime_ns, file.read_text()) for file in units.iterdir()}
        self.assertEqual(
            sorted(before), ["backupctl@mine.timer", "backupctl@nightly.timer", "backupctl@weekly.timer"])
        self.assertEqual(
            run(*install).stdout, f"keep  {units}/backupctl@nightly.timer\nkeep  {units}/backupctl@weekly.timer\n")
        self.assertEqual(before, {file.name: (file.stat().st_mtime_ns, file.read_text()) for file in units.iterdir()})
        (self.directory / "schedules/nightly.yaml").unlink()
        self.assertIn("remove", run(*install).stdout)
        self.assertEqual(
            sorted(file.name for file in units.iterdir()), ["backupctl@mine.timer", "backupctl@weekly.timer"])
        (units / "backupctl@weekly.timer").write_text("[Timer]\nOnCalendar=hourly\n")
        foreign = run(*install, code=1)
        self.assertIn("did not write", foreign.stderr)
        self.assertEqual((units / "backupctl@weekly.timer").read_text(), "[Timer]\nOnCalendar=hourly\n")


if __name__ == "__main__":
    unittest.main()
