"""Small pages without scripts and without anything from elsewhere."""

from html import escape
from typing import Final

from fastapi.responses import HTMLResponse

from tocsin_runtime.wording import direction_of

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --accent: #b3261e; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
code, pre { font: .9em/1.5 ui-monospace, monospace; } pre { overflow-x: auto; padding: 1rem; background: #8881; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top;
padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
a { color: inherit; } summary { cursor: pointer; } .method { color: var(--accent); font-weight: 700; }
button { font: inherit; padding: .7rem 1.4rem; border: 0; border-radius: .4rem; background: var(--accent);
color: #fff; cursor: pointer; }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


def page(title: str, body: str, *, status: int = 200, language: str = "en") -> HTMLResponse:
    """A page; `title` and `language` are escaped here, `body` is HTML already."""
    text = (
        f'<!doctype html><html lang="{escape(language)}" dir="{direction_of(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(text, status, headers=headers)
