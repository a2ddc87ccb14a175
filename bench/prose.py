"""Text that compresses like text: made-up words in the frequencies of a language, from a seed."""

import hashlib
import itertools
import random


def generator(*seed):
    """Returns a random generator that depends on the values given and on nothing else."""
    return random.Random(hashlib.sha256(repr(seed).encode()).digest())


class Prose:
    """A vocabulary of 20,000 words, and four layouts to set them in."""

    def __init__(self, seed):
        chance = generator(seed, "vocabulary")
        onsets, vowels = "b c d f g h k l m n p r s t v st tr pl ch".split(), "aeiou"
        ends = ["", "", "n", "r", "s", "l"]
        words = set()
        while len(words) < 20_000:
            syllables = chance.choice((1, 2, 2, 2, 3, 3, 4))
            words.add("".join(chance.choice(onsets) + chance.choice(vowels) + chance.choice(ends)
                              for _ in range(syllables)))
        self.vocabulary = sorted(words)
        chance.shuffle(self.vocabulary)
        # Zipf's law, flattened at the top: the n-th word comes in proportion to 1 / (n + 2.7).
        self.weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(1, len(self.vocabulary) + 1)))

    def words(self, chance, count):
        return chance.choices(self.vocabulary, cum_weights=self.weights, k=count)

    def sentence(self, chance, count):
        return " ".join(self.words(chance, count))

    def text(self, chance, size):
        """Returns (file name extension, text of exactly `size` bytes)."""
        extension, line = chance.choice(tuple(self.LAYOUTS.items()))
        lines, length = [], 0
        while length < size:
            lines.append(line(self, chance))
            length += len(lines[-1])
        return extension, "".join(lines)[:size].encode()

    def _paragraph(self, chance):
        return self.sentence(chance, 14).capitalize() + ".\n" + ("\n" if chance.random() < 0.2 else "")

    def _setting(self, chance):
        section, key, value, comment = self.words(chance, 4)
        head = f"\n[{section}]\n# {comment}\n" if chance.random() < 0.15 else ""
        return f"{head}{key}_{section} = {chance.choice((value, chance.getrandbits(12), 'true', 'false'))}\n"

    def _log_line(self, chance):
        unit, *message = self.words(chance, 6)
        clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
        return f"2024-03-{chance.randrange(1, 29):02}T{clock} {unit}[{chance.getrandbits(15)}]: {' '.join(message)}\n"

    def _function(self, chance):
        name, first, second, local, call, other = self.words(chance, 6)
        return (f"func {name}({first}: Int, {second}: String) -> Int {{\n"
                f"    let {local} = {call}.{other}({first}, {chance.getrandbits(8)})\n"
                f"    guard {local} > 0 else {{ return {first} }}\n    return {local} + {second}.count\n}}\n\n")

    LAYOUTS = {"txt": _paragraph, "conf": _setting, "log": _log_line, "swift": _function}
