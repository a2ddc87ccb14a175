"""Reads the tables of a pack by hand, as docs/format.md, sections 4 and 5, lays them out."""
import collections
import hashlib
import struct
import subprocess

Frame = collections.namedtuple("Frame", "offset size content_size")
Chunk = collections.namedtuple("Chunk", "id frame offset length")


def sha256(data):
    return hashlib.sha256(data).digest()


def decompress(data):
    return subprocess.run(["zstd", "-qdc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def seek_table_size(frames):
    return 8 + 8 * len(frames) + 9


def seek_table(content):
    """The frames that the zstd seekable format's table lists."""
    count, descriptor, magic = struct.unpack("<IBI", content[-9:])
    if (descriptor, magic) != (0, 0x8F92EAB1):
        raise ValueError("no seek table")
    start = len(content) - (8 + 8 * count + 9)
    if struct.unpack("<II", content[start:start + 8]) != (0x184D2A5E, 8 * count + 9):
        raise ValueError("the seek table's frame is not valid")
    frames, at = [], 0
    for number in range(count):
        size, content_size = struct.unpack_from("<II", content, start + 8 + 8 * number)
        frames.append(Frame(at, size, content_size))
        at += size
    return frames


def table_of_contents(content):
    """Frames and chunks of the table of contents."""
    at = seek_table(content)[-1].offset
    magic, size = struct.unpack_from("<II", content, at)
    table = content[at + 8:at + 8 + size]
    if magic != 0x184D2A5B or table[:8] != b"BKPTOC1\n" or sha256(table[:-32]) != table[-32:]:
        raise ValueError("the table of contents is not valid")
    frame_count, run_count, chunk_count, _ = struct.unpack_from("<4I", table, 8)
    frames = [Frame(*struct.unpack_from("<QII", table, 24 + 16 * number)) for number in range(frame_count)]
    start = 24 + 16 * frame_count + 4 * run_count
    chunks = [Chunk(*struct.unpack_from("<32sIII", table, start + 44 * number)) for number in range(chunk_count)]
    return frames, chunks
