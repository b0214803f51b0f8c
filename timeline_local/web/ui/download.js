// @ts-check
/** Save an answer of the API as a file; a plain link could not carry the session header. */
import { api } from '../core/api.js';

/** @param {string} path @param {string} name */
export async function saveAs(path, name) {
  const answer = await api.raw(path, { headers: { Accept: '*/*' } });
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
