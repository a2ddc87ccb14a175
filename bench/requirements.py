"""What backupctl must reach, as ratios within one run and as absolute limits."""

from dataclasses import dataclass

import results
import tools

CANDIDATE = "backupctl"
MIB = 1 << 20


@dataclass(frozen=True)
class Requirement:
    """A limit on a step: on the ratio to another tool's figure, or on the figure itself if `against` is empty."""

    step: str
    against: str
    limit: float
    corpora: tuple = ("tree", "small", "media", "dbs")
    figure: str = "wall"

    @property
    def title(self):
        if self.step == "any":
            return "any step: peak memory"
        return tools.TITLES[self.step] + {"wall": "", "repository": ": repository",
                                          "added": ": bytes added to the repository",
                                          "overhead": ": bytes added beyond 1 per 100 entries",
                                          "opened": ": files of the source opened"}[self.figure]

    @property
    def bound(self):
        if self.against:
            name = "`zstd -t`" if (self.step, self.against) == ("verify", "tar") else tools.TOOLS[self.against].title
            return f"≤ {self.limit:g} × {name}"
        return "≤ " + self._absolute(self.limit)

    def _absolute(self, value):
        if self.figure == "wall":
            return f"{value * 1000:.0f} ms"
        if self.figure == "memory":
            return f"{value / MIB:.0f} MiB"
        return f"{value:,.0f}"

    def value(self, figures, corpus):
        """The ratio or figure reached over a corpus; None if it wasn't measured."""
        own = self._figure(figures, corpus, CANDIDATE)
        return results.ratio(own, self._figure(figures, corpus, self.against)) if self.against else own

    def _figure(self, figures, corpus, tool):
        if self.figure == "memory":
            peaks = [run["rss"] for run in figures.of(corpus, "run") if run["tool"] == tool]
            return max(peaks, default=None)
        if self.figure == "opened":
            counted = [event["opened files"] for event in figures.of(corpus, "calls") if event["tool"] == tool]
            return counted[-1] if counted else None
        if self.figure in ("added", "overhead"):
            kind = "disk" if self.figure == "added" else "length"
            added = added_bytes(figures, corpus, self.step, tool, kind)
            if added is None or self.figure == "added":
                return added
            return added - figures.of(corpus, "corpus")["entries"] // 100
        return figures.median(corpus, self.step, tool, getattr(results, self.figure))

    def cell(self, figures, corpus):
        """The table's text for a corpus: the figure and whether it is within the limit."""
        if corpus not in self.corpora:
            return ""
        value = self.value(figures, corpus)
        if value is None:
            return "–"
        text = f"{value:.3g}" if self.against else self._absolute(value)
        return f"{text} reached" if value <= self.limit else f"{text} **not reached**"


def added_bytes(figures, corpus, step, tool, kind):
    """How much a step made the repository grow: the median over the lanes, each against its own step before."""
    before = {"unchanged": "first", "edited": "unchanged", "updated": "unchanged"}[step]
    sizes = {(run["step"], run["lane"]): run["repository"][kind] for run in figures.of(corpus, "run")
             if run["tool"] == tool and run["status"] == 0 and "repository" in run}
    if not any(key[0] == before for key in sizes):
        before = "first"
    grown = sorted(size - sizes[before, lane] for (name, lane), size in sizes.items()
                   if name == step and (before, lane) in sizes)
    return grown[len(grown) // 2] if grown else None


REQUIREMENTS = (
    Requirement("first", "tar", 1.15, ("tree",)),
    Requirement("first", "restic", 0.6, ("tree",)),
    Requirement("first", "restic", 1.05, ("tree",), "repository"),
    Requirement("first", "tar", 1.0, ("small", "media")),
    Requirement("first", "restic", 0.5, ("small", "media")),
    Requirement("unchanged", "restic", 0.15),
    Requirement("unchanged", "find", 1.5),
    Requirement("unchanged", "", 0, figure="opened"),
    Requirement("unchanged", "", 4096, figure="overhead"),
    Requirement("edited", "restic", 0.25, ("tree", "small", "media")),
    Requirement("updated", "tar", 1.0, ("dbs",)),
    Requirement("updated", "restic", 0.7, ("dbs",)),
    Requirement("updated", "restic", 1.1, ("dbs",), "repository"),
    Requirement("updated", "restic", 1.1, ("dbs",), "added"),
    Requirement("one-file", "restic", 0.06),
    Requirement("one-file", "", 0.1),
    Requirement("restore", "tar", 1.0),
    Requirement("restore", "restic", 0.6),
    Requirement("verify", "tar", 0.8),
    Requirement("verify", "restic", 0.35),
    Requirement("any", "", 150 * MIB, figure="memory"),
)
