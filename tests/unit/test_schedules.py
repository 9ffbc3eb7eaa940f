"""A time that comes due is done once, whoever calls, is killed, or has a clock that jumps."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from data import runs, schedules, state
from data.state import Changed
from locales import Sentence
from models.act import schedule
from models.act.schedule import Schedule
from tests import forked

HOURLY = Schedule("Hourly", "refresh", cron="0 * * * *")
DUE = ["schedule", "status", "attempts"]


def put(engine, name="hourly", made=HOURLY, changes=0, ago=timedelta(hours=1)) -> None:
    """Keep a schedule whose times count since so long ago."""
    schedules.write(engine, name, schedule.to_json(made), changes)
    with engine.begin() as connection:
        since = runs.clock(engine) - ago
        connection.execute(update(state.schedules).where(state.schedules.c.schedule == name).values(since=since))


def passes(engine, seconds: float) -> None:
    """Let so many seconds pass on the database's clock for what was written until now."""
    back = timedelta(seconds=seconds)
    for table, names in ((state.schedule_runs, ("next_try", "heartbeat")), (state.leases, ("until",))):
        for row in state.read(engine, table).to_dict("records"):
            keys = [table.c[key.name] == row[key.name] for key in table.primary_key]
            with engine.begin() as connection:
                moved = {name: (row[name] - back).to_pydatetime() for name in names}
                connection.execute(update(table).where(*keys).values(**moved))


def claim(engine) -> schedules.Held | None:
    return schedules.claim(engine, schedule.arise(engine))


def rows(engine) -> list[list]:
    return state.read(engine, state.schedule_runs)[DUE].to_numpy().tolist()


def test_a_time_is_done_once_however_often_one_calls(engine):
    put(engine)
    held = claim(engine)
    assert held is not None
    assert (held.due.minute, held.due.second, runs.clock(engine) - held.due < timedelta(hours=1)) == (0, 0, True)
    assert claim(engine) is None
    assert schedules.end(engine, held, schedules.DONE, None)
    assert [claim(engine) for _again in range(3)] == [None] * 3
    assert rows(engine) == [["hourly", "done", 1]]


def test_what_was_missed_for_a_year_is_made_up_once_by_the_last_time(engine):
    put(engine, ago=timedelta(days=365))
    held = claim(engine)
    assert held is not None
    assert runs.clock(engine) - held.due < timedelta(hours=1)
    schedules.end(engine, held, schedules.DONE, None)
    assert claim(engine) is None


def test_times_before_it_was_written_changed_or_switched_on_again_do_not_count(engine):
    schedules.write(engine, "hourly", schedule.to_json(HOURLY), 0)
    assert claim(engine) is None
    put(engine, "off", Schedule("Off", "refresh", cron="* * * * *", on=False), ago=timedelta(days=1))
    assert claim(engine) is None
    schedules.write(engine, "off", schedule.to_json(Schedule("On", "refresh", cron="0 * * * *")), 1)
    assert claim(engine) is None


def test_while_one_is_open_the_next_ones_wait_and_are_made_up_once(engine):
    put(engine, ago=timedelta(hours=3))
    held = claim(engine)
    with engine.begin() as connection:  # it came due two hours ago
        old = runs.clock(engine) - timedelta(hours=2)
        connection.execute(update(state.schedule_runs).values(due=old))
        connection.execute(update(state.schedules).values(since=old))
    assert held is not None
    held = schedules.Held(held.schedule, old, held.content, held.attempts, held.holder)
    assert claim(engine) is None
    schedules.end(engine, held, schedules.DONE, None)
    assert claim(engine) is not None
    assert claim(engine) is None


