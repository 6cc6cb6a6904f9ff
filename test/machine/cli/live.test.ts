/// <reference lib="dom" />
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadCheckpoint } from '@gradloom/runtime';
import type { Browser, Page } from 'playwright-core';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { seal } from '../../../packages/cli/src/files/run-files/seal.ts';
import { closeBrowser, openBrowser } from '../../support/browser.ts';
import { startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { partialRun, serveLive } from '../../support/live.ts';

afterAll(closeBrowser);

interface Looked {
  readonly page: Page;
  readonly messages: readonly string[]; // of the console, and errors
  readonly requests: readonly string[];
}

/** Opens the page of a server. */
async function openPage(
  browser: Browser,
  url: string,
  width = 1200,
  scheme: 'light' | 'dark' = 'light',
): Promise<Looked> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  onTestFinished(() => page.close());
  const messages: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  page.on('request', (request) => requests.push(new URL(request.url()).origin));
  await page.goto(url);
  return { page, messages, requests };
}

const inPage = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector, { hasText: text }).first().waitFor();

/** Values below a chart. */
const valuesOf = (page: Page, chart: string) => page.locator(`#${chart} .values`).textContent();

/** Whether a chart has drawn a line in a colour, given as rgb. */
const hasInk = (page: Page, chart: string, rgb: readonly number[]): Promise<boolean> =>
  page.evaluate(
    ([chart, rgb]) => {
      const drawn = document.querySelector<HTMLCanvasElement>(`#${chart} canvas`);
      if (drawn === null) return false;
      const copy = new OffscreenCanvas(drawn.width, drawn.height).getContext('2d', { willReadFrequently: true });
      copy?.drawImage(drawn, 0, 0);
      const { data = [] } = copy?.getImageData(0, 0, drawn.width, drawn.height) ?? {};
      for (let p = 0; p < data.length; p += 4) if (rgb.every((part, k) => data[p + k] === part)) return true;
      return false;
    },
    [chart, rgb] as const,
  );

const BLUE = [0, 0x72, 0xb2];
const LIGHT_BLUE = [0x56, 0xb4, 0xe9];

test('the page shows losses as they appear in the file, and a reload or a link shows the same view', async (context) => {
  const browser = await openBrowser(context);
  const name = '<img src=x onerror=document.title=1>';
  const { folder, append, replace, steps } = await partialRun(name);
  append(0, 10);
  const { url } = await serveLive(folder);
  const { page, messages, requests } = await openPage(browser, url);
  const lossAt = (step: number): string => {
    const { loss } = JSON.parse(steps[step - 1]);
    return String(Number(loss.mean.toPrecision(4)));
  };
  const to = page.locator('input[name=to]');
  for (const step of [10, 25, 40]) {
    if (step > 10) append(step - 15, step);
    if (step === 25) await to.pressSequentially('2');
    await inPage(page, '#runs td', `${step} of 40`);
    await inPage(page, '#runs td', lossAt(step));
    await inPage(page, '#loss .values', new RegExp(`step ${step}.*training ${lossAt(step)}`, 's'));
  }
  expect(await hasInk(page, 'loss', BLUE)).toBe(true);
  // A line is text, whatever it holds.
  await inPage(page, '#runs th', name);
  expect(await page.title()).toBe('Gradloom live');

  await page.locator('input[name=log]').check();
  // A number that is being typed stays while events of the run arrive.
  await to.pressSequentially('0');
  await to.press('Enter');
  await page.waitForFunction(() => location.hash.includes('to=20'));
  await page.locator('input[name=smoothing]').fill('0.5');
  await page.locator('select[name=by]').selectOption('step');
  await inPage(page, '#loss .values', 'training, smoothed');
  expect(new URL(page.url()).hash).toBe('#log=1&smoothing=0.5');
  // Keys alone: half of the axis around the last step, then the first step of this part.
  await page.locator('#loss .plot').focus();
  for (const key of ['+', 'Home']) await page.keyboard.press(key);
  await inPage(page, '#loss .at', 'step 30');
  const { hash } = new URL(page.url());
  expect(hash).toBe('#log=1&smoothing=0.5&from=30');
  const seen = await valuesOf(page, 'loss');
  await page.reload();
  await inPage(page, '#loss .values', 'training, smoothed');
  expect(new URL(page.url()).hash).toBe(hash);
  expect(await page.locator('input[name=log]').isChecked()).toBe(true);
  await page.locator('#loss .plot').focus();
  await page.keyboard.press('Home');
  await inPage(page, '#loss .at', 'step 30');
  expect(await valuesOf(page, 'loss')).toBe(seen);
  await page.keyboard.press('0');
  await page.waitForFunction(() => location.hash === '#log=1&smoothing=0.5');
  // Part of the axis that ends before it begins.
  for (const [end, place] of [
    ['from', '30'],
    ['to', '3'],
  ]) {
    await page.locator(`input[name=${end}]`).fill(place);
    await page.keyboard.press('Enter');
  }
  await inPage(page, '#controls .problem', 'to has 3, expected more than 30');
  await page.locator('button[name=all]').press('Enter');
  await page.waitForFunction(() => location.hash === '#log=1&smoothing=0.5');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('all');

  replace(0, 7);
  await inPage(page, '#runs td', '7 of 40');
  await inPage(page, '#runs td', lossAt(7));
  expect({ messages, others: requests.filter((origin) => origin !== new URL(url).origin) }).toEqual({
    messages: [],
    others: [],
  });
});

