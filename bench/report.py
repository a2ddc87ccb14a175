"""The report: Markdown tables of the figures, of their ratios, and of what is required."""

import statistics

import requirements
import results
import tools

MIB = 1 << 20
REFERENCES = ("tar", "restic")

load = results.load


def render(figures):
    """Returns the whole report."""
    parts = [_machine(figures)]
    if any(run["tool"] == requirements.CANDIDATE for corpus in figures.corpora for run in figures.of(corpus, "run")):
        parts.append(_required(figures))
    parts += [_corpus(figures, corpus) for corpus in figures.corpora]
    return "\n\n".join(parts)


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _machine(figures):
    lines = []
    for machine in figures.machines:
        if any(measured["machine"] is machine for measured in figures.corpora.values()):
            versions = "; ".join(f"{tools.TOOLS[name].title}: {text}" for name, text in machine["versions"].items())
            lines.append(f"{machine['date']}, {machine['cores']} cores ({machine['processor']}), "
                         f"{machine['memory'] / 2**30:.0f} GiB, {machine['system']}, Linux {machine['kernel']}. "
                         f"Versions: {versions}.")
    noisy, total = figures.noisy()
    lines.append(f"Other processes used more than a quarter of a core during {noisy} of {total} runs; such a run "
                 "counts only where a step has no calm one.")
    return "\n\n".join(lines)


def _required(figures):
    names = list(figures.corpora)
    rows = [[wanted.title, wanted.bound] + [wanted.cell(figures, corpus) for corpus in names]
            for wanted in requirements.REQUIREMENTS]
    rows = [row for row in rows if any(row[2:])]
    return "### Required\n\n" + _table(["step", "limit"] + names, rows)


def _corpus(figures, corpus):
    size, runs = figures.of(corpus, "corpus"), figures.of(corpus, "run")
    steps = [step for step in tools.STEPS if any(run["step"] == step for run in runs)]
    names = [name for name in tools.TOOLS if any(run["tool"] == name for run in runs)]
    counts = [figures.count(corpus, step, name) for step in steps for name in names]
    usual = statistics.mode([count for count in counts if count] or [0])
    parts = [f"### {corpus}: {size['length'] / 1e6:,.0f} MB in {size['files']:,} files (scale {size['scale']:g})"]
    for change in figures.of(corpus, "change"):
        told = [f"{change[what]:,} {what}" for what in change if what not in ("kind", "corpus", "step")]
        parts.append(f"“{tools.TITLES[change['step']]}” is: {', '.join(told)}.")

    def table(title, cell, shown=tuple(steps)):
        columns = {name: [cell(step, name) for step in shown] for name in names}
        columns = {name: cells for name, cells in columns.items() if any(cell != "–" for cell in cells)}
        body = [[tools.TITLES[step], *cells] for step, *cells in zip(shown, *columns.values())]
        parts.append(title + "\n\n" + _table(["step"] + [tools.TOOLS[name].title for name in columns], body))

    def median(step, name, figure):
        return figures.median(corpus, step, name, figure)

    def time_cell(step, name):
        value = median(step, name, results.wall)
        if value is None:
            return "failed" if figures.failed(corpus, step, name) else "–"
        shares = [share(value, median(step, other, results.wall)) for other in REFERENCES]
        count = figures.count(corpus, step, name)
        return f"{seconds(value)} ({', '.join(shares)})" + (f" n={count}" if count != usual else "")

    def size_cell(step, name):
        value = median(step, name, results.repository)
        if value is None:
            return "–"
        shares = [share(value, median(step, other, results.repository)) for other in REFERENCES]
        return f"{value / 1e6:,.1f} ({', '.join(shares)})"

    def plain_cell(figure, form):
        def cell(step, name):
            value = median(step, name, figure)
            return "–" if value is None else form(value)
        return cell

    references = ", × ".join(tools.TOOLS[name].title for name in REFERENCES)
    table(f"Wall time, median of n={usual} (× {references})", time_cell)
    table("CPU time of all processes", plain_cell(results.cpu, seconds))
    table("Peak memory of the largest process, MiB", plain_cell(results.memory, lambda value: f"{value / MIB:.0f}"))
    table("Repository on disk after the step, MB (× the same)", size_cell,
          [step for step in steps if step in tools.ARCHIVES])
    table("A sync directly after the command takes", plain_cell(lambda run: run["sync"], seconds))
    parts += _calls(figures, corpus) + _restored(figures, corpus)
    return "\n\n".join(parts)


def _calls(figures, corpus):
    counted = figures.of(corpus, "calls")
    if not counted:
        return []
    names = list(dict.fromkeys(name for event in counted for name in event["calls"]))
    names = sorted(names, key=lambda name: -max(event["calls"].get(name, 0) for event in counted))[:12]
    rows = [["all"] + [f"{sum(event['calls'].values()):,}" for event in counted],
            ["opened files of the source"] + [f"{event['opened files']:,}" for event in counted]]
    rows += [[f"`{name}`"] + [f"{event['calls'].get(name, 0):,}" for event in counted] for name in names]
    head = ["call"] + [tools.TOOLS[event["tool"]].title for event in counted]
    return [f"System calls over the unchanged tree of {figures.of(corpus, 'corpus')['entries']:,} entries\n\n"
            + _table(head, rows)]


def _restored(figures, corpus):
    told = []
    for run in figures.of(corpus, "run"):
        if "differences" in run:
            found = ", ".join(f"{kind} {count:,}" for kind, count in run["differences"].items())
            told.append(f"{tools.TOOLS[run['tool']].title}: {found or 'identical'}")
    return ["Full restore compared with the source (entries that differ): " + "; ".join(told) + "."] if told else []


def seconds(value):
    return f"{value * 1000:.0f} ms" if value < 0.0995 else f"{value:.2f} s" if value < 9.995 else f"{value:.1f} s"


def share(value, reference):
    found = results.ratio(value, reference)
    return "–" if found is None else f"{found:.2f}×" if found < 9.995 else f"{found:.0f}×"
