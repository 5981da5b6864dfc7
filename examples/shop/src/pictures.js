// One line drawing for each kind of product.

import { html } from './html.js';

const DRAWINGS = {
  tent: html`<path d="M32 12 8 52h48Z M32 12v40 M24 52l8-16 8 16"/>`,
  bag: html`<rect x="20" y="8" width="24" height="48" rx="12"/><path d="M20 26h24 M32 26v30"/>`,
  boot: html`<path d="M18 8h16v22l16 8q6 3 6 10v4H16V30Z M16 46h40"/>`,
  jacket: html`<path d="M24 10h16l14 8-4 20-6-2v18H20V36l-6 2-4-20Z M32 10v44"/>`,
  stove: html`<path d="M14 44h36l-4 10H18Z M20 44v-8h24v8 M32 10q10 10 4 18-10 4-10-6 4-4 6-12Z"/>`,
  map: html`<path d="M8 14l16-4 16 4 16-4v40l-16 4-16-4-16 4Z M24 10v40 M40 14v40"/>`,
};

export function picture(kind) {
  return html`<svg class="picture" viewBox="0 0 64 64" aria-hidden="true">${DRAWINGS[kind]}</svg>`;
}
