/// <reference lib="dom" />
import { fileURLToPath } from 'node:url';
import type { Model, openModel } from '@gradloom/core';
import { build } from 'esbuild';
import type { TestContext } from 'vitest';
import { openBrowser } from './browser.ts';

const core = fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url));

/** Headers of pages that differ in what they may do. */
export const pageKinds = {
  'without SharedArrayBuffer': {},
  'with SharedArrayBuffer': {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  },
  'that may not compile WebAssembly': { 'content-security-policy': "script-src 'unsafe-inline'" },
} as const satisfies Record<string, Record<string, string>>;

export type PageKind = keyof typeof pageKinds;

/** What a page may do. */
export interface PageRights {
  readonly shares: boolean;
  readonly compiles: boolean;
}

/** What a function says of the models in some files, and of rows for each, on a page in a browser. */
export async function onPage<Rows, Said>(
  context: TestContext,
  files: readonly Uint8Array[],
  say: (model: Model, rows: Rows) => Said,
  rows: readonly Rows[],
  kind: PageKind = 'without SharedArrayBuffer',
): Promise<{ said: Said[]; rights: PageRights }> {
  const browser = await openBrowser(context);
  const { outputFiles } = await build({
    entryPoints: [core],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'gradloom',
    platform: 'browser', // a module of Node's own would be an error
    conditions: ['@gradloom/source'],
  });
  const page = await browser.newPage();
  const url = 'http://127.0.0.1/'; // no server: the page is here
  await page.route(url, (route) => route.fulfill({ headers: pageKinds[kind], contentType: 'text/html', body: '' }));
  await page.goto(url);
  await page.addScriptTag({ content: `${outputFiles[0].text}\nglobalThis.say = ${String(say)};` });
  const answer = await page.evaluate(
    ([files, rows]) => {
      const { gradloom, say } = globalThis as unknown as {
        gradloom: { openModel: typeof openModel };
        say: (model: Model, rows: Rows) => Said;
      };
      const compiles = (): boolean => {
        try {
          new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
          return true;
        } catch {
          return false;
        }
      };
      const said = files.map((base64, k) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        return say(gradloom.openModel(bytes), rows[k] as Rows);
      });
      return { said, rights: { shares: typeof SharedArrayBuffer !== 'undefined', compiles: compiles() } };
    },
    [files.map((bytes) => Buffer.from(bytes).toString('base64')), rows] as const,
  );
  await page.close();
  return answer as { said: Said[]; rights: PageRights };
}
