import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoDate, isoMinute, parseWhen, whenText } from '../../../timeline_local/web/routes/capture/when.js';

const now = new Date(2026, 10, 22, 21, 5, 7); // a Sunday
const means = (text) => { const found = parseWhen(text, now); return found && (found.local_at ?? found.when); };

for (const [text, meaning] of [
  ['', '2026-11-22T21:05:07'], ['now', '2026-11-22T21:05:07'], ['  Now ', '2026-11-22T21:05:07'],
  ['today', '2026-11-22'], ['yesterday', '2026-11-21'], ['yesterday 9pm', '2026-11-21T21:00:00'], ['9:30 pm', '2026-11-22T21:30:00'], ['at 07:12', '2026-11-22T07:12:00'],
  ['12am', '2026-11-22T00:00:00'], ['12 pm', '2026-11-22T12:00:00'],
  ['3 days ago', '2026-11-19'], ['2 weeks ago', '2026-11-08'], ['friday', '2026-11-20'], ['last sunday', '2026-11-15'],
  ['2019-06-14', '2019-06-14'], ['2019-06-14 07:12', '2019-06-14T07:12:00'], ['2019-06-14T07:12:33', '2019-06-14T07:12:00'],
  ['14 June 2019', '2019-06-14'], ['June 14, 2019', '2019-06-14'], ['14th of june 2019 at 6pm', '2019-06-14T18:00:00'], ['3 feb', '2026-02-03'],
  ['29 february 2020', '2020-02-29'],
]) test(`"${text}" is ${meaning}`, () => assert.equal(means(text), meaning));

for (const [text, edtf] of [
  ['1987', '1987'], ['1980s', '198X'], ['198x', '198X'], ['june 2019', '2019-06'], ['2019 jun', '2019-06'], ['summer 1999', '1999-22'], ['fall 2001', '2001-23'],
  ['about 1987', '1987~'], ['ca. june 2019', '2019-06~'], ['~1980s', '198X~'], ['1999-22', '1999-22'], ['1987?', '1987?'], ['2004-06-11~', '2004-06-11~'], ['1914/1918', '1914/1918'], ['../2004-06', '../2004-06'],
]) test(`"${text}" is known no better than ${edtf}`, () => assert.deepEqual(parseWhen(text, now), { when: edtf }));

for (const text of ['soon', '31 june 2019', '29 february 2019', '2019-13-40', '25:00', '13pm', '10:75', 'about yesterday', 'about 1987~', 'mai', '14 xyz 2019', 'ju 2019']) {
  test(`"${text}" is not understood`, () => assert.equal(parseWhen(text, now), null));
}

test('a day is written in the zone of whoever types', () => assert.deepEqual([isoDate(now), isoMinute(now)], ['2026-11-22', '2026-11-22T21:05']));
for (const [memory, text] of [
  [{ when: '1999-22', local_at: '1999-06-01T00:00:00', precision: 'season' }, '1999-22'], [{ when: null, local_at: '2019-06-14T07:12:33', precision: 'instant' }, '2019-06-14 07:12'],
  [{ when: null, local_at: '1970-01-01T00:00:00', precision: 'unknown' }, ''], [{ when: null, local_at: null, precision: 'unknown' }, ''],
]) test(`a memory of precision ${memory.precision} at ${memory.local_at} is edited as "${text}"`, () => assert.equal(whenText(memory), text));
test('what stands in the field means the same when it is read again', () => {
  const memory = { when: null, local_at: '2019-06-14T07:12:00', precision: 'instant' };
  assert.deepEqual(parseWhen(whenText(memory), now), { local_at: memory.local_at });
});
