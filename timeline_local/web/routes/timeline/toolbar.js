// @ts-check
/** Above the feed: the month at the top of the window, what to show, how big, or as a list. */
import { html, useEffect, useRef } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { look, setLook } from './feed.js';

const SIZES = [['small', 'S'], ['medium', 'M'], ['large', 'L']];
const KINDS = ['', 'photo', 'video', 'note', 'visit', 'event'];

const KIND_TERM = /(^|\s)kind:(\S+)/i;

/** The kind that is shown: by the address, or by a term of the search ("many" when that is none of ours). @param {Record<string,string>} query */
function kindOf({ kind, q = '' }) {
  if (kind) return kind;
  const named = KIND_TERM.exec(q)?.[2].toLowerCase() ?? '';
  return KINDS.includes(named) ? named : 'many';
}

/** The address of this screen with another kind; a kind that was searched for gives way. @param {Record<string,string>} query @param {string} kind */
function withKind(query, kind) {
  const params = new URLSearchParams(), words = (query.q ?? '').replace(new RegExp(KIND_TERM, 'gi'), '').trim();
  if (words) params.set('q', words);
  if (kind) params.set('kind', kind);
  const search = params.toString();
  return (words ? '/search' : '/timeline') + (search ? `?${search}` : '');
}

/** @param {{feed:import('./feed.js').Feed, query:Record<string,string>}} props */
export function Toolbar({ feed, query }) {
  const active = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => active.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [query.kind, query.q]);
  feed.version.value;
  const shown = kindOf(query);
  const ready = feed.status.value === 'ready' || feed.status.value === 'empty', n = feed.ctl.sk?.n ?? 0;
  return html`<div class="toolbar">
    ${query.q
      ? html`<h1 class="when">${ready ? t('search.found', { n }) : t('search.searching')}</h1>`
      : html`<span class="when" aria-hidden="true">${feed.month.value || ' '}</span>`}
    <nav class="kinds" aria-label=${t('timeline.show')}>${KINDS.map((kind) => {
      const isOn = shown === kind;
      return html`<a key=${kind} href=${withKind(query, kind)} aria-current=${isOn ? 'true' : undefined} ref=${isOn ? active : undefined}>${t(`timeline.kinds.${kind || 'all'}`)}</a>`;
    })}</nav>
    <span class="toolbar-grow"></span>
    ${query.q && ready ? html`<button type="button" class="icon-btn" aria-label=${t('search.keep')} title=${t('search.keep')} onClick=${() => import('../collections/add.js').then(({ keepSearch }) => keepSearch(feed.q))}><${Icon} name="layout-grid" /></button>` : null}
    <div class="look" role="group" aria-label=${t('timeline.look')}>
      ${SIZES.map(([size, letter]) => html`<button key=${size} type="button" aria-pressed=${String(look.value.mode === 'grid' && look.value.density === size)} aria-label=${t(`timeline.density.${size}`)} title=${t(`timeline.density.${size}`)} onClick=${() => setLook({ mode: 'grid', density: size })}>${letter}</button>`)}
      <button type="button" aria-pressed=${String(look.value.mode === 'list')} aria-label=${t('timeline.list')} title=${t('timeline.list')} onClick=${() => setLook({ mode: look.value.mode === 'list' ? 'grid' : 'list' })}><${Icon} name="list" /></button>
    </div>
  </div>`;
}
