import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { ago, clock, clockAsThere, dayLabel, duration, fullDayLabel, fuzzyDate, isoDay, offsetLabel, parseIsoDay, shortDayLabel, today, UNDATED_DAY, yearOf } from '../../../timeline_local/web/core/dates.js';
import { flatten, t, useTexts } from '../../../timeline_local/web/core/i18n.js';
import { match } from '../../../timeline_local/web/core/router.js';

const english = JSON.parse(readFileSync(new URL('../../../timeline_local/web/assets/locales/en-timeline.json', import.meta.url), 'utf8'));
beforeEach(() => useTexts(flatten(english), 'en'));
const flagDay = parseIsoDay('2019-06-14');

test('plural forms follow the language', () => assert.deepEqual([t('timeline.memories', { n: 1 }), t('timeline.memories', { n: 12345 })], ['1 memory', '12,345 memories']));
test('a missing key shows itself', () => assert.equal(t('no.such.key'), 'no.such.key'));
test('a name that was not given stays visible', () => assert.equal(t('search.none', { wrong: 1 }), 'Nothing found for “{q}”'));
test('groups become dotted keys and plural forms stay whole', () => assert.deepEqual(flatten({ a: { b: 'c', d: { one: '1', other: '2' } } }), { 'a.b': 'c', 'a.d': { one: '1', other: '2' } }));

const zones = Array.from({ length: 27 }, (_, k) => `Etc/GMT${k - 14 < 0 ? k - 14 : `+${k - 14}`}`);
for (const zone of zones) {
  test(`a day keeps its heading for somebody in ${zone}`, () => {
    process.env.TZ = zone;
    assert.equal(fullDayLabel(flagDay), 'Friday 14 June 2019');
    assert.equal(isoDay(flagDay), '2019-06-14');
  });
}
test('today is the calendar day of the viewer, not of UTC', () => {
  process.env.TZ = 'Pacific/Kiritimati';
  assert.equal(isoDay(today(new Date('2026-11-22T11:00:00Z'))), '2026-11-23');
  process.env.TZ = 'UTC';
});
for (const [day, words] of [[100, 'Today'], [99, 'Yesterday'], [98, 'Thursday 9 April'], [UNDATED_DAY, 'No date']]) {
  test(`day ${day} is called ${words}`, () => assert.equal(dayLabel(day, 100), words));
}
test('narrow places get the short form', () => assert.equal(shortDayLabel(flagDay, 0), 'Fri 14 Jun'));
test('the undated shelf has no year', () => assert.equal(yearOf(UNDATED_DAY), null));
test('clock times are those of the place', () => assert.equal(clock('2019-06-14T07:12:33'), '07:12'));
test('a memory known to the day has no clock time', () => assert.equal(clock('2019-06-14T00:00:00', 'day'), ''));
test('the place is named when its zone is not home', () => assert.equal(clockAsThere('2019-06-14T07:12:00', 'Europe/Oslo', 'Europe/Lisbon'), '07:12 Oslo time'));
test('at home the zone is not named', () => assert.equal(clockAsThere('2019-06-14T07:12:00', 'Europe/Oslo', 'Europe/Oslo'), '07:12'));
test('an unknown zone is never guessed', () => assert.equal(clockAsThere('2019-06-14T07:12:00', null, 'Europe/Oslo'), '07:12'));
for (const [precision, words] of [['instant', 'Friday 14 June 2019'], ['month', 'June 2019'], ['season', 'Summer 2019'], ['year', '2019'], ['decade', '2010s'], ['unknown', 'No date']]) {
  test(`a date known to the ${precision} is told as ${words}`, () => assert.equal(fuzzyDate({ local_at: '2019-06-14T07:12:00', precision }), words));
}
for (const [minutes, words] of [[60, 'UTC+01:00'], [-210, 'UTC−03:30'], [0, 'UTC+00:00'], [null, '']]) {
  test(`an offset of ${minutes} minutes is written "${words}"`, () => assert.equal(offsetLabel(minutes), words));
}
for (const [ms, words] of [[19_000, '0:19'], [3_723_000, '1:02:03'], [null, '']]) {
  test(`${ms} ms last "${words}"`, () => assert.equal(duration(ms), words));
}
for (const text of ['2019-6-14', 'yesterday', '', null, '2019-13-40']) {
  test(`"${text}" is not a day`, () => assert.equal(parseIsoDay(text), null));
}
test('times ago are told in the largest unit that fits', () => assert.equal(ago('2026-11-20T10:00:00Z', Date.parse('2026-11-22T11:00:00Z')), '2 days ago'));

for (const [path, name, params] of [['/', 'timeline', {}], ['/m/0199%20x', 'memory', { id: '0199 x' }], ['/settings/general', 'settings', { section: 'general' }], ['/imports/7', 'import', { id: '7' }], ['/no/such/page', 'not-found', {}], ['/m/%E0%A4%A', 'memory', { id: '%E0%A4%A' }]]) {
  test(`${path} is the screen ${name}`, () => { const found = match(path); assert.deepEqual([found.name, found.params], [name, params]); });
}
test('the query comes apart', () => assert.deepEqual(match('/search', '?q=in%3Alisbon+2019').query, { q: 'in:lisbon 2019' }));
