// @ts-check
/** Who is on a memory: names that lead to the person, and a field that knows everybody. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { useDomId } from '../../ui/ids.js';
import { complain, forget, read, save } from './store.js';

const OFFERED = 12;

/** @param {{memory: any, onSaved: (memory: any) => void}} props */
export function EditablePeople({ memory, onSaved }) {
  const [text, setText] = useState(''), [known, setKnown] = useState(/** @type {any[]} */ ([])), listId = useDomId('people');
  const people = memory.people ?? [];
  useEffect(() => {
    if (!text.trim()) return undefined;
    const abort = new AbortController();
    api.get('/people', { query: { q: text.trim(), order: 'memories', limit: OFFERED }, signal: abort.signal }).then(({ items }) => setKnown(items), () => {});
    return () => abort.abort();
  }, [text]);
  const set = (/** @type {any[]} */ next) => save(memory, { people: next }).then(onSaved, (problem) => {
    if (problem.status === 412) { forget(memory.id); read(memory.id).then(onSaved, () => {}); }
    complain(problem);
  });
  const ids = () => people.map((/** @type {any} */ one) => ({ id: one.id }));
  const add = () => {
    const name = text.trim(), found = known.find((one) => one.name.toLowerCase() === name.toLowerCase());
    setText('');
    if (name && !people.some((/** @type {any} */ one) => one.id === found?.id || one.name === name)) set([...ids(), found ? { id: found.id } : name]);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === 'Enter' || event.key === ',') { event.preventDefault(); add(); }
    if (event.key === 'Escape') { event.preventDefault(); setText(''); }
  };
  return html`<div class="info-tags">
    ${people.map((/** @type {any} */ one) => html`<span class="chip-word" key=${one.id}><a href=${`/people/${one.id}`}>${one.name}</a><button type="button" aria-label=${t('ui.remove_named', { name: one.name })} onClick=${() => set(ids().filter((/** @type {any} */ other) => other.id !== one.id))}><${Icon} name="x" /></button></span>`)}
    <input type="text" list=${listId} aria-label=${t('viewer.add_person')} placeholder=${t('viewer.add_person')} value=${text} autocomplete="off"
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} onBlur=${add} onKeyDown=${press} />
    <datalist id=${listId}>${known.map((one) => html`<option key=${one.id} value=${one.name}></option>`)}</datalist>
  </div>`;
}
