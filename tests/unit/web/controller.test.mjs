import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PX, TimelineController } from '../../../timeline_local/web/core/controller.js';
import { neighbour, reveal, scrollStep, stepDay, touches } from '../../../timeline_local/web/core/moves.js';
import { UNDATED_DAY } from '../../../timeline_local/web/core/dates.js';
import { controllerOver, library, photos, skeletonOf } from './made.mjs';

const over = (days, ...more) => controllerOver(TimelineController, [skeletonOf(days), ...more.map((one, k) => skeletonOf(one, k + 2))]);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const drawn = (ctl) => ctl.days.flatMap((day) => day.rows.flatMap((row) => row.tiles.map((tile) => tile.position)));

test('only what is near the window is drawn', async () => {
  const { ctl } = await over(library(3000, 10));
  ctl.goto(100_000);
  const rows = ctl.days.flatMap((day) => day.rows.map((row) => ctl.L.rowTop[row.row]));
  const day = 800; // a day that is touched is drawn with its few rows
  assert.ok(Math.min(...rows) > 100_000 - 700 - day && Math.max(...rows) < 100_000 + 800 + 700 + day);
});
test('a saved place is restored to the same pixel', async () => {
  const { ctl } = await over(library(3000, 10));
  ctl.goto(123_457);
  const place = ctl.saved();
  ctl.goto(0);
  ctl.restore(place);
  assert.equal(ctl.y, 123_457);
});
test('a timeline taller than any element reaches its last day', async () => {
  const { ctl } = await over(library(60_000, 20));
  assert.ok(ctl.total > 2 * MAX_PX);
  assert.equal(ctl.spacer, MAX_PX);
  ctl.goto(ctl.maxY);
  assert.equal(ctl.y, ctl.maxY);
  assert.equal(ctl.days.at(-1).d, 59_999);
});
test('scrolling on and on through a tall timeline never jumps', async () => {
  const { ctl } = await over(library(60_000, 20));
  const places = Array.from({ length: 150 }, () => { ctl.scroller.scrollTop += 90_000; ctl.update(false); return ctl.y; });
  assert.deepEqual(places, places.map((_, k) => (k + 1) * 90_000));
});
test('a new width keeps the same day at the top', async () => {
  const { ctl } = await over(library(500, 9));
  ctl.gotoDay(19_800);
  ctl.relayout(760);
  assert.equal(ctl.saved().day, 19_800);
});
test('the room to scroll in is made before scrolling, or the browser would clamp it', async () => {
  const { ctl } = await over(library(500, 9));
  const order = [];
  ctl.stretch = (height) => order.push(['height', height]);
  const goto = ctl.goto.bind(ctl);
  ctl.goto = (y) => { order.push(['scroll']); goto(y); };
  ctl.setLook({ scale: 1.4 });
  assert.deepEqual(order, [['height', ctl.spacer], ['scroll']]);
});
test('new memories above do not move what is on the screen, and are counted', async () => {
  const old = library(500, 9), next = [{ day: 20_001, items: photos(24) }, ...old];
  const { ctl } = await over(old, next);
  const news = [];
  ctl.onNew = (n) => news.push(n);
  ctl.gotoDay(19_900);
  ctl.goto(ctl.y + 300);
  const before = ctl.saved();
  await ctl.refresh();
  assert.deepEqual(ctl.saved(), before);
  assert.deepEqual(news, [24]);
});
test('new memories on the very day that is looked at do not move it either', async () => {
  const old = library(3, 60), next = [{ day: 20_000, items: [...photos(12, 60), ...old[0].items] }, ...old.slice(1)];
  const { ctl } = await over(old, next);
  ctl.goto(500);
  const held = ctl.anchor();
  await ctl.refresh();
  assert.equal(ctl.rowOf(ctl.locate(ctl.anchor())), ctl.rowOf(ctl.locate(held)));
});
test('at the very top new memories simply appear', async () => {
  const old = library(500, 9);
  const { ctl } = await over(old, [{ day: 20_001, items: photos(2) }, ...old]);
  await ctl.refresh();
  assert.equal(ctl.y, 0);
  assert.equal(ctl.sk.days[ctl.days[0].d], 20_001);
});
test('the focused row stays mounted however far one scrolls', async () => {
  const { ctl } = await over(library(3000, 10));
  ctl.focus = 7;
  ctl.goto(60_000);
  assert.ok(drawn(ctl).includes(7));
});
test('metadata is asked for in chunks of 256 of the present revision', async () => {
  const { ctl, asked } = await over(library(3000, 10));
  ctl.goto(0);
  assert.deepEqual(asked.map(({ from, to, rev }) => [from, to, rev]), [[0, 256, 1]]);
});
test('chunks that left the window are aborted', async () => {
  const { ctl } = await over(library(3000, 10));
  const aborts = [];
  ctl.chunks.load = (_from, _to, _rev, abort) => { aborts.push(abort); return new Promise(() => {}); };
  ctl.goto(100_000);
  ctl.goto(200_000);
  assert.deepEqual([aborts[0].aborted, aborts.at(-1).aborted], [true, false]);
});
test('a stale revision brings a new skeleton', async () => {
  const { ctl } = await over(library(300, 10), library(301, 10, 20_001));
  ctl.chunks.load = () => Promise.reject(Object.assign(new Error('stale'), { slug: 'stale-revision' }));
  ctl.goto(100_000);
  await settled();
  assert.equal(ctl.sk.rev, 2);
});
test('what is known of an item is given by its own chunk', async () => {
  const { ctl } = await over(library(100, 10));
  ctl.goto(0);
  await settled();
  assert.equal(ctl.item(200).id, 'id-200');
});

