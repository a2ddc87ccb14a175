#!/usr/bin/env python3
"""Tests of the benchmark's arithmetic, report, corpora and comparisons: python3 bench/test_run.py"""

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import redirect_stderr

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls
import changes
import corpora
import databases
import measure
import report
import requirements
import results
import tools
import trees

MIB = 1 << 20


def run(tool, step, wall, lane=0, corpus="tree", **more):
    return {"kind": "run", "corpus": corpus, "tool": tool, "step": step, "lane": lane, "status": 0, "wall": wall,
            "cpu": wall, "rss": 50 * MIB, "sync": 0.0, "others": 0.0, **more}


def corpus(name="tree", **more):
    return {"kind": "corpus", "corpus": name, "disk": 1000, "length": 2_000_000, "files": 10, "entries": 400,
            "lanes": 3, "scale": 1, "seed": 1, **more}


def machine(date="2026-01-01 00:00 UTC"):
    return {"kind": "machine", "date": date, "cores": 2, "processor": "P", "kernel": "6.1", "memory": 8 << 30,
            "system": "S", "versions": {"tar": "tar 1"}}


def stored(disk, length=0):
    return {"disk": disk, "length": length, "files": 1}


class MedianTests(unittest.TestCase):
    def test_takes_the_middle_of_the_lanes(self):
        figures = results.Results([corpus()] + [run("tar", "first", wall, lane)
                                                for lane, wall in enumerate((5.0, 1.0, 2.0))])
        self.assertEqual(figures.median("tree", "first", "tar", results.wall), 2.0)
        self.assertEqual(figures.count("tree", "first", "tar"), 3)

    def test_leaves_out_disturbed_runs_if_there_are_calm_ones(self):
        figures = results.Results([corpus(), run("tar", "first", 9.0, 0, others=4.0), run("tar", "first", 2.0, 1)])
        self.assertEqual(figures.median("tree", "first", "tar", results.wall), 2.0)
        self.assertEqual(figures.noisy(), (1, 2))

    def test_takes_disturbed_runs_if_there_are_no_others(self):
        figures = results.Results([corpus(), run("tar", "first", 9.0, others=4.0)])
        self.assertEqual(figures.median("tree", "first", "tar", results.wall), 9.0)

    def test_leaves_out_failed_runs(self):
        figures = results.Results([corpus(), run("tar", "first", 0.1, status=2)])
        self.assertIsNone(figures.median("tree", "first", "tar", results.wall))
        self.assertTrue(figures.failed("tree", "first", "tar"))
        self.assertFalse(figures.failed("tree", "first", "restic"))

    def test_counts_only_the_last_measurement_of_a_corpus(self):
        figures = results.Results([machine("old"), corpus(), run("tar", "first", 9.0), run("restic", "first", 9.0),
                                   machine("new"), corpus(), run("tar", "first", 2.0)])
        self.assertEqual(figures.median("tree", "first", "tar", results.wall), 2.0)
        self.assertIsNone(figures.median("tree", "first", "restic", results.wall))
        self.assertIn("new", report.render(figures))
        self.assertNotIn("old", report.render(figures))


class RatioTests(unittest.TestCase):
    def test_is_missing_when_a_side_is_missing_or_zero(self):
        self.assertEqual(results.ratio(1.0, 4.0), 0.25)
        for value, reference in ((None, 1.0), (1.0, None), (1.0, 0)):
            self.assertIsNone(results.ratio(value, reference))

    def test_reads_well_in_the_table(self):
        for value, reference, text in ((1, 3, "0.33×"), (33, 3, "11×"), (1, None, "–")):
            self.assertEqual(report.share(value, reference), text)
        for value, text in ((0.0421, "42 ms"), (1.234, "1.23 s"), (12.34, "12.3 s")):
            self.assertEqual(report.seconds(value), text)


