"""Metrics of alert-api. Labels are few and known: no alert, agency, path or address."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Measures:
    """One set, registered once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "tocsin_http_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "tocsin_http_request_duration_seconds",
            "From the request's head to the answer's end.",
            ("method", "route"),
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.accepted = Counter(
            "tocsin_alerts_accepted_total", "Alerts accepted.", ("lane",), registry=registry
        )
        self.updated = Counter(
            "tocsin_alerts_updated_total", "New versions accepted.", ("lane",), registry=registry
        )
        self.cancelled = Counter("tocsin_alerts_cancelled_total", "Alerts called off.", registry=registry)
        self.unsubscribed = Counter(
            "tocsin_unsubscribed_total", "Consents withdrawn by link.", registry=registry
        )
        self.acknowledged = Counter(
            "tocsin_acknowledged_total",
            "Messages that people said they had seen, by link or key.",
            ("channel",),
            registry=registry,
        )
        self._of_bodies(registry)
        self._of_the_relay(registry)
        self._of_callbacks(registry)

    def _of_bodies(self, registry: CollectorRegistry) -> None:
        self.body_bytes = Gauge(
            "tocsin_inflight_body_bytes", "Of bodies being read or answered.", registry=registry
        )
        self.overloaded = Counter(
            "tocsin_overload_refused_total",
            "Bodies refused unread, by whose limit was reached: agency, all or callbacks.",
            ("limit",),
            registry=registry,
        )

    def _of_the_relay(self, registry: CollectorRegistry) -> None:
        self.outbox_oldest = Gauge(
            "tocsin_outbox_oldest_seconds", "Age of the oldest row that Kafka has not got.", registry=registry
        )
        self.relayed = Counter(
            "tocsin_outbox_relayed_total", "Records produced from the outbox.", ("topic",), registry=registry
        )
        self.set_aside = Counter(
            "tocsin_outbox_set_aside_total",
            "Records of the outbox that Kafka will never take, put on dead-letters.",
            ("topic",),
            registry=registry,
        )
        self.relaying = Gauge(
            "tocsin_outbox_relaying", "1 in the replica that relays the outbox.", registry=registry
        )

    def _of_callbacks(self, registry: CollectorRegistry) -> None:
        self.callbacks = Counter(
            "tocsin_callbacks_total",
            "Reports taken in, those told before included; `unknown` were refused.",
            ("provider", "status"),
            registry=registry,
        )
        self.strangers = Counter(
            "tocsin_callbacks_unproven_total",
            "Callbacks without a valid signature or token.",
            ("kind",),
            registry=registry,
        )
        self.held = Counter(
            "tocsin_calls_held_total",
            "Requests of calls that could not be served: somebody was asked to hold the line.",
            registry=registry,
        )
        self.texts_in = Counter(
            "tocsin_texts_in_total", "Texts that came in.", ("provider", "meaning"), registry=registry
        )
