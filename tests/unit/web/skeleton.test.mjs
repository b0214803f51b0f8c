import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf, findDay, parseSkeleton, tintColour } from '../../../timeline_local/web/core/skeleton.js';
import { UNDATED_DAY } from '../../../timeline_local/web/core/dates.js';
import { bytesOf, library, skeletonOf } from './made.mjs';

test('chips come first within their day and nothing else changes place', () => {
  const sk = skeletonOf([{ day: 10, items: [['photo', 75], ['visit', 50], ['photo', 75], ['event', 50]] }, { day: 9, items: [['photo', 75]] }]);
  assert.deepEqual([...sk.order], [1, 3, 0, 2, 4]);
  assert.deepEqual([...sk.chips], [2, 0]);
});
test('place is the inverse of order', () => {
  const sk = skeletonOf([{ day: 10, items: [['photo', 75], ['visit', 50], ['event', 50], ['photo', 75]] }]);
  assert.deepEqual([...sk.order].map((item) => sk.place[item]), [0, 1, 2, 3]);
});
test('the days cover all positions without a gap', () => {
  const sk = skeletonOf(library(30, 7));
  assert.equal(sk.first[30], 210);
  assert.equal(dayOf(sk, 209), 29);
  assert.equal(dayOf(sk, 7), 1);
});
for (const [name, bytes] of [['too short', new ArrayBuffer(8)], ['of another kind', new ArrayBuffer(64)], ['cut off', bytesOf(library(3, 3)).slice(0, 40)]]) {
  test(`bytes that are ${name} are refused`, () => assert.throws(() => parseSkeleton(bytes), RangeError));
}
for (const [wanted, found] of [[100, 0], [98, 1], [97, 1], [95, 2], [90, 2], [UNDATED_DAY, 3]]) {
  test(`the shelf for day ${wanted} is number ${found}`, () => {
    const sk = skeletonOf([100, 97, 90, UNDATED_DAY].map((day) => ({ day, items: [['photo', 75]] })));
    assert.equal(findDay(sk, wanted), found);
  });
}
test('an empty timeline is a skeleton too', () => assert.equal(skeletonOf([]).n, 0));
test('the tint byte is red, green, blue with 3, 3 and 2 bits', () => assert.equal(tintColour(0b111_000_11), 'rgb(255 0 255)'));
