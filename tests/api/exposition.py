"""Prometheus' text format, as /metrics answers it."""
import re

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (NaN|[+-]Inf|[0-9.eE+-]+)( \d+)?')


def samples(text):
    """{(name, labels): value} of a page; every line must be one of its grammar, and none twice."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#") and line:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert (match[1], match[2]) not in found, line
            found[match[1], match[2]] = float(match[3])
    return found


def scrape(server):
    answer = server.get("/metrics")
    assert answer.status == 200, answer
    return samples(answer.body.decode())


def total(page, name, *labels):
    """The sum of a name's samples that have all these labels, such as 'class="2xx"'."""
    return sum(value for (one, text), value in page.items() if one == name and all(label in (text or "") for label in labels))
