// @ts-check
/** Places behind an emoji, marks in a text, and what a chosen suggestion leaves in the field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, pointsAt, unitsAt } from '../../../timeline_local/web/core/carets.js';
import { pieces } from '../../../timeline_local/web/core/chunks.js';

test('an emoji is one character of two units', () => {
  assert.equal(pointsAt('👍 sea', 2), 1);
  assert.equal(unitsAt('👍 sea', 2), 3);
  assert.equal(unitsAt('👍 sea', pointsAt('👍 sea', 5)), 5);
});

test('a suggestion takes the place of the token and leaves one space', () => {
  const offer = { insert: 'with:"Ana Sousa"', is_open: false };
  assert.deepEqual(completed('👍 wi', { start: 2, end: 4 }, offer), { text: '👍 with:"Ana Sousa" ', caret: 20 });
  assert.deepEqual(completed('an beach', { start: 0, end: 2 }, offer), { text: 'with:"Ana Sousa" beach', caret: 17 });
});

test('behind a key nothing stands between it and its value', () => {
  assert.deepEqual(completed('sea wi', { start: 4, end: 6 }, { insert: 'with:', is_open: true }), { text: 'sea with:', caret: 9 });
});

test('every second piece is what was searched for', () => {
  assert.deepEqual(pieces('👍 the sea, the sea', [6, 9, 15, 18]), ['👍 the ', 'sea', ', the ', 'sea', '']);
  assert.deepEqual(pieces('sea', [0, 3]), ['', 'sea', '']);
});
