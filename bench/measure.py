"""Running one command and measuring it, on a machine as quiet and as warm as can be had."""

import mmap
import os
import shutil
import signal
import subprocess
import time

PIECE = 64 << 20
TIME = shutil.which("time")


class Pool:
    """Memory kept in use, and given back to the kernel just before a timed command.

    In a virtual machine, a page that the host does not back yet can cost ten times a usual page fault, so that the
    first command to use much memory pays for the others. A process of its own holds the pool: a command's peak
    memory starts at that of the process which starts it.
    """

    def __init__(self, size):
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        self.holder = os.fork()
        if self.holder == 0:
            try:
                os.close(self.commands)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                self._hold(size, commands, answers)
            finally:
                os._exit(0)  # never back into the benchmark, whose clean-up belongs to the other process
        os.close(commands)
        os.close(answers)

    @staticmethod
    def _hold(size, commands, answers):
        pieces = [mmap.mmap(-1, PIECE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(size // PIECE)]
        while command := os.read(commands, 1):  # until the benchmark closes its end
            for piece in pieces:
                if command == b"f":
                    piece[::mmap.PAGESIZE] = bytes(PIECE // mmap.PAGESIZE)
                else:
                    piece.madvise(mmap.MADV_DONTNEED)
            os.write(answers, command)

    def _tell(self, command):
        os.write(self.commands, command)
        os.read(self.answers, 1)

    def fill(self):
        self._tell(b"f")

    def release(self):
        self._tell(b"r")

    def close(self):
        os.close(self.commands)
        os.close(self.answers)
        os.waitpid(self.holder, 0)


def machine_seconds():
    """CPU seconds that the whole machine has spent in user mode, plus those stolen from it, since it started."""
    with open("/proc/stat", encoding="ascii") as counters:
        user, nice, *rest = map(int, counters.readline().split()[1:9])
    return (user + nice + rest[-1]) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(limit):
    """Waits, for at most `limit` seconds, until other processes use less than a quarter of a core."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        before = machine_seconds()
        time.sleep(0.5)
        if machine_seconds() - before < 0.125:
            return


def run(command, environment, directory, log, limit):
    """Runs a shell command and returns its exit status, seconds and memory.

    `rss` is that of the largest process, in bytes; `cpu` adds up all processes; `sync` is what a sync directly
    after the command took; `others` are the CPU seconds that other processes used meanwhile.
    """
    peak = log + ".peak"
    words = ["bash", "-c", "set -eo pipefail\n" + command]
    if TIME:
        words = [TIME, "-f", "%M", "-o", peak] + words
    with open(log, "ab") as output:
        output.write(f"\n### {command}\n".encode())
        output.flush()
        busy, start = machine_seconds(), time.perf_counter()
        child = subprocess.Popen(words, env=environment, cwd=directory, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=output, start_new_session=True)
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(child.pid, signal.SIGKILL))
        signal.alarm(limit)
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:  # interrupted: nothing that was started here may outlive it
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        finally:
            signal.alarm(0)
        wall, busy = time.perf_counter() - start, machine_seconds() - busy
        child.returncode = os.waitstatus_to_exitcode(status)
    start = time.perf_counter()
    os.sync()
    result = {"status": child.returncode, "wall": wall, "cpu": used.ru_utime + used.ru_stime,
              "rss": used.ru_maxrss * 1024, "sync": time.perf_counter() - start,
              "others": max(0.0, busy - used.ru_utime)}
    if TIME and os.path.exists(peak):
        with open(peak, encoding="ascii") as note:
            words = note.read().split()
        os.unlink(peak)
        if words:  # none if the limit ended GNU time as well
            result["rss"] = int(words[-1]) * 1024
    return result
