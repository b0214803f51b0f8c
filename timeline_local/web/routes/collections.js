// @ts-check
/** What somebody put together, and searches that are kept; and, apart from them, the conversations that sources tell of. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { navigate } from '../core/router.js';
import { may } from '../core/session.js';
import { Button } from '../ui/button.js';
import { Cover } from '../ui/cover.js';
import { present } from '../ui/dialog.js';
import { Find } from '../ui/find.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { usePages } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { NameDialog } from './gather/name.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

const KINDS = /** @type {Record<string, string[]>} */ ({ gathered: ['album', 'journal', 'trip', 'calendar', 'playlist'], conversations: ['conversation'] });

/** @param {{query: Record<string, string>}} props */
export default function Collections({ query }) {
  const [find, setFind] = useState(''), which = query.show === 'conversations' ? 'conversations' : 'gathered', areChats = which === 'conversations';
  const pages = usePages(`collections ${which}`, (cursor, signal) => api.get('/collections', { query: { kind: KINDS[which], limit: 200, ...(cursor ? { cursor } : {}) }, signal }));
  const items = pages.items?.filter((one) => one.name.toLowerCase().includes(find.toLowerCase()));
  const create = async () => {
    const made = await present(NameDialog, { title: t('collections.new'), label: t('collections.name'), action: t('collections.create'), save: (/** @type {string} */ name) => api.post('/collections', { name }) });
    if (made?.id) navigate(`/collections/${made.id}`);
  };
  const add = !areChats && may('collections:write') ? html`<${Button} icon="plus" onClick=${create}>${t('collections.new')}<//>` : null;
  return html`<${Page} title=${t('nav.collections')} sub=${t('collections.sub')} aside=${items?.length ? add : null}>
    <nav class="chips collection-kinds" aria-label=${t('collections.kinds')}>${Object.keys(KINDS).map((one) => html`<a key=${one} class="chip-btn" href=${one === 'gathered' ? '/collections' : `/collections?show=${one}`} aria-current=${one === which ? 'page' : undefined}>${t(`collections.${one}`)}</a>`)}</nav>
    <${Find} label=${t(areChats ? 'collections.find_conversation' : 'collections.find')} onFind=${setFind} />
    ${pages.problem && !items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!items && !pages.problem ? html`<${Loading} kind="tiles" rows=${8} />` : null}
    ${items && !items.length ? html`<${Empty} icon="layout-grid" title=${t(find ? 'collections.none_found' : areChats ? 'collections.no_conversations' : 'collections.empty_title')} action=${find ? null : add}>${t(find ? 'collections.none_found_body' : areChats ? 'collections.no_conversations_body' : 'collections.empty_body')}<//>` : null}
    ${items?.length && areChats ? html`<ul class="chat-list">${items.map((one) => html`<li key=${one.id}><a href=${`/conversations/${one.id}`}><${Icon} name="message-circle" /><b>${one.name}</b><span class="fine">${t('collections.messages', { n: one.members })}</span></a></li>`)}</ul>` : null}
    ${items?.length && !areChats ? html`<ul class="cards">${items.map((one) => html`<li class="card" key=${one.id}><a href=${`/collections/${one.id}`}><${Cover} picture=${one.picture} name=${one.name} icon=${one.query ? 'search' : 'layout-grid'} />
      <span><b>${one.name}</b><span class="fine">${[one.members === null ? '' : t('ui.memories', { n: one.members }), one.query ? t('collections.smart') : ''].filter(Boolean).join(' · ')}</span></span></a></li>`)}</ul>` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row more-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}
  <//>`;
}