class RequirementTests(unittest.TestCase):
    def cell(self, requirement, *events, name="tree"):
        return requirement.cell(results.Results([corpus(name), *events]), name)

    def test_compares_with_the_other_tool(self):
        wanted = requirements.Requirement("restore", "tar", 1.0)
        for wall, text in ((1.0, "0.5 reached"), (3.0, "1.5 **not reached**")):
            self.assertEqual(self.cell(wanted, run("backupctl", "restore", wall), run("tar", "restore", 2.0)), text)
        self.assertEqual(self.cell(wanted, run("backupctl", "restore", 3.0)), "–")

    def test_is_silent_about_a_corpus_it_does_not_speak_of(self):
        wanted = requirements.Requirement("first", "tar", 1.0, ("small",))
        self.assertEqual(self.cell(wanted, run("backupctl", "first", 1.0), run("tar", "first", 2.0)), "")

    def test_takes_the_largest_peak_of_any_step_and_lane(self):
        wanted = requirements.Requirement("any", "", 150 * MIB, figure="memory")
        runs = [run("backupctl", "first", 1.0, rss=151 * MIB), run("backupctl", "verify", 1.0),
                run("restic", "first", 1.0, rss=900 * MIB)]
        self.assertEqual(self.cell(wanted, *runs), "151 MiB **not reached**")

    def test_measures_growth_lane_by_lane(self):
        events = [corpus("dbs")]
        for tool, growth in (("backupctl", 110), ("restic", 100)):
            for lane in range(3):
                events += [run(tool, "first", 1, lane, "dbs", repository=stored(1000 * lane)),
                           run(tool, "updated", 1, lane, "dbs", repository=stored(1000 * lane + growth + lane))]
        figures = results.Results(events)
        self.assertEqual(requirements.added_bytes(figures, "dbs", "updated", "restic", "disk"), 101)
        wanted = requirements.Requirement("updated", "restic", 1.1, ("dbs",), "added")
        self.assertEqual(wanted.cell(figures, "dbs"), "1.1 reached")

    def test_allows_an_unchanged_point_a_byte_per_hundred_entries(self):
        wanted = requirements.Requirement("unchanged", "", 4096, figure="overhead")
        before = run("backupctl", "first", 1.0, repository=stored(0, 1000))
        for length, text in ((1000 + 4096 + 4, "4,096 reached"), (1000 + 4096 + 5, "4,097 **not reached**")):
            after = run("backupctl", "unchanged", 1.0, repository=stored(0, length))
            self.assertEqual(self.cell(wanted, before, after), text)

    def test_names_only_steps_and_tools_that_exist(self):
        for wanted in requirements.REQUIREMENTS:
            self.assertIn(wanted.step, tools.STEPS + ("any",))
            self.assertTrue(wanted.title and wanted.bound)
            self.assertTrue(set(wanted.corpora) <= set(corpora.MAKERS))


