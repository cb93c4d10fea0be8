"""12: from an address to a page frame, and what a page fault costs."""

import functools

from checkers import pagemap
from checkers.judging import answer, must

FIVE_LEVELS = 1 << 47
CREW = 5
FEW = 24
"""Faults more or less than foretold: a program has some of its own."""
LOOK = "workload buoy says pid and address; inside: man proc_pid_pagemap; outside: ramlab walk 12 PID ADDRESS"


def test_the_address_is_taken_apart(answers, workload):
    """The address of the buoy is taken apart: the index at each level of the page tables, and the byte in its page."""
    _, address = buoy(workload)
    levels = 5 if address >= FIVE_LEVELS else 4
    truth = [address >> 12 + 9 * level & 511 for level in reversed(range(levels))]
    given = numbers(answers["indexes"])
    must(
        given == truth,
        f"indexes = {answers['indexes']}",
        "one index for each level that this machine's page tables have, the highest level first",
        "9 bits each, above the 12 bits of the byte; grep -o -m1 la57 /proc/cpuinfo tells five levels from four",
    )
    answer(answers, "byte", address & 4095, "how many bytes into its page the buoy is", "the lowest 12 bits")


def test_the_frame_is_found(host, answers, workload):
    """The page frame of the buoy is found, and what stands there, as pagemap and the walk from outside agree on."""
    pid, address = buoy(workload)
    page = pagemap.read(host, [(pid, address)])[pid, address]
    said = answers["frame"]
    must(
        page.frame in numbers(said) + numbers(f"0x{said}"),
        f"frame = {said}",
        "the number of the page frame that holds the buoy now",
        LOOK,
    )
    workload("buoy", answers["text"])


def test_the_sharers_are_told_apart(host, answers, workload):
    """Who of the crew still has pilotd's own page for the list of the watch, and who has one of their own."""
    shown = workload("watch").stdout.split()
    address = int(shown[shown.index("address") + 1].rstrip(","), 16)
    words = shown[shown.index("of:") + 1 :]
    crew = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    pilot = crew.pop("pilotd", 0)
    must(pilot and len(crew) == CREW, f"{', '.join(crew) or 'nobody'}", "pilotd and its crew of 5", "sv restart pilotd")
    pages = pagemap.read(host, [(pid, address) for pid in (pilot, *crew.values())])
    own = pages[pilot, address].frame
    sharers = {name for name, pid in crew.items() if pages[pid, address].frame == own}
    must(
        set(answers["sharers"].replace(",", " ").lower().split()) == sharers,
        f"sharers = {answers['sharers']}",
        "the names of those of the crew, and no others, whose page is the very frame that pilotd has",
        "what is in it is alike for all: compare what six pagemaps say of one address",
    )


def test_the_faults_are_foretold(answers, workload):
    """The page faults of four patterns are foretold: written, looked at and written, warm, cold."""
    lines = [line.split() for line in workload("measure").stdout.splitlines()[-4:]]
    for name, minor, major in lines:
        truth = int(major if name == "cold" else minor)
        what = "major" if name == "cold" else "minor"
        expected = f"how many {what} faults the pattern {name} takes (to within {FEW})"
        answer(
            answers,
            f"faults_{name}",
            truth,
            expected,
            "workload faults says what it does, and to how many pages",
            within=FEW,
        )


def test_the_logbooks_tables_are_small(lab, workload):
    """All entries of the logbook are kept, and logbookd's page tables for them are small."""
    workload("restart", "logbookd")
    words = workload("logbook").stdout.split()
    tables, bound = int(words[words.index("page") - 3]), lab.parameters["tables_kb"]
    must(
        tables <= bound,
        f"{tables} kB of page tables",
        f"at most {bound} kB for the same entries",
        "each table of the lowest level maps 2 MiB, and costs 4 kB if only one of its pages is in use",
    )


def test_the_horn_sounds_without_a_fault(workload):
    """When the alarm comes after a busy night, hornd fills its buffer without a page fault, whenever it was started."""
    workload("alarm")
    workload("restart", "hornd")
    workload("alarm")


@functools.cache  # checks that only look ask once
def buoy(workload):
    """The pid of who answers on the socket, not of who bears the name, and the address that it tells."""
    words = workload("buoy").stdout.split()
    return int(words[1].rstrip(":")), int(words[-1], 16)


def numbers(text):
    """The numbers of an answer; nothing where a word is none."""
    try:
        return [int(word, 16 if word.startswith("0x") else 10) for word in text.replace(",", " ").lower().split()]
    except ValueError:
        return []
