// @ts-check
/** Tags as removable words: Enter or a comma ends one, Backspace in an empty field takes the last away. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { RemovableChip } from './chip.js';
import { Field } from './field.js';
import { useDomId } from './ids.js';
import { useResource } from './resource.js';

/** @param {{label: any, hint?: any, tags: string[], onChange: (tags: string[]) => void, class?: string}} props */
export function TagsField({ label, hint, tags, onChange, class: extra }) {
  const [text, setText] = useState('');
  const listId = useDomId('known-tags');
  const { data } = useResource('tags', (signal) => api.get('/tags', { signal }));
  const add = (/** @type {string} */ raw) => {
    const names = raw.split(',').map((name) => name.trim().replace(/^#/, '')).filter(Boolean);
    setText('');
    if (names.length) onChange([...new Set([...tags, ...names])]);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && text.trim()) {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && !text && tags.length) onChange(tags.slice(0, -1));
  };
  return html`<${Field} label=${label} hint=${hint} class=${extra}>
    ${(/** @type {any} */ wiring) => html`<div class="tags-input input">
      ${tags.map((tag) => html`<${RemovableChip} key=${tag} name=${tag} onRemove=${() => onChange(tags.filter((one) => one !== tag))}>#${tag}<//>`)}
      <input type="text" value=${text} list=${listId} autocomplete="off" autocapitalize="off" placeholder=${tags.length ? '' : t('ui.tags_placeholder')}
        onInput=${(/** @type {any} */ event) => (event.currentTarget.value.endsWith(',') ? add(event.currentTarget.value) : setText(event.currentTarget.value))}
        onKeyDown=${press} onBlur=${() => add(text)} ...${wiring} />
      <datalist id=${listId}>${(data?.items ?? []).slice(0, 200).map((/** @type {any} */ tag) => html`<option key=${tag.name} value=${tag.name}></option>`)}</datalist>
    </div>`}
  <//>`;
}
