"""Schemathesis against a running installation: OFREP's document and our own must hold, whatever is sent.

run.py OFREP_DOCUMENT [OPTIONS FOR SCHEMATHESIS]   with the interpreter of an environment that has schemathesis;
the binary is $TRUNKLINE, else target/release/trunkline. Exit 1 when a document does not hold."""
import json, os, pathlib, subprocess, sys, tempfile, time, urllib.request

import yaml  # schemathesis brings it

BINARY = os.path.abspath(os.environ.get("TRUNKLINE", "target/release/trunkline"))
FLAGS = {"flags": {
    "on-or-off": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
                  "targeting": {"fractional": [["on", 50], ["off", 50]]}},
    "colour": {"state": "ENABLED", "variants": {"red": "#f00", "blue": "#00f"}, "defaultVariant": "red",
               "targeting": {"if": [{"==": [{"var": "plan"}, "pro"]}, "blue"]}},
    "off": {"state": "DISABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"},
}}
# Left out: streams without an end, and what would take the installation out of service. That valid data is accepted is not
# asked of our own document: some rules cannot be said in a schema, for example that a cursor must be one of ours.
OWN = ["--exclude-path-regex", r"/stream$|/deploy/|/tokens/", "--exclude-checks", "positive_data_acceptance"]


def product(folder):
    """A repository with one page and three flags."""
    (folder / "flags").mkdir(parents=True)
    (folder / "flags" / "all.json").write_text(json.dumps(FLAGS))
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "trunkline.yaml").write_text(
        "product: page\ntrunk: main\nservices:\n  page:\n    start: exec python3 -m http.server --bind 127.0.0.1 $PORT\n")
    who = ["-c", "user.name=dev", "-c", "user.email=dev@example.org"]
    for command in (["init", "-qb", "main"], ["add", "-A"], [*who, "commit", "-qm", "a page"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def until_served(url, token):
    """The flags come into force with the first deployment."""
    request = urllib.request.Request(f"{url}/ofrep/v1/evaluate/flags/colour", b'{"context":{"targetingKey":"x"}}',
                                     {"authorization": f"Bearer {token}", "content-type": "application/json"})
    end = time.time() + 90
    while time.time() < end:
        try:
            return urllib.request.urlopen(request, timeout=5).status
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the flag is not served")


def satisfiable(document, folder):
    """OFREP's document as it is meant. Version 0.3.0 allows no answer that has a value: what leaves the value to the code
    (`codeDefaultFlag`) fits every object, an integer is a float too, and exactly one of them is to fit."""
    content = yaml.safe_load(open(document))
    schemas = content["components"]["schemas"]
    schemas["codeDefaultFlag"]["not"] = {"required": ["value"]}
    values = next(part for part in schemas["evaluationSuccess"]["allOf"] if "oneOf" in part)
    values["anyOf"] = values.pop("oneOf")
    meant = folder / "ofrep.json"
    meant.write_text(json.dumps(content, default=lambda date: date.isoformat()))
    return str(meant)


def main():
    document, options = sys.argv[1], sys.argv[2:]
    tool = str(pathlib.Path(sys.executable).with_name("schemathesis"))
    with tempfile.TemporaryDirectory(prefix="schemathesis-") as root:
        root = pathlib.Path(root)
        product(root / "page")
        up = subprocess.Popen([BINARY, "up", "--repo", root / "page", "--data", root / "data", "--listen", "127.0.0.1:0",
                               "--product-listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, text=True)
        try:
            ready = json.loads(up.stdout.readline())
            url, token = ready["url"], open(ready["token_file"]).read().strip()
            until_served(url, token)
            common = ["--url", url, "--checks", "all", "--header", f"Authorization: Bearer {token}", *options]
            runs = [[tool, "run", satisfiable(document, root), *common],
                    [tool, "run", f"{url}/api/v1/openapi.json", *common, *OWN]]
            env = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(pathlib.Path(__file__).parent.resolve())}
            codes = [subprocess.run(run, cwd=root, env=env).returncode for run in runs]
        finally:
            subprocess.run([BINARY, "down", "--data", root / "data"], capture_output=True, timeout=60)
            up.wait(timeout=30)
    print(f"OFREP's document: {'holds' if codes[0] == 0 else 'does not hold'}; our own: {'holds' if codes[1] == 0 else 'does not hold'}")
    return 1 if any(codes) else 0


sys.exit(main())
