/**
 * Makes the pictures of README and docs from real runs, which takes about a minute: node docs/make-pictures.mjs. That
 * of the live page needs Chromium, in /usr/bin or where CHROMIUM says; --live makes it alone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const docs = fileURLToPath(new URL('.', import.meta.url));
const cli = join(docs, '../packages/cli/bin/gradloom.js');

/** Each picture: its file here, its file in the run, and the run. */
const pictures = [
  ['vanishing.svg', 'gradient-by-layer.svg', ['experiment', 'vanishing']],
  ['fitted-curve.svg', 'fitted-curve.svg', ['train', '--dataset', 'sine', '--backend', 'wasm', '--quiet']],
  ['training.svg', 'loss.svg', ['train', '--dataset', 'mnist', '--backend', 'wasm', '--quiet']],
];

const folder = mkdtempSync(join(tmpdir(), 'gradloom-pictures-'));
try {
  await drawLive(join(folder, 'mnist'));
  for (const [name, picture, args] of process.argv.includes('--live') ? [] : pictures) {
    const out = join(folder, name);
    execFileSync(process.execPath, [cli, ...args, '--out', out], { stdio: ['ignore', 'ignore', 'inherit'] });
    copyFileSync(join(out, picture), join(docs, name));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The page of a run in its fifth epoch, after a change of the learning rate, while it pauses. */
async function drawLive(out) {
  const args = [
    'train',
    '--dataset',
    'mnist',
    '--schedule',
    'constant',
    '--epochs',
    '8',
    '--threads',
    '1',
    '--out',
    out,
  ];
  const child = spawn(process.execPath, [cli, ...args, '--quiet', '--live'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [line] = await once(createInterface({ input: child.stderr }), 'line');
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
    await page.goto(String(line).replace(/^.* at /, ''));
    const reach = (step) =>
      page.waitForFunction((step) => {
        const text = document.querySelector('#runs td.number')?.textContent ?? '0';
        return Number(text.replace(/ of.*/, '').replaceAll(',', '')) >= step;
      }, step);
    await reach(1000);
    await page.locator('input[name=rate]').fill('0.0005');
    await page.locator('button[name=set-rate]').click();
    await reach(2000);
    await page.locator('button[name=pause]').click();
    await page.locator('#runs td', { hasText: 'paused' }).waitFor();
    await page.screenshot({ path: join(docs, 'live.png') });
    await page.locator('button[name=stop]').click();
    await once(child, 'exit');
  } finally {
    await browser.close();
    child.kill();
  }
}
