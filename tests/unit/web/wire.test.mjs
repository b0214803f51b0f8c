import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { address, api, offline, Problem, signedOut } from '../../../timeline_local/web/core/api.js';
import { parser } from '../../../timeline_local/web/core/events.js';
import { bind, combo, dispatch, SHORTCUTS } from '../../../timeline_local/web/core/keys.js';
import { decode } from '../../../timeline_local/web/core/thumbhash.js';
import { dismiss, toast, toasts, undoLast } from '../../../timeline_local/web/core/toast.js';
import { Blocks, isSafe } from '../../../timeline_local/web/routes/viewer/blocks.js';

const web = new URL('../../../timeline_local/web/', import.meta.url);
const answering = (status, content, headers = {}) => { const seen = []; globalThis.fetch = async (url, init) => { seen.push({ url, ...init }); return new Response(content === null ? null : JSON.stringify(content), { status, headers }); }; return seen; };
afterEach(() => { offline.value = false; signedOut.value = false; for (const one of toasts.value) dismiss(one.id); });

test('addresses are below the API and leave empty filters out', () => assert.equal(address('/memories', { q: 'a b', cursor: null, limit: 5 }), '/api/v1/memories?q=a+b&limit=5'));
test('the second half of the session travels as a header', async () => {
  localStorage.setItem('tl-session', 'half');
  const seen = answering(200, {});
  await api.get('/jobs');
  assert.equal(seen[0].headers['X-TL-Session'], 'half');
});
test('a problem carries what the server said', async () => {
  answering(404, { type: '/problems/memory-not-found', title: 'Memory not found', status: 404, detail: 'No memory.', request_id: 'r1' });
  await assert.rejects(api.get('/memories/x'), (failure) => failure instanceof Problem && failure.slug === 'memory-not-found' && failure.request_id === 'r1' && failure.message === 'No memory.');
});
test('a 401 leads to the signed-out page', async () => {
  answering(401, {});
  await assert.rejects(api.get('/jobs'));
  assert.equal(signedOut.value, true);
});
test('a server that is gone sets offline, and its return clears it', async () => {
  globalThis.fetch = async () => { throw new TypeError('failed'); };
  await assert.rejects(api.get('/jobs'), { slug: 'offline', status: 0 });
  assert.equal(offline.value, true);
  answering(200, {});
  await api.get('/jobs');
  assert.equal(offline.value, false);
});
test('an abort is not an outage', async () => {
  globalThis.fetch = async () => { throw new DOMException('stop', 'AbortError'); };
  await assert.rejects(api.get('/jobs'), { name: 'AbortError' });
  assert.equal(offline.value, false);
});
test('an edit says which version it saw', async () => {
  const seen = answering(200, { version: 4 });
  await api.patch('/memories/x', { title: 'a' }, { ifMatch: '"3"' });
  assert.deepEqual([seen[0].method, seen[0].headers['If-Match'], seen[0].body], ['PATCH', '"3"', '{"title":"a"}']);
});
test('an empty answer is null', async () => { answering(204, null); assert.equal(await api.delete('/memories/x'), null); });

test('events survive being cut anywhere', () => {
  const text = ': beat\r\n\r\nevent: timeline\nid: 7\ndata: {"rev":1}\n\ndata: {"a":\ndata: 2}\n\n';
  for (let size = 1; size < 12; size++) {
    const got = [], feed = parser((type, data, id) => got.push([type, data, id]));
    for (let at = 0; at < text.length; at += size) feed(text.slice(at, at + size));
    assert.deepEqual(got, [['timeline', { rev: 1 }, '7'], ['message', { a: 2 }, '7']]);
  }
});
test('one bad event does not end the stream', () => {
  const got = [], feed = parser((type) => got.push(type));
  feed('event: a\ndata: {oops\n\nevent: b\ndata: 1\n\n');
  assert.deepEqual(got, ['b']);
});