test('runs lie over each other with the options that differ, in both themes and on a phone', async (context) => {
  const browser = await openBrowser(context);
  const [one, two] = [await partialRun('one'), await partialRun('two', ['--lr', '0.5'])];
  for (const { append } of [one, two]) append(0, 40);
  const { url } = await serveLive(one.folder, two.folder);
  for (const [width, scheme, ink] of [
    [1200, 'light', BLUE],
    [390, 'dark', LIGHT_BLUE],
  ] as const) {
    const { page, messages } = await openPage(browser, url, width, scheme);
    await inPage(page, '#differences tr', /--optimizer\s*sgd:lr=0.5\s*sgd:lr=2/);
    await inPage(page, '#loss .values', /two training.*one training/s);
    const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    expect(await page.evaluate(overflow)).toBe(0);
    expect(await hasInk(page, 'loss', ink)).toBe(true);
    await page.emulateMedia({ colorScheme: scheme === 'light' ? 'dark' : 'light' });
    await expect.poll(() => hasInk(page, 'loss', ink)).toBe(false);
    await page.locator('#runs input').first().uncheck();
    await page.waitForFunction(() => location.hash === '#run=one');
    expect(await valuesOf(page, 'loss')).not.toContain('two');
    expect(await page.locator('#differences').count()).toBe(0);
    await page.locator('#runs input').last().uncheck();
    await page.waitForFunction(() => location.hash === '#none=1');
    expect(await page.locator('.chart').count()).toBe(0);
    await inPage(page, '.lead', 'No run is drawn: tick one in the table.');
    expect(messages).toEqual([]);
  }
});

test('numbers of many digits below a chart stand apart on a phone', async (context) => {
  const browser = await openBrowser(context);
  const { folder, steps } = await partialRun();
  const line = (at: number) =>
    `${seal(JSON.stringify({ ...JSON.parse(steps[at]), sum: undefined, step: at * 7000 }))}\n`;
  writeFileSync(join(folder, 'steps.jsonl'), [1, 20, 39].map(line).join(''));
  const { page } = await openPage(browser, (await serveLive(folder)).url, 390);
  await page.addInitScript(() => {
    const drawn: [string, number, number][] = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      if (/,000$/.test(text)) drawn.push([text, x, this.measureText(text).width]);
      fillText.call(this, text, x, y);
    };
    Object.assign(window, { drawn });
  });
  await page.reload();
  await inPage(page, '#loss .values', 'step 273,000');
  const drawn = await page.evaluate(() => (window as unknown as { drawn: [string, number, number][] }).drawn);
  const labels = [...new Map(drawn.map(([text, x, width]) => [text, { x, width }])).values()].sort((a, b) => a.x - b.x);
  expect(labels.length).toBeGreaterThan(1);
  for (const [k, { x, width }] of labels.slice(1).entries()) {
    expect(x - labels[k].x).toBeGreaterThan((width + labels[k].width) / 2 + 6);
  }
});

test('all tabs of a browser share one stream, which another tab goes on with', async (context) => {
  const browser = await openBrowser(context);
  const { folder, append } = await partialRun();
  append(0, 10);
  const { url } = await serveLive(folder);
  const window = await browser.newContext();
  onTestFinished(() => window.close());
  let streams = 0;
  window.on('request', (request) => void (new URL(request.url()).pathname === '/events' && streams++));
  const tabs: Page[] = [];
  for (let k = 0; k < 8; k++) {
    const tab = await window.newPage();
    await tab.goto(url);
    tabs.push(tab);
  }
  for (const tab of tabs) await inPage(tab, '#runs td', '10 of 40');
  expect(streams).toBe(1);
  append(10, 20);
  for (const tab of tabs) await inPage(tab, '#runs td', '20 of 40');
  await tabs[0].close();
  append(20, 40);
  for (const tab of tabs.slice(1)) await inPage(tab, '#runs td', '40 of 40');
  expect(streams).toBe(2);
  expect(await valuesOf(tabs[7], 'loss')).toBe(await valuesOf(tabs[1], 'loss'));
  // What a closed tab has sent late is not for the tab that reads the stream, which reads it again.
  await tabs[7].evaluate(
    (name) => {
      const late = { kind: 'event', name: 'problem', message: { sentence: 'late' }, id: '' };
      new BroadcastChannel(name).postMessage(late);
    },
    `gradloom events${new URL(url).search}`,
  );
  await inPage(tabs[7], '.problem', 'late');
  await inPage(tabs[2], '.problem', 'late');
  expect(await tabs[1].locator('.problem').count()).toBe(0);
});

