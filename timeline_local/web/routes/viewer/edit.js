// @ts-check
/** Fields that are edited where they stand: click, change, leave; saved with If-Match, and both versions shown on a conflict. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { complain, forget, read, save } from './store.js';

/**
 * @param {{memory:any, name:string, label:string, value:string, shown?:any, empty:string, multiline?:boolean, type?:string, hint?:string, first?:boolean,
 *   textOf?:(memory:any)=>string, toChange?:(text:string)=>Record<string, any>, onSaved:(memory:any)=>void}} props
 */
export function EditableField({ memory, name, label, value, shown, empty, multiline, type = 'text', hint, first, toChange, textOf = (other) => String(other[name] ?? ''), onSaved }) {
  const [editing, setEditing] = useState(false), [text, setText] = useState(value);
  const [theirs, setTheirs] = useState(/** @type {any} */ (null)), [error, setError] = useState('');
  const field = useRef(/** @type {any} */ (null)), opener = useRef(/** @type {HTMLElement|null} */ (null)), open = useRef(false);
  useEffect(() => { if (editing) field.current?.focus(); }, [editing]);
  const change = (/** @type {string} */ words) => (toChange ? toChange(words) : { [name]: words });
  const finish = (/** @type {boolean} */ refocus) => { open.current = false; setEditing(false); setTheirs(null); setError(''); if (refocus) setTimeout(() => opener.current?.focus()); };
  const commit = async (/** @type {any} */ basis, /** @type {boolean} */ refocus) => {
    if (!open.current) return;
    if (text === value && basis === memory) { finish(refocus); return; }
    open.current = false; // the field also loses the focus when it goes: that must not save twice
    try {
      const fresh = await save(basis, change(text));
      finish(refocus);
      onSaved(fresh);
    } catch (failure) {
      const problem = /** @type {any} */ (failure);
      if (problem.status === 412) { forget(memory.id); meet(await read(memory.id).catch(() => null)); } else if (problem.status >= 400 && problem.status < 500) { open.current = true; setError(problem.errors?.[0]?.detail || problem.message); } else { open.current = true; complain(problem); }
    }
  };
  const meet = (/** @type {any} */ other) => { if (other && textOf(other) === text) { finish(true); onSaved(other); } else setTheirs(other); };
  const key = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === 'Escape') { event.preventDefault(); setText(value); finish(true); }
    if (event.key === 'Enter' && (!multiline || event.ctrlKey || event.metaKey)) { event.preventDefault(); commit(memory, true); }
  };
  if (theirs) return html`<${Conflict} label=${label} theirs=${textOf(theirs)} mine=${text} onMine=${() => { open.current = true; commit(theirs, true); }} onTheirs=${() => { finish(true); onSaved(theirs); }} />`;
  if (!editing) return html`<button type="button" class=${`editable${value ? '' : ' is-empty'}${first ? ' is-title' : ''}`} ref=${opener} data-edit=${first ? '' : undefined} title=${t('viewer.edit_field', { field: label })} onClick=${() => { open.current = true; setText(value); setEditing(true); }}>
    <span class="sr">${t('viewer.edit_field', { field: label })}</span><span class="editable-value">${value ? shown ?? value : empty}</span><${Icon} name="pencil" /></button>`;
  const wiring = { class: 'input', ref: field, value: text, 'aria-label': label, 'aria-invalid': error ? 'true' : undefined, onInput: (/** @type {any} */ event) => setText(event.currentTarget.value), onKeyDown: key, onBlur: () => commit(memory, false) };
  return html`<div class="editing">
    ${multiline ? html`<textarea rows="7" ...${wiring}></textarea>` : html`<input type=${type} step=${type === 'datetime-local' ? 1 : undefined} autocomplete="off" ...${wiring} />`}
    ${error ? html`<p class="field-error" role="alert">${error}</p>` : hint ? html`<p class="field-hint">${hint}</p>` : null}
  </div>`;
}

/** Changed elsewhere meanwhile: show both, let the owner choose. @param {{label:string, theirs:string, mine:string, onMine:()=>void, onTheirs:()=>void}} props */
function Conflict({ label, theirs, mine, onMine, onTheirs }) {
  return html`<div class="conflict" role="alert">
    <p><b>${t('viewer.conflict_title', { field: label })}</b></p>
    <dl><dt>${t('viewer.theirs')}</dt><dd>${theirs || '–'}</dd><dt>${t('viewer.mine')}</dt><dd>${mine || '–'}</dd></dl>
    <p class="btn-row"><button type="button" class="btn btn-quiet btn-small" onClick=${onTheirs}><span>${t('viewer.keep_theirs')}</span></button>
      <button type="button" class="btn btn-primary btn-small" onClick=${onMine}><span>${t('viewer.keep_mine')}</span></button></p>
  </div>`;
}

/** Tags as words that can be taken away, and a field for more. @param {{memory:any, onSaved:(memory:any)=>void}} props */
export function EditableTags({ memory, onSaved }) {
  const [text, setText] = useState('');
  const set = (/** @type {string[]} */ tags) => save(memory, { tags }).then(onSaved, (problem) => { if (problem.status === 412) { forget(memory.id); read(memory.id).then(onSaved, () => {}); } complain(problem); });
  const add = () => {
    const words = text.split(/[,\s]+/).map((word) => word.replace(/^#/, '')).filter(Boolean);
    setText('');
    if (words.length) set([...new Set([...memory.tags, ...words])]);
  };
  return html`<div class="info-tags">
    ${memory.tags.map((/** @type {string} */ tag) => html`<span class="chip-word" key=${tag}>#${tag}<button type="button" aria-label=${t('ui.remove_named', { name: tag })} onClick=${() => set(memory.tags.filter((/** @type {string} */ one) => one !== tag))}><${Icon} name="x" /></button></span>`)}
    <input type="text" aria-label=${t('viewer.add_tag')} placeholder=${t('viewer.add_tag')} value=${text} autocomplete="off" autocapitalize="off"
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} onBlur=${add}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === 'Enter' || event.key === ',') { event.preventDefault(); add(); } if (event.key === 'Escape') { event.preventDefault(); setText(''); } }} />
  </div>`;
}
