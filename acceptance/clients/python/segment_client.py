import sys

import segment.analytics as segment
from story import DEEDS, TOKEN, URL, report

failures = []
segment.write_key, segment.host, segment.gzip = TOKEN, URL, True
segment.on_error = lambda error, items: failures.append(error)
for deed in DEEDS:
    segment.track(deed["distinct_id"], deed["event"], {"shop": "one"})
segment.flush()
segment.shutdown()
if failures:
    sys.exit(f"{len(failures)} batches were not taken: {failures[0]}")
report("segment-analytics-python", sent=DEEDS)
