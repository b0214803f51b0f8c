// @ts-check
/** What this is, and whose work is in it. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { bootstrap } from '../../core/session.js';
import { BrandMark } from '../../ui/icon.js';

/** Shipped in the browser's part; the Python packages are listed in docs. */
const LICENCES = [
  ['Preact, Preact Signals', 'MIT'], ['htm', 'Apache-2.0'], ['Inter', 'OFL-1.1'], ['Newsreader', 'OFL-1.1'], ['Lucide', 'ISC'],
];

export function About() {
  const facts = bootstrap.value;
  return html`<div class="about-card">
    <${BrandMark} />
    <div>
      <b>Timeline Local ${facts?.version ?? ''}</b>
      <p class="field-hint">${t('settings.about_text')}</p>
      <p><a class="text-link" href="/docs" target="_blank" rel="noopener">${t('settings.api_docs')}</a></p>
    </div>
  </div>
  <details class="licences"><summary>${t('settings.licences')}</summary>
    <ul class="plain-list">${LICENCES.map(([name, licence]) => html`<li key=${name}><span>${name}</span><span class="fine">${licence}</span></li>`)}</ul>
  </details>`;
}
