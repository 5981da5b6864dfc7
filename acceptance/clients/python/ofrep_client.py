from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from story import FLAG, PERSONS, TOKEN, URL, report

api.set_provider(OFREPProvider(URL, headers_factory=lambda: {"Authorization": f"Bearer {TOKEN}"}))
client = api.get_client()
read = []
for person in PERSONS:
    details = client.get_boolean_details(FLAG, False, EvaluationContext(targeting_key=person))
    error = details.error_code.value if details.error_code else None
    read.append({"person": person, "value": details.value, "variant": details.variant, "reason": details.reason, "error": error})
report("openfeature-provider-ofrep", read=read)
