"""A quick start of the README as steps: what it tells the reader to type, and the files it tells them to write."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    line: str


@dataclass(frozen=True)
class File:
    path: str
    text: str


BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
# A block that is a file names it in its first comment.
PATH = re.compile(r"\A(?:<\?php\n+)?(?://|#) (\S+\.(?:php|yaml|env))\n")


def steps(readme, heading):
    """Returns the steps below a heading of the README, in order; blocks in other languages are for the reader alone."""
    section = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", readme, re.M | re.S)
    if not section:
        raise ValueError(f"README.md has no heading '### {heading}'")
    found = []
    for language, text in BLOCK.findall(section.group(1)):
        if language == "sh":
            lines = (line.split("  #")[0].strip() for line in text.splitlines())
            found += [Command(line) for line in lines if line and not line.startswith("#")]
        elif path := PATH.match(text):
            found.append(File(path.group(1), text))
    return found
