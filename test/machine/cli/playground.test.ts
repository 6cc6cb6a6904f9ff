/// <reference lib="dom" />
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { FILES } from '../../../packages/cli/src/commands/playground/playground-server.ts';
import { closeBrowser, openBrowser } from '../../support/browser.ts';
import { gradloom, temporaryDirectory } from '../../support/command-line.ts';
import { onlyInAll } from '../../support/count.ts';
import { anyDigits, servePlayground } from '../../support/playground.ts';

afterAll(closeBrowser);

interface Looked {
  readonly page: Page;
  readonly messages: readonly string[]; // of the console, and errors
}

async function openPage(browser: Browser, url: string, width = 1200): Promise<Looked> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, acceptDownloads: true });
  onTestFinished(() => page.close());
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  await page.goto(url);
  return { page, messages };
}

/** Takes single steps, and returns the command and the fingerprint that the page shows then. */
async function takeSteps(page: Page, steps: number): Promise<{ command: string; fingerprint: string }> {
  for (let step = 1; step <= steps; step++) {
    await page.locator('button[name=step]').click();
    await page.locator('#state', { hasText: new RegExp(`^Step ${step},`) }).waitFor();
  }
  const [command, fingerprint] = await Promise.all(
    ['#command', '#fingerprint'].map((selector) => page.locator(selector).textContent()),
  );
  return { command: String(command), fingerprint: String(fingerprint) };
}

/** The fingerprint that a command of the page comes to in a terminal. */
async function inTerminal(command: string, folder: string): Promise<string> {
  const words = command
    .split(' ')
    .slice(2) // npx gradloom
    .map((word) => (word.endsWith('.csv') ? join(folder, word) : word));
  const { code, stdout, stderr } = await gradloom([...words, '--no-out']);
  expect(code, stderr).toBe(0);
  return /^fingerprint +(\w+)$/m.exec(stdout)?.[1] ?? stdout;
}

const networks = [
  'data=moons&batch=64',
  'data=spirals&rows=300&noise=0.05&layers=3&units=16&activation=relu&optimizer=sgd&rate=0.1&batch=128&seed=7',
  'data=xor&rows=90&noise=0.1&layers=1&units=5&activation=sigmoid&init=orthogonal&optimizer=lion&batch=full&precision=float32',
];

test.for(networks)(
  'the page comes to the bits of its command, by any number of threads: %s',
  { timeout: 120_000 },
  async (network, context) => {
    const browser = await openBrowser(context);
    const url = await servePlayground();
    const problems: string[] = [];
    for (const threads of [1, 4, ...onlyInAll(2)]) {
      const { page, messages } = await openPage(browser, `${url}#${network}&threads=${threads}`);
      const { command, fingerprint } = await takeSteps(page, 15);
      expect(command).toContain(`--threads ${threads}`);
      expect(await page.locator('#state').textContent()).toContain(threads === 1 ? 'one thread' : `${threads} threads`);
      expect(await inTerminal(command, '')).toBe(fingerprint);
      expect(messages).toEqual([]);
      problems.push(fingerprint);
      await page.close();
    }
    expect(new Set(problems).size).toBe(1);
  },
);

