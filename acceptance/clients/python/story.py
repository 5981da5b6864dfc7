"""What all programs share: the environment, the persons, and how they report."""
import json
import os
from importlib.metadata import version

URL = os.environ["TRUNKLINE_URL"].rstrip("/")
TOKEN = os.environ["TRUNKLINE_TOKEN"]
FLAG = os.environ.get("FLAG", "new-checkout")
PERSONS = [f"{os.environ.get('PREFIX', 'person')}-{n}" for n in range(int(os.environ.get("PERSONS", "10")))]
# Every person looks at a product; every second one orders.
DEEDS = [
    {"event": event, "distinct_id": person}
    for n, person in enumerate(PERSONS)
    for event in (["product viewed", "order placed"] if n % 2 else ["product viewed"])
]


def report(client, **what):
    print(json.dumps({"client": client, "version": version(client), **what}))
