// @ts-check
/** The frame of everything that happens at the door: signing in, a new password, an invitation. */
import { html, useEffect, useRef } from '../../core/preact.js';
import { title as setTitle } from '../../core/router.js';
import { BrandMark, Icon } from '../../ui/icon.js';
import { isOffline, Trouble } from '../../ui/states.js';
import { Scene } from '../setup/scene.js';

/** A heading that takes the focus when the step changes, the form, and a picture beside it. @param {{title: string, lead?: any, step?: string, foot?: any, children?: any}} props */
export function Door({ title, lead, step = '', foot, children }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null)), first = useRef(true);
  useEffect(() => {
    setTitle(title);
    if (!first.current && !heading.current?.parentElement?.contains(document.activeElement)) heading.current?.focus();
    first.current = false;
  }, [title, step]);
  return html`<div class="setup door">
    <section class="setup-left">
      <div class="setup-brand"><${BrandMark} /><span>Timeline Local</span></div>
      <div class="setup-step">
        <h1 tabindex="-1" ref=${heading}>${title}</h1>
        ${lead ? html`<p class="lead">${lead}</p>` : null}
        ${children}
        ${foot ? html`<p class="door-foot">${foot}</p>` : null}
      </div>
    </section>
    <${Scene} />
  </div>`;
}

/** A refusal in one line beside the form; what broke is told in full. @param {{problem: any}} props */
export function Refusal({ problem }) {
  if (!problem) return null;
  if (isOffline(problem) || problem.status >= 500) return html`<${Trouble} problem=${problem} />`;
  const texts = problem.errors?.length ? problem.errors.map((/** @type {any} */ one) => one.detail) : [problem.detail || problem.title];
  return html`<div class="field-error door-error" role="alert"><${Icon} name="circle-alert" /><span>${texts.join(' ')}</span></div>`;
}

/** What a link of an e-mail carries after the #; it is taken out of the address at once. @param {string} name */
export function takeFragment(name) {
  const found = new URLSearchParams(location.hash.slice(1)).get(name) ?? '';
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
  return found;
}
