"""Samples of several rounds as rows of one Markdown table."""
import dataclasses
import statistics

HEAD = ("what", "connections", "who", "figure", "±", "p50 ms", "p99 ms", "client µs", "web server µs", "program µs",
        "PostgreSQL µs", "todo.fcgi ÷ this", "this ÷ todo.fcgi in CPU")
OURS = "todo.fcgi"


@dataclasses.dataclass
class Row:
    """What came of one cell: medians over the rounds."""
    what: str
    connections: int
    who: str
    figures: list  # one a round
    unit: str
    p50: float | None
    p99: float | None
    cpu: dict

    @property
    def figure(self):
        return statistics.median(self.figures)

    @property
    def spread(self):
        """Half of the range, of the median."""
        return (max(self.figures) - min(self.figures)) / 2 / self.figure

    @property
    def work(self):
        """CPU µs per request of the program and PostgreSQL; pgbench is its own program."""
        program = self.cpu.get("app") or self.cpu.get("client", 0)
        return program + self.cpu.get("postgres", 0)


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def make_row(cell, samples):
    roles = {role for sample in samples for role in sample.cpu}
    return Row(*cell, [sample.figure for sample in samples], samples[0].unit, median(s.p50 for s in samples),
               median(s.p99 for s in samples), {role: median(s.cpu.get(role) for s in samples) for role in roles})


def in_order(rows):
    """As they were first met; of one thing ours first, and by connections."""
    things = list(dict.fromkeys(row.what for row in rows))
    return sorted(rows, key=lambda row: (things.index(row.what), row.connections, row.who != OURS))


def ratios(rows):
    """(what, connections, who) → our figure through theirs, and their CPU through ours where both are known.

    Figures of the same round are compared, and then the median taken: what slows a round down slows down both.
    """
    ours = {(row.what, row.connections): row for row in rows if row.who == OURS}
    found = {}
    for row in rows:
        own = ours.get((row.what, row.connections))
        if own and row.who != OURS:
            pairs = zip(own.figures, row.figures, strict=True)
            found[row.what, row.connections, row.who] = (statistics.median(mine / theirs for mine, theirs in pairs),
                                                         row.work / own.work if own.work and row.work else None)
    return found


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(rows):
    against = ratios(rows)
    lines = ["| " + " | ".join(HEAD) + " |", "|---|---:|---|" + "---:|" * (len(HEAD) - 3)]
    for row in rows:
        figure, work = against.get((row.what, row.connections, row.who), (None, None))
        cells = [row.what, str(row.connections or ""), f"**{row.who}**" if row.who == OURS else row.who,
                 f"{number(row.figure)} {row.unit}", f"{row.spread:.0%}", number(row.p50), number(row.p99),
                 *(number(row.cpu.get(role)) for role in ("client", "web", "app", "postgres")), number(figure), number(work)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
