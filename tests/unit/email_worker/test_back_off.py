"""A relay that wants to be left alone is left alone for longer each time, and many refusals at once count once."""

from email_worker.relay_door import BackOff


def test_it_doubles_to_a_minute_and_starts_anew_when_it_went_well() -> None:
    back_off = BackOff()
    now, rests = 0.0, []
    for _ in range(8):
        rests.append(back_off.next(now).total_seconds())
        now += rests[-1]

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]
    back_off.reset()
    assert back_off.next(now).total_seconds() == 1


def test_refusals_at_once_count_once() -> None:
    back_off = BackOff()

    rests = [back_off.next(0.25 * step).total_seconds() for step in range(4)]

    assert rests == [1, 0.75, 0.5, 0.25]