def test_what_fails_is_tried_again_after_growing_pauses_then_waits_for_somebody(engine):
    put(engine)
    pauses = []
    for attempt in range(1, schedules.TRIES + 1):
        held = claim(engine)
        assert held is not None
        assert held.attempts == attempt
        assert schedules.failed(engine).empty
        schedules.end(engine, held, schedules.FAILED, "The disk is full.")
        row = state.read(engine, state.schedule_runs).iloc[0]
        pauses.append(round((row["next_try"] - row["finished"]).total_seconds() / 60))
        assert claim(engine) is None
        passes(engine, 60 * pauses[-1] + 1)
    assert pauses[:-1] == [1, 5, 30, 120]
    assert claim(engine) is None
    (waits,) = schedules.failed(engine).to_dict("records")
    assert (waits["schedule"], waits["message"], waits["times"]) == ("hourly", "The disk is full.", 1)

    schedules.again(engine, "hourly", held.due)
    assert schedules.failed(engine).empty
    held = claim(engine)
    assert held is not None
    assert held.attempts == 1
    schedules.end(engine, held, schedules.DONE, None)
    assert rows(engine) == [["hourly", "done", 1]]


def test_what_waits_for_its_next_try_is_let_go_where_it_is_paused(engine):
    put(engine)
    held = claim(engine)
    assert held is not None
    schedules.end(engine, held, schedules.FAILED, "The disk is full.")
    schedules.write(engine, "hourly", schedule.to_json(HOURLY), 1, stop=True)
    passes(engine, 61)
    assert claim(engine) is None
    assert rows(engine) == [["hourly", "skipped", 1]]


def given_up(engine, due: datetime, status: str = "failed") -> None:
    row = {"schedule": "hourly", "due": due, "content": {}, "status": status, "attempts": 5, "next_try": due}
    state.upsert(engine, state.schedule_runs, [row | {"holder": "", "heartbeat": due, "finished": due}])


def test_of_a_schedule_that_fails_again_and_again_one_thing_waits_until_it_works_or_somebody_answers(engine):
    put(engine)
    day = datetime(2026, 3, 14, 7, tzinfo=UTC)
    for number in range(3):
        given_up(engine, day + timedelta(days=number))
    (waits,) = schedules.failed(engine).to_dict("records")
    assert (waits["times"], waits["due"].day) == (3, 16)
    given_up(engine, day + timedelta(days=1), "done")
    assert schedules.failed(engine)["times"].tolist() == [1]
    with pytest.raises(Sentence, match="Say who you are"):
        schedules.acknowledge(engine, "hourly", " ", "Ana")
    schedules.acknowledge(engine, "hourly", "new password", "Ana")
    assert schedules.failed(engine).empty
    with pytest.raises(Changed):
        schedules.acknowledge(engine, "hourly", "new password", "Ben")
    given_up(engine, day + timedelta(days=5))
    assert len(schedules.failed(engine)) == 1
    schedules.write(engine, "hourly", schedule.to_json(HOURLY), 1, removed=True)
    assert schedules.failed(engine).empty


def test_who_was_killed_is_taken_over_after_a_minute_and_can_write_no_more(engine):
    put(engine)
    killed = claim(engine)
    assert killed is not None
    passes(engine, 55)
    assert claim(engine) is None
    assert schedules.beat(engine, killed)
    passes(engine, 61)
    other = claim(engine)
    assert other is not None
    assert (other.due, other.attempts) == (killed.due, 2)
    assert not schedules.beat(engine, killed)
    assert not schedules.end(engine, killed, schedules.DONE, None)
    assert schedules.end(engine, other, schedules.DONE, None)
    assert rows(engine) == [["hourly", "done", 2]]


def test_work_that_kills_whoever_does_it_is_given_up(engine):
    put(engine)
    for _attempt in range(schedules.TRIES):
        assert claim(engine) is not None
        passes(engine, 61)
    assert claim(engine) is None
    assert schedules.failed(engine)["message"].tolist() == ["It was cut off 5 times before its end."]


def test_to_be_stopped_or_to_find_it_taken_is_no_attempt(engine):
    put(engine)
    held = claim(engine)
    assert held is not None
    schedules.release(engine, held)
    held = claim(engine)
    assert held is not None
    assert held.attempts == 1
    schedules.end(engine, held, schedules.WAITING, "Another process is on it.")
    assert claim(engine) is None
    passes(engine, 61)
    held = claim(engine)
    assert held is not None
    assert held.attempts == 1


