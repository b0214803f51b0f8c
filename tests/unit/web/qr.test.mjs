import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qrCode, qrPath } from '../../../timeline_local/web/core/qr.js';

/** "A" as version 1, read back by OpenCV's decoder when it was recorded. */
const LETTER = [
  '111111100101101111111',
  '100000100111001000001',
  '101110101101101011101',
  '101110100101001011101',
  '101110100010101011101',
  '100000100000101000001',
  '111111101010101111111',
  '000000001101100000000',
  '111011111111011000100',
  '101100001000001000110',
  '010111100110100010001',
  '010110001100001000100',
  '001101101000101010101',
  '000000001001010101010',
  '111111101011011101111',
  '100000101111110111000',
  '101110101101011101101',
  '101110100110001000110',
  '101110101100100010001',
  '100000101000001000110',
  '111111101110101010111',
];

const spelled = (grid) => grid.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''));

test('a letter gives the code that a decoder read', () => {
  assert.deepEqual(spelled(qrCode('A')), LETTER);
});

test('longer texts take larger codes, up to version 10', () => {
  assert.deepEqual([17, 18, 106, 107, 271].map((length) => qrCode('x'.repeat(length)).length), [21, 25, 37, 41, 57]);
  assert.equal(qrCode('x'.repeat(272)), null);
});

test('letters beyond ASCII count as the bytes they are', () => {
  assert.equal(qrCode('é'.repeat(9)).length, 25);
});

test('the path draws as many squares as there are dark modules', () => {
  const grid = qrCode('otpauth://totp/Timeline%20Local:ana'), lengths = [...qrPath(grid).matchAll(/h(\d+)v1/g)].map((found) => Number(found[1]));
  assert.equal(lengths.reduce((sum, one) => sum + one, 0), grid.flat().filter(Boolean).length);
});
