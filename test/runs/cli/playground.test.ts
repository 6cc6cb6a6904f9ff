import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadModel, saveModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { digitFile } from '../../../packages/cli/src/commands/playground/digit-model.ts';
import { gradloom, temporaryDirectory } from '../../support/command-line.ts';
import { anyDigits, servePlayground } from '../../support/playground.ts';
import { ask } from '../../support/serving.ts';

test('every file needs the token, this host and its own origin, and comes with the headers that share memory', async () => {
  let calls = 0;
  const url = await servePlayground(async () => {
    calls++;
    if (calls === 1) throw new Error('there is no MNIST');
    return anyDigits();
  });
  const { origin, search } = new URL(url);
  for (const name of ['', 'worker.js', 'digits.json']) {
    const address = `${origin}/${name}`;
    const statuses: number[] = [];
    for (const [path, headers] of [
      [address, {}],
      [`${address}${search}`, { host: 'evil.example' }],
      [`${address}${search}`, { origin: 'http://evil.example' }],
    ] as const) {
      statuses.push((await ask(path, undefined, { headers })).status);
    }
    expect({ name, statuses }).toEqual({ name, statuses: [401, 421, 403] });
    if (name === 'digits.json') {
      expect(calls).toBe(0); // nothing is trained for a stranger
      const failed = await ask(`${address}${search}`);
      expect(failed.body).toBe('{"error":"there is no MNIST"}\n'); // the last line
    }
    const { status, headers } = await ask(`${address}${search}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  expect(calls).toBe(2);
  const { headers } = await ask(url);
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self'; img-src data:;.*; worker-src 'self'$/,
  );
});

test('its files, kernels and all, fit 180 KB together with the live page, and are written with a model for other servers', async () => {
  const folder = temporaryDirectory();
  const model = join(folder, 'own.gradloom');
  const { spec, loss, parameters } = anyDigits();
  saveModel(model, { spec, loss, parameters: Float32Array.from(parameters), metadata: { labels: [...'abcdefghij'] } });
  const out = join(folder, 'site');
  const { code, stdout, stderr } = await gradloom(['playground', '--out', out, '--model', model]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`the playground is in ${out}`);
  expect(readdirSync(out).toSorted()).toEqual(['digits.json', 'index.html', 'worker.js']);
  const written = JSON.parse(readFileSync(join(out, 'digits.json'), 'utf8'));
  expect(written).toEqual(digitFile(loadModel(model)));
  expect(written).toMatchObject({ precision: 'float32', labels: [...'abcdefghij'] });
  const live = join(String(process.env.GRADLOOM_TEST_PROGRAMS), 'live.html');
  const pages = [join(out, 'index.html'), join(out, 'worker.js'), live];
  expect(pages.reduce((sum, page) => sum + gzipSync(readFileSync(page)).length, 0)).toBeLessThan(180_000);
});

test('a model that does not read digits is refused in a sentence', async () => {
  const model = join(temporaryDirectory(), 'other.gradloom');
  saveModel(model, { spec: { input: 2, layers: [{ kind: 'dense', out: 1 }] }, parameters: new Float64Array(3) });
  const { code, stderr } = await gradloom(['playground', '--model', model]);
  expect(code).toBe(2);
  expect(stderr).toContain('--model has 2 inputs and 1 outputs, expected a model of 784 pixels and classes');
});
