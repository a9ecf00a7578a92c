"""What ends up in message headers: nothing that opens a new one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_cli import addresses
from tocsin_cli.errors import CommandError


@pytest.mark.parametrize("good", ["alerts@fire.example", "o'brien+x@a-b.police.example", "a@b"])
def test_an_address_is_taken_as_it_is(good: str) -> None:
    assert addresses.address(good, option="--from") == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b..c",
        "a@b.example\n",
        "a@b.example\r\nBcc: c@d.example",
        "a b@c.example",
        "A <a@b.example>",
        "a@b.example, c@d.example",
        "ä@b.example",
        "a" * 65 + "@b.example",
        "a@" + "b." * 130 + "c",
    ],
)
def test_anything_else_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(CommandError) as refused:
        addresses.address(bad, option="--from")

    assert refused.value.status == 2
    assert "@b" not in str(refused.value)


@given(st.text(alphabet=st.characters(categories=["Cc", "Zl", "Zp", "Cf"]), min_size=1, max_size=3))
def test_no_control_character_gets_into_a_name(controls: str) -> None:
    with pytest.raises(CommandError):
        addresses.name(f"Fire{controls}Rescue")


@pytest.mark.parametrize("bad", ["", "Fire", "fire_rescue", "-fire", "f" * 41])
def test_a_slug_is_lower_case_letters_digits_and_hyphens(bad: str) -> None:
    with pytest.raises(CommandError):
        addresses.slug(bad)
