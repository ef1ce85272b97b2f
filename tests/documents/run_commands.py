#!/usr/bin/env python3
"""Runs the commands of a document as a reader would: in order, in one shell, each for real.

    run_commands.py --programs build/dev/bin README.md
    run_commands.py --list README.md            only shows what would be run and expected
    run_commands.py --excerpts-of docs/examples …   requires C++ blocks to be parts of the examples

Commands are the lines of ```sh blocks. A line of a block that begins with "# " is output: a command
must print the lines below it before the next command is run, and does so in any order. Numbers and
durations may differ, and "…" stands for anything. "# exit status 1" says how the command ends;
otherwise it must succeed. A program in the background must not fail, but may be killed.

The commands run in the root of the sources. Nothing else is at their ports, because they have a
network of their own (or, where that is not allowed, if nothing listens there), and /tmp/ in them is
a directory of their own. Commands that build belfry are not run again: what they name must exist.
"""
import argparse
import ctypes
import fcntl
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SETUP = re.compile(r"(scripts/(demo|demo-cluster|install|package|test)\b|cmake |export PATH=)")
PORTS = (4100, 4101)  # Of the documents.
SKIPPED = 77
COMMAND_SECONDS = 60

# Says how the command before it ended, and with which status programs in the background have ended
# since; waits for its turn.
REPORT = r"""
_report() {
  local status=$? job ended=
  case " $_jobs " in *" $! "*) ;; *) _jobs="$_jobs $!" ;; esac
  for job in $_jobs; do
    kill -0 "$job" 2> /dev/null || { wait "$job"; ended="$ended $?"; }
  done
  echo "$status$ended" >&REPORTS
  read -r _ <&TURNS || exit
}
"""


class Failure(Exception):
    pass


class Command:
    def __init__(self, line, text):
        self.line, self.text = line, text
        self.status = 0
        self.output = []  # The lines that it must print.


def read_commands(document):
    """The commands of a document, in order."""
    commands, inside, end = [], False, None
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if not inside:
            inside = line == "```sh"
        elif end is not None:  # In a here-document, or after a backslash.
            commands[-1].text += "\n" + line
            end = end_of(line) if end == "\\" else None if line == end else end
        elif line.startswith("```"):
            inside = False
        elif line.startswith("# exit status "):
            commands[-1].status = int(line.split()[-1])
        elif line.startswith("# "):
            commands[-1].output.append(line[2:])
        elif line.strip():
            commands.append(Command(number, line))
            end = end_of(line)
    return commands


def read_excerpts(document):
    """The ```cpp blocks of a document: the line where each begins, and its lines."""
    excerpts, inside = [], False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if line == "```cpp":
            excerpts.append((number, []))
            inside = True
        elif line.startswith("```"):
            inside = False
        elif inside:
            excerpts[-1][1].append(line.strip())
    return excerpts


def check_excerpts(document, examples):
    """Each is a part of a program among the examples, which are built and run."""
    programs = ["\n".join(map(str.strip, path.read_text().splitlines()))
                for path in examples.glob("*.cpp")]
    for number, lines in read_excerpts(document):
        if not any("\n".join(lines) in program for program in programs):
            sys.exit(f"{document}:{number}: no program in {examples} has these lines")


def end_of(line):
    """What ends the command that begins with this line; None: the line does."""
    if line.endswith("\\"):
        return "\\"
    word = re.search(r"<<\s*'?(\w+)'?", line)
    return word[1] if word else None


def plain(line):
    """A line without what differs from run to run."""
    span = r"\d[\d.]*(ms|us|min|s|h|d)\b"
    line = re.sub(rf"\b{span}( {span})*", "@", line)
    return " ".join(re.sub(r"\d+", "#", line).split())


def pattern_of(line):
    return re.compile(".*".join(re.escape(part.strip()) for part in plain(line).split("…")))


def missing_lines(wanted, output):
    """Those of the wanted lines that are not in the output."""
    printed = [plain(line) for line in output.splitlines()]
    return [line for line in wanted if not any(map(pattern_of(line).fullmatch, printed))]


def check_setup(command):
    """A command that builds belfry names scripts and presets that exist."""
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    names = {preset["name"] for preset in presets} | {"examples"}
    wanted = re.findall(r"--preset (\S+)|\bbuild/(\w+)", command.text)
    for name in map("".join, wanted):
        if name not in names:
            raise Failure(f"there is no preset '{name}'")
    for script in re.findall(r"\bscripts/[\w-]+", command.text):
        if not os.access(ROOT / script, os.X_OK):
            raise Failure(f"there is no program '{script}'")
    for source in re.findall(r"cmake .*-S (\S+)", command.text):
        if not (ROOT / source / "CMakeLists.txt").exists():
            raise Failure(f"there is no project '{source}'")


def enter_own_network():
    """Returns whether this process has a network of its own now, with a loopback address."""
    new_user, new_network, loopback_up = 0x10000000, 0x40000000, 0x41
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(new_network) != 0:
        # As root, PostgreSQL runs as another user, whom a user namespace of root alone lacks.
        if user == 0 or libc.unshare(new_user | new_network) != 0:
            return False
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        set_flags = 0x8914
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", loopback_up))
    return True


