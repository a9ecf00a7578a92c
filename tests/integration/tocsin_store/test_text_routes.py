"""The route of a text or a call: its country calling code, in SQL as in Python."""

import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from tocsin_schemas.words import Channel
from tocsin_store.pauses import route_of
from tocsin_store.pool import Pool


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.VOICE])
async def test_every_calling_code_is_a_route_of_its_own(pool: Pool, channel: Channel) -> None:
    codes = [f"+{code}" for code in COUNTRY_CODE_TO_REGION_CODE]
    numbers = [f"{code}{digit}123456" for code in codes for digit in range(10)]

    in_sql = await pool.fetchval(
        "SELECT array_agg(route_of($2, n) ORDER BY i) FROM unnest($1::text[]) WITH ORDINALITY u(n, i)",
        numbers,
        channel.value,
    )

    assert in_sql == [code for code in codes for _ in range(10)]
    assert [route_of(channel, number) for number in numbers] == in_sql