for (const [event, name] of [[{ key: 'l', shiftKey: true }, 'Shift+L'], [{ key: '?', shiftKey: true }, '?'], [{ key: 'k', metaKey: true }, 'Ctrl+K'], [{ key: ' ' }, 'Space'], [{ key: 'ArrowLeft', shiftKey: true }, 'Shift+ArrowLeft']]) {
  test(`${JSON.stringify(event)} is called ${name}`, () => assert.equal(combo(event), name));
}
test('a shortcut that is not in the table cannot be bound', () => assert.throws(() => bind('global', { nonsense: () => true })));
test('a handler that declines leaves the key to the browser', () => {
  let prevented = false;
  const stop = bind('viewer', { 'viewer-zoom': () => false });
  assert.equal(dispatch('viewer', { key: 'z', preventDefault: () => { prevented = true; } }), false);
  stop();
  assert.equal(prevented, false);
});
const sources = ['shell/shell.js', 'routes/timeline/actions.js', 'routes/timeline/scrubber.js', 'routes/viewer.js'].map((path) => readFileSync(new URL(path, web), 'utf8')).join('\n');
const words = JSON.parse(readFileSync(new URL('assets/locales/en-timeline.json', web), 'utf8')).keys;
for (const { id } of SHORTCUTS) {
  test(`the shortcut "${id}" has a handler and a line in the help`, () => {
    assert.match(sources, new RegExp(`['" ]${id}['"]?: `));
    assert.ok(words[id]);
  });
}

test('a toast leaves, and its undo runs once', () => {
  let undone = 0;
  toast({ text: 'gone', undo: () => { undone++; } });
  assert.equal(undoLast(), true);
  assert.equal(undoLast(), false);
  assert.equal(undone, 1);
});

test('a placeholder decodes to a small picture of its own shape', () => {
  const { w, h, rgba } = decode(Uint8Array.from(atob('1QcSHQRnh493V4dIh4eXh1h4kJUI'), (one) => one.charCodeAt(0)));
  assert.deepEqual([w, h, rgba.length], [11, 16, 11 * 16 * 4]);
  assert.ok(rgba.every((value, k) => k % 4 !== 3 || value === 255));
});

for (const [href, safe] of [['https://example.org', true], ['mailto:a@b.c', true], ['/m/1', true], ['javascript:alert(1)', false], ['data:text/html,x', false], ['//evil.example', false], [' javascript:1', false], [undefined, false]]) {
  test(`a link to ${href} is ${safe ? 'kept' : 'only words'}`, () => assert.equal(isSafe(href), safe));
}
const flat = (vnode) => (Array.isArray(vnode) ? vnode.flatMap(flat) : vnode && typeof vnode === 'object' ? [vnode.type, ...flat(vnode.props.children)] : [vnode]);
test('an unsafe link is drawn without an address', () => {
  const vnode = Blocks({ blocks: [{ t: 'p', c: [{ t: 'link', href: 'javascript:alert(1)', c: [{ t: 'text', s: 'click' }] }] }] });
  assert.deepEqual(flat(vnode).filter((one) => typeof one === 'string'), ['div', 'p', 'span', 'click']);
});
test('lists, quotes, headings and code are drawn as such', () => {
  const vnode = Blocks({ blocks: [{ t: 'h', level: 1, c: [{ t: 'text', s: 'A' }] }, { t: 'ul', c: [{ t: 'li', c: [{ t: 'text', s: 'b' }] }] }, { t: 'quote', c: [{ t: 'p', c: [{ t: 'text', s: 'q' }] }] }, { t: 'code', s: 'x = 1' }, { t: 'hr' }] });
  const types = flat(vnode).filter(Boolean);
  assert.deepEqual(types, ['div', 'h2', 'A', 'ul', 'li', 'b', 'blockquote', 'p', 'q', 'pre', 'code', 'x = 1', 'hr']);
});
test('markup in a note stays words', () => {
  const vnode = Blocks({ blocks: [{ t: 'p', c: [{ t: 'text', s: '<img src=x onerror=alert(1)>' }] }] });
  assert.deepEqual(flat(vnode), ['div', 'p', '<img src=x onerror=alert(1)>']);
});
