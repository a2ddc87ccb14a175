"""Brings a pool into the states in which nothing may be made of it, or only with care."""
import os
import struct

from pools import mapper_name, tool

# The superblock of thin metadata (drivers/md/dm-thin-metadata.c): block 0, 4 KiB; its checksum, 4 bytes, covers what
# follows; then come the flags, 4 bytes, of which the lowest says that a check is needed. All little-endian.
BLOCK = 4096
CHECKSUM_XOR = 160774
NEEDS_CHECK = 1


def fill_data(pool, share, volume="filler"):
    """Writes a new volume until that share of the pool's data is used."""
    filler = pool.volume(volume, pool.size)
    offset = 0
    while pool.status()["data"] < share:
        filler.write(offset, os.urandom(pool.chunk))
        offset += pool.chunk


def fill_metadata(pool, share):
    """Makes thin devices that LVM knows nothing of, each of which costs a block of metadata, until that share is used."""
    number = 1 << 20
    while pool.status()["metadata"] < share:
        for _ in range(8):
            pool.message(f"create_thin {number}")
            number += 1


def mark_for_check(pool):
    """Sets the flag that the kernel sets when a commit fails, and activates the pool without the check that clears it."""
    tool("vgchange", "-q", "-an", pool.group)
    hidden = f"{pool.group}/pool_tmeta"
    # Only a component of an inactive pool can be had, and only for reading; its place on the disk is what is written to.
    tool("lvchange", "-q", "-ay", "-y", hidden)
    try:
        place = tool("dmsetup", "table", mapper_name(pool.group, "pool_tmeta")).split()
    finally:
        tool("lvchange", "-q", "-an", hidden)
    device, sector = f"/dev/block/{place[3]}", int(place[4])
    if not os.path.exists(device):
        device = pool.devices[0]
    with open(device, "r+b", buffering=0) as disk:
        block = bytearray(os.pread(disk.fileno(), BLOCK, 512 * sector))
        flags = struct.unpack_from("<I", block, 4)[0] | NEEDS_CHECK
        struct.pack_into("<I", block, 4, flags)
        struct.pack_into("<I", block, 0, checksum(block[4:]))
        os.pwrite(disk.fileno(), block, 512 * sector)
        os.fsync(disk.fileno())
    tool("vgchange", "-q", "-ay", "--config", 'global { thin_check_executable = "" }', pool.group)


def checksum(content):
    """CRC-32C as device-mapper's persistent data uses it: not inverted at the end, and combined with a number of its own."""
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ CHECKSUM_XOR


def make_read_only(pool):
    """Loads the pool's table with the feature that forbids changes."""
    words = tool("dmsetup", "table", pool.target).split()
    # … thin-pool METADATA DATA CHUNK LOW-WATER [COUNT FEATURE…]
    features = words[8:] if len(words) > 7 and int(words[7]) else []
    table = words[:7] + [str(len(features) + 1), *features, "read_only"]
    tool("dmsetup", "reload", pool.target, "--table", " ".join(table))
    tool("dmsetup", "suspend", "--noflush", pool.target)
    tool("dmsetup", "resume", pool.target)


def hold_metadata(pool):
    """Takes the one metadata snapshot, as another program on the host may."""
    pool.message("reserve_metadata_snap")
