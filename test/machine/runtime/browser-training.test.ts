/// <reference lib="dom" />
import { fileURLToPath } from 'node:url';
import { buildNetwork, createRandom } from '@gradloom/core';
import { hasFusedWasm } from '@gradloom/core/internal';
import { datasetFromRows, train } from '@gradloom/runtime';
import type { BrowserRunOptions } from '@gradloom/runtime/browser';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { closeBrowser, openBrowser } from '../../support/browser.ts';
import { everyLayer, inputsFor } from '../../support/every-layer.ts';
import { pageKinds } from '../../support/model-page.ts';
import type { WorkerAnswer, WorkerTraining } from '../../support/training-worker.ts';

const ROWS = 13;

afterAll(closeBrowser);

/** An empty page with shared memory, and the source of the worker. */
async function openPage(context: TestContext): Promise<{ page: Page; source: string }> {
  const browser = await openBrowser(context);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../support/training-worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['@gradloom/source', 'browser'],
  });
  const page = await browser.newPage();
  const url = 'http://127.0.0.1/'; // no server: the page is here
  const headers = pageKinds['with SharedArrayBuffer'];
  await page.route(url, (route) => route.fulfill({ headers, contentType: 'text/html', body: '' }));
  await page.goto(url);
  return { page, source: outputFiles[0].text };
}

/** What a new worker of the page says of a training. */
const inWorker = (page: Page, source: string, training: WorkerTraining): Promise<WorkerAnswer> =>
  page.evaluate(
    ([text, message]) =>
      new Promise<WorkerAnswer>((resolve) => {
        const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
        worker.onerror = ({ message: reason }) => resolve({ error: reason });
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data as WorkerAnswer);
        };
        worker.postMessage(message);
      }),
    [source, training] as const,
  );

test('Chromium trains networks of every layer to the weights of Node, on any number of workers', async (context) => {
  const { page, source } = await openPage(context);
  const random = createRandom(7, 'drawn trainings');
  for (const [name, spec] of Object.entries(everyLayer)) {
    if (name === 'steps') continue; // the activation `step` has no gradient, and training refuses it
    const inputs = inputsFor(spec, ROWS);
    const { outputs } = buildNetwork(spec);
    const targets = inputs.map(() => Array.from({ length: outputs }, () => random.normal()));
    const options: BrowserRunOptions = {
      loss: 'mse',
      optimizer: { kind: 'adam', lr: 1e-3 },
      batch: 8,
      seed: random.integer(1000),
      precision: random.integer(2) === 0 ? 'float64' : 'float32',
      totalSteps: 4,
    };
    const { totalSteps: steps, ...rest } = options;
    const data = datasetFromRows({ inputs, targets, name: 'rows' });
    const { fingerprint } = await train(spec, { train: data }, { ...rest, steps, threads: 1, backend: 'auto' });
    const training = { spec, rows: ROWS, inputs: inputs.flat(), targets: targets.flat(), options };
    const answer = await inWorker(page, source, { ...training, threads: 1 + random.integer(4) });
    expect(answer, name).toEqual({ fingerprint, fused: hasFusedWasm() });
  }
}, 120_000);
