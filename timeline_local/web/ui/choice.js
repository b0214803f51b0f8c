// @ts-check
/** Switches, checkboxes, radio cards and small segmented choices: all native inputs underneath. */
import { html } from '../core/preact.js';
import { useDomId } from './ids.js';

/** @param {{label: any, hint?: any, checked: boolean, onChange: (checked: boolean) => void, [name: string]: any}} props */
export function Switch({ label, hint, checked, onChange, ...rest }) {
  const id = useDomId('switch');
  return html`<div class="switch-row">
    <div class="switch-text">
      <label class="field-label" for=${id}>${label}</label>
      ${hint ? html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>` : null}
    </div>
    <input
      class="switch"
      type="checkbox"
      role="switch"
      id=${id}
      checked=${checked}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)}
      ...${rest}
    />
  </div>`;
}

/** @param {{label: any, hint?: any, checked: boolean, onChange: (checked: boolean) => void, [name: string]: any}} props */
export function Checkbox({ label, hint, checked, onChange, ...rest }) {
  return html`<label class="choice">
    <input
      type="checkbox"
      checked=${checked}
      onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)}
      ...${rest}
    />
    <span class="choice-text"><b>${label}</b>${hint ? html`<span>${hint}</span>` : null}</span>
  </label>`;
}

/**
 * One choice out of a few, each with a line of explanation.
 * @param {{legend: any, value: string, onChange: (value: string) => void, hideLegend?: boolean,
 *   options: {value: string, label: any, hint?: any, disabled?: boolean}[]}} props
 */
export function RadioGroup({ legend, value, onChange, options, hideLegend }) {
  const name = useDomId('radio');
  return html`<fieldset class="choices">
    <legend class=${hideLegend ? 'sr' : 'field-label'}>${legend}</legend>
    ${options.map((option) => html`<label class="choice" key=${option.value}>
      <input
        type="radio"
        name=${name}
        value=${option.value}
        checked=${option.value === value}
        disabled=${option.disabled}
        onChange=${() => onChange(option.value)}
      />
      <span class="choice-text"><b>${option.label}</b>${option.hint ? html`<span>${option.hint}</span>` : null}</span>
    </label>`)}
  </fieldset>`;
}

/**
 * A row of short alternatives (theme, density).
 * @param {{legend: any, hint?: any, value: string, onChange: (value: string) => void, options: {value: string, label: any}[]}} props
 */
export function Segments({ legend, hint, value, onChange, options }) {
  const name = useDomId('segment');
  return html`<fieldset class="segments-field">
    <legend class="field-label">${legend}</legend>
    <div class="segments">
      ${options.map((option) => html`<label class="segment" key=${option.value}>
        <input type="radio" name=${name} value=${option.value} checked=${option.value === value} onChange=${() => onChange(option.value)} />
        <span>${option.label}</span>
      </label>`)}
    </div>
    ${hint ? html`<p class="field-hint">${hint}</p>` : null}
  </fieldset>`;
}
