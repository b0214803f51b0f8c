// @ts-check
/**
 * The one way to talk to the server. Every answer is JSON or a thrown Problem; nothing here knows a screen.
 * Cookies travel by themselves; the second half of the session is the X-TL-Session header, kept in localStorage.
 */
import { signal } from './preact.js';

const BASE = '/api/v1';
export const SESSION_KEY = 'tl-session';
/** Where the language is kept in which names of places are asked for, if it is not the browser's. */
export const PLACES_KEY = 'tl-places';
/** True while the server cannot be reached. */
export const offline = signal(false);
/** True once the server refused our session: the shell then shows the signed-out page. */
export const signedOut = signal(false);

/** What went wrong, as the server said it (RFC 9457) or as the network said it (slug "offline"). */
export class Problem extends Error {
  /** @param {{type?:string,title?:string,status?:number,detail?:string,request_id?:string,errors?:{pointer:string,detail:string}[],[k:string]:any}} facts */
  constructor(facts) {
    super(facts.detail || facts.title || 'The request failed.');
    this.name = 'Problem';
    this.facts = facts;
    this.type = facts.type ?? 'about:blank';
    this.slug = this.type.slice(this.type.lastIndexOf('/') + 1);
    this.title = facts.title ?? 'Something went wrong';
    this.status = facts.status ?? 0;
    this.detail = facts.detail ?? '';
    this.request_id = facts.request_id ?? '';
    this.errors = facts.errors ?? [];
  }
}

/** @param {string} path @param {Record<string, any>} [query] */
export function address(path, query) {
  const full = path.startsWith('/api/') ? path : BASE + (path.startsWith('/') ? path : '/' + path);
  if (!query) return full;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== '') params.append(name, String(one));
  }
  const text = params.toString();
  return text ? full + (full.includes('?') ? '&' : '?') + text : full;
}

/** @param {Record<string,string>} [extra] @returns {Record<string,string>} */
export function headers(extra) {
  const secret = localStorage.getItem(SESSION_KEY), language = localStorage.getItem(PLACES_KEY);
  return { Accept: 'application/json', ...(language ? { 'Accept-Language': language } : {}), ...(secret ? { 'X-TL-Session': secret } : {}), ...extra };
}

const noServer = () => new Problem({ type: '/problems/offline', title: 'Timeline Local is not running', status: 0, detail: 'The server did not answer. Nothing was lost; it reconnects by itself.' });

/** A 401 that asks for a password or a code is a question; any other means that our session is over. */
const SESSION_OVER = new Set(['not-signed-in', 'about:blank']);
/** @param {Problem} problem */
const leaveIfRefused = (problem) => { if (problem.status === 401 && SESSION_OVER.has(problem.slug)) signedOut.value = true; };

/** @param {Response} answer @returns {Promise<Problem>} */
async function problemOf(answer) {
  let facts = {};
  try { facts = await answer.json(); } catch { /* a body that is not JSON has nothing more to say */ }
  return new Problem({ title: answer.statusText || 'The request failed', ...facts, status: answer.status });
}

/** One fetch with our headers: resolves only with 2xx or 304, else throws a Problem. @param {string} path @param {RequestInit & {query?:Record<string,any>}} [init] */
export async function raw(path, { query, ...init } = {}) {
  let answer;
  try {
    answer = await fetch(address(path, query), { ...init, headers: headers(/** @type {any} */ (init.headers)), credentials: 'same-origin' });
  } catch (failure) {
    if (/** @type {any} */ (failure).name === 'AbortError') throw failure;
    offline.value = true;
    throw noServer();
  }
  offline.value = false;
  if (answer.ok || answer.status === 304) return answer;
  const problem = await problemOf(answer);
  leaveIfRefused(problem);
  throw problem;
}

/** @param {Response} answer */
async function body(answer) {
  if (answer.status === 204 || answer.status === 304) return null;
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/** @param {string} method @param {string} path @param {any} content @param {Record<string,string>} [extra] @param {AbortSignal} [abort] */
async function send(method, path, content, extra, abort) {
  const hasBody = content !== undefined && content !== null;
  const all = { ...(hasBody ? { 'Content-Type': 'application/json' } : {}), ...extra };
  return body(await raw(path, { method, headers: all, body: hasBody ? JSON.stringify(content) : undefined, signal: abort }));
}

/** Multipart upload with progress; only XMLHttpRequest reports bytes sent. @param {string} path @param {FormData} form @param {{onProgress?:(sent:number,total:number)=>void,signal?:AbortSignal}} [options] @returns {Promise<any>} */
function upload(path, form, { onProgress, signal: abort } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address(path));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onabort = () => reject(new DOMException('Aborted', 'AbortError'));
    request.onerror = () => { offline.value = true; reject(noServer()); };
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText || 'null'); } catch { /* handled by the status below */ }
      if (request.status >= 200 && request.status < 300) return resolve(answer);
      const problem = new Problem({ title: request.statusText, ...(answer ?? {}), status: request.status });
      leaveIfRefused(problem);
      reject(problem);
    };
    abort?.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

export const api = {
  /** @param {string} path @param {{query?:Record<string,any>,signal?:AbortSignal,etag?:string}} [options] `null` when the etag still holds */
  async get(path, { query, signal: abort, etag } = {}) {
    return body(await raw(path, { query, signal: abort, headers: etag ? { 'If-None-Match': etag } : {} }));
  },
  /** @param {string} path @param {any} [content] @param {{idempotencyKey?:string,signal?:AbortSignal}} [options] */
  post: (path, content, { idempotencyKey, signal: abort } = {}) => send('POST', path, content, idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {}, abort),
  /** @param {string} path @param {any} content @param {{ifMatch?:string}} [options] */
  patch: (path, content, { ifMatch } = {}) => send('PATCH', path, content, { ...(ifMatch ? { 'If-Match': ifMatch } : {}), 'Content-Type': 'application/merge-patch+json' }),
  /** @param {string} path @param {any} content */
  put: (path, content) => send('PUT', path, content),
  /** @param {string} path @param {{ifMatch?:string, content?:any}} [options] */
  delete: (path, { ifMatch, content } = {}) => send('DELETE', path, content, ifMatch ? { 'If-Match': ifMatch } : {}),
  upload,
  raw,
};
