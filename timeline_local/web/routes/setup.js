// @ts-check
/** First run: three short steps, each of which can be skipped. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { navigate, title as setTitle } from '../core/router.js';
import { bootstrap, saveSettings } from '../core/session.js';
import { BrandMark } from '../ui/icon.js';
import { Trouble } from '../ui/states.js';
import { useTask } from '../ui/task.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Bring } from './setup/bring.js';
import { Home } from './setup/home.js';
import { Scene } from './setup/scene.js';
import { Yours } from './setup/yours.js';

await stylesheet('screens.css');

const STEPS = [Yours, Home, Bring];

export default function Setup() {
  const [step, setStep] = useState(0);
  const { run, busy, problem } = useTask();
  const heading = useStepFocus(step);
  const finish = (/** @type {string} */ path) => run(async () => {
    await saveSettings({ setup_done: true });
    if (bootstrap.value) bootstrap.value = { ...bootstrap.value, setup_done: true };
    navigate(path, { replace: true });
  });
  const Step = STEPS[step];
  return html`<div class="setup">
    <section class="setup-left">
      <div class="setup-brand"><${BrandMark} /><span>Timeline Local</span></div>
      <div class="setup-step" key=${step}>
        <${Dots} step=${step} />
        <h1 tabindex="-1" ref=${heading}>${t(`setup.title.${step}`)}</h1>
        <p class="lead">${t(`setup.lead.${step}`)}</p>
        <${Step} next=${() => setStep(step + 1)} finish=${finish} busy=${busy} />
        ${problem ? html`<${Trouble} problem=${problem} />` : null}
      </div>
      ${step > 0 ? html`<button type="button" class="text-btn setup-back" onClick=${() => setStep(step - 1)}>${t('setup.back')}</button>` : null}
    </section>
    <${Scene} />
  </div>`;
}

/** @param {{step: number}} props */
function Dots({ step }) {
  return html`<p class="setup-dots"><span>${t('setup.step', { step: step + 1, n: STEPS.length })}</span>
    <span class="dots" aria-hidden="true">${STEPS.map((_, index) => html`<i key=${index} class=${index <= step ? 'is-on' : undefined}></i>`)}</span></p>`;
}

/** Each step announces itself by moving the focus to its heading. @param {number} step */
function useStepFocus(step) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    setTitle(t(`setup.title.${step}`));
    if (step > 0) heading.current?.focus();
  }, [step]);
  return heading;
}
