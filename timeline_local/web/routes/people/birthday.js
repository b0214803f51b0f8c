// @ts-check
/** When a person was born, as exactly as it is known, and whether that is shown every year. */
import { html } from '../../core/preact.js';
import { dateLabel, isoDay, monthLabel, parseIsoDay, today, yearDayLabel } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { Checkbox } from '../../ui/choice.js';
import { InlineText } from '../../ui/inline.js';

/** "12 April 1985, 41 years ago", "April 1985", "1985", "12 April". @param {string} born */
function words(born) {
  if (born.startsWith('--')) return yearDayLabel(born.slice(2));
  const day = parseIsoDay(born), month = parseIsoDay(`${born}-01`);
  if (day === null) return month === null ? born : monthLabel(month);
  const now = isoDay(today()), n = Number(now.slice(0, 4)) - Number(born.slice(0, 4)) - Number(now.slice(5) < born.slice(5));
  return n > 0 ? t('people.birthday_years', { date: dateLabel(day), n }) : dateLabel(day);
}

/** @param {{person: any, writes: boolean, change: (changes: any) => void}} props */
export function Birthday({ person, writes, change }) {
  const born = person.born ?? '';
  if (!born && !writes) return null;
  return html`<section aria-label=${t('people.birthday')}><h2>${t('people.birthday')}</h2>
    <${InlineText} label=${`${t('people.birthday')}. ${t('people.birthday_hint')}`} value=${born} shown=${born && words(born)} empty=${t('people.add_birthday')} readOnly=${!writes} onSave=${(/** @type {string} */ text) => change({ born: text || null })} />
    ${born && writes ? html`<${Checkbox} label=${t('people.shows_birthday')} checked=${person.shows_birthday} onChange=${(/** @type {boolean} */ shows) => change({ shows_birthday: shows })} />` : null}
  </section>`;
}
