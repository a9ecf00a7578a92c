import pytest

from tests.faults.evidence.leaks import Personal, leaks_in

PERSONAL = Personal(("hush-hush",))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"for Quokka 00c0ffee: sent", "name"),
        (b"for quokka%2000c0ffee: sent", "name"),
        (b"to=<NUMBAT-00c0ffee@homes.example> sent", "address"),
        (b"to=numbat-00c0ffee%40homes.example sent", "address"),
        (b'{"text": "Bilby-00c0ffee: it rises."}', "text"),
        (b"key hush-hush sent", "secret"),
    ],
)
def test_what_is_personal_is_found_and_blotted_out(data: bytes, what: str) -> None:
    (leak,) = leaks_in("a log", data, personal=PERSONAL)

    assert (leak.where, leak.what) == ("a log", what)
    assert "*****" in leak.excerpt
    for thing in ("00c0ffee", "hush", "homes.example"):
        assert thing not in leak.excerpt


def test_ids_domains_and_counts_are_no_leaks() -> None:
    data = (
        b"batch_settled channel=email sent=187 domain=homes.example id=01a20000-3c25-84a8-a3c9-bd12e91297e8"
    )

    assert [*leaks_in("a log", data, personal=PERSONAL)] == []


def test_what_stands_around_a_leak_is_shown_without_its_neighbours() -> None:
    data = b"begun hush-hush\nto=numbat-1@homes.example name=Quokka 2 ended"

    excerpts = [leak.excerpt for leak in leaks_in("a log", data, personal=PERSONAL)]

    assert set(excerpts) == {"begun *****\nto=***** name=***** ended"}
    assert len(excerpts) == 3


def test_a_log_full_of_leaks_tells_ten_of_each() -> None:
    leaks = [*leaks_in("a log", b"numbat-1@homes.example hush-hush\n" * 1_000, personal=PERSONAL)]

    assert [leak.what for leak in leaks] == ["address"] * 10 + ["secret"] * 10
