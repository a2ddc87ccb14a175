#!/usr/bin/env python3
"""The alert rules, the dashboard and a page of metrics, as the programs of Prometheus see them.

  python3 Tests/Monitoring/test_monitoring.py

The page is the one that Tests/BackupReportingTests compares with what backupctl renders; the table of metrics in
docs/monitoring.md is compared with the code there too, so its names are the names that exist.
"""
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MONITORING = os.path.join(ROOT, "monitoring")
PAGE = os.path.join(ROOT, "Tests/BackupReportingTests/Golden/metrics.prom")
PROMTOOL = shutil.which("promtool")
BACKUPCTL = os.environ.get("BACKUPCTL", os.path.join(ROOT, ".build/debug/backupctl"))


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


def promtool(*words, stdin=""):
    return subprocess.run([PROMTOOL, *words], input=stdin, capture_output=True, text=True, check=False)


def documented():
    """The metrics of the table in docs/monitoring.md with their labels."""
    rows = re.findall(r"^\| `(backupctl_\w+)` \| ([^|]*) \|", read(ROOT, "docs/monitoring.md"), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def used(expression):
    """The metrics that an expression names, each with the labels that it selects by."""
    found = re.findall(r"\b(backupctl_\w+)\b(?:\{([^}]*)\})?", expression)
    return [(name, set(re.findall(r"(\w+)\s*[=!]~?=?", selectors))) for name, selectors in found]


def expressions(panels):
    for panel in panels:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))
        yield from expressions(panel.get("panels", []))


class Metrics(unittest.TestCase):
    def check(self, where, expression):
        metrics = documented()
        names = used(expression)
        self.assertTrue(names, f"{where} names no metric of backupctl: {expression}")
        for name, labels in names:
            self.assertIn(name, metrics, where)
            # These two come from Prometheus, not from backupctl.
            self.assertLessEqual(labels - {"instance", "job"}, metrics[name], f"{where}: {name}")

    def test_the_table_is_read(self):
        self.assertEqual(documented()["backupctl_source_state"], {"source", "state"})
        self.assertGreater(len(documented()), 30)

    def test_alerts_name_only_metrics_that_exist(self):
        text = re.sub(r"^ *#.*$", "", read(MONITORING, "alerts.yaml"), flags=re.MULTILINE)
        found = re.findall(r"alert: (\w+)\n +expr: (.*?)\n +for:", text, re.DOTALL)
        self.assertEqual(len(found), text.count("- alert:"))
        for alert, expression in found:
            self.check(alert, expression)

    def test_the_dashboard_names_only_metrics_that_exist(self):
        for title, expression in expressions(dashboard()["panels"]):
            self.check(title, expression)

    def test_the_page_has_only_metrics_that_are_documented(self):
        names = set(re.findall(r"^# TYPE (\w+) ", read(PAGE), re.MULTILINE))
        self.assertLessEqual(names, set(documented()))


def dashboard():
    return json.loads(read(MONITORING, "grafana-dashboard.json"))


class Runbooks(unittest.TestCase):
    def test_commands_that_alerts_name_exist(self):
        if not os.access(BACKUPCTL, os.X_OK):
            self.skipTest("needs the built backupctl: $BACKUPCTL")
        lines = set(re.findall(r"`backupctl ([^`]*)`", read(MONITORING, "alerts.yaml")))
        self.assertGreater(len(lines), 5)
        for line in sorted(lines):
            words = list(itertools.takewhile(re.compile("[a-z]+$").match, line.split()))
            result = subprocess.run([BACKUPCTL, *words, "--help"], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, line)
            self.assertIn(f"USAGE: backupctl {' '.join(words)}", result.stdout)
            for option in re.findall(r"--[a-z-]+", line):
                self.assertIn(option, result.stdout, line)


