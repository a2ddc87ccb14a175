"""What random sequences write to volumes: everything follows from a `random.Random`, so that a seed tells it all."""
KIB, MIB = 1 << 10, 1 << 20


def some_range(chance, size, largest=512 * KIB):
    """A range within a volume of that size: sometimes whole chunks, sometimes a few sectors, sometimes its very end."""
    unit = chance.choice([512, 4 * KIB, 64 * KIB])
    length = min(size, unit * chance.randint(1, max(1, min(largest, 32 * unit) // unit)))
    where = chance.random()
    if where < 0.1:
        return 0, length
    if where < 0.2:
        return size - length, length
    return chance.randrange(0, (size - length) // unit + 1) * unit, length


def some_content(chance, length):
    """Mostly noise; sometimes zeros, which are content too, or one block again and again, which is deduplicated."""
    kind = chance.random()
    if kind < 0.15:
        return bytes(length)
    if kind < 0.3:
        return (chance.randbytes(4 * KIB) * (length // (4 * KIB) + 1))[:length]
    return chance.randbytes(length)


def write_some(chance, volume, times=None):
    """Writes a few random ranges; returns them."""
    size, ranges = volume.size(), []
    for _ in range(times or chance.randint(1, 5)):
        offset, length = some_range(chance, size)
        volume.write(offset, some_content(chance, length))
        ranges.append((offset, length))
    return ranges


def rewrite_same(chance, volume):
    """Writes what is there already: the pool calls it changed, the content is not."""
    offset, length = some_range(chance, volume.size())
    volume.write(offset, volume.read()[offset:offset + length])


def discard_some(chance, volume, times=None):
    """Discards a few random ranges, some of them smaller than a chunk of the pool; returns them."""
    size, ranges = volume.size(), []
    for _ in range(times or chance.randint(1, 4)):
        offset, length = some_range(chance, size, largest=2 * MIB)
        volume.discard(offset, length)
        ranges.append((offset, length))
    return ranges
