#!/usr/bin/env python3
"""Follows the runbooks: executes every command of docs/runbooks in a world that is broken as the page says, and sees whether what the
page promises comes about. TRACE=1 prints all commands with what they print.

  BACKUPCTL=.build/debug/backupctl python3 Tests/Runbooks/test_runbooks.py -v
"""
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import pages  # noqa: E402
import worlds  # noqa: E402
from databases import RestoreMySQL, RestorePostgreSQL  # noqa: E402, F401
from hosts import OntoANewHost, RecoverAnNFSMount, RestoreAService, RestoreASingleFile, WithoutBackupctl  # noqa: E402, F401
from runbook import Runbook  # noqa: E402

ROOT = worlds.PAGES.parents[1]
# Pages whose worlds can't be made here, with the test that follows each.
ELSEWHERE = {"restore-a-volume.md": "Tests/Volumes/test_volume_runbook.py"}
# All that is never executed. An entry more is a promise less.
NOT_EXECUTED = [
    ("onto-a-new-host.md", "installs packages"),
    ("onto-a-new-host.md", "needs systemd"),
    ("recover-an-nfs-mount.md", "formats a disk"),
    ("recover-an-nfs-mount.md", "on a client, whose kernel has NFS"),
]


class Pages(unittest.TestCase):
    def setUp(self):
        self.pages = {path.name: path.read_text(encoding="utf-8") for path in sorted(worlds.PAGES.glob("*.md"))}
        self.runbooks = sorted(set(self.pages) - {"README.md"})

    def test_the_index_has_a_line_for_every_page(self):
        self.assertEqual(sorted(re.findall(r"(?m)^\| \[([^]]*)\]\(\1\) \| .+ \|$", self.pages["README.md"])), self.runbooks)

    def test_every_page_has_a_world_that_follows_it(self):
        self.assertEqual(sorted([test.page for test in Runbook.__subclasses__()] + list(ELSEWHERE)), self.runbooks)
        for page, test in ELSEWHERE.items():
            self.assertIn(page, (ROOT / test).read_text(encoding="utf-8"))

    def test_what_is_not_executed_is_known(self):
        found = [(page, block.reason) for page, text in self.pages.items() for block in pages.blocks(text) if block.reason]
        self.assertEqual(sorted(found), NOT_EXECUTED)

    def test_fences_are_of_a_known_kind_and_outputs_follow_commands(self):
        for page, text in self.pages.items():
            before = None
            for block in pages.blocks(text):
                self.assertRegex(block.info, r"^(sh|sh needs: \S+|sh not-executed: .+|text)$", f"{page}:{block.line}")
                self.assertTrue(block.is_commands or before and before.is_commands, f"{page}:{block.line}")
                before = block

    def test_every_call_of_backupctl_is_one_that_it_knows(self):
        known, count = pages.Help(worlds.BACKUPCTL), 0
        for page, text in self.pages.items():
            for call in pages.mentioned_calls(text):
                count += 1
                self.assertEqual(known.mistakes(call), [], f"{page}: backupctl {' '.join(call)}")
        self.assertGreater(count, 60)

    def test_links_lead_somewhere(self):
        for page, text in self.pages.items():
            for target in re.findall(r"\]\(([^)]*)\)", text):
                path, _, anchor = target.partition("#")
                file = (worlds.PAGES / (path or page)).resolve()
                self.assertTrue(file.is_file(), f"{page}: {target}")
                headings = re.findall(r"(?m)^#+ (.*)$", file.read_text(encoding="utf-8"))
                anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
                self.assertTrue(not anchor or anchor in anchors, f"{page}: {target}")


class Examination(unittest.TestCase):
    """What the tests above would find."""

    def test_commands_and_options_that_there_are_not_are_found(self):
        known = pages.Help(worlds.BACKUPCTL)
        calls = pages.calls("""
            backupctl restor wiki
            backupctl services lst && backupctl restore list
            for x in $(backupctl points --jsn); do backupctl ls "$x" --at '2 days ago' | head -n 3; done
            backupctl archive --stream s -- pg_dump --no-such-option""")
        self.assertEqual([mistake for call in calls for mistake in known.mistakes(call)],
                         ["there is no command restor", "there is no command services lst", "points has no option --jsn"])

    def test_output_is_compared_but_for_figures(self):
        ids = {}
        printed = "SOURCE  AGE\nnfs/wiki@20260102T030405Z: 12 entries, 3.4 MiB; 0.2 s\nrestored by 20260102T060708Z_2\n"
        for shown, missing in [
            ("nfs/wiki@20261122T020000Z: 6 entries, 1 KiB; 1.50 s\nrestored by 20261122T070000Z", None),
            ("nfs/wiki@…; 1.50 s", None),
            ("nfs/git@20261122T020000Z: 6 entries, 1 KiB; 1.50 s", "nfs/git@20261122T020000Z: 6 entries, 1 KiB; 1.50 s"),
            ("nfs/wiki@20261122T020000Z: 6 files, …", "nfs/wiki@20261122T020000Z: 6 files, …"),
            ("restored by 20261122T070000Z\nSOURCE AGE", "SOURCE AGE"),
            ("restored by 20261122T020000Z", "restored by 20261122T020000Z"),
        ]:
            self.assertEqual(pages.not_printed(shown, printed, ids), missing)
        self.assertEqual(ids, {"20261122T020000Z": "20260102T030405Z", "20261122T070000Z": "20260102T060708Z_2"})

    def test_a_page_fails_at_the_command_that_fails_and_at_output_that_is_not_printed(self):
        reason = worlds.unusable()
        if reason:
            self.skipTest(reason)
        text = "## One\n```sh\nword=good\ntouch /usr/local/bin/x\n```\n```sh\necho $word\ncat /usr/local/bin/x\n```\n"
        for more, message in [("```sh\nfalse\necho went on\n```\n", "page.md:10: ended with code 1"),
                              ("```sh\necho $no_such_word\n```\n", "page.md:10: ended with code"),
                              ("```sh\nfalse | true\n```\n", "page.md:10: ended with code 1"),
                              ("```sh\ntouch /usr/bin/x\n```\n", "Read-only file system"),
                              ("```text\nbad\n```\n", "page.md:10: `bad` isn't in what was printed:\ngood"),
                              ("```sh\nbackupctl restore --undo 20261122T070000Z\n```\n", "no output above shows the id")]:
            world = worlds.World("page.md", text + more)
            try:
                with self.assertRaises(AssertionError) as failure:
                    world.follow("One")
                self.assertIn(message, str(failure.exception))
                self.assertNotIn("\nwent on", str(failure.exception))
            finally:
                world.close()


if __name__ == "__main__":
    unittest.main()
