"""LUKS volumes that take no time to open, so that many can be made where computing is slow."""
import contextlib
import uuid

from pools import MIB, tool

KEY = "the key of the tests"
# Where the encrypted content begins.
HEADER = 1 * MIB


def format_luks(path):
    """Writes a header whose key takes a thousand rounds to derive, not the usual seconds."""
    tool("cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", 1000,
         "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "256k", "--offset", HEADER // 512,
         "--key-file", "-", path, text=KEY)


@contextlib.contextmanager
def opened(path, *more):
    """The path of the mapping, for as long as the context lasts."""
    name = f"bctl-test-{uuid.uuid4().hex[:8]}"
    tool("cryptsetup", "open", "--key-file", "-", *more, path, name, text=KEY)
    try:
        yield f"/dev/mapper/{name}"
    finally:
        tool("cryptsetup", "close", name)


class Body:
    """What follows the header of a LUKS volume, as something that random sequences can write to.

    It is written from below: whatever stands there is the encryption of something, and opened it must be read as that.
    """

    def __init__(self, volume):
        self.volume = volume

    def size(self):
        return self.volume.size() - HEADER

    def write(self, offset, content):
        self.volume.write(HEADER + offset, content)

    def discard(self, offset, length):
        self.volume.discard(HEADER + offset, length)

    def read(self):
        return self.volume.read()[HEADER:]
