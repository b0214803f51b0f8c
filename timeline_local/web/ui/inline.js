// @ts-check
/** A heading, name or remark that becomes a field when one presses it; saved when one leaves it. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { Icon } from './icon.js';

/** @param {{label: string, value: string, shown?: string, empty?: string, multiline?: boolean, class?: string, readOnly?: boolean, onSave: (text: string) => Promise<any> | void}} props */
export function InlineText({ label, value, shown = value, empty, multiline, class: extra, readOnly, onSave }) {
  const [editing, setEditing] = useState(false), [text, setText] = useState(value);
  const field = useRef(/** @type {any} */ (null)), opener = useRef(/** @type {HTMLElement | null} */ (null)), open = useRef(false);
  useEffect(() => { if (editing) { field.current?.focus(); field.current?.select?.(); } }, [editing]);
  const finish = (/** @type {boolean} */ refocus) => { open.current = false; setEditing(false); if (refocus) setTimeout(() => opener.current?.focus()); };
  const commit = (/** @type {boolean} */ refocus) => {
    if (!open.current) return; // the field also loses the focus when it goes: that must not save twice
    finish(refocus);
    if (text.trim() !== value) onSave(text.trim());
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === 'Escape') { event.preventDefault(); setText(value); finish(true); }
    if (event.key === 'Enter' && (!multiline || event.ctrlKey || event.metaKey)) { event.preventDefault(); commit(true); }
  };
  if (readOnly) return value ? html`<span class=${extra}>${shown}</span>` : null;
  if (!editing) return html`<button type="button" class=${`inline-text${value ? '' : ' is-empty'}${extra ? ` ${extra}` : ''}`} ref=${opener} onClick=${() => { open.current = true; setText(value); setEditing(true); }}>
    <span>${shown || empty}</span><${Icon} name="pencil" /><span class="sr">${t('ui.edit_named', { name: label })}</span></button>`;
  const wiring = { class: 'input', ref: field, value: text, 'aria-label': label, onInput: (/** @type {any} */ event) => setText(event.currentTarget.value), onKeyDown: press, onBlur: () => commit(false) };
  return multiline ? html`<textarea rows="3" maxlength="2000" ...${wiring}></textarea>` : html`<input type="text" maxlength="200" autocomplete="off" ...${wiring} />`;
}
