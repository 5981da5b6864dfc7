"""Events of a shop, as NDJSON and as Parquet: generate.py EVENTS FOLDER [SEED]

Persons have about ten events in sessions over 90 days; 200 names, skewed; equal times and events sent twice do occur in NDJSON only
as far as the id tells them apart. Needs duckdb (PyPI) for the Parquet file."""
import json, pathlib, random, sys
from datetime import datetime, timedelta, timezone

count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
folder.mkdir(parents=True, exist_ok=True)
BASE = datetime(2026, 3, 1, tzinfo=timezone.utc)
DAY = 86_400_000


def stamp(ms):
    return (BASE + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


lines, made = [], 0
while made < count:
    person = f"p{len(lines)}"
    start = rng.randrange(90 * DAY)
    for _ in range(min(count - made, 1 + int(rng.expovariate(1 / 9)))):
        name = f"e{rng.randrange(200) * rng.randrange(200) // 200}"
        at = start + rng.randrange(3 * DAY)
        uuid = f"00000000-0000-7000-8000-{made:012x}"
        lines.append((uuid, name, person, at, rng.choice(["de", "fr", "us", "jp"])))
        made += 1
rng.shuffle(lines)
with open(folder / "events.ndjson", "w") as out:
    for uuid, name, person, at, country in lines:
        event = {"uuid": uuid, "event": name, "distinct_id": person, "timestamp": stamp(at), "properties": {"country": country}}
        out.write(json.dumps(event) + "\n")

import duckdb

duckdb.sql(
    f"""COPY (SELECT event, distinct_id AS person, epoch_ms(timestamp::TIMESTAMPTZ) AS ms, properties.country AS country
    FROM read_json('{folder}/events.ndjson', format = 'newline_delimited', columns = {{event: 'VARCHAR', distinct_id: 'VARCHAR',
    timestamp: 'VARCHAR', properties: 'STRUCT(country VARCHAR)'}}) ORDER BY event, person, ms)
    TO '{folder}/events.parquet' (FORMAT parquet, COMPRESSION zstd)"""
)
print(f"{made} events in {folder}")