test('tabs that ask while none reads the stream show the runs when one does', async (context) => {
  const browser = await openBrowser(context);
  const { folder, append } = await partialRun();
  append(0, 10);
  const { url } = await serveLive(folder);
  const window = await browser.newContext();
  onTestFinished(() => window.close());
  const holder = await window.newPage();
  await holder.goto(url.replace('/?', '/other?'));
  const name = `gradloom events${new URL(url).search}`;
  await holder.evaluate(
    (name) => new Promise<void>((held) => void navigator.locks.request(name, () => new Promise(() => held()))),
    name,
  );
  const tabs = [await window.newPage(), await window.newPage()];
  for (const tab of tabs) {
    await tab.goto(url);
    await inPage(tab, '#connection', 'Connecting');
  }
  await holder.close();
  for (const tab of tabs) await inPage(tab, '#runs td', '10 of 40');
  append(10, 40);
  for (const tab of tabs) await inPage(tab, '#runs td', '40 of 40');
  expect(await valuesOf(tabs[1], 'loss')).toBe(await valuesOf(tabs[0], 'loss'));
});

test('an event that the page cannot read is said, and not asked for again', async (context) => {
  const browser = await openBrowser(context);
  let streams = 0;
  let isClosed = false;
  const html = readFileSync(join(String(process.env.GRADLOOM_TEST_PROGRAMS), 'live.html'));
  const server = createServer(({ url }, response) => {
    if (url === '/') return void response.setHeader('content-type', 'text/html').end(html);
    streams++;
    response.on('close', () => {
      isClosed = true;
    });
    response.setHeader('content-type', 'text/event-stream').write('event: lines\ndata: {"run":\n\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { page, messages } = await openPage(browser, 'about:blank');
  await page.clock.install();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await inPage(
    page,
    '#connection.failed',
    /^This page cannot show what the server sent \(.*JSON.*\)\. Load it again\.$/,
  );
  await page.clock.runFor(60_000);
  await expect.poll(() => isClosed).toBe(true);
  expect({ streams, messages }).toEqual({ streams: 1, messages: [] });
});

test('two fingers zoom all charts, and a double tap shows all', async (context) => {
  const browser = await openBrowser(context);
  const { folder, append } = await partialRun();
  append(0, 40);
  const { url } = await serveLive(folder);
  const phone = await browser.newContext({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
  onTestFinished(() => phone.close());
  const page = await phone.newPage();
  await page.goto(url);
  await inPage(page, '#loss .values', 'step 40');
  const { x = 0, y = 0, width = 0 } = (await page.locator('#loss .u-over').boundingBox()) ?? {};
  const client = await phone.newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', places: readonly number[]) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map((place, id) => ({ x: x + place * width, y: y + 50, id })),
    });
  // The middle half of the axis becomes all of it.
  await touch('touchStart', [0.25, 0.75]);
  await touch('touchMove', [0.1, 0.9]);
  await touch('touchMove', [0, 1]);
  await touch('touchEnd', []);
  await page.waitForFunction(() => {
    const { from, to } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    return Math.abs(Number(from) - 10) < 0.5 && Math.abs(Number(to) - 30) < 0.5;
  });
  for (let tap = 0; tap < 2; tap++) await page.touchscreen.tap(x + width / 2, y + 50);
  await page.waitForFunction(() => location.hash === '');
});

test('a training that is killed is said, by its own page and by one that watches its files', async (context) => {
  const browser = await openBrowser(context);
  const cwd = temporaryDirectory();
  const words = 'train --dataset moons --epochs 1000000 --threads 1 --out run --quiet --live';
  const child = startProgram(words.split(' '), cwd);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stderr }), 'line');
  const runPage = await openPage(browser, String(line).replace(/^.* at /, ''));
  await inPage(runPage.page, '#runs td', 'running');
  const { url } = await serveLive(join(cwd, 'run'));
  const other = await openPage(browser, url);
  await inPage(other.page, '#runs td', 'running');
  await inPage(runPage.page, '#loss .values', 'training');
  child.kill('SIGKILL');
  await inPage(runPage.page, '#connection', 'The server does not answer: its process has ended or was killed.');
  await inPage(other.page, '#runs td', 'killed: its process is gone');
  await inPage(other.page, '#connection', 'Connected');
});

