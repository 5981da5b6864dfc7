"""What Schemathesis does not know: a body of lines. Whatever text is sent is a file of lines, and those that are not what they
should be are listed in the answer; so there is no such body that must be refused."""
import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


@schemathesis.hook("filter_case").apply_to(path_regex="/import$")
def is_text(context, case):
    return isinstance(case.body, (str, bytes, schemathesis.core.NotSet))


@schemathesis.hook("filter_case").apply_to(path="/api/v1/feedback")
def is_asked_of_the_control_plane(context, case):
    """Words of customers are taken at the edge, as events are; the document is the control plane's."""
    return case.method != "POST"
