import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createModel, type Model, type ModelContents, saveModel } from '@gradloom/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { ask, metric, type Served, startServer, tableModel, textModel } from '../../../support/serving.ts';

const rows = Array.from({ length: 400 }, (_, n) => [n / 7, n / 11, n % 2 === 0 ? 'bog' : 'shore']);

/** The model with other weights. */
const changed = (contents: ModelContents, seed: number): ModelContents => ({
  ...contents,
  parameters: contents.parameters.map((_, p) => Math.sin(p * p + seed)),
});

const numbers: ModelContents = {
  spec: {
    input: 512,
    layers: [
      { kind: 'dense', out: 1024 },
      { kind: 'dense', out: 2 },
    ],
  },
  parameters: Float64Array.from({ length: 513 * 1024 + 1025 * 2 }, (_, p) => Math.sin(p)),
  loss: 'mse',
};

const textOf = (model: Model, ...request: Parameters<Model['generate']>): string =>
  [...model.generate(...request)].join('');

const post = (route: string, body: string): string =>
  `POST ${route} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** Waits until standard error has so many lines, and returns them. */
async function linesOf({ stderr }: Served, count: number): Promise<string[]> {
  for (;;) {
    const lines = stderr().split('\n').slice(0, -1);
    if (lines.length >= count) return lines;
    await setTimeout(5);
  }
}

const threadsOf = ({ pid }: Served): number =>
  process.platform !== 'linux'
    ? 0
    : Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

test('requests that run while a run has a new model are all answered, with the bits of the old model or the new', async () => {
  const server = await startServer(['--reload', '--threads', '2'], { isRun: true });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const next = createModel(changed(tableModel, 1));
  // Of few rows, which are answered where they arrive, and of many, which go to threads.
  const clients = Array.from({ length: 8 }, async (_, client) => {
    const body = client < 4 ? rows.slice(client, client + 2) : rows;
    const [old, renewed] = [server.model, next].map((model) => JSON.stringify(model.predict(body)));
    let answers = 0;
    let news = 0;
    for (; news < 3; answers++) {
      const { status, body: text } = await ask(`${server.url}/predict`, body, client % 2 === 0 ? { agent } : {});
      expect(status).toBe(200);
      expect([old, renewed]).toContain(text);
      if (text === renewed) news++;
      else expect(news).toBe(0); // no request after a new answer has an old one
    }
    return answers;
  });
  while ((await metric(server.url, 'gradloom_requests_total{route="/predict",status="200"}')) < 50);
  saveModel(server.path, next);
  const answers = (await Promise.all(clients)).reduce((sum, count) => sum + count, 0);
  expect(await metric(server.url, 'gradloom_requests_total{route="/predict",status="200"}')).toBe(answers);
  const [line, ...others] = await linesOf(server, 1);
  expect(others).toEqual([]);
  expect(line).toMatch(/^gradloom serve: \d{4}-\d\d-\d\dT[\d:.]+Z: .* is loaded anew, with fingerprint [0-9a-f]{12}$/);
  expect(line).toContain(next.fingerprint.slice(0, 12));
  expect(JSON.parse((await ask(`${server.url}/health`)).body).fingerprint).toBe(next.fingerprint);
});

test('a request and a text that have begun are answered by their model, whose threads then end', async () => {
  const flags = ['--reload', '--threads', '2', '--max-tokens', '100000'];
  const server = await startServer(flags, { contents: textModel });
  const { url, path, model } = server;
  const prompt = JSON.stringify('ab');
  const next = createModel(changed(textModel, 5));
  await ask(`${url}/predict`, prompt);
  const threads = threadsOf(server);
  const options = { tokens: 30_000, temperature: 1.5, seed: 1 };
  const text = fetch(`${url}/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'ab', ...options }),
  });
  const open = () =>
    connect(Number(new URL(url).port), '127.0.0.1')
      .setEncoding('utf8')
      .on('error', () => {});
  const client = open();
  client.write(post('/predict', prompt).slice(0, -2));
  const { body } = await text;
  // The second answer on this connection waits for the first until the connection breaks. Neither keeps the threads.
  const broken = open();
  for (const tokens of [100_000, 30_000]) broken.write(post('/generate', JSON.stringify({ ...options, tokens })));
  await once(broken, 'data');
  saveModel(path, next);
  server.kill('SIGHUP');
  await linesOf(server, 1);
  const answer = JSON.stringify(next.predict(['ab'])[0]);
  expect((await ask(`${url}/predict`, prompt)).body).toBe(answer);
  client.write(prompt.slice(-2));
  expect((await once(client, 'data'))[0]).toContain(JSON.stringify(model.predict(['ab'])[0]));
  client.write(post('/predict', prompt));
  expect((await once(client, 'data'))[0]).toContain(answer);
  client.destroy();
  expect(await new Response(body).text()).toBe(textOf(model, 'ab', options));
  broken.destroy();
  while (threadsOf(server) > threads) await setTimeout(5);
});

