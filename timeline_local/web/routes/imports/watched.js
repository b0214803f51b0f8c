// @ts-check
/** Folders that are looked at again and again: added, looked at now, paused, removed. For those who may read the disk. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { on } from '../../core/events.js';
import { moreTexts, t } from '../../core/i18n.js';
import { may } from '../../core/session.js';
import { Badge } from '../../ui/chip.js';
import { Button } from '../../ui/button.js';
import { Dialog, present } from '../../ui/dialog.js';
import { SelectField } from '../../ui/field.js';
import { FolderPicker } from '../../ui/folders.js';
import { Icon } from '../../ui/icon.js';
import { useResource, useThrottled } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const EVERY = ['5', '15', '60', '360', '1440', '10080'];

await moreTexts('data');

export function Watched() {
  const { data, problem, reload } = useResource('watched', (signal) => api.get('/watched-folders', { signal }));
  const task = useTask();
  useFollow(reload);
  if (!may('admin')) return null;
  const add = async () => {
    if (await present(NewWatch)) reload();
  };
  const act = (/** @type {() => Promise<any>} */ call) => task.run(async () => {
    await call();
    reload();
  });
  const items = /** @type {any[]} */ (data?.items ?? []);
  return html`<section class="watched" aria-label=${t('watched.title')}>
    <h2 class="section-title">${t('watched.title')}</h2>
    <p class="fine">${t('watched.hint')}</p>
    ${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${!data && !problem ? html`<${Loading} rows=${1} />` : null}
    ${items.length ? html`<ul class="rows" aria-label=${t('watched.title')}>${items.map((item) => html`<${Row} key=${item.id} item=${item} act=${act} />`)}</ul>` : null}
    <div class="btn-row"><${Button} icon="plus" onClick=${add}>${t('watched.add')}<//></div>
  </section>`;
}

/** Imports come and go while folders are looked at. @param {() => void} reload */
function useFollow(reload) {
  const soon = useThrottled(reload);
  useEffect(() => {
    const offs = [on('import', soon), on('reconnected', reload)];
    return () => offs.forEach((off) => off());
  }, []);
}

/** @param {{item: any, act: (call: () => Promise<any>) => void}} props */
function Row({ item, act }) {
  const url = `/watched-folders/${item.id}`;
  const last = item.last_import;
  const facts = [
    t('watched.every', { when: everyWord(item.every_min) }),
    item.last_at ? t('watched.looked', { when: ago(item.last_at) }) : t('watched.never'),
  ];
  return html`<li class="row-static">
    <span class="row-mark"><${Icon} name="folder" /></span>
    <div class="row-text">
      <b>${item.path}</b>
      <span class="row-meta">${facts.join(' · ')}</span>
      ${last ? html`<a class="row-sub" href=${`/imports/${last.id}`}>${t('watched.brought', { n: last.counts.new, when: ago(last.finished_at ?? item.last_at) })}</a>` : null}
      ${item.problem ? html`<span class="field-error" role="status"><${Icon} name="circle-alert" />${item.problem.detail}</span>` : null}
    </div>
    <${State} item=${item} />
    <div class="btn-row">
      <${Button} size="small" aria-label=${t('watched.look_at', { path: item.path })} onClick=${() => act(() => api.post(`${url}/look`))}>${t('watched.look')}<//>
      <${Button} size="small" onClick=${() => act(() => api.patch(url, { is_paused: !item.is_paused }))}>${t(item.is_paused ? 'watched.resume' : 'watched.pause')}<//>
      <${Button} size="small" aria-label=${t('watched.remove_one', { path: item.path })} onClick=${() => act(() => api.delete(url))}>${t('watched.remove')}<//>
    </div>
  </li>`;
}

/** @param {{item: any}} props */
function State({ item }) {
  if (item.is_looking) return html`<${Badge} tone="accent">${t('watched.looking')}<//>`;
  if (item.is_paused) return html`<${Badge} tone="quiet">${t('watched.paused')}<//>`;
  return item.problem ? html`<${Badge} tone="warm">${t('watched.trouble')}<//>` : html`<${Badge} tone="ok">${t('watched.on')}<//>`;
}

/** "every hour" where there is a word for it. @param {number} minutes */
const everyWord = (minutes) => (EVERY.includes(String(minutes)) ? t(`watched.interval.${minutes}`) : t('watched.minutes', { n: minutes }));

/** @param {{close: (made: any) => void}} props */
function NewWatch({ close }) {
  const [listing, setListing] = useState(/** @type {any} */ (null));
  const [every, setEvery] = useState('60');
  const { run, busy, problem } = useTask();
  const save = () => run(async () => close(await api.post('/watched-folders', { path: listing.path, every_min: Number(every) })));
  const footer = html`<${Button} variant="primary" busy=${busy} disabled=${!listing} onClick=${save}>${t('watched.watch')}<//>`;
  return html`<${Dialog} title=${t('watched.add')} onClose=${() => close(null)} footer=${footer}>
    <${FolderPicker} onChange=${setListing} onPick=${() => undefined} />
    <${SelectField} label=${t('watched.how_often')} value=${every} onChange=${setEvery} options=${EVERY.map((value) => ({ value, label: t(`watched.interval.${value}`) }))} />
    <p class="fine">${t('watched.new_hint')}</p>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
  <//>`;
}
