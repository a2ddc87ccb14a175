"""What a runbook holds: blocks, the commands in them, and the shape of what they should print.

A block of commands is fenced as `sh`. All are executed but those fenced as

  sh needs: PROGRAM             executed where the program is installed
  sh not-executed: REASON       never

A block fenced as `text` is what the block before it should show.
"""
import dataclasses
import os
import re
import shlex
import subprocess
import textwrap

ID = re.compile(r"\d{8}T\d{6}Z(?:_\d+)?")
LETTERS, DIGITS = str.maketrans("0123456789", "abcdefghij"), str.maketrans("abcdefghij", "0123456789")
FIGURES = [
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]+\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC)?"), "<time>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|[KMGT]iB)\b(?:/s)?"), "<bytes>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|min|h|d|w)\b(?: \d+ (?:s|min|h|d)\b)*"), "<duration>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<number>"),
    (re.compile(r"-{4,}"), "----"),
    (re.compile(r"\s+"), " "),
]


@dataclasses.dataclass
class Block:
    section: str
    line: int
    info: str
    text: str

    @property
    def is_commands(self):
        return self.info.split(" ")[0] == "sh"

    @property
    def program(self):
        """The program without which the block can't be executed."""
        return self.info.removeprefix("sh needs: ") if self.info.startswith("sh needs: ") else None

    @property
    def reason(self):
        """Why the block isn't executed."""
        return self.info.removeprefix("sh not-executed: ") if self.info.startswith("sh not-executed: ") else None


def blocks(text):
    found, section, lines, info, start = [], "", None, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.fullmatch(r" *```(.*)", line)
        if fence and lines is None:
            lines, info, start = [], fence.group(1).strip(), number
        elif fence:
            found.append(Block(section, start, info, textwrap.dedent("\n".join(lines) + "\n")))
            lines = None
        elif lines is not None:
            lines.append(line)
        elif line.startswith("## "):
            section = line[3:]
    if lines is not None:
        raise ValueError(f"line {start}: a fence that isn't closed")
    return found


def calls(text):
    """The words of each call of backupctl in commands."""
    words = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars="();<>|&\n")
    words.whitespace, words.whitespace_split = " \t", True
    call, found = None, []
    for word in words:
        if set(word) <= set("();<>|&\n"):
            call = None
        elif call is not None:
            call.append(word)
        elif word == "backupctl":
            call = []
            found.append(call)
    return found


def mentioned_calls(text):
    """The words of each call of backupctl in a page: in its blocks, and between backquotes."""
    outside = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    found = [call for block in blocks(text) if block.is_commands for call in calls(block.text)]
    return found + [call for code in re.findall(r"`(backupctl [^`]*)`", outside) for call in calls(code)]


class Help:
    """What the program says of its own commands."""

    def __init__(self, program):
        self.program, self.known = program, {}

    def of(self, command):
        if command not in self.known:
            text = subprocess.run([self.program, *command, "--help"], capture_output=True, text=True, check=True,
                                  env=dict(os.environ, COLUMNS="120")).stdout
            options = set(re.findall(r"(?m)^ {2}(?:(-\w), )?(--[a-z-]+)", text))
            section = re.search(r"(?ms)^SUBCOMMANDS:\n(.*?)\n\n", text)
            below = set(re.findall(r"(?m)^ {2}([a-z-]+) ", section.group(1))) if section else set()
            self.known[command] = {word for pair in options for word in pair if word}, below
        return self.known[command]

    def mistakes(self, call):
        """What of a call the program doesn't know."""
        command, words, found = (), list(call), []
        while words and not words[0].startswith("-") and self.of(command)[1]:
            if words[0] not in self.of(command)[1]:
                return [f"there is no command {' '.join([*command, words[0]])}"]
            command += (words.pop(0),)
        options = self.of(command)[0]
        if "--" in words:
            words = words[:words.index("--")]
        return found + [f"{' '.join(command)} has no option {word}" for word in words
                        if re.match(r"--?[a-z]", word) and word.split("=")[0] not in options]


def shape(line):
    """A line without its figures. Ids stay, in letters: `<cacgbbcc…>`."""
    line = ID.sub(lambda match: f"<{match.group().translate(LETTERS)}>", line)
    for pattern, stands_for in FIGURES:
        line = pattern.sub(stands_for, line)
    return line.strip()


def agree(expected, printed, ids):
    """Whether a line was printed as the page has it, but for figures; `…` stands for anything. Learns what ids stand for."""
    line = r"\s*.*\s*".join(re.escape(shape(part)) for part in expected.split("…"))
    match = re.fullmatch(re.sub(r"<[a-jTZ_]+>", r"<([a-jTZ_]+)>", line), shape(printed))
    if not match:
        return False
    found = dict(zip(ID.findall(expected), (word.translate(DIGITS) for word in match.groups())))
    if any(ids.get(meant, real) != real for meant, real in found.items()):
        return False
    ids.update(found)
    return True


def not_printed(expected, printed, ids):
    """The first line of a block of output that wasn't printed in its order; None if all were."""
    lines = iter(printed.splitlines())
    for line in expected.splitlines():
        if line.strip() and not any(agree(line, candidate, ids) for candidate in lines):
            return line
    return None
