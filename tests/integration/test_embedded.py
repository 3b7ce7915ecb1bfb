"""The embedded server: one for all who use it, none when nobody does, whatever was killed before."""

import asyncio
import os
import pwd
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tenancy import embedded, keeper, place
from tenancy.embedded import open_embedded
from tenancy.keeper import end, wait_until
from tenancy.place import NoPlace
from tests.support.embedded import processes, users

GONE_S = 20.0  # more than it ever takes
GIVEN = os.environ.get("REGULARS_POSTGRES_BIN")
PROGRAMS = Path(GIVEN) if GIVEN else None


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A directory that another account can reach."""
    with tempfile.TemporaryDirectory(prefix="regulars-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def old(folder: Path) -> Path:
    """The home of a database that exists already."""
    with users(folder / "old") as (one,):
        one.leave()
    return folder / "old"


@pytest.fixture
def home(old: Path) -> Iterator[Path]:
    """That home; whatever a failing test leaves there is ended."""
    yield old
    end(old / "data")
    assert wait_until(lambda: not processes(old), GONE_S)


def ask(dsn: str, statement: str = "SELECT 1") -> object:
    """One value from a database."""

    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def test_those_who_start_at_once_share_one_server_and_the_last_ends_it(folder: Path) -> None:
    home = folder / "new"
    with users(home, 4) as four:
        assert len({(one.server, one.port) for one in four}) == 1
        assert sorted(one.adopted for one in four) == [False, True, True, True]
        # Each brings a keeper; all but the first find one and go.
        assert wait_until(lambda: sorted(processes(home).values()) == ["keeper.py", "postgres"], GONE_S)
        for one in four:
            assert ask(four[-1].owner_dsn) == 1
            one.leave()
        assert processes(home) == {}


def test_nobody_remains_after_an_orderly_end(home: Path) -> None:
    with users(home) as (one,):
        assert ask(one.owner_dsn) == 1
        one.leave()
        assert processes(home) == {}


def test_the_server_of_a_killed_user_is_ended_by_its_keeper(home: Path) -> None:
    with users(home) as (one,):
        one.killed()
        assert wait_until(lambda: not processes(home), GONE_S)


def test_it_lives_on_while_one_of_two_is_killed(home: Path) -> None:
    with users(home, 2) as (one, two):
        one.killed()
        assert ask(two.owner_dsn) == 1
        two.leave()
        assert processes(home) == {}


def test_who_comes_right_after_a_kill_has_a_server_that_stays(home: Path) -> None:
    for _ in range(3):
        with users(home) as (one,):
            one.killed()
        with users(home) as (two,):
            assert ask(two.owner_dsn) == 1
            assert list(processes(home).values()).count("postgres") == 1
            two.leave()
            assert processes(home) == {}


def test_an_orphan_whose_keeper_was_killed_too_is_adopted_and_ended(home: Path) -> None:
    with users(home) as (one,):
        orphan(home)
        one.killed()
        assert processes(home) == {one.server: "postgres"}
        with users(home) as (two,):
            assert (two.adopted, two.server) == (True, one.server)
            assert ask(two.owner_dsn) == 1
            two.leave()
        assert processes(home) == {}


def test_an_orphan_that_does_not_answer_is_ended_and_another_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ANSWER_S", 0.2)
    monkeypatch.setattr(keeper, "ENDINGS", ((signal.SIGINT, 0.1), (signal.SIGKILL, 5.0)))
    with users(home) as (one,):
        orphan(home)
        one.killed()
        os.kill(one.server, signal.SIGSTOP)
        with open_embedded(home, programs=PROGRAMS, durable=False) as server:
            assert not server.adopted
            assert server.process_id != one.server
            assert ask(server.owner_dsn) == 1
    assert processes(home) == {}


def orphan(home: Path) -> None:
    """Kill the keeper."""
    (guard,) = (pid for pid, program in processes(home).items() if program == "keeper.py")
    os.kill(guard, signal.SIGKILL)
    assert wait_until(lambda: guard not in processes(home), GONE_S)


def test_what_was_committed_is_there_after_the_server_itself_was_killed(home: Path) -> None:
    with users(home) as (one,):
        ask(one.owner_dsn, "CREATE TABLE kept AS SELECT 7 AS n")
        ask(one.owner_dsn, "CHECKPOINT")
        os.kill(one.server, signal.SIGKILL)
        one.leave()
    with users(home) as (two,):
        assert ask(two.owner_dsn, "SELECT n FROM kept") == 7
        two.leave()


def test_a_process_id_that_now_belongs_to_somebody_else_is_nobodys_server(home: Path) -> None:
    stranger = os.getppid()
    left_behind = f"{stranger}\n{home / 'data'}\n0\n1\n\n127.0.0.1\n\nready\n"
    (home / "data" / "postmaster.pid").write_text(left_behind)
    with users(home) as (one,):
        assert not one.adopted
        assert one.server != stranger
        one.leave()


def test_a_database_half_made_is_made_anew(folder: Path) -> None:
    home = folder / "half"
    (home / "data.new" / "base").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    with users(home) as (one,):
        assert ask(one.owner_dsn) == 1
        one.leave()


def test_a_database_of_another_version_is_left_alone(folder: Path) -> None:
    data = folder / "ancient" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(NoPlace, match="was made by PostgreSQL 9"):
        open_embedded(data.parent, programs=PROGRAMS)
    assert processes(data.parent) == {}


def test_programs_that_are_none_are_named(folder: Path) -> None:
    with pytest.raises(NoPlace, match="nowhere"):
        open_embedded(folder / "without", programs=folder / "nowhere")


def test_passwords_and_rows_are_for_their_owner_alone_and_nobody_enters_without(home: Path) -> None:
    with users(home) as (one,):
        assert (home / "passwords.json").stat().st_mode & 0o077 == 0
        assert (home / "data").stat().st_mode & 0o077 == 0
        scheme, _, rest = one.owner_dsn.partition("://")
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(f"{scheme}://regulars_owner:wrong@{rest.partition('@')[2]}")
        assert ask(one.owner_dsn, "SHOW listen_addresses") == "127.0.0.1"
        one.leave()


def test_it_never_runs_as_root_and_changes_no_directory_on_its_way(home: Path) -> None:
    above = {path: path.stat().st_mode for path in home.parents}
    with users(home) as (one,):
        uid = Path(f"/proc/{one.server}").stat().st_uid
        assert uid == (os.geteuid() or pwd.getpwnam("postgres" if has("postgres") else "nobody").pw_uid)
        one.leave()
    assert {path: path.stat().st_mode for path in home.parents} == above


def has(account: str) -> bool:
    """Whether the machine has this user."""
    return account in {one.pw_name for one in pwd.getpwall()}


def test_in_a_place_that_others_cannot_reach_roots_database_lives_elsewhere_and_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, said = tmp_path / "closed", list[str]()
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(place, "ELSEWHERE", folder)
    with open_embedded(closed / "postgres", programs=PROGRAMS, durable=False, say=said.append) as server:
        assert ask(server.owner_dsn) == 1
    elsewhere = [path for path in folder.glob("regulars-*") if str(path) in "".join(said)]
    assert len(elsewhere) == (os.geteuid() == 0)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert processes(folder) == {}


def test_a_killed_server_is_started_again_where_it_was_by_whoever_started_it(home: Path) -> None:
    with users(home, 2) as both:
        ask(both[0].owner_dsn, "CREATE TABLE revived AS SELECT 8 AS n")
        ask(both[0].owner_dsn, "CHECKPOINT")
        for _ in range(2):
            os.kill(next(pid for pid, program in processes(home).items() if program == "postgres"), signal.SIGKILL)
            assert wait_until(lambda: answers(both[1].owner_dsn), GONE_S)
            assert ask(both[1].owner_dsn, "SELECT n FROM revived") == 8
        for one in both:
            one.leave()
        assert processes(home) == {}


def answers(dsn: str) -> bool:
    """Whether anybody is let in."""
    try:
        return ask(dsn) == 1
    except (OSError, asyncpg.PostgresError):
        return False
