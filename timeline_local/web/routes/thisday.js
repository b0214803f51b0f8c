// @ts-check
/** On this day: what happened in other years, newest first, and whose birthday it is. */
import { html } from '../core/preact.js';
import { api } from '../core/api.js';
import { isoDay, parseIsoDay, today, yearDayLabel } from '../core/dates.js';
import { moreTexts, t } from '../core/i18n.js';
import { may } from '../core/session.js';
import { toast } from '../core/toast.js';
import { Button, IconButton } from '../ui/button.js';
import { Cover } from '../ui/cover.js';
import { MemoryTile } from '../ui/memories.js';
import { Page } from '../ui/page.js';
import { useResource } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { complain } from './gather/undo.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

/** A year with all 366 days, to step through. */
const LEAP = 2000;

/** @param {string} day "06-14" @param {number} by days */
const stepped = (day, by) => isoDay(/** @type {number} */ (parseIsoDay(`${LEAP}-${day}`)) + by).slice(5);

/** @param {{params: Record<string, string>}} props */
export default function ThisDay({ params }) {
  const now = isoDay(today()), year = Number(now.slice(0, 4));
  const day = parseIsoDay(`${LEAP}-${params.day}`) === null ? now.slice(5) : params.day;
  const { data, problem, reload } = useResource(`thisday ${day} ${year}`, (signal) => api.get('/on-this-day', { query: { day, year }, signal }));
  const steps = html`<div class="btn-row"><${Button} icon="arrow-left" href=${`/onthisday/${stepped(day, -1)}`}>${yearDayLabel(stepped(day, -1))}<//>
    ${day === now.slice(5) ? null : html`<${Button} href="/onthisday">${t('dates.today')}<//>`}
    <${Button} icon="arrow-right" href=${`/onthisday/${stepped(day, 1)}`}>${yearDayLabel(stepped(day, 1))}<//></div>`;
  return html`<${Page} title=${yearDayLabel(day)} crumb=${t('nav.thisday')} aside=${steps}>
    ${problem && !data ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${!data && !problem ? html`<${Loading} kind="tiles" rows=${8} />` : null}
    ${data?.birthdays.length ? html`<${Birthdays} birthdays=${data.birthdays} day=${day} onChange=${reload} />` : null}
    ${data?.years.map((/** @type {any} */ one) => html`<${Year} key=${one.day} one=${one} day=${day} />`)}
    ${data && !data.years.length && !data.birthdays.length ? html`<${Empty} icon="calendar" title=${t('thisday.empty_title')}>${t('thisday.empty_body')}<//>` : null}
  <//>`;
}

/** Who was born on this day; each can be left out from now on. @param {{birthdays: any[], day: string, onChange: () => void}} props */
function Birthdays({ birthdays, day, onChange }) {
  const show = async (/** @type {any} */ person, /** @type {boolean} */ shows) => {
    try {
      await api.patch(`/people/${person.id}`, { shows_birthday: shows });
      onChange();
      if (!shows) toast({ text: t('thisday.hidden', { name: person.name }), tone: 'ok', undo: () => show(person, true) });
    } catch (failure) { complain(failure); }
  };
  return html`<section class="born" aria-label=${t('thisday.birthdays')}><h2>${t('thisday.birthdays')}</h2>
    <ul>${birthdays.map(({ person, born, years }) => html`<li key=${person.id}>
      <a href=${`/people/${person.id}`}><${Cover} picture=${person.picture} name=${person.name} round /><span><b>${person.name}</b>
        <span class="fine">${[years === null ? '' : t('thisday.years', { n: years }), born.endsWith(day) ? '' : yearDayLabel(born.slice(-5))].filter(Boolean).join(' · ')}</span></span></a>
      ${may('people:write') ? html`<${IconButton} icon="eye-off" label=${t('thisday.hide', { name: person.name })} onClick=${() => show(person, false)} />` : null}</li>`)}</ul></section>`;
}

/** @param {{one: any, day: string}} props */
function Year({ one, day }) {
  const id = `y${one.day}`, year = one.day.slice(0, 4), words = [t('thisday.ago', { n: one.years_ago }), one.day.endsWith(day) ? '' : yearDayLabel(one.day.slice(5)), t('ui.memories', { n: one.count })];
  return html`<section class="this-year" aria-labelledby=${id}>
    <header><h2 id=${id}>${year}</h2><span class="fine">${words.filter(Boolean).join(' · ')}</span><a class="text-link" href=${`/timeline?d=${one.day}`}>${t('thisday.timeline')}<span class="sr"> ${year}</span></a></header>
    <ul class="faces" aria-labelledby=${id}>${one.items.map((/** @type {any} */ shown) => (shown.conversation
      ? html`<${ChatTile} key=${shown.memory.id} chat=${shown.conversation} day=${one.day} />`
      : html`<${MemoryTile} key=${shown.memory.id} memory=${shown.memory} />`))}</ul></section>`;
}

/** A conversation's day. @param {{chat: any, day: string}} props */
function ChatTile({ chat, day }) {
  const count = t('thisday.messages', { n: chat.count });
  return html`<li class="face"><a href=${`/conversations/${chat.id}?on=${day}`} aria-label=${`${chat.name}, ${count}`}>
    <span class="face-words"><b>${chat.name}</b>${chat.first}</span><span class="face-date" aria-hidden="true">${count}</span></a></li>`;
}
