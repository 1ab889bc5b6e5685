"""What each program of the benchmark does with its standard input and output: see rounds.ts."""

import json
import os
import sys
import time


def serve(about, one_pass, workers=lambda: []):
    """Passes over the photographs once, says so, and then again for each line that comes.

    workers gives the numbers of the processes that share the work.
    """
    one_pass()
    say({"about": about})
    for _ in sys.stdin:
        started, used = time.perf_counter(), processor(workers())
        images = one_pass()
        seconds = time.perf_counter() - started
        say({"images": images, "seconds": seconds, "processor": processor(workers()) - used})


def processor(workers):
    """Seconds that this process and its workers have computed; without those where the system does not tell."""
    own = time.process_time()
    if not os.path.isdir("/proc/self"):
        return own
    return own + sum(processor_of(worker) for worker in workers)


def processor_of(process):
    with open(f"/proc/{process}/stat") as stat:
        # The name in parentheses, which may hold anything, comes second; user and system time are the 14th and 15th.
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def say(value):
    print(json.dumps(value), flush=True)


def files_of(job):
    """The photographs of a folder, in the order of their names."""
    return [os.path.join(job["folder"], name) for name in sorted(os.listdir(job["folder"]))]
