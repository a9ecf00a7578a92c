"""What a worker reads of an alert version."""

import pytest

from tests.support.world import BODY, PURPOSE, an_agency, posted
from tocsin_schemas.words import Lane, Severity
from tocsin_store.content import alert_content
from tocsin_store.pool import Pool


async def test_a_version_comes_with_who_sends_it(pool: Pool) -> None:
    agency = await an_agency(pool)
    alert = await posted(pool, agency)

    content = await alert_content(pool, alert, version=1)

    assert (content.agency_id, content.agency_name) == (agency, "Fire & Rescue")
    assert (content.email_from, content.reply_to) == ("alerts@fire.example", None)
    assert (content.lane, content.severity, content.purpose) == (Lane.URGENT, Severity.SEVERE, PURPOSE)
    assert content.body == BODY


async def test_a_version_that_never_was_is_not_found(pool: Pool) -> None:
    alert = await posted(pool, await an_agency(pool))

    with pytest.raises(LookupError):
        await alert_content(pool, alert, version=2)
