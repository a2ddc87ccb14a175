"""A tree with everything that a tar archive of a source can hold."""
import os
import random
import stat
import struct

ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, bits, who) for tag, bits, who in
    [(1, 6, 0xFFFFFFFF), (2, 4, 10), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF)])
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service, effective


def noise(count, seed=1):
    """Bytes that don't compress and are the same every time."""
    return random.Random(seed).randbytes(count)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def make(top):
    """Fills the new directory `top`. As root also with owners, devices, capabilities and ACLs."""
    join = lambda *names: os.path.join(os.fsencode(top), *names)  # noqa: E731
    os.makedirs(join(b"dir", b"empty"))
    write(join(b"empty-file"), b"")
    write(join(b"hello"), b"hello, world\n")
    write(join(b"dir", b"same-content"), b"hello, world\n")
    write(join(b"text"), b"all work and no play makes jack a dull boy\n" * 3000)
    write(join(b"before-1970"), b"half a second off a whole one\n")
    write(join(b"with-acl"), b"mode and ACL\n")
    write(join(b"large"), noise(5 << 20))
    os.link(join(b"hello"), join(b"dir", b"hard-link"))
    os.link(join(b"large"), join(b"dir", b"large-link"))
    os.symlink("../hello", join(b"dir", b"link"))
    os.symlink("/nowhere/" + "x" * 300, join(b"long-link"))
    os.mkfifo(join(b"pipe"), 0o640)
    write(join(b"n\xff\xfe\x80ame"), b"not UTF-8\n")
    write(join("größe-日本".encode()), b"UTF-8\n")
    write(join(b"spaces and\ttab\nnewline"), b"odd\n")
    write(join(b"-dash"), b"dash\n")
    write(join(b"name-" + b"l" * 240), b"long name\n")
    deep = join(*[b"deep-" + b"%d" % level + b"x" * 90 for level in range(8)])
    os.makedirs(deep)
    write(os.path.join(deep, b"bottom"), b"long path\n")
    with open(join(b"sparse"), "wb") as file:
        file.seek(1 << 20)
        file.write(noise(65536, 2))
        file.truncate(8 << 20)
    with open(join(b"hole"), "wb") as file:
        file.truncate(3 << 20)
    # A name that packs reserve for themselves.
    os.mkdir(join(b".backupctl"))
    write(join(b".backupctl", b"real"), b"the source has such a directory\n")
    write(join(b"set-id"), b"#!/bin/true\n")
    os.chmod(join(b"set-id"), 0o6755)
    os.chmod(join(b"dir"), 0o1777)
    os.setxattr(join(b"hello"), "user.note", b"a=\n\xff\0b")
    if os.geteuid() == 0:
        os.mknod(join(b"null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(join(b"loop"), stat.S_IFBLK | 0o660, os.makedev(7, 0))
        os.chown(join(b"text"), 1234, 4321)
        os.lchown(join(b"long-link"), 1234, 4321)
        os.setxattr(join(b"set-id"), "security.capability", CAPABILITY)
        os.setxattr(join(b"with-acl"), "system.posix_acl_access", ACL)
        os.setxattr(join(b"dir", b"empty"), "system.posix_acl_default", ACL)
    # What comes last: times, of directories after their contents.
    os.utime(join(b"hello"), ns=(1, 1_795_323_600_123_456_789))
    os.utime(join(b"text"), ns=(1, -86_400_000_000_000))
    os.utime(join(b"before-1970"), ns=(1, -86_400_500_000_000))
    os.utime(join(b"empty-file"), ns=(1, 9_000_000_000_000_000_001))
    os.utime(join(b"dir", b"empty"), ns=(1, 1_000_000_000_000_000_000))
    os.utime(join(b"dir"), ns=(1, 1_100_000_000_000_000_000))
    os.utime(os.fsencode(top), ns=(1, 1_200_000_000_000_000_000))
