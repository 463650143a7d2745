# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about a process and about TCP."""
import os
import re

STATES = {"01": "ESTABLISHED", "02": "SYN_SENT", "04": "FIN_WAIT1", "05": "FIN_WAIT2", "06": "TIME_WAIT",
          "08": "CLOSE_WAIT", "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING"}


def stat_of(pid):
    """Its state (one letter) and its parent; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            state, parent = stat.read().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return state, int(parent)


def has_ended(pid):
    """Also when nobody has waited for it yet."""
    stat = stat_of(pid)
    return stat is None or stat[0] in "ZX"


def children_of(pid):
    """Living ones and zombies."""
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [one for one in numbers if (stat := stat_of(one)) and stat[1] == pid]


def memory_kb(pid, kind="Pss"):
    """PSS (or Rss) of a process in KiB."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return int(re.search(rf"^{kind}:\s+(\d+)", rollup.read(), re.M).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sockets_of(pid):
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if link.startswith("socket:["):
            inodes.add(link[8:-1])
    return inodes


def tcp_states(port, side="remote"):
    """How many IPv4 sockets stand in which state, seen from those whose remote (or local) port is `port`."""
    counts = {}
    with open("/proc/net/tcp") as table:
        for line in list(table)[1:]:
            columns = line.split()
            address = columns[2] if side == "remote" else columns[1]
            if int(address.rpartition(":")[2], 16) == port:
                state = STATES.get(columns[3], columns[3])
                counts[state] = counts.get(state, 0) + 1
    return counts


def owned_tcp_states(pid):
    """The TCP states of the sockets that a process holds."""
    inodes, counts = sockets_of(pid), {}
    with open("/proc/net/tcp") as table:
        for line in list(table)[1:]:
            columns = line.split()
            if columns[9] in inodes:
                state = STATES.get(columns[3], columns[3])
                counts[state] = counts.get(state, 0) + 1
    return counts
