# SPDX-License-Identifier: Apache-2.0
"""The Prometheus text format, read strictly."""
import re

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?\Z')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|\Z)')
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


class Metrics:
    def __init__(self):
        self.samples, self.types = {}, {}

    def total(self, name, **labels):
        """The sum of all samples of that name that carry the given labels."""
        return sum(value for (key, have), value in self.samples.items()
                   if key == name and labels.items() <= dict(have).items())

    def has(self, name):
        return any(key == name for key, _ in self.samples)

    def labels_of(self, name):
        return {frozenset(dict(have)) for key, have in self.samples if key == name}


def parse_labels(text):
    labels, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"not a label: {text[at:]!r}"
        labels.append((match.group(1), match.group(2)))
        at = match.end()
    assert len({name for name, _ in labels}) == len(labels), f"a label twice: {text}"
    return tuple(sorted(labels))


def family(name, types):
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and types.get(name[:-len(suffix)]) in ("histogram", "summary"):
            return name[:-len(suffix)]
    return name


def parse_prometheus(text):
    assert text.endswith("\n"), "the last line has no line feed"
    metrics, current, seen = Metrics(), None, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in TYPES, line
            assert name not in metrics.types, f"TYPE twice: {line}"
            metrics.types[name] = kind
        elif not line or line.startswith("#"):
            continue
        else:
            match = SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            key = (match.group(1), parse_labels(match.group(2) or ""))
            assert key not in metrics.samples, f"a sample twice: {line}"
            name = family(match.group(1), metrics.types)
            assert name in metrics.types, f"no TYPE before: {line}"
            assert name == current or name not in seen, f"family {name} is not in one piece"
            current = name
            seen.add(name)
            metrics.samples[key] = float(match.group(3))
    return metrics