class Dashboard(unittest.TestCase):
    def test_panels_have_what_grafana_needs(self):
        board = dashboard()
        self.assertGreaterEqual(board["schemaVersion"], 36)
        self.assertTrue(board["uid"] and board["title"])
        panels = board["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels), "ids are unique")
        for panel in panels:
            self.assertLessEqual({"type", "title", "gridPos", "targets", "datasource"}, set(panel), panel.get("title"))
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            references = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(set(references)), len(references), panel["title"])

    def test_panels_do_not_overlap(self):
        taken = {}
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            for column in range(place["x"], place["x"] + place["w"]):
                for row in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((column, row), taken, f"{panel['title']} covers {taken.get((column, row))}")
                    taken[column, row] = panel["title"]

    def test_variables_that_are_used_are_declared(self):
        board = dashboard()
        declared = {variable["name"] for variable in board["templating"]["list"]}
        inside = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(board["panels"])))
        self.assertLessEqual(inside, declared)


@unittest.skipUnless(PROMTOOL, "needs promtool: apt-get install prometheus")
class Promtool(unittest.TestCase):
    def assertDone(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_rules_are_valid(self):
        self.assertDone(promtool("check", "rules", os.path.join(MONITORING, "alerts.yaml")))

    def test_rules_fire_when_they_should_and_only_then(self):
        self.assertDone(promtool("test", "rules", os.path.join(MONITORING, "alerts_test.yaml")))

    def test_each_alert_is_tested_firing_and_not_firing(self):
        cases = re.findall(r"alertname: (\w+)(, exp_alerts: \[\]|\s+exp_alerts:\s+- exp_labels)",
                           read(MONITORING, "alerts_test.yaml"))
        firing = {name for name, what in cases if "exp_labels" in what}
        quiet = {name for name, what in cases if "[]" in what}
        alerts = set(re.findall(r"- alert: (\w+)", read(MONITORING, "alerts.yaml")))
        self.assertEqual(firing, alerts)
        self.assertEqual(quiet, alerts)

    def test_a_rule_that_is_weakened_is_noticed(self):
        # What the tests of the rules are worth: each comparison that no longer holds makes them fail.
        rules = read(MONITORING, "alerts.yaml")
        expressions = [match.span(1) for match in re.finditer(r" expr: (.*?)\n +for:", rules, re.DOTALL)]
        self.assertEqual(len(expressions), rules.count("- alert:"))
        for start, end in expressions:
            with tempfile.TemporaryDirectory() as directory:
                with open(os.path.join(directory, "alerts.yaml"), "w", encoding="utf-8") as file:
                    file.write(rules[:start] + "vector(1) > 2" + rules[end:])
                shutil.copy(os.path.join(MONITORING, "alerts_test.yaml"), directory)
                result = promtool("test", "rules", os.path.join(directory, "alerts_test.yaml"))
                self.assertEqual(result.returncode, 1, rules[start:end])

    def test_every_alert_says_what_to_type_next(self):
        for block in read(MONITORING, "alerts.yaml").split("- alert: ")[1:]:
            self.assertRegex(block, r"runbook:.*\n?.*`(backupctl|systemctl|findmnt|df)", block.split("\n")[0])
            self.assertRegex(block, r"severity: (critical|warning|info)")

    def test_the_page_passes_the_linter(self):
        result = promtool("check", "metrics", stdin=read(PAGE))
        self.assertDone(result)
        self.assertEqual(result.stdout + result.stderr, "")

    def test_the_linter_refuses_a_damaged_page(self):
        damaged = read(PAGE).replace('"} 1', '} 1', 1)
        self.assertNotEqual(promtool("check", "metrics", stdin=damaged).returncode, 0)

    def test_expressions_of_the_dashboard_are_valid(self):
        rules = {"groups": [{"name": "dashboard", "rules": [
            {"record": f"panel:{number}", "expr": expression.replace("$instance", ".*")}
            for number, (_, expression) in enumerate(expressions(dashboard()["panels"]))]}]}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(rules, file)  # JSON is YAML.
            file.flush()
            self.assertDone(promtool("check", "rules", file.name))


if __name__ == "__main__":
    unittest.main()
