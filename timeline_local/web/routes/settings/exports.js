// @ts-check
/** Copies of one's own data: chosen, made in the background, fetched, and removed again. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { on } from '../../core/events.js';
import { hasText, t } from '../../core/i18n.js';
import { may } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button, IconButton } from '../../ui/button.js';
import { RadioGroup } from '../../ui/choice.js';
import { Badge } from '../../ui/chip.js';
import { Dialog, present } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Progress } from '../../ui/progress.js';
import { usePages, useThrottled } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';

/** What people ask for, and what the server is asked: a whole account is a ZIP of its own kind. */
const CHOICES = /** @type {Record<string, {format: string, account?: boolean}>} */ ({
  account: { format: 'zip', account: true }, zip: { format: 'zip' }, markdown: { format: 'markdown' }, csv: { format: 'csv' }, ndjson: { format: 'ndjson' },
});
const WORKING = new Set(['waiting', 'running', 'paused']);
/** Also asked now and then: an event may have passed while the stream was being joined. */
const ASK_EVERY_MS = 3000;

export function DataCopies() {
  const pages = usePages('exports', (cursor, signal) => api.get('/exports', { query: cursor ? { cursor } : {}, signal }));
  const soon = useThrottled(pages.reload), task = useTask();
  const working = Boolean(pages.items?.some((one) => WORKING.has(one.state)));
  useEffect(() => on('job', soon), []);
  useEffect(() => {
    const timer = working ? setInterval(pages.reload, ASK_EVERY_MS) : 0;
    return () => clearInterval(timer);
  }, [working]);
  const create = async () => { if (await present(NewExport)) pages.reload(); };
  const remove = (/** @type {any} */ one) => task.run(async () => {
    await api.delete(`/exports/${one.id}`);
    toast({ text: t('exports.removed'), tone: 'ok' });
    pages.reload();
  });
  return html`<p class="field-hint">${t('exports.hint')}</p>
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${2} />` : null}
    ${pages.items?.length ? html`<ul class="rows">${pages.items.map((one) => html`<${ExportRow} key=${one.id} item=${one} onRemove=${() => remove(one)} />`)}</ul>` : null}
    ${pages.items && !pages.items.length ? html`<p class="none-here">${t('exports.none')}</p>` : null}
    <div class="btn-row">${may('exports:write') ? html`<${Button} icon="download" onClick=${create}>${t('exports.new')}<//>` : null}
      ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}</div>`;
}

/** @param {string} choice */
const choiceName = (choice) => (hasText(`exports.format.${choice}`) ? t(`exports.format.${choice}`) : choice);

/** @param {{item: any, onRemove: () => void}} props */
function ExportRow({ item, onRemove }) {
  const name = choiceName(item.account ? 'account' : item.format);
  const facts = [item.memories === null ? '' : t('ui.memories', { n: item.memories }), item.size_bytes ? bytes(item.size_bytes) : '', ago(item.created_at), item.query || ''];
  return html`<li class="row-static">
    <span class="row-mark"><${Icon} name="file" /></span>
    <div class="row-text"><b>${name}</b><span class="row-meta">${facts.filter(Boolean).join(' · ')}</span>
      ${WORKING.has(item.state) ? html`<${Progress} label=${t('exports.making', { name })} value=${item.progress?.done ?? 0} max=${item.progress?.total ?? 0} />` : null}
      ${item.state === 'failed' ? html`<span class="badges"><${Badge} tone="danger" icon="circle-alert">${t('exports.failed')} ${item.error ?? ''}<//></span>` : null}</div>
    ${item.file ? html`<a class="btn btn-quiet btn-small" href=${item.file} download=${item.file_name ?? ''}><${Icon} name="download" /><span>${t('exports.fetch')}</span><span class="sr">: ${name}</span></a>` : null}
    <${IconButton} icon="trash-2" label=${t('exports.remove', { name })} onClick=${onRemove} />
  </li>`;
}

/** @param {{close: (made: boolean) => void}} props */
function NewExport({ close }) {
  const [choice, setChoice] = useState('account'), [query, setQuery] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => { await api.post('/exports', { ...CHOICES[choice], ...(query.trim() && choice !== 'account' ? { query: query.trim() } : {}) }); close(true); });
  };
  return html`<${Dialog} title=${t('exports.new')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <${RadioGroup} legend=${t('exports.format_legend')} value=${choice} onChange=${setChoice} options=${Object.keys(CHOICES).map((value) => ({ value, label: choiceName(value), hint: t(`exports.format_hint.${value}`) }))} />
    ${choice === 'account' ? null : html`<${TextField} label=${t('exports.query')} hint=${t('exports.query_hint')} value=${query} onInput=${setQuery} autocomplete="off" spellcheck=${false} />`}
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t('exports.make')}<//></div>
  </form><//>`;
}