class ReportTests(unittest.TestCase):
    def test_renders_ratios_failures_and_differing_counts(self):
        events = [machine(), corpus(), run("backupctl", "first", 3.0, repository=stored(500_000)),
                  run("tar", "first", 2.0, repository=stored(1_000_000)), run("restic", "first", 0.0, status=1)]
        events += [run("tar", "restore", wall, lane, differences={"time": 3} if lane == 0 else {})
                   for lane, wall in enumerate((4.0, 6.0))]
        text = report.render(results.Results(events))
        self.assertIn("2026-01-01 00:00 UTC, 2 cores (P), 8 GiB, S, Linux 6.1. Versions: tar + zstd: tar 1.", text)
        self.assertIn("| step | backupctl | tar + zstd | restic |\n|---|---:|---:|---:|\n"
                      "| first archive | 3.00 s (1.50×, –) | 2.00 s (1.00×, –) | failed |\n"
                      "| full restore | – | 5.00 s (1.00×, –) n=2 | – |", text)
        self.assertIn("| step | backupctl | tar + zstd |\n|---|---:|---:|\n"
                      "| first archive | 0.5 (0.50×, –) | 1.0 (1.00×, –) |", text)
        self.assertIn("| first archive | ≤ 1.15 × tar + zstd | 1.5 **not reached** |", text)
        self.assertIn("Full restore compared with the source (entries that differ): tar + zstd: time 3", text)

    def test_says_nothing_of_requirements_without_the_candidate(self):
        text = report.render(results.Results([machine(), corpus(), run("tar", "first", 2.0)]))
        self.assertNotIn("Required", text)

    def test_reads_lines_of_json(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write('{"kind": "machine", "date": "d"}\n\n{"kind": "corpus", "corpus": "tree"}\n')
            file.flush()
            self.assertEqual(list(results.load([file.name]).corpora), ["tree"])


class CallTests(unittest.TestCase):
    def test_counts_opens_of_files_beneath_the_source_only(self):
        trace = ['12 openat(AT_FDCWD</w/src>, "a", O_RDONLY|O_CLOEXEC) = 3</w/src/a>\n',
                 '12 openat(4</w/src/d>, "b \\"c", O_RDONLY) = 5</w/src/d/b>\n',
                 '12 openat(4</w/src/d>, "sub", O_RDONLY|O_DIRECTORY) = 5</w/src/d/sub>\n',
                 '12 openat2(4</w/src/d>, "p", {flags=O_RDONLY|O_PATH, resolve=0}, 24) = 5</w/src/d/p>\n',
                 '12 openat2(4</w/src/d>, "q", {flags=O_RDONLY, resolve=0}, 24) = 5</w/src/d/q>\n',
                 '12 openat(AT_FDCWD</w/src>, ".", O_RDONLY|O_CLOEXEC) = 3</w/src>\n',
                 '12 openat(4</w/src/d>, "plain", O_RDONLY|O_CLOEXEC) = 3</w/src/d/plain>\n',
                 '12 openat(AT_FDCWD</w/src>, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)\n',
                 '12 openat(AT_FDCWD</w/src>, "/lib/libc.so", O_RDONLY) = 3</lib/libc.so>\n',
                 '13 statx(4</w/src/d>, "b", AT_SYMLINK_NOFOLLOW, STATX_ALL, {...}) = 0\n',
                 '13 +++ exited with 0 +++\n']
        counted = calls.tally(trace, "/w/src", is_directory=lambda path: path == "/w/src/d/plain")
        self.assertEqual(counted["opened files"], 3)
        self.assertEqual(counted["calls"], {"openat": 7, "openat2": 2, "statx": 1})


class TreeTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.left, self.right = (os.path.join(scratch.name, name) for name in ("left", "right"))
        self.scratch = scratch.name

    def test_finds_no_difference_in_a_faithful_copy(self):
        corpora.make_small(self.left, 0, 1)
        os.link(os.path.join(self.left, trees.small_file(self.left)), os.path.join(self.left, "twin"))
        subprocess.run(["cp", "-a", self.left, self.right], check=True)
        self.assertEqual(trees.differences(self.left, self.right), {})

    def test_names_each_kind_of_difference(self):
        corpora.make_small(self.left, 0, 1)
        names = sorted(path for path, _ in trees.files(self.left))
        os.link(os.path.join(self.left, names[0]), os.path.join(self.left, "twin"))
        subprocess.run(["cp", "-a", self.left, self.right], check=True)
        right = [os.path.join(self.right, name) for name in names]
        os.unlink(os.path.join(self.right, "twin"))
        subprocess.run(["cp", "-a", right[0], os.path.join(self.right, "twin")], check=True)
        os.chmod(right[1], 0o600)
        os.utime(right[2], ns=(0, os.lstat(right[2]).st_mtime_ns // 10**9 * 10**9))
        times = os.lstat(right[3])
        with open(right[3], "r+b") as file:
            file.write(b"\0")
        os.utime(right[3], ns=(times.st_atime_ns, times.st_mtime_ns))
        os.rename(right[4], os.path.join(self.right, "stranger"))
        found = trees.differences(self.left, self.right)
        found = {kind: count for kind, count in found.items() if "directory" not in kind}
        self.assertEqual(found, {"hard link": 1, "mode": 1, "time below a second": 1, "content": 1, "missing": 1,
                                 "extra": 1})

    def test_counts_an_inode_once(self):
        os.mkdir(self.left)
        for name in "a", "b":
            with open(os.path.join(self.left, name), "wb") as file:
                file.write(bytes(5000))
        os.link(os.path.join(self.left, "a"), os.path.join(self.left, "c"))
        self.assertEqual((trees.stored(self.left)["length"], trees.stored(self.left)["files"]), (10_000, 2))

    def test_removes_directories_that_are_closed(self):
        os.makedirs(os.path.join(self.left, "closed"))
        with open(os.path.join(self.left, "closed", "file"), "wb"):
            pass
        os.chmod(os.path.join(self.left, "closed"), 0)
        trees.remove(self.left)
        self.assertFalse(os.path.exists(self.left))


class CorpusTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tops = [os.path.join(scratch.name, name) for name in ("one", "two")]

    def made(self, name):
        for top in self.tops:
            os.makedirs(top, exist_ok=True)
            corpora.MAKERS[name](top, 0.002, 7)
        return self.tops

    def content_differences(self):
        return {kind: count for kind, count in trees.differences(*self.tops).items() if "time" not in kind}

    def test_is_the_same_for_the_same_seed(self):
        for name in "small", "media", "dbs":
            with self.subTest(name):
                self.made(name)
                self.assertEqual(self.content_differences(), {})

    def test_changes_the_same_way_for_the_same_seed(self):
        first, second = self.made("small")
        told = changes.edit(first, 7)
        self.assertGreater(self.content_differences()["content"], 0)
        self.assertEqual(told, changes.edit(second, 7))
        self.assertEqual(self.content_differences(), {})
        self.assertEqual((told["edited"], told["added"], told["deleted"]), (2, 1, 1))

    def test_updates_half_a_percent_of_the_rows(self):
        first, _ = self.made("dbs")
        before = os.path.getsize(os.path.join(first, "photos.sqlite"))
        told = databases.update(first, 7)
        rows = [max(200, int(databases.BYTES * 0.002 / database.row_bytes)) for database in databases.DATABASES]
        self.assertEqual(told["updated rows"], sum(max(1, count // 200) for count in rows))
        self.assertEqual(told["inserted rows"], max(1, rows[-1] // 200))
        self.assertEqual(os.path.getsize(os.path.join(first, "photos.sqlite")), before)
        self.assertEqual(set(self.content_differences()), {"content"})

    def test_makes_files_of_the_sizes_promised(self):
        first, _ = self.made("small")
        sizes = [status.st_size for _, status in trees.files(first)]
        self.assertEqual(len(sizes), 200)
        self.assertTrue(all(204 <= size <= 16_384 for size in sizes))


class MeasureTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.log = os.path.join(scratch.name, "log")

    def run_command(self, command, limit=60):
        return measure.run(command, dict(os.environ), "/", self.log, limit)

    def test_reports_the_status_of_any_part_of_a_pipe(self):
        self.assertEqual(self.run_command("true | true")["status"], 0)
        self.assertNotEqual(self.run_command("false | true")["status"], 0)

    def test_sees_memory_and_processor_time_of_the_command(self):
        result = self.run_command(f"'{sys.executable}' -c 'x = b\"1\" * (100 << 20); sum(range(3_000_000))'")
        self.assertEqual(result["status"], 0)
        self.assertGreater(result["rss"], 100 * MIB)
        self.assertLess(result["rss"], 200 * MIB)
        self.assertGreater(result["cpu"], 0)

    def test_ends_a_command_at_its_limit(self):
        start = time.monotonic()
        self.assertNotEqual(self.run_command("sleep 60", limit=1)["status"], 0)
        self.assertLess(time.monotonic() - start, 30)

    def test_keeps_the_pool_out_of_the_process(self):
        pool = measure.Pool(2 * measure.PIECE)
        pool.fill()
        pool.release()
        pool.close()
        with self.assertRaises(ChildProcessError):
            os.waitpid(pool.holder, 0)


class CommandLineTests(unittest.TestCase):
    RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run")

    def start(self, *words):
        return subprocess.Popen([sys.executable, self.RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, preexec_fn=self.obey_interrupts)

    @staticmethod
    def obey_interrupts():
        # A shell without job control starts what it runs in the background with SIGINT ignored, and that is inherited.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def test_refuses_an_unknown_tool_naming_the_known_ones(self):
        child = self.start("--tools", "tar,cpio")
        _, errors = child.communicate()
        self.assertEqual(child.returncode, 2)
        self.assertIn("there is no 'cpio' among backupctl, tar, rsync", errors)

    def test_leaves_out_a_missing_binary_saying_so(self):
        with redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(tools.available(["backupctl", "find"], "/nonexistent/backupctl"), ["find"])
        self.assertIn("backupctl is left out: there is no /nonexistent/backupctl", errors.getvalue())

    def test_removes_its_work_when_interrupted(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number), tempfile.TemporaryDirectory() as scratch:
                out, work = os.path.join(scratch, "out.jsonl"), os.path.join(scratch, "work")
                child = self.start("--tools", "tar", "--corpora", "small", "--scale", "0.01", "--lanes", "500",
                                   "--steps", "first", "--quiet", "0", "--work", work, "--out", out)
                self.assertIn("lane 0", child.stdout.readline())
                child.send_signal(number)
                _, errors = child.communicate()
                self.assertEqual(child.returncode, 130)
                self.assertIn("bench: interrupted; figures so far are in", errors)
                self.assertEqual(os.listdir(work), [])
                self.assertEqual(len(results.load([out]).of("small", "corpus")) > 0, True)


if __name__ == "__main__":
    unittest.main()
