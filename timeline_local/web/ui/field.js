// @ts-check
/** Labelled form fields. The label is always visible; hint and error are read with the field. */
import { html } from '../core/preact.js';
import { Icon } from './icon.js';
import { useDomId } from './ids.js';

/**
 * The frame around any control.
 * @param {{label: any, hint?: any, error?: any, class?: string,
 *   children: (wiring: {id: string, 'aria-describedby'?: string, 'aria-invalid'?: 'true'}) => any}} props
 */
export function Field({ label, hint, error, class: extra, children }) {
  const id = useDomId('field');
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return html`<div class=${`field${extra ? ` ${extra}` : ''}`}>
    <label class="field-label" for=${id}>${label}</label>
    ${children({ id, 'aria-describedby': described, 'aria-invalid': error ? 'true' : undefined })}
    ${hint ? html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>` : null}
    ${error ? html`<p class="field-error" id=${`${id}-error`} role="alert"><${Icon} name="circle-alert" />${error}</p>` : null}
  </div>`;
}

/** @param {{label: any, value: string, onInput: (value: string) => void, hint?: any, error?: any, class?: string, inputRef?: any, [name: string]: any}} props */
export function TextField({ label, value, onInput, hint, error, class: extra, inputRef, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} error=${error} class=${extra}>
    ${(/** @type {any} */ wiring) => html`<input
      class="input"
      type="text"
      ref=${inputRef}
      value=${value}
      onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}
      ...${wiring}
      ...${rest}
    />`}
  <//>`;
}

/**
 * A native select.
 * @param {{label: any, value: string, onChange: (value: string) => void, options: {value: string, label: string}[],
 *   hint?: any, error?: any, class?: string, [name: string]: any}} props
 */
export function SelectField({ label, value, onChange, options, hint, error, class: extra, ...rest }) {
  return html`<${Field} label=${label} hint=${hint} error=${error} class=${extra}>
    ${(/** @type {any} */ wiring) => html`<span class="select">
      <select class="input" onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)} ...${wiring} ...${rest}>
        ${options.map((option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
      </select>
      <${Icon} name="chevron-down" />
    </span>`}
  <//>`;
}
