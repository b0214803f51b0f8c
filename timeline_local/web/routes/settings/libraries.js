// @ts-check
/** Where this library is, on its way to another folder, and the other libraries of this computer. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { on } from '../../core/events.js';
import { t } from '../../core/i18n.js';
import { bootstrap, refreshBootstrap } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button, IconButton } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { confirm } from '../../ui/confirm.js';
import { Dialog, present } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { FolderPicker } from '../../ui/folders.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Progress } from '../../ui/progress.js';
import { useResource } from '../../ui/resource.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';

/** What `GET /libraries` says, asked anew when a move goes on. */
export function useLibraries() {
  const list = useResource('libraries', (signal) => api.get('/libraries', { signal }));
  useEffect(() => {
    const stops = [
      on('move', (move) => list.set((/** @type {any} */ now) => now && { ...now, move: move.state === 'cancelled' ? null : move })),
      on('reconnected', () => { list.reload(); refreshBootstrap().catch(() => {}); }),
    ];
    return () => stops.forEach((stop) => stop());
  }, []);
  return list;
}

/** The button that asks for another folder, and how the move goes. An empty library is moved without further questions. @param {{list: any, isEmpty?: boolean}} props */
export function Moving({ list, isEmpty = false }) {
  const { run, busy, problem } = useTask();
  const move = list.data?.move;
  const end = () => run(async () => { await api.delete('/libraries/move'); list.reload(); });
  if (!list.data?.can_change) return null;
  if (!move) return html`<div class="btn-row"><${Button} icon="folder" onClick=${async () => { if (await present(MoveDialog, { isEmpty })) list.reload(); }}>${t(isEmpty ? 'libraries.choose' : 'libraries.move')}<//></div>`;
  if (move.state === 'failed') return html`<${Note} tone="danger" icon="circle-alert" action=${html`<${Button} size="small" variant="quiet" busy=${busy} onClick=${end}>${t('libraries.seen')}<//>`}><b>${t('libraries.failed')}</b> ${move.detail}<//>`;
  if (move.state === 'finishing') return html`<${Note} tone="warm" icon="hard-drive">${t('libraries.finishing')}<//>`;
  const text = t('libraries.moving', { done: bytes(move.done_bytes), total: bytes(move.total_bytes) });
  return html`<div class="moving"><p>${text} <code class="path">${move.path}</code></p>
    <${Progress} label=${t('libraries.moving_label')} value=${move.done_bytes} max=${move.total_bytes} text=${text} />
    <div class="btn-row"><${Button} busy=${busy} onClick=${end}>${t('libraries.call_off')}<//></div>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}</div>`;
}

/** @param {{list: any}} props */
export function Others({ list }) {
  const { run, busy, problem } = useTask();
  const [left, setLeft] = useState('');
  if (!list.data?.can_change) return null;
  const others = list.data.items.filter((/** @type {any} */ one) => !one.is_open && (one.is_there || !one.is_chosen));
  const open = async (/** @type {any} */ one) => {
    if (await confirm({ title: t('libraries.open_title', { name: one.name }), body: html`<p>${t('libraries.open_body')}</p>`, action: t('libraries.open') })) run(async () => {
      await api.post('/libraries/open', { path: one.path });
      setLeft(one.name);
    });
  };
  const forget = (/** @type {any} */ one) => run(async () => { list.set(await api.delete('/libraries', { query: { path: one.path } })); toast({ text: t('libraries.forgotten', { name: one.name }), tone: 'ok' }); });
  return html`<h3 class="sub-title">${t('libraries.others')}</h3>
    ${left ? html`<${Note} tone="ok" icon="circle-check">${t('libraries.left', { name: left })}<//>` : null}
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    ${others.length ? html`<ul class="rows">${others.map((/** @type {any} */ one) => html`<${Other} key=${one.path} item=${one} busy=${busy || Boolean(left)} onOpen=${() => open(one)} onForget=${() => forget(one)} />`)}</ul>` : html`<p class="field-hint">${t('libraries.others_none')}</p>`}
    <div class="btn-row"><${Button} icon="plus" onClick=${async () => { if (await present(AddDialog)) list.reload(); }}>${t('libraries.add')}<//></div>`;
}

