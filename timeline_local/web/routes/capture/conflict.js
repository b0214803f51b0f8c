// @ts-check
/** The memory was changed somewhere else meanwhile: both versions side by side, nothing is thrown away silently. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { moment } from '../../ui/format.js';
import { Note } from '../../ui/states.js';

/** @param {{mine: any, theirs: any, onMine: () => void, onTheirs: () => void}} props */
export function Conflict({ mine, theirs, onMine, onTheirs }) {
  return html`<div class="versions">
    <${Note} tone="warm" icon="triangle-alert">${t('capture.conflict')}<//>
    <div class="versions-sides">
      <${Side} heading=${t('capture.mine')} version=${mine} action=${html`<${Button} variant="primary" onClick=${onMine} data-autofocus>${t('capture.keep_mine')}<//>`} />
      <${Side} heading=${t('capture.theirs', { date: moment(theirs.updated_at) })} version=${theirs} action=${html`<${Button} onClick=${onTheirs}>${t('capture.keep_theirs')}<//>`} />
    </div>
  </div>`;
}

/** @param {{heading: string, version: any, action: any}} props */
function Side({ heading, version, action }) {
  return html`<section>
    <h3>${heading}</h3>
    <div class="versions-text" tabindex="0" role="region" aria-label=${heading}>
      ${version.title ? html`<b>${version.title}</b>` : null}
      <p>${version.body}</p>
      ${version.tags?.length ? html`<p class="fine">${version.tags.map((/** @type {string} */ tag) => `#${tag}`).join(' ')}</p>` : null}
    </div>
    ${action}
  </section>`;
}
