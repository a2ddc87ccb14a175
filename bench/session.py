"""One corpus from its making to its removal: all steps, each lane by lane, each lane tool by tool."""

import json
import os
import sys

import calls
import changes
import corpora
import databases
import measure
import tools
import trees

MIB = 1 << 20


class Session:
    """Runs the steps over one corpus, and writes what it measures to `output` as lines of JSON.

    Every tool has one repository per lane. The order of the tools moves on by one from lane to lane, so that a slow
    minute of the machine, or an expensive predecessor, doesn't always hit the same one.
    """

    def __init__(self, corpus, options, work, output):
        self.corpus, self.options, self.output = corpus, options, output
        self.top = os.path.join(work, corpus)
        self.source, self.target = os.path.join(self.top, "source"), os.path.join(self.top, "restored")
        self.archive, self.previous, self.file = "", "", ""
        self.broken, self.turn, self.pool = set(), 0, None

    def run(self):
        os.makedirs(self.source)
        os.makedirs(self.target)
        corpora.MAKERS[self.corpus](self.source, self.options.scale, self.options.seed)
        size = trees.stored(self.source)
        self.write("corpus", **size, entries=sum(1 for _ in trees.entries(self.source)), lanes=self.options.lanes,
                   scale=self.options.scale, seed=self.options.seed)
        self._require_space(size["disk"])
        self.pool = measure.Pool(min(self.options.pool * MIB, size["length"] * 3 // 2 + 256 * MIB))
        try:
            self._steps()
        finally:
            self.pool.close()
        trees.remove(self.top)
        trees.forget_removed_inodes()

    def _steps(self):
        for step in tools.STEPS:
            if step == "updated" and self.corpus != "dbs" or step == "edited" and self.corpus == "dbs":
                continue
            if step not in self.options.steps and step != "first":
                continue
            if step == "edited":
                self.write("change", step=step, **changes.edit(self.source, self.options.seed))
            elif step == "updated":
                self.write("change", step=step, **databases.update(self.source, self.options.seed))
            if step in tools.ARCHIVES:
                self.previous, self.archive = self.archive, step
            self.file = trees.small_file(self.source)
            self._step(step)
            if step == "unchanged":
                self._count_calls()

    def _step(self, step):
        names = [name for name in self.options.tools if name != "find" or step == "unchanged"]
        for lane in range(self.options.lanes):
            for place in range(len(names)):
                name = names[(place + lane + self.turn) % len(names)]
                if tools.TOOLS[name].command(step) and (name, lane) not in self.broken:
                    self._measure(name, lane, step)
        if step == "restore":  # removed here and not after each, so that no tool follows a removal
            trees.remove(self.target)
            os.makedirs(self.target)
            trees.forget_removed_inodes()
        self.turn += 1

    def _measure(self, name, lane, step):
        tool, home = tools.TOOLS[name], os.path.join(self.top, f"{name}-{lane}")
        repository, output = os.path.join(home, "repository"), os.path.join(self.target, f"{name}-{step}-{lane}")
        log = os.path.join(self.top, f"{name}-{lane}.log")
        os.makedirs(output)
        environment = self._environment(name, home, output)
        if not os.path.isdir(home):
            os.makedirs(home)
            if measure.run(tool.init, environment, self.source, log, self.options.limit)["status"] != 0:
                self._fail(name, lane, "init", log)
                return
        trees.warm(repository)
        if step in tools.ARCHIVES:
            trees.warm(self.source)
        self.pool.fill()
        os.sync()
        measure.wait_until_quiet(self.options.quiet)
        self.pool.release()
        result = measure.run(tool.command(step), environment, self.source, log, self.options.limit)
        if result["status"] != 0:
            self._fail(name, lane, step, log)
        elif step == "one-file" and not self._restored_one(output):
            result["status"] = "wrong file"
            print(f"bench: {name} did not restore {self.file} alone and whole", file=sys.stderr)
        elif step == "restore" and lane == 0:
            result["differences"] = trees.differences(self.source, output)
        if step in tools.ARCHIVES and name != "find":
            result["repository"] = trees.stored(repository)
        self.write("run", tool=name, step=step, lane=lane, **result)
        print(f"{self.corpus:6} {step:10} lane {lane}  {name:10} {result['wall']:8.2f} s  cpu {result['cpu']:7.2f} s"
              f"  rss {result['rss'] // MIB:5} MiB  others {result['others']:.2f} s", flush=True)
        if step != "restore":
            trees.remove(output)

    def _environment(self, name, home, output):
        return tools.environment(name, home, self.options.binary, SRC=self.source, OUT=output, FILE=self.file,
                                 REPO=os.path.join(home, "repository"), GEN=self.archive, PREV=self.previous)

    def _restored_one(self, output):
        found = [os.path.join(output, path) for path, _ in trees.files(output)]
        return len(found) == 1 and trees.same_content(found[0], os.path.join(self.source, self.file))

    def _count_calls(self):
        """Archives once more, not timed, to count system calls; the repository of lane 0 has one archive more then."""
        for name in ("backupctl", "find"):
            home = os.path.join(self.top, f"{name}-0")
            if name not in self.options.tools or (name, 0) in self.broken:
                continue
            counted = calls.count(tools.TOOLS[name].archive, self._environment(name, home, self.target),
                                  self.source, os.path.join(self.top, "trace"))
            if counted:
                self.write("calls", tool=name, step="unchanged", **counted)
            else:
                print(f"bench: the system calls of {name} are not counted: no strace, or it failed", file=sys.stderr)

    def _fail(self, name, lane, step, log):
        if step in ("init", *tools.ARCHIVES):
            self.broken.add((name, lane))
        with open(log, encoding="utf-8", errors="replace") as lines:
            tail = "".join(lines.readlines()[-5:])
        print(f"bench: {name} failed at {step} of {self.corpus}, lane {lane}:\n{tail}", file=sys.stderr)

    def _require_space(self, size):
        repositories = len(self.options.tools) * self.options.lanes
        wanted, free = int(size * (2.5 * repositories + 1)), _free(self.top)
        if free < wanted:
            raise OSError(f"{self.top} has {free / 1e9:.1f} GB free, {self.corpus} may take {wanted / 1e9:.1f} GB: "
                          "choose a smaller --scale or fewer --lanes, or another --work")

    def write(self, kind, **fields):
        self.output.write(json.dumps({"kind": kind, "corpus": self.corpus, **fields}) + "\n")
        self.output.flush()


def _free(path):
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize
