"""Journeys and three engines: compare.py FOLDER

Asks `trunkline journey evaluate` (env TRUNKLINE), DuckDB (portable SQL) and chDB (windowFunnel 'strict_once') for journeys over the
events that generate.py wrote, and fails unless all counts are equal. Prints CPU seconds of each. Where chDB is not installed it is
skipped, or missed if TRUNKLINE_REQUIRE_SUITES is set. PyPI: requirements.txt."""
import json, os, pathlib, resource, subprocess, sys, tempfile, time

folder = pathlib.Path(sys.argv[1])
binary = os.environ.get("TRUNKLINE", "target/release/trunkline")
DAY = 86_400_000
CASES = [(["e1", "e2", "e3"], DAY), (["e0", "e4", "e0"], DAY), (["e2", "e2", "e2"], 7 * DAY), (["e3", "e1"], DAY // 2)]


def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def trunkline(steps, window):
    with tempfile.TemporaryDirectory() as scratch:
        definition = {"journey": "j", "within": f"{window // 1000}s", "steps": [{"name": f"{n} {s}", "event": s} for n, s in enumerate(steps)]}
        pathlib.Path(scratch, "j.yaml").write_text(json.dumps(definition))
        command = [binary, "journey", "evaluate", "--journey", f"{scratch}/j.yaml", "--events", f"{folder}/events.ndjson", "--json"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert run.returncode == 0, run.stderr
        return [step["persons"] for step in json.loads(run.stdout)["steps"]]


def duckdb_sql(steps, window):
    """Latest start of each level as running maxima. An event that fills several steps extends only levels before it, which the
    frame (all rows before this one) sees to. Steps of one instant are put in the order of steps; generated times are such that
    repeats of one step within one millisecond do not occur."""
    import duckdb

    names = ", ".join(f"'{name}'" for name in sorted(set(steps)))
    levels = f"SELECT person, ms, event, CASE WHEN event = '{steps[0]}' THEN ms END AS s1 FROM read_parquet('{folder}/events.parquet') WHERE event IN ({names})"
    order = "PARTITION BY person ORDER BY ms, " + "CASE " + " ".join(f"WHEN event = '{s}' THEN {n}" for n, s in reversed(list(enumerate(steps)))) + " END"
    for n, step in list(enumerate(steps, 1))[1:]:
        before = f"max(s{n - 1}) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        levels = f"SELECT *, CASE WHEN event = '{step}' AND ms - before <= {window} THEN before END AS s{n} FROM (SELECT *, {before} AS before FROM ({levels}))"
        levels = levels.replace("SELECT *, CASE", "SELECT * EXCLUDE (before), CASE", 1)
    counts = ", ".join(f"count(DISTINCT CASE WHEN s{n} IS NOT NULL THEN person END)" for n in range(1, len(steps) + 1))
    return list(duckdb.sql(f"SELECT {counts} FROM ({levels})").fetchall()[0])


def chdb_sql(steps, window):
    import chdb

    conditions = ", ".join(f"event = '{step}'" for step in steps)
    level = f"SELECT windowFunnel({window}, 'strict_once')(toUInt64(ms), {conditions}) AS level FROM file('{folder}/events.parquet') GROUP BY person"
    counts = ", ".join(f"countIf(level >= {n})" for n in range(1, len(steps) + 1))
    return [int(cell) for cell in str(chdb.query(f"SELECT {counts} FROM ({level})", "CSV")).strip().split(",")]


def measured(name, who, ask, steps, window):
    before, start = cpu(who), time.monotonic()
    counts = ask(steps, window)
    print(f"  {name:<10} {counts}  {cpu(who) - before:.3f} CPU s  {time.monotonic() - start:.3f} s")
    return counts


engines = [("trunkline", resource.RUSAGE_CHILDREN, trunkline), ("duckdb", resource.RUSAGE_SELF, duckdb_sql)]
try:
    import chdb  # noqa: F401

    engines.append(("chdb", resource.RUSAGE_SELF, chdb_sql))
except ImportError:
    if "TRUNKLINE_REQUIRE_SUITES" in os.environ:
        sys.exit("chdb is not installed")
    print("skipped: chdb is not installed")
wrong = 0
for steps, window in CASES:
    print(" > ".join(steps), f"within {window // 1000} s")
    answers = [measured(*engine, steps, window) for engine in engines]
    wrong += any(answer != answers[0] for answer in answers)
steps, window = CASES[0]
if duckdb_sql(steps, window // 2) == duckdb_sql(steps, window):
    sys.exit("half the window gives the same counts: these events would hide a wrong answer")
print("all equal" if not wrong else f"{wrong} of {len(CASES)} differ")
sys.exit(1 if wrong else 0)
