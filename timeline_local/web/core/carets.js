// @ts-check
/** Places in a text: the server counts characters (code points), the browser UTF-16 units; they differ behind an emoji. */

/** @param {string} text @param {number} units @returns {number} */
export const pointsAt = (text, units) => [...text.slice(0, units)].length;

/** @param {string} text @param {number} points @returns {number} */
export const unitsAt = (text, points) => [...text].slice(0, points).join('').length;

/**
 * The text with what a suggestion offers in the place of the token, and where the caret goes.
 * @param {string} text @param {{start:number, end:number}} token in characters @param {{insert:string, is_open:boolean}} offer
 */
export function completed(text, { start, end }, { insert, is_open }) {
  const before = text.slice(0, unitsAt(text, start)) + insert + (is_open ? '' : ' '), after = text.slice(unitsAt(text, end));
  return { text: before + (is_open ? after : after.trimStart()), caret: before.length };
}
