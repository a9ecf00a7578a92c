"""The metrics topic as a dashboard reads it: of every alert the highest version."""

from uuid import UUID

from tests.support.e2e_agency import Agency
from tests.support.e2e_kafka import everything_on
from tests.support.e2e_town import Town
from tests.support.eventually import eventually
from tocsin_schemas.codec import decode
from tocsin_schemas.messages import AlertMetrics
from tocsin_schemas.topics import METRICS


async def metrics_of(town: Town, agency: Agency, alert: UUID) -> AlertMetrics:
    """What is published of a settled alert, once it says what the API says, under the same version."""

    async def look() -> AlertMetrics | None:
        read = [decode(AlertMetrics, one.value) for one in await everything_on(town.kafka, METRICS)]
        of_alert = [one for one in read if one.alert_id == alert]
        last = max(of_alert, key=lambda one: one.version, default=None)
        shown = (await agency.alert(alert)).progress
        same = last and (last.version, last.states) == (shown.version, shown.states)
        return last if same else None

    found = await eventually(look)
    assert found is not None
    return found