test('points that are drawn by keys alone are saved, and train to the same bits from their file', async (context) => {
  const browser = await openBrowser(context);
  const url = await servePlayground();
  const { page, messages } = await openPage(browser, `${url}#data=points`);
  await page.locator('.problem', { hasText: 'There are no points yet' }).waitFor();
  const draw = async (colour: string, ...keys: string[]) => {
    await page.locator(`button[name=${colour}]`).focus();
    await page.keyboard.press('Enter');
    await page.locator('#plane').focus();
    for (const key of keys) await page.keyboard.press(key);
  };
  await draw('blue', 'ArrowLeft', ' ', 'ArrowUp', ' ', 'ArrowLeft', ' ');
  await draw('orange', 'ArrowRight', ' ', 'ArrowDown', ' ', 'ArrowRight', ' ', ' ', 'Backspace');
  const { fingerprint, command } = await takeSteps(page, 6);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('button[name=save]').press('Enter'),
  ]);
  const folder = temporaryDirectory();
  await download.saveAs(join(folder, download.suggestedFilename()));
  const text = readFileSync(join(folder, 'points.csv'), 'utf8');
  expect(text).toBe(
    'x,y,class\n-0.1,0,blue\n-0.1,0.1,blue\n-0.2,0.1,blue\n0.1,0,orange\n0.1,-0.1,orange\n0.2,-0.1,orange\n',
  );
  expect(await inTerminal(command, folder)).toBe(fingerprint);

  // The address holds the points, and a file takes their place.
  await page.reload();
  expect((await takeSteps(page, 6)).fingerprint).toBe(fingerprint);
  const rows = Array.from({ length: 40 }, (_, n) => `${(n * 37) % 20},${n % 3},${(n % 2) * 1000}.5`);
  const table = ['group,a,b', ...rows, ''].join('\n');
  await page
    .locator('input[name=file]')
    .setInputFiles({ name: 'own.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await page.locator('#state', { hasText: /^Step 0,/ }).waitFor();
  const pageRun = await takeSteps(page, 5);
  const path = join(folder, 'own.csv');
  writeFileSync(path, table);
  expect(await inTerminal(pageRun.command, folder)).toBe(pageRun.fingerprint);

  // A file that is dropped anywhere on the page takes its place in turn.
  const drop = async (name: string, text: string) => {
    const dataTransfer = await page.evaluateHandle(
      ([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], name, { type: 'text/csv' }));
        return transfer;
      },
      [name, text],
    );
    await page.dispatchEvent('#plane', 'dragover', { dataTransfer });
    await page.dispatchEvent('#plane', 'drop', { dataTransfer });
  };
  const dropped = table.replaceAll(',1', ',7');
  await drop('dropped.csv', dropped);
  await page.locator('#state', { hasText: /^Step 0,/ }).waitFor();
  const other = await takeSteps(page, 5);
  expect(other.command).toContain('--dataset dropped.csv ');
  expect(other.fingerprint).not.toBe(pageRun.fingerprint);
  writeFileSync(join(folder, 'dropped.csv'), dropped);
  expect(await inTerminal(other.command, folder)).toBe(other.fingerprint);
  await drop('words.csv', 'a,b\n1,2\n');
  await page.locator('.problem', { hasText: 'words.csv has 2 columns, expected 3' }).waitFor();

  // Points of an address that are cut off are said to be left out, until others are drawn.
  const cut = page.locator('.problem', { hasText: 'The address has points that this page cannot read' });
  await page.goto(`${url}#data=points&drawn=0rsrs`);
  await page.reload();
  await cut.waitFor();
  await draw('blue', ' ');
  await cut.waitFor({ state: 'detached' });
  expect(messages).toEqual([]);
});

