// Page views and clicks from the browser, by posthog-js, to the shop's own address. `array.js` was loaded before.
const { token, person } = document.currentScript.dataset;
window.posthog?.init(token, {
  api_host: `${location.origin}/_trunkline`,
  bootstrap: { distinctID: person },
  persistence: 'localStorage',
  disable_session_recording: true,
});
