"""What a hostile command tries. Each attempt is a line: `PROBE who attempt: got ...` or `PROBE who attempt: refused ...`."""
import errno, glob, hashlib, json, os, signal, socket, sys, urllib.error, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def content(path):
    with open(path, "rb") as file:
        return file.read(64)


def write(path):
    with open(path, "w") as file:
        file.write("forged")
    os.unlink(path)
    return "written"


def connect(name):
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(5)
        stream.connect("\0" + name)
        return "connected"


def ask(path):
    call = urllib.request.Request(os.environ["TRUNKLINE_URL"] + path, headers={"authorization": "Bearer " + os.environ["TRUNKLINE_TOKEN"]})
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        raise PermissionError(errno.EACCES, str(error.code))


def signalled(pid, number):
    os.kill(pid, number)
    return "signalled"


def everything(targets, who):
    data = targets["data"]
    digest = hashlib.sha256(os.path.realpath(data).encode()).hexdigest()[:16]
    for name in ["admin.token", "trunkline.db", "trunkline.db-wal", "key", "edge/key", "edge/state.json"]:
        yield "read " + name, lambda: content(data + "/" + name)
        yield "read by the root of another process " + name, lambda: content("/proc/%d/root%s/%s" % (targets["up"], data, name))
    yield "list the data folder", lambda: os.listdir(data)
    yield "list the artifacts", lambda: os.listdir(data + "/artifacts")
    yield "read another service's data", lambda: content(targets["secret"])
    yield "write another service's data", lambda: write(os.path.dirname(targets["secret"]) + "/forged")
    yield "write among the artifacts", lambda: write(data + "/artifacts/forged")
    yield "write a log", lambda: write(data + "/logs/forged")
    yield "connect to the edge", lambda: connect("trunkline-edge-" + digest)
    yield "connect to the control plane", lambda: connect("trunkline-up-" + digest)
    for name in ["up", "edge", "sibling"]:
        pid = targets[name]
        yield "environment of " + name, lambda: content("/proc/%d/environ" % pid)
        yield "signal " + name, lambda: signalled(pid, 0)
    for name, pid in sorted(targets["kill"].items()):
        yield "kill " + name, lambda: signalled(pid, signal.SIGKILL)
    if who == "product":
        yield "ask for secrets with the own token", lambda: ask("/api/v1/secrets")
        yield "ask for tokens with the own token", lambda: ask("/api/v1/tokens")
    else:
        yield "find a token in the environment", lambda: os.environ["TRUNKLINE_TOKEN"]


def report(who):
    try:
        targets = json.loads(content_of(HERE + "/targets.json"))
    except FileNotFoundError:
        return []
    return ["PROBE %s %s: %s" % (who, name, outcome(act)) for name, act in everything(targets, who)]


def content_of(path):
    with open(path) as file:
        return file.read()


def outcome(act):
    try:
        return "got %r" % (act(),)
    except (OSError, KeyError) as error:
        return "refused " + errno.errorcode.get(getattr(error, "errno", None), type(error).__name__)


if __name__ == "__main__":
    print("\n".join(report(sys.argv[1])))
