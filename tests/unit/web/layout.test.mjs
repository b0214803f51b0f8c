import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRow, computeLayout, computeList, NARROW, optionsFor, ROW, WIDE } from '../../../timeline_local/web/core/layout.js';
import { dayOf } from '../../../timeline_local/web/core/skeleton.js';
import { library, photos, skeletonOf } from './made.mjs';

const rowsOf = (L) => Array.from({ length: L.nRows }, (_, r) => r);
const positionsOf = (L) => rowsOf(L).flatMap((r) => Array.from({ length: L.rowCount[r] }, (_, k) => L.rowFirst[r] + k));

test('every row top and day top is a whole pixel', () => {
  const L = computeLayout(skeletonOf(library(200, 13)), 1033);
  assert.ok(rowsOf(L).every((r) => Number.isInteger(L.rowTop[r])));
  assert.ok([...L.dayTop].every(Number.isInteger));
});
for (const width of [320, 390, 700, 1033, 1900]) {
  test(`every memory stands exactly once at ${width} px`, () => {
    const sk = skeletonOf(library(90, 9));
    assert.deepEqual(positionsOf(computeLayout(sk, width)), Array.from({ length: sk.n }, (_, p) => p));
  });
  test(`no tile leaves its day at ${width} px`, () => {
    const sk = skeletonOf(library(90, 9)), L = computeLayout(sk, width);
    const overhang = rowsOf(L).flatMap((r) => buildRow(sk, L, r, dayOf(sk, L.rowFirst[r])).tiles.map((tile) => tile.x + tile.w - width));
    assert.ok(Math.max(...overhang) <= 14, `by ${Math.max(...overhang)} px`);
  });
}
test('full rows reach the right edge', () => {
  const sk = skeletonOf([{ day: 5, items: photos(40, 75) }]), L = computeLayout(sk, 1100);
  const ends = rowsOf(L).slice(0, -1).map((r) => buildRow(sk, L, r, 0).tiles.at(-1)).map((tile) => tile.x + tile.w);
  assert.deepEqual(new Set(ends), new Set([1100]));
});
test('small days share a band, side by side and never overlapping', () => {
  const sk = skeletonOf([3, 2, 1].map((day) => ({ day, items: photos(1, 75) }))), L = computeLayout(sk, 1100);
  assert.deepEqual([L.dayTop[0], L.dayTop[1], L.dayTop[2]], [0, 0, 0]);
  assert.ok(L.dayX[1] >= L.dayX[0] + L.dayW[0] + WIDE.compactGap);
  assert.ok(L.dayX[2] + L.dayW[2] <= 1100);
});
test('a day as wide as half the feed stands alone', () => {
  const sk = skeletonOf([{ day: 3, items: photos(2, 75) }, { day: 2, items: photos(1, 75) }]), L = computeLayout(sk, 1100);
  assert.ok(L.dayTop[1] > 0);
  assert.equal(L.dayW[0], 1100);
});
test('on a phone a landscape photo keeps the line for itself', () => {
  const sk = skeletonOf([3, 2].map((day) => ({ day, items: photos(1, 75) }))), L = computeLayout(sk, 336);
  assert.ok(L.dayTop[1] > 0);
});
test('more than three chips fold away and take no room', () => {
  const chips = Array.from({ length: 4 }, () => ['visit', 50]);
  const sk = skeletonOf([{ day: 3, items: [...chips, ...photos(8)] }]), L = computeLayout(sk, 1100);
  assert.ok(rowsOf(L).every((r) => L.rowType[r] === ROW.TILES));
  assert.equal(L.rowTop[0], WIDE.header);
});
test('folded chips appear when asked for', () => {
  const chips = Array.from({ length: 4 }, () => ['visit', 50]);
  const sk = skeletonOf([{ day: 3, items: [...chips, ...photos(8)] }]), L = computeLayout(sk, 1100, WIDE, new Set([3]));
  assert.equal(L.rowType[0], ROW.STRIP);
  assert.equal(L.rowCount[0], 4);
});
const endOf = (sk, L, r) => buildRow(sk, L, r, dayOf(sk, L.rowFirst[r])).tiles.at(-1);
for (const count of [6, 7, 8, 9, 12, 13]) {
  test(`a day of ${count} pictures leaves no lonely one behind`, () => {
    const sk = skeletonOf([{ day: 5, items: photos(count, 75) }]), L = computeLayout(sk, 1100);
    const ends = rowsOf(L).map((r) => endOf(sk, L, r)).map((tile) => tile.x + tile.w);
    assert.ok(Math.min(...ends) > 900, `rows end at ${ends}`);
    assert.ok(Math.min(...L.rowH.slice(0, L.nRows)) >= WIDE.rowH * 0.67);
  });
}
test('a band grows to the right edge', () => {
  const sk = skeletonOf([3, 2, 1].map((day) => ({ day, items: photos(1, 75) }))), L = computeLayout(sk, 1100);
  assert.ok(1100 - (L.dayX[2] + L.dayW[2]) < 4);
  assert.ok(L.rowH[0] > WIDE.rowH);
});
test('on a phone a single landscape photo fills the width', () => {
  const sk = skeletonOf([{ day: 3, items: photos(1, 75) }]), tile = endOf(sk, computeLayout(sk, 336), 0);
  assert.equal(tile.w, 336);
});
test('a row of short words is lower than one of pictures', () => {
  const high = (items) => computeLayout(skeletonOf([{ day: 3, items }]), 1100).rowH[0];
  assert.ok(high([['note', 50]]) < high([['note', 110]]));
  assert.ok(high([['note', 50]]) < WIDE.rowH * 0.7);
});
test('words beside a picture are as high as the picture', () => {
  const L = computeLayout(skeletonOf([{ day: 3, items: [...photos(2), ['note', 50]] }]), 1100);
  assert.equal(L.rowH[0], L.rowBase[0]);
});
test('a list has one line per memory', () => {
  const sk = skeletonOf(library(10, 5)), L = computeList(sk, 900);
  assert.equal(L.nRows, 50);
  assert.equal(L.total, 10 * (WIDE.header + 5 * WIDE.line + WIDE.dayGap));
});
test('phones get smaller rows and gaps', () => assert.equal(optionsFor(400), NARROW));
test('density scales the row height only', () => assert.deepEqual(optionsFor(1000, 1.5), { ...WIDE, rowH: 294 }));
test('twice the text gets twice the room', () => {
  const { header, line, rowH } = optionsFor(1000, 1, 2);
  assert.deepEqual([header, line, rowH], [2 * WIDE.header, 2 * WIDE.line, WIDE.rowH]);
});
test('an empty timeline has no height', () => assert.equal(computeLayout(skeletonOf([]), 1000).total, 0));
