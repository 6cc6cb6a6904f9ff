/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { skipFor } from './needs.ts';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

let open: Promise<Browser> | undefined;

/**
 * The Chromium of this machine, shared by all tests of a file, which calls `closeBrowser` at its end. Skips the test if
 * Chromium does not start.
 */
export async function openBrowser(context: TestContext): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) skipFor(context, 'chromium', `there is no ${EXECUTABLE}`);
  open ??= chromium.launch({ executablePath: EXECUTABLE, args: ['--headless', '--no-sandbox'] });
  try {
    return await open;
  } catch (error) {
    return skipFor(context, 'chromium', `${EXECUTABLE} does not start: ${String(error).split('\n')[0]}`);
  }
}

export async function closeBrowser(): Promise<void> {
  const browser = await open?.catch(() => undefined);
  open = undefined;
  await browser?.close();
}

export interface Sight {
  readonly page: Page;
  readonly messages: readonly string[]; // messages of the console, and errors of the page
  readonly requests: readonly string[]; // requests other than that for the file
}

export interface Looks {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

/** Opens a file from disk. */
export async function lookAt(browser: Browser, path: string, { width, scheme }: Looks): Promise<Sight> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  const url = pathToFileURL(path).href;
  const messages: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.goto(url);
  return { page, messages, requests };
}