/** @param {{item: any, busy: boolean, onOpen: () => void, onForget: () => void}} props */
function Other({ item, busy, onOpen, onForget }) {
  const isAway = !item.is_there && item.id;
  return html`<li class="row-static">
    <span class="row-mark"><${Icon} name="hard-drive" /></span>
    <div class="row-text"><b>${item.name} ${isAway ? html`<${Badge} tone="warm" icon="circle-alert">${t('libraries.away')}<//>` : null}${item.id ? null : html`<${Badge}>${t('libraries.new')}<//>`}</b><code class="path">${item.path}</code></div>
    <${Button} variant="quiet" size="small" disabled=${busy || isAway} onClick=${onOpen}>${t('libraries.open')}<span class="sr">: ${item.name}</span><//>
    <${IconButton} icon="x" label=${t('libraries.forget', { name: item.name })} onClick=${onForget} />
  </li>`;
}

/** Where to: an existing folder is chosen, and what is to be made in it can be typed. @param {{close: (moved: boolean) => void, isEmpty: boolean}} props */
function MoveDialog({ close, isEmpty }) {
  const { run, busy, problem } = useTask();
  const [path, setPath] = useState(''), [plan, setPlan] = useState(/** @type {any} */ (null));
  const [free, setFree] = useState(/** @type {number | null} */ (null));
  const type = (/** @type {string} */ text) => { setPath(text); setPlan(null); setFree(null); };
  const choose = (/** @type {import('../../ui/folders.js').Listing} */ listing) => { type(inside(listing.path)); setFree(listing.free_bytes); };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      if (!plan && !isEmpty) return setPlan(await api.post('/libraries/move/plan', { path: path.trim() }));
      await api.post('/libraries/move', { path: path.trim() });
      close(true);
    });
  };
  return html`<${Dialog} title=${t(isEmpty ? 'libraries.choose_title' : 'libraries.move_title')} onClose=${() => close(false)}><form onSubmit=${submit}>
    <p class="field-hint">${t(isEmpty ? 'libraries.choose_hint' : 'libraries.move_hint')}</p>
    <${FolderPicker} onChange=${choose} onPick=${() => {}} />
    <${TextField} label=${t('libraries.folder')} hint=${free === null ? t('libraries.folder_hint') : t('libraries.free', { free: bytes(free) })} value=${path} onInput=${type} spellcheck=${false} autocomplete="off" />
    ${plan ? html`<${Note} tone="ok" icon="circle-check">${t('libraries.plan', { total: bytes(plan.total_bytes), free: bytes(plan.free_bytes) })}<//>` : null}
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//>
      <${Button} type="submit" variant="primary" busy=${busy} disabled=${!path.trim()}>${t(isEmpty ? 'libraries.choose_now' : plan ? 'libraries.move_now' : 'libraries.check')}<//></div>
  </form><//>`;
}

/** @param {{close: (added: boolean) => void}} props */
function AddDialog({ close }) {
  const { run, busy, problem } = useTask();
  const [path, setPath] = useState('');
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => { await api.post('/libraries', { path: path.trim() }); close(true); });
  };
  return html`<${Dialog} title=${t('libraries.add')} onClose=${() => close(false)}><form onSubmit=${submit}>
    <p class="field-hint">${t('libraries.add_hint')}</p>
    <${FolderPicker} onChange=${(/** @type {any} */ listing) => setPath(listing.path)} onPick=${() => {}} />
    <${TextField} label=${t('libraries.folder')} value=${path} onInput=${setPath} spellcheck=${false} autocomplete="off" />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//>
      <${Button} type="submit" variant="primary" busy=${busy} disabled=${!path.trim()}>${t('libraries.add_now')}<//></div>
  </form><//>`;
}

/** The name of this library's folder, in another folder. @param {string} folder */
function inside(folder) {
  const slash = folder.includes('\\') ? '\\' : '/';
  return `${folder.endsWith(slash) ? folder : folder + slash}${bootstrap.value?.library?.name || 'Timeline'}`;
}
