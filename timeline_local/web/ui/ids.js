// @ts-check
/** Ids that tie labels, hints and errors to their fields. */
import { useState } from '../core/preact.js';

let last = 0;

/** A DOM id that stays the same for the life of the component. @param {string} prefix */
export function useDomId(prefix) {
  const [id] = useState(() => `${prefix}-${(last += 1)}`);
  return id;
}
