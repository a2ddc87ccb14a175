"""What the suites that kill real processes share."""
import random
import signal
import subprocess


def fill(directory, seed, files, directories, smallest, step):
    """Fills a directory with files of noise, each longer than the one before; the same for the same seed."""
    for number in range(files):
        path = directory / f"d{number % directories}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(seed + number).randbytes(smallest + step * number))


def kill_after(process, seconds):
    """Whether the process was still at work; it and its outputs are gone when this returns."""
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