@pytest.mark.parametrize("jump", [timedelta(minutes=2), timedelta(days=1), timedelta(days=400)])
def test_a_clock_that_was_ahead_and_is_set_back_does_nothing_twice_and_goes_on(engine, jump):
    put(engine)
    held = claim(engine)
    assert held is not None
    schedules.end(engine, held, schedules.DONE, None)
    with engine.begin() as connection:  # as it would be, had this been `jump` later
        connection.execute(update(state.schedules).values(since=runs.clock(engine) + jump))
    assert claim(engine) is None  # the last time is there already
    assert rows(engine) == [["hourly", "done", 1]]
    with engine.begin() as connection:
        connection.execute(update(state.schedule_runs).values(due=held.due - timedelta(hours=1)))
        connection.execute(update(state.schedules).values(since=runs.clock(engine) + jump))
    kept = schedules.kept(engine)[0]
    assert schedules.arise(engine, kept, held.due)  # the next time that comes, though `since` lies behind it


def test_of_two_who_change_one_schedule_the_second_is_told(engine):
    put(engine)
    schedules.write(engine, "hourly", schedule.to_json(HOURLY), 1)
    for changes in (0, 1):
        with pytest.raises(Changed, match="changed this schedule"):
            schedules.write(engine, "hourly", schedule.to_json(HOURLY), changes)
    schedules.write(engine, "hourly", schedule.to_json(HOURLY), 2, removed=True)
    assert schedule.visible(schedules.kept(engine)) == {}
    assert claim(engine) is None


def test_what_cannot_be_read_any_more_is_left_alone(engine):
    put(engine)
    for number, broken in enumerate([{}, {"name": "x", "job": "rm -rf", "cron": "* * * * *"}, [], "x"]):
        schedules.write(engine, f"broken {number}", {"content": broken} if not isinstance(broken, dict) else broken, 0)
    assert list(schedule.arise(engine)) == ["hourly"]


def test_a_report_is_sent_to_each_channel_once_a_cause(engine):
    now = datetime(2026, 3, 14, tzinfo=UTC)
    schedules.delivered(engine, "a", "mail", None, now)
    schedules.delivered(engine, "a", "chat", "It did not answer.", now)
    assert schedules.sent(engine, "a") == ["mail"]
    assert schedules.sent(engine, "b") == []


def test_rows_of_what_ended_long_ago_go(engine):
    now = runs.clock(engine)
    for age in (100, 80):
        given_up(engine, now - timedelta(days=age), "done")
    schedules.tidy(engine)
    assert len(rows(engine)) == 1


def test_a_lease_is_one_server_s_until_it_is_over_or_given_up(engine):
    def lead(holder: str) -> bool:
        return schedules.lead(engine, "scheduler", holder, 30)

    assert (lead("a"), lead("b"), lead("a")) == (True, False, True)
    passes(engine, 29)
    assert not lead("b")
    passes(engine, 2)
    assert (lead("b"), lead("a")) == (True, False)
    schedules.resign(engine, "scheduler", "a")
    assert not lead("a")
    schedules.resign(engine, "scheduler", "b")
    assert lead("a")


def test_a_lease_that_lies_far_ahead_is_of_a_clock_that_was_set_back(engine):
    assert schedules.lead(engine, "scheduler", "a", 30)
    passes(engine, -86_400)
    assert not schedules.lead(engine, "scheduler", "b", 30)
    passes(engine, 31)
    assert schedules.lead(engine, "scheduler", "b", 30)


def _claim(url: str, barrier, queue) -> None:
    engine = state.engine(url)
    barrier.wait()
    queue.put([held.due for _try in range(4) if (held := claim(engine))])


def test_of_processes_that_want_it_at_once_one_gets_it(engine, database_url):
    put(engine)
    put(engine, "other")
    answers = forked.at_once(_claim, database_url)
    assert sum(map(len, answers)) == 2
    assert [row[1:] for row in rows(engine)] == [["running", 1]] * 2
