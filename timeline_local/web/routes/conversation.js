// @ts-check
/** A conversation as a chat: from the day one came from, and on in both directions, page by page. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { clock, dayLabel, parseIsoDay, UNDATED_DAY, yearOf } from '../core/dates.js';
import { moreTexts, t } from '../core/i18n.js';
import { title } from '../core/router.js';
import { Button } from '../ui/button.js';
import { useResource } from '../ui/resource.js';
import { Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

const PAGE = 100;
const LONG = 1200; // characters that are shown at once

/** @param {{params: Record<string, string>, query: Record<string, string>}} props */
export default function Conversation({ params, query }) {
  return html`<${Chat} key=${`${params.id} ${query.on ?? ''}`} id=${params.id} on=${query.on} />`;
}

/** @param {string} id @param {Record<string, any>} query @param {AbortSignal} [signal] */
const page = (id, query, signal) => api.get(`/collections/${id}/memories`, { query: { limit: PAGE, ...query }, signal });

/** @param {{id: string, on: string | undefined}} props */
function Chat({ id, on }) {
  const { data, problem, reload, set } = useResource(`conversation ${id} ${on ?? ''}`, async (signal) => {
    const [about, found] = await Promise.all([api.get(`/collections/${id}`, { signal }), page(id, on ? { since: on } : {}, signal)]);
    return { name: about.name, items: found.items, later: found.next_cursor };
  });
  const [earlier, setEarlier] = useState(/** @type {string | null | undefined} */ (on ? undefined : null)), task = useTask();
  useEffect(() => title(data?.name ?? t('conversation.title')), [data?.name]);
  if (!data) return html`<div class="page"><h1 class="sr">${t('conversation.title')}</h1>${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : html`<${Loading} kind="text" />`}</div>`;
  const before = () => task.run(async () => {
    const { items, next_cursor: next } = await page(id, { before: on, ...(earlier ? { cursor: earlier } : {}) });
    set((/** @type {any} */ old) => old && { ...old, items: [...items.reverse(), ...old.items] });
    setEarlier(next);
  });
  const after = () => task.run(async () => {
    const { items, next_cursor: next } = await page(id, { ...(on ? { since: on } : {}), cursor: data.later });
    set((/** @type {any} */ old) => old && { ...old, items: [...old.items, ...items], later: next });
  });
  return html`<div class="page chat-page">
    <p class="crumb"><a href=${on ? `/timeline?d=${on}` : '/timeline'}>${t('nav.timeline')}</a></p>
    <header class="page-head"><h1>${data.name}</h1><a class="fine" href=${`/collections/${id}`}>${t('conversation.all')}</a></header>
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${earlier !== null ? html`<p class="btn-row more-row"><${Button} busy=${task.busy} onClick=${before}>${t('conversation.earlier')}<//></p>` : null}
    <ol class="chat" aria-label=${t('conversation.messages')}>${data.items.map((/** @type {any} */ one, /** @type {number} */ k) => html`<${Message} key=${one.id} one=${one} last=${data.items[k - 1]} subject=${data.name} />`)}</ol>
    ${data.items.length ? null : html`<p class="none-here">${t('conversation.none')}</p>`}
    ${data.later ? html`<p class="btn-row more-row"><${Button} busy=${task.busy} onClick=${after}>${t('conversation.later')}<//></p>` : null}
  </div>`;
}

/** @param {any} one */
const authorOf = (one) => one?.people?.find((/** @type {any} */ person) => person.role === 'author')?.name ?? '';

/** What a mail is called besides the thread's own subject: not when it is that, or the answer to it. @param {any} one @param {string} subject */
const titleOf = (one, subject) => (one.title && !one.title.toLowerCase().endsWith(subject.replace(/ \(\d+\)$/, '').toLowerCase()) ? one.title : '');

/** One message, its day above it where that begins. What has no author is the owner's own. @param {{one: any, last: any, subject: string}} props */
function Message({ one, last, subject }) {
  const author = authorOf(one), isNewDay = !last || last.local_on !== one.local_on, goesOn = !isNewDay && authorOf(last) === author;
  const number = parseIsoDay(one.local_on ?? undefined) ?? UNDATED_DAY, year = yearOf(number);
  return html`<li class=${`chat-line${author || one.kind !== 'message' ? '' : ' is-own'}${one.kind === 'message' ? '' : ' is-note'}`}>
    ${isNewDay ? html`<h2 class="chat-day">${[dayLabel(number), year].filter(Boolean).join(' ')}</h2>` : null}
    <article class="chat-bubble">
      ${author && !goesOn ? html`<b>${author}</b>` : null}
      ${titleOf(one, subject) ? html`<p class="chat-title">${titleOf(one, subject)}</p>` : null}
      ${(one.media ?? []).map((/** @type {any} */ file) => html`<a class="chat-file" key=${file.id} href=${`/m/${one.id}`}>${file.grid ? html`<img src=${file.grid} alt=${file.file_name ?? ''} loading="lazy" decoding="async" />` : file.file_name}</a>`)}
      ${one.body ? html`<${Words} text=${one.body} />` : null}
      <a class="chat-time" href=${`/m/${one.id}`}><time>${clock(one.local_at, one.precision) || t('conversation.undated')}</time></a>
    </article>
  </li>`;
}

/** What of a message is shown at first: mails quote below what was said before, under a line that says by whom. @param {string} text */
function beginning(text) {
  const lines = text.trimEnd().split('\n');
  let end = lines.length;
  while (end && (lines[end - 1].startsWith('>') || !lines[end - 1].trim())) end--;
  if (end && end < lines.length && lines[end - 1].endsWith(':')) end--;
  const own = lines.slice(0, end).join('\n').trimEnd() || text.trimEnd();
  return own.length > LONG ? own.slice(0, LONG).replace(/\s+\S*$/, '') : own;
}

/** @param {{text: string}} props */
function Words({ text }) {
  const first = beginning(text), [whole, setWhole] = useState(first === text.trimEnd());
  if (whole) return html`<p class="chat-text">${text}</p>`;
  return html`<p class="chat-text">${first} …</p><button type="button" class="text-btn" onClick=${() => setWhole(true)}>${t('conversation.whole')}</button>`;
}
