/** Writes docs/playground.png: the real page, after 500 steps on two moons. Needs Chromium and `npm run build`. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const place = (path) => fileURLToPath(new URL(path, import.meta.url));
const STEPS = 500;

const server = spawn(process.execPath, [place('../packages/cli/bin/gradloom.js'), 'playground'], { stdio: 'pipe' });
const [url] = await once(createInterface({ input: server.stdout }), 'line');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 760 }, colorScheme: 'light' });
await page.goto(`${url}#threads=4&layers=3&units=8&activation=relu&speed=1`);
for (let step = 1; step <= STEPS; step++) {
  await page.locator('button[name=step]').click();
  await page.locator('#state', { hasText: new RegExp(`^Step ${step},`) }).waitFor();
}
await page.evaluate(() => scrollTo(0, 0));
await page.locator('h1').click();
await page.screenshot({ path: place('playground.png') });
await browser.close();
server.kill();