test('the files alone work from a server without headers, by one thread, and the page says so', async (context) => {
  const browser = await openBrowser(context);
  const server = createServer(({ url = '' }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    response.setHeader('content-type', FILES[name] ?? 'text/html');
    response.end(readFileSync(join(String(process.env.GRADLOOM_TEST_PROGRAMS), 'playground', name)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { page, messages } = await openPage(browser, `http://127.0.0.1:${port}/#threads=4`);
  await page.locator('#alone', { hasText: 'One thread trains' }).waitFor();
  const { command, fingerprint } = await takeSteps(page, 3);
  expect(command).toContain('--threads 1');
  expect(await inTerminal(command, '')).toBe(fingerprint);
  expect(messages).toEqual([]);
});

test('on a phone and by keys alone: runs, pauses, keeps its state, shows what each layer sees, reads digits', async (context) => {
  const browser = await openBrowser(context);
  const { page, messages } = await openPage(browser, `${await servePlayground()}#layers=20&units=4`, 390);
  const press = (name: string) => page.locator(`button[name=${name}]`).press('Enter');
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.locator('#state', { hasText: /^Step 0,/ }).waitFor();
  await press('go');
  await page.locator('#state', { hasText: /^Step [1-9]\d/ }).waitFor();
  // What is being typed outlives the frames of a run.
  const rate = page.locator('input[name=rate]');
  await rate.fill('0.5');
  const seen = String(await page.locator('#state').textContent());
  await page.locator('#state', { hasNotText: seen }).waitFor();
  expect(await rate.inputValue()).toBe('0.5');
  await press('go');
  await page.locator('#layers li', { hasText: /output.*gradient \d/ }).waitFor();
  expect(await page.locator('#layers canvas').count()).toBe(20);
  expect(await overflow()).toBe(0);

  // An arrow key goes on from what is shown, also where that is the usual number.
  const rows = page.locator('input[name=rows]');
  await rows.press('ArrowUp');
  await page.waitForFunction(() => location.hash.includes('rows=501'));
  await rows.fill('');
  await rows.press('Enter');
  await expect.poll(() => rows.inputValue()).toBe('500');
  await page.locator('select[name=activation]').selectOption('relu');
  await rate.press('Enter');
  await expect.poll(() => new URL(page.url()).hash).toBe('#layers=20&units=4&activation=relu&rate=0.5');
  await page.reload();
  await page.locator('#state', { hasText: /^Step 0,/ }).waitFor();
  expect(await page.locator('select[name=activation]').inputValue()).toBe('relu');

  await press('digits');
  await page.locator('#paper').focus();
  for (const key of ['Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowRight']) await page.keyboard.press(key);
  const answer = page.locator('#digits [role=status]', { hasText: /^The model sees a digit \d, with/ });
  await answer.waitFor();
  expect(await overflow()).toBe(0);
  // The address holds what is drawn, by the pointer too.
  const { x = 0, y = 0, width = 0 } = (await page.locator('#paper').boundingBox()) ?? {};
  await page.mouse.move(x + width / 5, y + width / 5);
  await page.mouse.down();
  await page.mouse.move(x + width / 3, y + width / 2, { steps: 9 });
  await page.mouse.up();
  const seenAs = () =>
    page.evaluate(() => [
      document.querySelector('#digits [role=status]')?.textContent,
      ...Array.from(document.querySelectorAll('canvas'), (canvas) => canvas.toDataURL()),
    ]);
  await expect.poll(() => new URL(page.url()).hash).toMatch(/&digit=[\w-]+\.[\w-]+$/);
  await page.locator('#paper').blur();
  // What is sent in the end is the answer to the whole drawing.
  await page.reload();
  await answer.waitFor();
  const last = await seenAs();
  await page.reload();
  await answer.waitFor();
  await expect.poll(seenAs).toEqual(last);
  await page.goto(page.url().replace(/&digit=.*/, '&digit=0'));
  await page.reload();
  await page.locator('#digits .problem', { hasText: 'The address has a digit that this page cannot read' }).waitFor();
  expect(messages).toEqual([]);
});

test('an address that is typed stays as it is, until something is changed on the page', async (context) => {
  const browser = await openBrowser(context);
  const url = await servePlayground();
  const { page } = await openPage(browser, url);
  await page.clock.install();
  const unreadable = '#tab=digits&digit=0&units=99&data=points&drawn=0rsrs';
  const problem = (part: string) => page.locator('.problem', { hasText: `The address has ${part} that this page` });
  const typed = async () => {
    await problem('a digit').waitFor();
    await page.clock.runFor(60_000);
    expect(await page.evaluate(() => location.hash)).toBe(unreadable);
  };
  // A change still waits for its place in the address.
  await page.evaluate((hash) => {
    document.querySelector<HTMLElement>('button[name=step]')?.click();
    document.querySelector<HTMLElement>('button[name=digits]')?.click();
    location.hash = hash;
  }, unreadable);
  await typed();
  await page.reload();
  await typed();
  await page.locator('button[name=plane]').press('Enter');
  await problem('points').waitFor();
  await page.waitForFunction(() => location.hash === '#data=points&units=32');
});

test('while the server trains the model of digits, a bar shows how much is done', async (context) => {
  const browser = await openBrowser(context);
  let train: (share: number) => void = () => {};
  let end = () => {};
  const url = await servePlayground(async (onTraining) => {
    train = onTraining;
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return anyDigits();
  });
  const { page, messages } = await openPage(browser, `${url}#tab=digits`);
  await page.locator('#paper').press(' ');
  const bar = page.locator('#digits progress');
  for (const [share, percent] of [
    [0, '0 %'],
    [0.255, '25 %'],
    [0.999, '99 %'],
  ] as const) {
    train(share);
    await page.locator('#digits .training', { hasText: percent }).waitFor();
    expect(await bar.evaluate((element) => (element as HTMLProgressElement).value)).toBe(share);
  }
  await page.locator('#digits [role=status]', { hasText: 'The model trains on 60,000 digits' }).waitFor();
  end();
  await page.locator('#digits [role=status]', { hasText: /^The model sees a digit \d, with/ }).waitFor();
  expect(await bar.count()).toBe(0);
  expect(messages).toEqual([]);
});

test('a file that the server once failed to send is fetched again', async (context) => {
  const browser = await openBrowser(context);
  const folder = join(String(process.env.GRADLOOM_TEST_PROGRAMS), 'playground');
  let requests = 0;
  const server = createServer(({ url = '' }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1);
    response.setHeader('content-type', FILES[name] ?? 'text/html');
    if (name !== 'digits.json') response.end(readFileSync(join(folder, name)));
    else if (++requests === 1) response.writeHead(500).end();
    else response.end(JSON.stringify(anyDigits()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { page } = await openPage(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await takeSteps(page, 2);
  await page.locator('button[name=digits]').press('Enter');
  await page.locator('#paper').press(' ');
  await page.locator('.problem', { hasText: 'The server has no digits.json' }).waitFor();
  await page.locator('#paper').press('Shift+ArrowLeft');
  await page.locator('#digits [role=status]', { hasText: /^The model sees a digit \d, with/ }).waitFor();
});
