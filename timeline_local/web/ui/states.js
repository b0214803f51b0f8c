// @ts-check
/** The five states every screen has: loading, empty, partial, error, offline (and missing permission). */
import { html, useEffect, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { Button } from './button.js';
import { CopyButton } from './copy.js';
import { Icon } from './icon.js';

/** Nothing flashes for answers that come quickly. */
const SKELETON_AFTER_MS = 150;

/** Placeholder rows in the place where the content will stand. @param {{rows?: number, kind?: 'rows'|'tiles'|'text'}} props */
export function Loading({ rows = 4, kind = 'rows' }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return html`<div class=${`skeleton skeleton-${kind}`} role="status">
    <span class="sr">${t('ui.loading')}</span>
    ${Array.from({ length: rows }, (_, index) => html`<i key=${index}></i>`)}
  </div>`;
}

/** One sentence and one action. @param {{icon: string, title: string, children?: any, action?: any}} props */
export function Empty({ icon, title, children, action }) {
  return html`<div class="empty">
    <span class="empty-mark"><${Icon} name=${icon} /></span>
    <h2>${title}</h2>
    ${children ? html`<p>${children}</p>` : null}
    ${action ? html`<div class="empty-action">${action}</div>` : null}
  </div>`;
}

/** What is shown and what is still to come. @param {{children?: any, tone?: 'quiet'|'warm'|'ok'|'danger', icon?: string, action?: any}} props */
export function Note({ children, tone = 'quiet', icon = 'info', action }) {
  return html`<div class=${`note-bar note-${tone}`} role=${tone === 'danger' ? 'alert' : 'status'}>
    <${Icon} name=${icon} /><div>${children}</div>${action ?? null}
  </div>`;
}

/**
 * A problem in the owner's words: what happened, what is safe, what to do; details can be copied.
 * @param {{problem: any, onRetry?: () => void, safe?: string}} props
 */
export function Trouble({ problem, onRetry, safe }) {
  if (problem.status === 403) return html`<${Forbidden} problem=${problem} />`;
  const offline = isOffline(problem);
  return html`<section class="trouble" role="alert">
    <span class="empty-mark"><${Icon} name=${offline ? 'unplug' : 'circle-alert'} /></span>
    <div>
      <h2>${offline ? t('ui.offline_title') : problem.title || t('ui.error_title')}</h2>
      <p>${offline ? t('ui.offline_body') : problem.detail}</p>
      ${problem.errors?.length ? html`<ul>${problem.errors.map((/** @type {any} */ error) => html`<li key=${error.pointer}>${error.detail}</li>`)}</ul>` : null}
      <p class="fine">${safe ?? t('ui.error_safe')}</p>
      <div class="trouble-actions">
        ${onRetry ? html`<${Button} icon="refresh-cw" onClick=${onRetry}>${t('ui.retry')}<//>` : null}
        <${CopyButton} text=${details(problem)} label=${t('ui.copy_details')} />
        ${problem.request_id ? html`<code class="fine">${problem.request_id}</code>` : null}
      </div>
    </div>
  </section>`;
}

/** @param {{problem: any}} props */
function Forbidden({ problem }) {
  return html`<${Empty} icon="lock" title=${problem.title || t('ui.forbidden_title')}>${problem.detail || t('ui.forbidden_body')}<//>`;
}

/** True when the server did not answer at all. @param {any} problem */
export function isOffline(problem) {
  return !problem?.status || problem.slug === 'offline';
}

/** Text for a bug report: no content of the timeline, only what went wrong. @param {any} problem */
function details(problem) {
  const { slug, title, status, detail, request_id: requestId, errors, message } = problem;
  return JSON.stringify({ slug, title: title ?? message, status, detail, request_id: requestId, errors, page: location.pathname }, null, 2);
}
