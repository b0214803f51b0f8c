// @ts-check
/** The memories of a collection in their order, which dragging or the arrows on each picture change. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';
import { Button, IconButton } from '../../ui/button.js';
import { MemoryTile, nameOf, pictureOf } from '../../ui/memories.js';
import { usePages } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { complain } from '../gather/undo.js';

/** @param {{collection: any, writes: boolean, onChange: () => void, onCover: (memory: any) => void}} props */
export function Members({ collection, writes, onChange, onCover }) {
  const path = `/collections/${collection.id}`;
  const pages = usePages(`members ${collection.id}`, (cursor, signal) => api.get(`${path}/memories`, { query: { limit: 100, ...(cursor ? { cursor } : {}) }, signal }));
  const [ordering, setOrdering] = useState(false), [said, say] = useState(''), { items } = pages;
  const place = async (/** @type {number} */ from, /** @type {number} */ to) => {
    if (!items || to < 0 || to >= items.length || from === to) return;
    const next = [...items], [memory] = next.splice(from, 1);
    next.splice(to, 0, memory);
    pages.set((old) => old && { ...old, items: next });
    say(t('collections.moved', { name: nameOf(memory), place: to + 1, n: next.length }));
    const anchor = to > 0 ? { after: next[to - 1].id } : { before: next[1].id };
    try { await api.post(`${path}/move`, { memories: [memory.id], ...anchor }); } catch (problem) { complain(problem); pages.reload(); }
  };
  const takeOut = async (/** @type {any} */ memory) => {
    try {
      const at = items?.findIndex((/** @type {any} */ one) => one.id === memory.id) ?? -1, after = items?.[at - 1], before = items?.[at + 1];
      await api.delete(`${path}/memories`, { content: { memories: [memory.id] } });
      pages.set((old) => old && { ...old, items: old.items.filter((/** @type {any} */ one) => one.id !== memory.id) });
      const putBack = async () => {
        await api.post(`${path}/memories`, { memories: [memory.id] });
        if (before) await api.post(`${path}/move`, { memories: [memory.id], ...(after ? { after: after.id } : { before: before.id }) });
        pages.reload();
        onChange();
      };
      toast({ text: t('collections.taken_out'), tone: 'ok', undo: () => putBack().catch(complain) });
      onChange();
    } catch (problem) { complain(problem); }
  };
  if (pages.problem && !items) return html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />`;
  if (!items) return html`<${Loading} kind="tiles" rows=${8} />`;
  if (!items.length) return html`<p class="none-here">${t('collections.no_members')}</p>`;
  return html`<section aria-label=${t('collections.members')}>
    ${writes && items.length > 1 ? html`<div class="btn-row more-row members-bar"><${Button} size="small" icon=${ordering ? 'check' : 'sliders-horizontal'} aria-pressed=${String(ordering)} onClick=${() => setOrdering(!ordering)}>${t(ordering ? 'collections.order_done' : 'collections.order')}<//>
      ${ordering ? html`<span class="fine">${t('collections.order_hint')}</span>` : null}</div>` : null}
    <p class="sr" role="status">${said}</p>
    <${Grid} items=${items} ordering=${ordering} writes=${writes} place=${place} takeOut=${takeOut} onCover=${onCover} />
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row more-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}
  </section>`;
}

/** @param {{items: any[], ordering: boolean, writes: boolean, place: (from: number, to: number) => void, takeOut: (memory: any) => void, onCover: (memory: any) => void}} props */
function Grid({ items, ordering, writes, place, takeOut, onCover }) {
  const [dragged, setDragged] = useState(-1), [target, setTarget] = useState(-1);
  const end = () => { setDragged(-1); setTarget(-1); };
  const dragging = (/** @type {number} */ index) => (!ordering ? {} : {
    draggable: true,
    onDragStart: (/** @type {DragEvent} */ event) => { setDragged(index); event.dataTransfer?.setData('text/plain', items[index].id); },
    onDragOver: (/** @type {DragEvent} */ event) => { if (dragged >= 0) { event.preventDefault(); setTarget(index); } },
    onDrop: (/** @type {DragEvent} */ event) => { event.preventDefault(); place(dragged, index); end(); },
    onDragEnd: end,
    class: `face${index === dragged ? ' is-dragged' : ''}${index === target && index !== dragged ? ' is-target' : ''}`,
  });
  const move = (/** @type {any} */ event, /** @type {number} */ index, /** @type {number} */ step) => {
    const button = event.currentTarget;
    place(index, index + step);
    setTimeout(() => button.focus());
  };
  return html`<ul class=${`faces${ordering ? ' is-ordering' : ''}`} aria-label=${t('collections.members')}>${items.map((memory, index) => html`<${MemoryTile} key=${memory.id} memory=${memory} ...${dragging(index)}>
    ${writes ? html`<span class="face-tools">${ordering
      ? html`<${IconButton} icon="arrow-left" label=${t('collections.earlier', { name: nameOf(memory) })} aria-disabled=${index === 0 ? 'true' : undefined} onClick=${(/** @type {any} */ event) => move(event, index, -1)} /><${IconButton} icon="arrow-right" label=${t('collections.later', { name: nameOf(memory) })} aria-disabled=${index === items.length - 1 ? 'true' : undefined} onClick=${(/** @type {any} */ event) => move(event, index, 1)} />`
      : html`${pictureOf(memory) ? html`<${IconButton} icon="image" label=${`${t('collections.use_as_cover')}: ${nameOf(memory)}`} onClick=${() => onCover(memory)} />` : null}<${IconButton} icon="x" label=${t('collections.take_out', { name: nameOf(memory) })} onClick=${() => takeOut(memory)} />`}</span>` : null}<//>`)}</ul>`;
}
