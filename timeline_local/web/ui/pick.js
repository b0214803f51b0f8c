// @ts-check
/** Choose one out of many by typing a part of its name. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { Button } from './button.js';
import { Cover } from './cover.js';
import { Dialog } from './dialog.js';
import { Find } from './find.js';
import { useResource } from './resource.js';
import { Loading, Trouble } from './states.js';

const SHOWN = 50;
/** As many as one page may have. */
const MOST = 500;

/** @param {number | null | undefined} n */
const counted = (n) => (typeof n === 'number' ? t('ui.memories', { n }) : '');

/**
 * `local` paths know no search of their own: their first page is looked through here.
 * Closes with the chosen item of `path`, with {create: text} when a new name was asked for, or null.
 * @param {{title: string, path: string, label: string, icon?: string, round?: boolean, local?: boolean, without?: string[], create?: string, note?: string, keep?: (item: any) => boolean, close: (chosen: any) => void}} props
 */
export function Pick({ title, path, label, icon, round, local, without = [], create, note, keep = () => true, close }) {
  const [text, setText] = useState('');
  const { data, problem, reload } = useResource(`${path} ${local ? '' : text}`, (signal) => api.get(path, { query: local ? { limit: MOST } : { q: text, order: 'memories', limit: SHOWN }, signal }));
  const items = (data?.items ?? []).filter((/** @type {any} */ one) => !without.includes(one.id) && keep(one) && (!local || one.name.toLowerCase().includes(text.toLowerCase())));
  const isNew = create && text && !items.some((/** @type {any} */ one) => one.name.toLowerCase() === text.toLowerCase());
  return html`<${Dialog} title=${title} onClose=${() => close(null)} class="dialog-small">
    ${note ? html`<div class="prose"><p>${note}</p></div>` : null}
    <${Find} label=${label} onFind=${setText} data-autofocus />
    ${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${!data && !problem ? html`<${Loading} rows=${3} />` : null}
    <ul class="pick-list">${items.map((/** @type {any} */ one) => html`<li key=${one.id}><button type="button" onClick=${() => close(one)}>
      <${Cover} picture=${one.picture} name=${one.name} icon=${icon} round=${round} /><span>${one.name}</span><span class="fine">${counted(one.memories ?? one.members)}</span></button></li>`)}</ul>
    ${data && !items.length && !isNew ? html`<p class="none-here">${t('gather.nothing_found')}</p>` : null}
    ${isNew ? html`<div class="btn-row more-row"><${Button} icon="plus" variant="primary" onClick=${() => close({ create: text })}>${t(/** @type {string} */ (create), { name: text })}<//></div>` : null}
  <//>`;
}
