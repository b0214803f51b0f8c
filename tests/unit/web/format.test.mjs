import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useTexts } from '../../../timeline_local/web/core/i18n.js';
import { bytes, count, countryName, duration, moment, percent, rate, shortDate } from '../../../timeline_local/web/ui/format.js';

useTexts({}, 'en');
process.env.TZ = 'UTC';

for (const [value, words] of [[0, '0'], [1234567, '1,234,567'], [null, '0'], [undefined, '0']]) {
  test(`${value} is counted as ${words}`, () => assert.equal(count(value), words));
}
for (const [value, words] of [[0, '0 bytes'], [1, '1 byte'], [999, '999 bytes'], [1000, '1 kB'], [94_249_000_000, '94.2 GB'], [123_456_789, '123 MB'], [5e16, '50,000 TB'], [null, '0 bytes']]) {
  test(`${value} bytes are ${words}`, () => assert.equal(bytes(value), words));
}
for (const [part, whole, words] of [[1, 4, '25%'], [0, 0, '0%'], [9, 4, '100%'], [1, 3, '33%']]) {
  test(`${part} of ${whole} is ${words}`, () => assert.equal(percent(part, whole), words));
}
for (const [seconds, words] of [[0, '0 sec'], [-5, '0 sec'], [42.4, '42 sec'], [80, '1 min 20 sec'], [250, '4 min'], [3600, '1 hr'], [4330, '1 hr 12 min']]) {
  test(`${seconds} s are told as ${words}`, () => assert.equal(duration(seconds), words));
}
for (const [value, words] of [[3.14159, '3.1'], [42.6, '43'], [1500, '1,500']]) {
  test(`a rate of ${value} is ${words}`, () => assert.equal(rate(value), words));
}
test('a moment of the machine is told in the clock of the viewer', () => assert.equal(moment('2026-11-22T21:05:00Z'), '22 Nov 2026, 21:05'));
test('no moment is no text', () => assert.equal(moment(null), ''));
test('a country is named in the language of the reader', () => {
  const germany = { country: 'Germany', country_code: 'DE' };
  assert.equal(countryName(germany), 'Germany');
  useTexts({}, 'pt');
  assert.equal(countryName(germany), 'Alemanha');
  assert.equal(countryName({ country: 'Ruritania', country_code: null }), 'Ruritania');
  assert.equal(countryName({ country: 'Ruritania', country_code: '??' }), 'Ruritania');
  useTexts({}, 'en');
});
for (const zone of ['Pacific/Kiritimati', 'Etc/GMT+12']) {
  test(`a date on the wall stays that date for somebody in ${zone}`, () => {
    process.env.TZ = zone;
    assert.equal(shortDate('2019-06-14T00:10:00'), '14 Jun 2019');
    process.env.TZ = 'UTC';
  });
}
