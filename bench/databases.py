"""SQLite databases with the rows of a photo library, a wiki and a home's sensors, and SQL dumps of them."""

import os
import sqlite3

from prose import Prose, generator

BYTES = 100_000_000  # of each database, about, at scale 1
DUMP = "dumps"


def _photo(prose, chance, key):
    words = prose.words(chance, 18)
    return (key, f"library/{chance.randrange(2010, 2025)}/{words[0]}/IMG_{chance.randrange(10_000):04}.jpg",
            chance.randbytes(20), 1_600_000_000 + chance.getrandbits(26), chance.choice((3024, 4032, 6000)),
            chance.choice((3024, 4000)), f"{chance.uniform(-90, 90):.5f},{chance.uniform(-180, 180):.5f}",
            " ".join(words[1:]))


def _page(prose, chance, key):
    return (key, prose.sentence(chance, 4).title(), 1_600_000_000 + chance.getrandbits(26),
            prose.sentence(chance, chance.randrange(60, 900)))


def _reading(prose, chance, key):
    room, kind, state = prose.words(chance, 3)
    return (key, f"sensor.{room}_{kind}", f"{chance.gauss(20, 4):.2f}", 1_650_000_000 + key * 7 + chance.getrandbits(2),
            f'{{"unit": "{kind}", "state": "{state}", "battery": {chance.randrange(101)}, "ok": true}}')


class Database:
    """One database: how its rows look, about how many bytes one takes, and which of them an update touches."""

    def __init__(self, name, columns, index, row, row_bytes, newest):
        self.name, self.columns, self.index, self.row = name, columns, index, row
        self.row_bytes, self.newest = row_bytes, newest
        self.changing = columns.split(", ")[2 if newest else -1].split()[0]
        self.marks = ", ".join("?" * len(columns.split(", ")))

    def path(self, top):
        return os.path.join(top, f"{self.name}.sqlite")

    def create(self, top, scale, seed):
        prose, chance = Prose(seed), generator(seed, "database", self.name)
        count = max(200, int(BYTES * scale / self.row_bytes))
        with _opened(self.path(top)) as database:
            database.execute(f"CREATE TABLE {self.name} ({self.columns})")
            database.executemany(f"INSERT INTO {self.name} VALUES ({self.marks})",
                                 (self.row(prose, chance, key) for key in range(1, count + 1)))
            database.execute(f"CREATE INDEX {self.name}_index ON {self.name} ({self.index})")
        self.dump(top)

    def update(self, top, seed):
        """Changes 0.5 % of the rows in place: scattered ones, or the newest, which then also grow in number."""
        prose, chance = Prose(seed), generator(seed, "update", self.name)
        with _opened(self.path(top)) as database:
            last = database.execute(f"SELECT max(id) FROM {self.name}").fetchone()[0]
            count = max(1, last // 200)
            keys = range(last - count + 1, last + 1) if self.newest else chance.sample(range(1, last + 1), count)
            position = [column.split()[0] for column in self.columns.split(", ")].index(self.changing)
            database.executemany(f"UPDATE {self.name} SET {self.changing} = ? WHERE id = ?",
                                 ((self.row(prose, chance, key)[position], key) for key in keys))
            if self.newest:
                database.executemany(f"INSERT INTO {self.name} VALUES ({self.marks})",
                                     (self.row(prose, chance, last + 1 + more) for more in range(count)))
        self.dump(top)
        return {"updated rows": count, "inserted rows": count if self.newest else 0}

    def dump(self, top):
        os.makedirs(os.path.join(top, DUMP), exist_ok=True)
        target = os.path.join(top, DUMP, f"{self.name}.sql")
        with _opened(self.path(top)) as database, open(target + ".new", "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in database.iterdump())
        os.replace(target + ".new", target)


class _opened:
    """A connection for one transaction, closed at the end (sqlite3's own context manager leaves it open)."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA synchronous = OFF")

    def __enter__(self):
        return self.connection

    def __exit__(self, kind, *_):
        if kind is None:
            self.connection.commit()
        self.connection.close()


DATABASES = (
    Database("photos", "id INTEGER PRIMARY KEY, path TEXT, checksum BLOB, taken INTEGER, width INTEGER, "
             "height INTEGER, place TEXT, description TEXT", "checksum", _photo, 260, newest=False),
    Database("pages", "id INTEGER PRIMARY KEY, title TEXT, edited INTEGER, body TEXT", "title",
             _page, 3300, newest=False),
    Database("readings", "id INTEGER PRIMARY KEY, sensor TEXT, state TEXT, at INTEGER, attributes TEXT",
             "sensor, at", _reading, 160, newest=True),
)


def create(top, scale, seed):
    for database in DATABASES:
        database.create(top, scale, seed)


def update(top, seed):
    """Updates every database and writes its dump anew; returns what was changed."""
    total = {}
    for database in DATABASES:
        for what, count in database.update(top, seed).items():
            total[what] = total.get(what, 0) + count
    return total
