"""What was signed is rebuilt from the configured address, or from what a trusted proxy says."""

from ipaddress import ip_network

import pytest

from alert_api.public_url import PublicUrl

TOLD = {b"x-forwarded-proto": b"https", b"x-forwarded-host": b"texts.example"}


def url(*trusted: str, peer: tuple[str, int] | None = ("10.0.0.1", 1), **told: bytes) -> str:
    public = PublicUrl("https://alerts.example", trusted=[ip_network(each) for each in trusted])
    scope = {"client": peer, "raw_path": b"/callbacks/twilio/status", "query_string": b"r=1.2.3"}
    headers = TOLD | {name.replace("_", "-").encode(): value for name, value in told.items()}
    return public.of(scope, headers).removesuffix("/callbacks/twilio/status?r=1.2.3")


def test_nobody_is_believed_by_default() -> None:
    assert url() == "https://alerts.example"


def test_a_proxy_of_ours_is_believed() -> None:
    assert url("10.0.0.0/8") == "https://texts.example"


def test_the_last_of_several_proxies_is_believed() -> None:
    assert (
        url("10.0.0.0/8", x_forwarded_host=b"forged.example, texts.example:8443")
        == "https://texts.example:8443"
    )


@pytest.mark.parametrize("peer", [("192.0.2.1", 1), ("", 1), None])
def test_another_peer_is_not(peer: tuple[str, int] | None) -> None:
    assert url("10.0.0.0/8", peer=peer) == "https://alerts.example"


@pytest.mark.parametrize("host", [b"", b"a b", b"texts.example/x?", b"user@texts.example"])
def test_what_is_no_host_is_not(host: bytes) -> None:
    assert url("10.0.0.0/8", x_forwarded_host=host) == "https://alerts.example"


def test_without_a_query_nothing_follows_the_path() -> None:
    public = PublicUrl("https://alerts.example", trusted=())
    scope = {"client": None, "raw_path": b"/callbacks/twilio/messages", "query_string": b""}

    assert public.of(scope, {}) == "https://alerts.example/callbacks/twilio/messages"