test('buttons pause a run, change its rate, write a checkpoint and stop it, and its report follows', async (context) => {
  const browser = await openBrowser(context);
  const cwd = temporaryDirectory();
  const words =
    'train --dataset moons:noise=0.6 --validation 0.2 --evaluate-every 50 --epochs 1000000 --threads 1 --out run --quiet --live';
  const child = startProgram(words.split(' '), cwd);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stderr }), 'line');
  const { page, messages } = await openPage(browser, String(line).replace(/^.* at /, ''), 390);
  const answer = page.locator('.steering output');
  const stepOf = async (words: string): Promise<number> => {
    await answer.filter({ hasText: words }).waitFor();
    return Number(/step ([\d,]+)/.exec((await answer.textContent()) ?? '')?.[1].replaceAll(',', ''));
  };
  // Keys alone.
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name'));
  await page.locator('button[name=pause]').press('Enter');
  const step = await stepOf('the run pauses');
  await inPage(page, '#runs td', 'paused');
  await inPage(page, '#accuracy .values', /training [\d.]+ %.*validation [\d.]+ %/s);
  await inPage(page, '#runs td[data-head="training accuracy"]', /^[\d.]+ %$/);
  expect(await focused()).toBe('continue');
  await page.locator('button[name=checkpoint]').press('Enter');
  expect(await stepOf('a checkpoint is written')).toBe(step);
  expect(loadCheckpoint(join(cwd, 'run/last.gradloom')).progress.step).toBe(step);
  // The checkpoint answers, and tells which rows it has wrong.
  await page.locator('button[name=look]').press('Enter');
  const prefix = `after step ${step.toLocaleString('en')}: `;
  await inPage(page, '#mistakes figcaption', new RegExp(`run, ${prefix}\\d+ of \\d+ validation rows are wrong`));
  await inPage(page, '#mistakes li', /\w → \w, [\d.]+ %/);
  expect(await focused()).toBe('look');
  await page.locator('input[name=rate]').pressSequentially('0.003');
  await page.keyboard.press('Enter');
  expect(await stepOf('the learning rate is 0.003')).toBe(step);
  const { options } = JSON.parse(readFileSync(join(cwd, 'run/config.json'), 'utf8'));
  expect(options['rate-changes']).toEqual({ [step]: 0.003 });
  await page.reload();
  await inPage(page, '#runs td', 'paused');
  await page.locator('button[name=continue]').press('Enter');
  expect(await stepOf('the run goes on')).toBe(step);
  await inPage(page, '#runs td', 'running');
  await page.locator('button[name=stop]').press('Enter');
  await inPage(page, '#runs td', 'ended');
  expect(await page.locator('.steering').count()).toBe(0);
  await inPage(page, '#steers li', /After step [\d,]+: the run stops/);
  await inPage(page, '#mistakes li', /\w → \w, [\d.]+ %/);
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  expect(await page.evaluate(overflow)).toBe(0);
  const reportOpens = page.waitForEvent('popup');
  await page.locator('#runs a', { hasText: 'report' }).click();
  await inPage(await reportOpens, 'h1, h2', 'Training curves');
  // The report is a page of its own, so this one is still open, and its process serves it, even after a reload.
  await page.reload();
  await inPage(page, '#runs td', 'ended');
  expect([messages, child.exitCode]).toEqual([[], null]);
  await page.close();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a report that somebody else wrote runs no script, and no link of it tells its address', async (context) => {
  const browser = await openBrowser(context);
  const requests = new Map<string, IncomingHttpHeaders>();
  const elsewhere = createServer(({ url = '', headers }, response) => {
    requests.set(url, headers);
    response.end('elsewhere');
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  onTestFinished(() => void elsewhere.close());
  const to = (path: string) => `"http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/${path}"`;
  const all = 'referrerpolicy="unsafe-url"';
  const { folder, append } = await partialRun();
  append(0, 40);
  writeFileSync(
    join(folder, 'report.html'),
    `<meta name="referrer" content="unsafe-url"><link rel="stylesheet" ${all} href=${to('style')}>
     <img ${all} src=${to('image')}><a ${all} ping=${to('ping')} href=${to('link')}>link</a>
     <script>document.querySelector('a').textContent = 'script';</script>`,
  );
  const { page } = await openPage(browser, (await serveLive(folder)).url);
  const reportOpens = page.waitForEvent('popup');
  await page.locator('#runs a', { hasText: 'report' }).click();
  const report = await reportOpens;
  await report.locator('a', { hasText: /^link$/ }).click();
  await inPage(report, 'body', 'elsewhere');
  requests.delete('/favicon.ico');
  expect([...requests.keys()]).toEqual(['/link']);
  expect(requests.get('/link')).not.toHaveProperty('referer');
});