def take_ports():
    """Without a network of its own: returns whether the ports are free. Other runs of this user
    wait."""
    global lock  # Held until the end.
    lock = os.open(f"{tempfile.gettempdir()}/belfry-documents-{os.getuid()}.lock",
                   os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return False
    return True


def environment(programs, scratch):
    """Nothing of the user's nodes and databases is in reach."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("BELFRY_", "PG")) and name not in ("BASH_ENV", "ENV")}
    return kept | {"BELFRY_HOME": f"{scratch}/home", "TZ": "UTC",
                   "PATH": f"{programs}:{os.environ['PATH']}"}


class Reader:
    """The shell of a reader of a document, and what it has printed."""

    def __init__(self, commands, programs, scratch):
        self.scratch = scratch
        self.printed = scratch / "printed"
        script = scratch / "commands"
        reports, report = os.pipe()
        turn, self.turns = os.pipe()
        self.reports = os.fdopen(reports)
        begin = REPORT.replace("REPORTS", str(report)).replace("TURNS", str(turn))
        script.write_text(begin + "_report\n" + "".join(
            f"{self.in_scratch(command.text)}\n_report\n" for command in commands))
        with open(self.printed, "ab") as printed:
            subprocess.Popen(
                ["bash", str(script)], cwd=ROOT, env=environment(programs, scratch),
                pass_fds=(report, turn), stdin=subprocess.DEVNULL, stdout=printed,
                stderr=subprocess.STDOUT)
        os.close(report)
        os.close(turn)
        self.next_report()

    def in_scratch(self, text):
        return re.sub(r"(?<![\w.])/tmp/", f"{self.scratch}/", text)

    def output(self, begin=0):
        return self.printed.read_bytes()[begin:].decode(errors="replace")

    def next_report(self):
        """How the command ended: its status, then those of programs in the background."""
        ready = select.select([self.reports], [], [], COMMAND_SECONDS)[0]
        words = self.reports.readline().split() if ready else []
        if not words:
            raise Failure("it does not end" if ready == [] else "the shell ended")
        return [int(word) for word in words]

    def run(self, command):
        begin = self.printed.stat().st_size
        os.write(self.turns, b"\n")
        status, *ended = self.next_report()
        if status != command.status:
            raise Failure(f"exit status {status}, expected {command.status}")
        if failed := [other for other in ended if 0 < other < 128]:
            raise Failure(f"a program in the background ended with status {failed[0]}")
        wanted = [self.in_scratch(line) for line in command.output]
        limit = time.monotonic() + COMMAND_SECONDS
        while missing := missing_lines(wanted, self.output(begin)):
            if time.monotonic() > limit:
                raise Failure(f"it did not print: {missing[0]}")
            time.sleep(0.02)

    def end(self):
        """Ends what the commands have left behind: it belongs to this process now."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            limit = time.monotonic() + 10
            while (left := descendants()) and time.monotonic() < limit:
                for process in left:
                    try:
                        os.kill(process, number)
                    except ProcessLookupError:
                        pass
                reap()
                time.sleep(0.05)


def adopt_orphans():
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def descendants():
    """The processes that this process has started, and those that they have."""
    children = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(status.parent.name))
    found, left = [], [os.getpid()]
    while left:
        left += (more := children.get(left.pop(), []))
        found += more
    return found


def run_all(document, commands, programs):
    """Returns whether every command does what the document says."""
    adopt_orphans()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="belfry-"))
    scratch.chmod(0o711)  # As root, PostgreSQL runs as another user, which needs access.
    reader = command = None
    try:
        setup = [command for command in commands if SETUP.match(command.text)]
        for command in setup:
            check_setup(command)
        others = [command for command in commands if command not in setup]
        command = others[0]
        reader = Reader(others, programs, scratch)
        for command in others:
            reader.run(command)
        return True
    except Failure as failure:
        print(f"{document}:{command.line}: {failure}: {command.text}")
        print(reader.output() if reader else "")
        return False
    finally:
        if reader:
            reader.end()
        shutil.rmtree(scratch, ignore_errors=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--programs", type=pathlib.Path, help="where belfry is")
    arguments.add_argument("--list", action="store_true", help="only list the commands")
    arguments.add_argument("--excerpts-of", type=pathlib.Path, metavar="EXAMPLES",
                           help="the C++ blocks are parts of the programs in this directory")
    arguments.add_argument("document", type=pathlib.Path)
    options = arguments.parse_args()
    commands = read_commands(options.document)
    if not commands:
        sys.exit(f"{options.document}: has no command")
    if options.excerpts_of:
        check_excerpts(options.document, options.excerpts_of)
    if options.list:
        for command in commands:
            kind = "setup" if SETUP.match(command.text) else "run"
            print(f"{command.line}: {kind}: {command.text}", *command.output, sep="\n    ")
        return
    if not enter_own_network() and not take_ports():
        print(f"skipped: no network of its own is allowed, and a port of {PORTS} is taken")
        sys.exit(SKIPPED)
    sys.exit(0 if run_all(options.document, commands, options.programs.resolve()) else 1)


main()
