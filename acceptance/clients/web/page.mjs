// A page of a product, as its owner would write it: flags through OpenFeature's web SDK, events through posthog-js (index.html).
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";

const token = document.querySelector("meta[name=trunkline-token]").content;
const person = document.querySelector("meta[name=trunkline-person]").content;
const shown = document.querySelector("#checkout");

await OpenFeature.setContext({ targetingKey: person });
const provider = new OFREPWebProvider({
  baseUrl: `${location.origin}/_trunkline`,
  headers: [["Authorization", `Bearer ${token}`]],
});
await OpenFeature.setProviderAndWait(provider);
const flags = OpenFeature.getClient();

function show() {
  const details = flags.getBooleanDetails("new-checkout", false);
  shown.textContent = details.value ? "new checkout" : "old checkout";
  shown.dataset.variant = details.variant ?? "";
  shown.dataset.reason = details.reason ?? "";
}
flags.addHandler(ProviderEvents.ConfigurationChanged, show);
show();