const bands = [5, 4, 3].map((day) => ({ day, items: photos(1, 75) }));
test('arrow down goes from a band to the row below the same place', async () => {
  const { ctl } = await over([...bands, { day: 1, items: photos(20) }]);
  ctl.goto(0);
  assert.equal(neighbour(ctl, 0, 'ArrowDown'), 3);
  assert.ok(neighbour(ctl, 2, 'ArrowDown') > 4);
});
test('arrow up returns into the band', async () => {
  const { ctl } = await over([...bands, { day: 1, items: photos(20) }]);
  assert.equal(neighbour(ctl, 3, 'ArrowUp'), 0);
});
for (const [key, from, to] of [['ArrowRight', 5, 6], ['ArrowLeft', 5, 4], ['ArrowLeft', 0, 0], ['Home', 25, 20], ['End', 25, 39], ['PageDown', 5, 20], ['PageUp', 25, 20], ['PageUp', 20, 0]]) {
  test(`${key} leads from ${from} to ${to}`, async () => {
    const { ctl } = await over(library(6, 20));
    assert.equal(neighbour(ctl, from, key), to);
  });
}
test('folded chips are stepped over', async () => {
  const { ctl } = await over([{ day: 9, items: photos(9) }, { day: 8, items: [...Array.from({ length: 5 }, () => ['visit', 50]), ...photos(9)] }]);
  assert.equal(neighbour(ctl, 8, 'ArrowRight'), 14);
});
test('revealing something below shows all of it', async () => {
  const { ctl } = await over(library(300, 10));
  ctl.goto(0);
  reveal(ctl, 900);
  assert.ok(touches(ctl, 900));
});
test('a step of a month lands on the first shelf of the month before', async () => {
  const { ctl } = await over(library(400, 10));
  ctl.goto(0);
  scrollStep(ctl, 'month', 1);
  assert.equal(new Date(ctl.saved().day * 864e5).toISOString().slice(0, 10), '2024-09-30');
});
test('stepping past the dated shelves ends on the undated one', async () => {
  const { ctl } = await over([{ day: 900, items: photos(3) }, { day: UNDATED_DAY, items: photos(3) }]);
  assert.equal(stepDay(ctl, 0, 'year', 1), 1);
  assert.equal(stepDay(ctl, 1, 'year', 1), 1);
});
