"""What the tests of all runbooks have in common."""
import shutil
import unittest

import worlds

NFS = "{name: nfs, path: /srv/nfs, each-child: true}"


def needs(package, program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed (Debian: {package})")


class Runbook(unittest.TestCase):
    """Follows one page in its world."""

    page = ""

    def begin(self):
        reason = worlds.unusable()
        if reason:
            self.skipTest(reason)
        self.world = worlds.World(self.page)
        self.addCleanup(self.world.close)
        return self.world

    def configure(self, *trees, streams=()):
        """Gives the world a configuration, and a repository on a disk of its own."""
        lines = ["repository: {path: /mnt/backup/backupctl, must-be-mounted: true}", "state-directory: /var/lib/backupctl",
                 "trees:", *(f"  - {tree}" for tree in trees), *(["streams:"] if streams else []),
                 *(f"  - {stream}" for stream in streams)]
        self.world.write("/etc/backupctl/config.yaml", "\n".join(lines) + "\n")
        self.world.run("""mountpoint -q /mnt/backup || mount --bind /mnt/backup /mnt/backup
            backupctl init -q /mnt/backup/backupctl""")

    def finish(self):
        """Says what of the page was executed; all of it must have been followed."""
        self.assertIsNone(self.world.upcoming, "the page has more blocks than were followed")
        left_out = self.world.left_out
        print(f"{self.page}: {self.world.executed} blocks executed, {len(left_out)} not")
        for place, reason in left_out:
            print(f"  {place}: {reason}")
