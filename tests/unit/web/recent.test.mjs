// @ts-check
/** Recent searches: few, the newest first, each once, apart for each user. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { forgetSearches, recentSearches, rememberSearch } from '../../../timeline_local/web/core/recent.js';

const kept = new Map();
beforeEach(() => {
  kept.clear();
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, value: {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value), removeItem: (/** @type {string} */ key) => kept.delete(key) } });
});

test('the newest comes first, and only once', () => {
  for (const q of ['sea', 'hill', 'sea']) rememberSearch('ana', q);
  assert.deepEqual(recentSearches('ana'), ['sea', 'hill']);
});

test('six are kept', () => {
  for (let k = 0; k < 9; k++) rememberSearch('ana', `q${k}`);
  assert.deepEqual(recentSearches('ana'), ['q8', 'q7', 'q6', 'q5', 'q4', 'q3']);
});

test('nobody sees the searches of another, and forgetting is whole', () => {
  rememberSearch('ana', 'sea');
  assert.deepEqual(recentSearches('ben'), []);
  forgetSearches('ana');
  assert.deepEqual(recentSearches('ana'), []);
  assert.equal(kept.size, 0);
});

test('what somebody else wrote there is no search', () => {
  kept.set('tl-searches-ana', '{"a":1}');
  assert.deepEqual(recentSearches('ana'), []);
  kept.set('tl-searches-ana', 'not json');
  assert.deepEqual(recentSearches('ana'), []);
});
