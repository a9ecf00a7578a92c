"""What is read aloud: every example is one line of an alert as it is written, and as it is heard."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_runtime.voice.speech import speakable

ENGLISH = [
    # Times
    ("Leave by 14:30", "Leave by 2 30 pm."),
    ("At 09:05hrs.", "At 9 oh 5 am."),
    ("From 7.30pm to 9 p.m.", "From 7 30 pm to 9 pm."),
    ("At 7 p.m. today", "At 7 pm today."),
    ("Open 9am-5pm", "Open 9 am to 5 pm."),
    ("By 12:00 or 00:00", "By midday or midnight."),
    ("By 12am or 12 pm", "By midnight or midday."),
    ("Magnitude 7.30, score 3:1", "Magnitude 7.30, score 3:1."),
    # Dates
    ("On 2026-11-22", "On 22 November 2026."),
    ("On 22/11/2026 and 01.12.26", "On 22 November 2026 and 1 December 2026."),
    ("Sat 5 Dec, 22nd Nov.", "Saturday 5 December, 22 November."),
    ("Mon-Fri, Sun, sat down", "Monday to Friday, Sun, sat down."),
    # Numbers digit by digit
    ("Call 01772 456789 now", "Call 0 1 7 7 2, 4 5 6, 7 8 9 now."),
    ("Call 07700900123", "Call 0 7 7 0 0, 9 0 0, 1 2 3."),
    ("Call +44 (0)1772 456 789", "Call plus 4 4, 0, 1 7 7 2, 4 5 6, 7 8 9."),
    ("On 0345 988 1188 24 hours", "On 0 3 4 5, 9 8 8, 1 1 8 8 24 hours."),
    ("Dial 999, else 101.", "Dial 9 9 9, else 1 0 1."),
    ("Ref 20261122-0456", "Ref 2 0 2 6 1, 1 2 2, 0 4 5 6."),
    ("Ref AB12345", "Ref A B 1 2 3 4 5."),
    ("£20-£30, J31", "20 pounds to 30 pounds, J 31."),
    ("25000 homes, 10,000 people", "25000 homes, 10,000 people."),
    # Amounts
    ("£1.00, £2.5, £3.05", "1 pound, 2 pounds 50, 3 pounds 05."),
    ("£1, £2.50, £10,000, £1.5m", "1 pound, 2 pounds 50, 10,000 pounds, 1.5 million pounds."),
    ("5km at 30 mph, 1 m deep", "5 kilometres at 30 miles per hour, 1 metre deep."),
    ("-5°C, 80%, 10-12 miles", "minus 5 degrees Celsius, 80 percent, 10 to 12 miles."),
    # Places
    ("PR1 3LH, SW1A1AA", "P R 1, 3 L H, S W 1 A, 1 A A."),
    ("M55, A1(M), B5269", "M 55, A 1 M, B 5 2 6 9."),
    ("St Mary's, High St. Keep off Mill Rd nr town", "Saint Mary's, High Street. Keep off Mill Road near town."),
    ("Lytham St Annes, High St. Residents", "Lytham Saint Annes, High Street. Residents."),
    ("Dr Shah, Park Dr", "Doctor Shah, Park Drive."),
    ("At ///filled.count.soap", "At filled, count, soap."),
    # Abbreviations
    ("e.g. bleach, i.e. poison", "for example bleach, that is poison."),
    ("Police & fire, 24/7", "Police and fire, 24 hours a day, 7 days a week."),
    ("Torches etc. Stay in.", "Torches and so on. Stay in."),
    # Links
    ("See https://www.gov.uk/flood?id=1#top.", "See the website."),
    ("More: a.police.uk/news, thanks", "More: see the website, thanks."),
    ("Mail a.b@x.gov.uk", "Mail a dot b at x dot gov dot uk."),
    # What has no sound
    ("* Boil water", "Boil water."),
    ("🔥 Fire <b>here</b> {{x}} ***", "Fire b here b x."),
    ("Wait \u2013 stay… “in”!!", "Wait, stay. in!"),
    ("1/2 mile, and/or", "1/2 mile, and or."),
    ("First\n\n- second\r\nthird:", "First. second. third:"),
    ("\u200b \x00 ...", ""),
]  # fmt: skip

WELSH = [
    ("Gadewch cyn 14:30", "Gadewch cyn 2 30 y prynhawn."),
    ("Am 09:00 a 18:05", "Am 9 o'r gloch y bore a 6 dim 5 yr hwyr."),
    ("9yb-12yp", "9 o'r gloch y bore i hanner dydd."),
    ("Ffoniwch 9 am gymorth", "Ffoniwch 9 am gymorth."),
    ("22/11/2026, 3 Tach", "22 Tachwedd 2026, 3 Tachwedd."),
    ("Ffoniwch 101 neu 01772 456789", "Ffoniwch 1 0 1 neu 0 1 7 7 2, 4 5 6, 7 8 9."),
    ("5km, 30 mya, 50%, £1, £5", "5 cilometr, 30 milltir yr awr, 50 y cant, 1 bunt, 5 o bunnoedd."),
    ("5-10 milltir & mwy", "5 i 10 milltir a mwy."),
    ("Pontydd e.e. hon", "Pontydd er enghraifft hon."),
    ("CF10 1EP, A470", "C F 10, 1 E P, A 4 7 0."),
    ("Gweler https://llyw.cymru. Mwy: www.llyw.cymru", "Gweler y wefan. Mwy: gweler y wefan."),
]

OTHERS = [
    ("Zadzwoń 112, 0 22 123 45 67, 22/11/2026 14:30", "Zadzwoń 1 1 2, 0, 2 2, 1 2 3, 4 5, 6 7, 22/11/2026 14:30."),
    ("Vezi https://a.ro/x! a@b.ro", "Vezi a.ro! a b.ro."),
]  # fmt: skip


@pytest.mark.parametrize(("written", "heard"), ENGLISH)
def test_english(written: str, heard: str) -> None:
    assert speakable(written, language="en-GB") == heard


@pytest.mark.parametrize(("written", "heard"), WELSH)
def test_welsh(written: str, heard: str) -> None:
    assert speakable(written, language="cy") == heard


@pytest.mark.parametrize(("written", "heard"), OTHERS)
def test_a_language_without_a_table_is_left_alone_but_for_numbers_to_call(written: str, heard: str) -> None:
    assert speakable(written, language="pl") == heard


WRITTEN = st.text() | st.text(alphabet=st.sampled_from("0123456789:.,-/£%°+()aApmMStRdJan @w\n")) | st.lists(
    st.sampled_from([written for written, _ in (*ENGLISH, *WELSH, *OTHERS)])
).map(" ".join)  # fmt: skip


@given(text=WRITTEN, language=st.sampled_from(["en", "cy-GB", "pl"]))
def test_anything_can_be_read_in_words_alone_and_without_end_no_longer(text: str, language: str) -> None:
    heard = speakable(text, language=language)

    assert len(heard) <= 12 * len(text) + 1
    assert not re.search(r'[<>*_#"{}\[\]\\@|~^=\x00-\x1f\ud800-\udfff]|\s\s|^\s|\s$', heard)


@given(
    groups=st.lists(st.integers(0, 999).map("{:03}".format), min_size=3, max_size=3),
    area=st.sampled_from(["01", "07", "+441", "+44 7", "(02)", "+353 1"]),
    between=st.sampled_from(["", " ", "-"]),
    language=st.sampled_from(["en", "cy", "ro"]),
)
def test_a_number_to_call_keeps_every_digit_and_each_is_heard(
    groups: list[str], area: str, between: str, language: str
) -> None:
    number = area + between.join(groups)

    heard = speakable(f"Tel {number} x", language=language)

    assert re.findall(r"\d", heard) == re.findall(r"\d", number)
    assert not re.search(r"\d\d", heard)
