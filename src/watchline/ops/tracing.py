"""Where a core's time goes, as OpenTelemetry spans, when somebody asks for them; nothing otherwise.

Rules: without `begin` a span costs one comparison and says nothing.  Names and numbers only: no record, no place, no
person is in a span.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

from watchline import __version__
from watchline.domain.errors import BadInput

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_NOTHING: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
_tracer: Any = None


def span(name: str) -> contextlib.AbstractContextManager[Any]:
    """Return what lasts as long as a piece of work does; spans inside spans are its parts."""
    return _NOTHING if _tracer is None else _tracer.start_as_current_span(name)


def begin() -> Callable[[], None]:
    """Send spans to the collector that the standard variables name, and return what ends it.

    Does nothing without OTEL_EXPORTER_OTLP_ENDPOINT; BadInput when it is set and the packages are not there.
    """
    global _tracer
    if not os.environ.get(ENDPOINT):
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadInput(ENDPOINT, "needs packages", "pip install 'watchline[otel]', or unset it") from None
    resource = Resource.create({"service.name": "watchline", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    # Its queue is bounded and drops what is too much; it never holds up whoever ends a span.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("watchline", __version__)

    def end() -> None:
        global _tracer
        _tracer = None
        provider.shutdown()

    return end
