"""The figures of runs, read from lines of JSON, and the medians over them."""

import json
import statistics

QUIET_SHARE = 0.25


def load(paths):
    """Reads the figures of files of JSON lines, in order."""
    events = []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            events += [json.loads(line) for line in lines if line.strip()]
    return Results(events)


class Results:
    """What was measured: of a corpus measured more than once, only the last time counts, for ratios need one run."""

    def __init__(self, events):
        self.machines, self.corpora = [], {}
        for event in events:
            if event["kind"] == "machine":
                self.machines.append(event)
            elif event["kind"] == "corpus":
                self.corpora.pop(event["corpus"], None)
                self.corpora[event["corpus"]] = {"corpus": event, "run": [], "change": [], "calls": [],
                                                 "machine": self.machines[-1] if self.machines else {}}
            else:
                self.corpora[event["corpus"]][event["kind"]].append(event)

    def of(self, corpus, kind):
        """The events of one kind that belong to a corpus; none if the corpus wasn't measured."""
        return self.corpora.get(corpus, {}).get(kind, [])

    def samples(self, corpus, step, tool):
        """The successful runs of a step; those during which others used the machine only if there are no calm ones."""
        done = [run for run in self.of(corpus, "run")
                if (run["step"], run["tool"], run["status"]) == (step, tool, 0)]
        return [run for run in done if is_calm(run)] or done

    def failed(self, corpus, step, tool):
        """Tells whether a step was tried and never succeeded."""
        tried = [run for run in self.of(corpus, "run") if (run["step"], run["tool"]) == (step, tool)]
        return bool(tried) and all(run["status"] != 0 for run in tried)

    def count(self, corpus, step, tool):
        return len(self.samples(corpus, step, tool))

    def median(self, corpus, step, tool, figure):
        """The median of a figure over the samples, or None if there are none; `figure` maps a run to a number."""
        values = [figure(run) for run in self.samples(corpus, step, tool)]
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    def noisy(self):
        """How many runs others disturbed, and how many there are."""
        runs = [run for corpus in self.corpora for run in self.of(corpus, "run")]
        return sum(not is_calm(run) for run in runs), len(runs)


def is_calm(run):
    """Tells whether other processes used less than a quarter of a core during a run (and a clock tick or two)."""
    return run["others"] <= QUIET_SHARE * run["wall"] + 0.03


def wall(run):
    return run["wall"]


def cpu(run):
    return run["cpu"]


def memory(run):
    return run["rss"]


def repository(run):
    return run.get("repository", {}).get("disk")


def ratio(value, reference):
    """value / reference, or None if either is missing or there is nothing to divide by."""
    return value / reference if value is not None and reference else None
