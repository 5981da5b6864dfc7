import sys

import posthog
from story import DEEDS, TOKEN, URL, report

failures = []
client = posthog.Posthog(TOKEN, host=URL, flush_at=20, gzip=True, on_error=lambda error, batch: failures.append(error))
for deed in DEEDS:
    client.capture(deed["event"], distinct_id=deed["distinct_id"], properties={"shop": "one"})
client.shutdown()
if failures:
    sys.exit(f"{len(failures)} batches were not taken: {failures[0]}")
report("posthog", sent=DEEDS)
