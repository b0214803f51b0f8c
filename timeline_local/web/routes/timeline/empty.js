// @ts-check
/** What stands in the place of the feed when there is nothing to show: never a blank screen. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { Trouble } from '../../ui/states.js';

/** @param {{feed:import('./feed.js').Feed, query:Record<string,string>}} props */
export default function Empty({ feed, query }) {
  if (feed.status.value === 'failed') return html`<div class="blank"><${Trouble} problem=${feed.problem.value} onRetry=${() => feed.load()} /></div>`;
  if (query.q || query.kind) return html`<div class="blank"><div class="blank-words">
    <span class="blank-mark"><${Icon} name="search" /></span>
    <h2>${query.q ? t('search.none', { q: query.q }) : t('search.none_kind')}</h2>
    <p>${t('search.none_hint')}</p>
    <p class="blank-actions"><a class="btn btn-quiet" href="/timeline"><span>${t('search.all')}</span></a></p>
  </div></div>`;
  return html`<div class="blank blank-first"><div class="blank-words">
    <div class="blank-art" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
    <h2>${t('empty.title')}</h2>
    <p>${t('empty.body')}</p>
    <p class="blank-actions">
      <a class="btn btn-primary btn-large" href="/new"><${Icon} name="pencil" /><span>${t('empty.write')}</span></a>
      <a class="btn btn-quiet btn-large" href="/imports"><${Icon} name="folder-input" /><span>${t('empty.import')}</span></a>
    </p>
    <p class="blank-fine"><${Icon} name="lock" />${t('empty.private')}</p>
  </div></div>`;
}
