"""What a funnel of three steps and persons by feature and day cost others: peers.py EVENTS.ndjson FROM_MS ROUNDS

DuckDB and chDB, each with its data in its own store, sorted by (event, person, time). Prints a line of JSON for each: the answers, and CPU
seconds of a question asked for the first time (cold) and again (warm, the mean of ROUNDS). PyPI: duckdb, chdb."""
import json, pathlib, resource, sys, tempfile

import duckdb
from chdb import session

file, begin, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
WINDOW = 86_400_000
DAYS = "SELECT event, {day} AS day, count(*) AS events, count(DISTINCT person) AS persons FROM events GROUP BY event, day"
SUM = f"SELECT sum(persons) FROM ({DAYS})"


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(ask, times):
    before = cpu()
    for _ in range(times):
        answer = ask()
    return answer, (cpu() - before) / times


def figures(name, funnels, days):
    """Of several ways to ask for the funnel, the best one counts."""
    best = None
    for funnel in funnels:
        cold = timed(funnel, 1)
        warm = timed(funnel, rounds)
        if best is None or warm[1] < best[1][1]:
            best = cold, warm
    (answer, funnel_cold), (_, funnel_warm) = best
    person_days, days_cold = timed(days, 1)
    _, days_warm = timed(days, rounds)
    print(json.dumps({"name": name, "funnel": answer, "person_days": person_days, "funnel_cold": funnel_cold,
                      "funnel_warm": funnel_warm, "days_cold": days_cold, "days_warm": days_warm}), flush=True)


# Latest start of each level as running maxima, as Trunkline's own evaluator has it.
RUNNING = f"""
WITH rows AS (SELECT person, ms, event FROM events WHERE event IN ('e1', 'e2', 'e3')),
one AS (SELECT *, CASE WHEN event = 'e1' THEN ms END AS s1 FROM rows),
before AS (SELECT *, max(s1) OVER past AS b FROM one WINDOW past AS (PARTITION BY person ORDER BY ms, event ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
two AS (SELECT * EXCLUDE (b), CASE WHEN event = 'e2' AND ms - b <= {WINDOW} THEN b END AS s2 FROM before),
again AS (SELECT *, max(s2) OVER past AS b FROM two WINDOW past AS (PARTITION BY person ORDER BY ms, event ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
three AS (SELECT *, CASE WHEN event = 'e3' AND ms - b <= {WINDOW} THEN b END AS s3 FROM again)
SELECT count(DISTINCT CASE WHEN s1 IS NOT NULL THEN person END), count(DISTINCT CASE WHEN s2 IS NOT NULL THEN person END),
       count(DISTINCT CASE WHEN s3 IS NOT NULL THEN person END) FROM three"""
# The next event of the step behind each start.
NEXT = f"""
WITH a AS (SELECT person, ms FROM events WHERE event = 'e1'), b AS (SELECT person, ms FROM events WHERE event = 'e2'),
c AS (SELECT person, ms FROM events WHERE event = 'e3'),
two AS (SELECT a.person, a.ms AS seen, b.ms AS basket FROM a ASOF LEFT JOIN b ON a.person = b.person AND b.ms >= a.ms),
three AS (SELECT two.person, seen, basket, c.ms AS paid FROM two ASOF LEFT JOIN c ON two.person = c.person AND c.ms >= two.basket)
SELECT count(DISTINCT person), count(DISTINCT CASE WHEN basket - seen <= {WINDOW} THEN person END),
       count(DISTINCT CASE WHEN basket - seen <= {WINDOW} AND paid - seen <= {WINDOW} THEN person END) FROM three"""
STRICT = f"""
SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3) FROM (
    SELECT windowFunnel({WINDOW}, 'strict_once')(toUInt64(ms), event = 'e1', event = 'e2', event = 'e3') AS level
    FROM events WHERE event IN ('e1', 'e2', 'e3') GROUP BY person)"""

with tempfile.TemporaryDirectory() as folder:
    parquet = pathlib.Path(folder, "events.parquet")
    duck = duckdb.connect(str(pathlib.Path(folder, "events.duckdb")))
    duck.sql(f"""CREATE TABLE events AS SELECT event, distinct_id AS person, epoch_ms(timestamp::TIMESTAMPTZ) AS ms
        FROM read_json('{file}', format = 'newline_delimited', columns = {{event: 'VARCHAR', distinct_id: 'VARCHAR', timestamp: 'VARCHAR'}})
        ORDER BY event, person, ms""")
    duck.sql(f"COPY events TO '{parquet}' (FORMAT parquet)")
    duck.sql("CHECKPOINT")
    row = lambda sql: [int(cell) for cell in duck.sql(sql).fetchall()[0]]
    day = "ms // 86400000"
    figures("duckdb", [lambda: row(RUNNING), lambda: row(NEXT)], lambda: row(SUM.format(day=day))[0])
    duck.close()

    house = session.Session(str(pathlib.Path(folder, "house")))
    house.query("CREATE DATABASE bench")
    house.query("""CREATE TABLE bench.events (event LowCardinality(String), person String, ms Int64)
        ENGINE = MergeTree ORDER BY (event, person, ms)""")
    house.query(f"INSERT INTO bench.events SELECT event, person, ms FROM file('{parquet}')")
    house.query("OPTIMIZE TABLE bench.events FINAL")
    house.query("USE bench")
    cells = lambda sql: [int(cell) for cell in str(house.query(sql, "CSV")).strip().split(",")]
    figures("chdb", [lambda: cells(STRICT)], lambda: cells(SUM.format(day="intDiv(ms, 86400000)"))[0])
    house.close()