test('a missing, damaged or unfit file is said in a sentence, and the next good one of any kind is taken', async () => {
  const server = await startServer(['--reload', '--threads', '1'], { isRun: true });
  const { url, path, model } = server;
  const old = JSON.stringify(model.predict(rows));
  const bytes = readFileSync(path);
  const breakings: readonly (readonly [expected: string, () => void])[] = [
    ['expected a run that train wrote', () => renameSync(path, `${path}.old`)],
    [
      'damaged',
      () =>
        writeFileSync(
          path,
          bytes.map((byte, k) => (k === bytes.length - 9 ? byte ^ 1 : byte)),
        ),
    ],
    ['has a header of', () => writeFileSync(path, bytes.subarray(0, bytes.length / 2))],
    [
      'has NaN, expected finite numbers',
      () => saveModel(path, { ...tableModel, parameters: tableModel.parameters.map(() => Number.NaN) }),
    ],
  ];
  for (const [n, [expected, damage]] of breakings.entries()) {
    damage();
    if (n > 0) server.kill('SIGHUP'); // the first is found by itself
    const lines = await linesOf(server, n + 1);
    expect(lines[n]).toContain(expected);
    expect(lines[n]).toContain(`; fingerprint ${model.fingerprint.slice(0, 12)} goes on answering`);
    expect(await ask(`${url}/predict`, rows)).toMatchObject({ status: 200, body: old });
  }
  expect((await ask(`${url}/generate`, { tokens: 3 })).status).toBe(400);
  saveModel(path, textModel);
  await linesOf(server, breakings.length + 1);
  const text = createModel(textModel);
  expect((await ask(`${url}/generate`, { tokens: 3, seed: 2 })).body).toBe(
    textOf(text, undefined, { tokens: 3, seed: 2 }),
  );
  const [example] = JSON.parse((await ask(`${url}/schema`)).body).request.examples;
  expect((await ask(`${url}/predict`, JSON.stringify(example))).body).toBe(JSON.stringify(text.predict([example])[0]));
  expect(await ask(`${url}/predict`, rows)).toMatchObject({ status: 400 });
  expect(await metric(url, 'gradloom_predict_calls_total')).toBeGreaterThan(breakings.length);
  rmSync(path);
});

test('20 models, one after another, take the memory and threads of one', async () => {
  const server = await startServer(['--reload', '--threads', '1'], { contents: numbers });
  const { url, path } = server;
  const body = [numbers.parameters.slice(0, 512)].map((row) => Array.from(row));
  async function reload(first: number, count: number): Promise<{ bytes: number; threads: number }> {
    for (let n = first; n < first + count; n++) {
      const next = createModel(changed(numbers, n));
      saveModel(path, next);
      server.kill('SIGHUP');
      await linesOf(server, n + 1);
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask(`${url}/predict`, body)));
      for (const answer of answers) expect(answer.body).toBe(JSON.stringify(next.predict(body)));
    }
    return { bytes: await metric(url, 'process_resident_memory_bytes'), threads: threadsOf(server) };
  }
  const before = await reload(0, 4);
  const after = await reload(4, 16);
  expect(after.threads).toBeLessThanOrEqual(before.threads);
  expect((after.bytes - before.bytes) / 1024 ** 2).toBeLessThan(96);
});
