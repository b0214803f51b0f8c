// @ts-check
/** What was searched for last: in this browser alone, for each user apart, and gone when they say so. */

const MOST = 6;
const LONGEST = 1000;

/** @param {string} user */
const keyOf = (user) => `tl-searches-${user}`;

/** The newest first. @param {string} user @returns {string[]} */
export function recentSearches(user) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(user)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, MOST) : [];
  } catch { return []; }
}

/** @param {string} user @param {string} q */
export function rememberSearch(user, q) {
  if (!q || q.length > LONGEST) return;
  const kept = [q, ...recentSearches(user).filter((one) => one !== q)].slice(0, MOST);
  try { localStorage.setItem(keyOf(user), JSON.stringify(kept)); } catch { /* a full store forgets this one */ }
}

/** @param {string} user */
export function forgetSearches(user) { localStorage.removeItem(keyOf(user)); }
