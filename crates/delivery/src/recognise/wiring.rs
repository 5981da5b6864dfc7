//! The lines that join a product with flags and events: its own addresses and variables, in its own language.

/// A part of the product and what to write there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wiring {
    /// For example `flags, in the server`
    pub what: &'static str,
    /// The command that gets the library.
    pub install: Option<&'static str>,
    pub lines: &'static [&'static str],
}

const NODE: Wiring = Wiring {
    what: "flags, in the server (OpenFeature)",
    install: Some("npm install @openfeature/server-sdk @openfeature/ofrep-provider"),
    lines: &[
        "import { OpenFeature } from '@openfeature/server-sdk';",
        "import { OFREPProvider } from '@openfeature/ofrep-provider';",
        "const headers = [['Authorization', `Bearer ${process.env.TRUNKLINE_TOKEN}`]];",
        "await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: process.env.TRUNKLINE_URL, headers }));",
        "const context = { targetingKey: request.headers['trunkline-person'] };",
        "const on = await OpenFeature.getClient().getBooleanValue('my-flag', false, context);",
    ],
};

const PYTHON: Wiring = Wiring {
    what: "flags, in the server (OpenFeature)",
    install: Some("pip install openfeature-sdk openfeature-provider-ofrep"),
    lines: &[
        "from openfeature import api",
        "from openfeature.contrib.provider.ofrep import OFREPProvider",
        "from openfeature.evaluation_context import EvaluationContext",
        "bearer = {\"Authorization\": \"Bearer \" + os.environ[\"TRUNKLINE_TOKEN\"]}",
        "api.set_provider(OFREPProvider(os.environ[\"TRUNKLINE_URL\"], headers_factory=lambda: bearer))",
        "context = EvaluationContext(targeting_key=request.headers[\"Trunkline-Person\"])",
        "on = api.get_client().get_boolean_value(\"my-flag\", False, context)",
    ],
};

const GO: Wiring = Wiring {
    what: "flags, in the server (OpenFeature)",
    install: Some("go get github.com/open-feature/go-sdk github.com/open-feature/go-sdk-contrib/providers/ofrep"),
    lines: &[
        "provider := ofrep.NewProvider(os.Getenv(\"TRUNKLINE_URL\"), ofrep.WithBearerToken(os.Getenv(\"TRUNKLINE_TOKEN\")))",
        "openfeature.SetProviderAndWait(provider)",
        "person := openfeature.NewEvaluationContext(request.Header.Get(\"Trunkline-Person\"), nil)",
        "on, _ := openfeature.NewClient(\"server\").BooleanValue(ctx, \"my-flag\", false, person)",
    ],
};

/// OFREP is plain HTTP: every language can ask.
const HTTP: Wiring = Wiring {
    what: "flags, in the server (OFREP, over HTTP)",
    install: None,
    lines: &[
        "POST $TRUNKLINE_URL/ofrep/v1/evaluate/flags/my-flag",
        "Authorization: Bearer $TRUNKLINE_TOKEN",
        "{ \"context\": { \"targetingKey\": \"what the header Trunkline-Person of the request says\" } }",
    ],
};

const BROWSER: Wiring = Wiring {
    what: "events, in the page (posthog-js; TOKEN is what the server has in TRUNKLINE_CLIENT_TOKEN)",
    install: None,
    lines: &[
        "<script src=\"/_trunkline/static/array.js\"></script>",
        "<script>posthog.init('TOKEN', { api_host: '/_trunkline' })</script>",
        "<script>posthog.capture('order placed', { value: 12 })</script>",
    ],
};

/// What to write into a product of this kind (`Recognised::kind`).
pub fn wiring(kind: &str) -> Vec<Wiring> {
    match kind {
        "Node.js" => vec![NODE, BROWSER],
        "Python" => vec![PYTHON, BROWSER],
        "Go" => vec![GO, BROWSER],
        // Nothing of ours runs in it but the page.
        "a static site" => vec![BROWSER],
        _ => vec![HTTP, BROWSER],
    }
}
