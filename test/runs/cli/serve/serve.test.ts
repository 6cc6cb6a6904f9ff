import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { NetworkSpec, Preprocessing } from '@gradloom/core';
import { ofTable } from '@gradloom/core/internal';
import { loadParts } from '@gradloom/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gradloom, temporaryDirectory } from '../../../support/command-line.ts';
import {
  ask,
  type HttpAnswer,
  metric,
  type Served,
  sendRaw,
  startServer,
  tableModel,
  textModel,
} from '../../../support/serving.ts';

const row = { length: 5.1, width: '3.5', place: 'bog' };
const rows = [row, [6, 3, ''], { length: 4, width: 1, place: 'shore' }] as const;

let shared: Served;
const ends: (() => void)[] = [];
beforeAll(async () => {
  shared = await startServer(['--threads', '2'], { atEnd: (end) => ends.push(end) });
});
afterAll(() => {
  for (const end of ends) end();
});

test('rows over HTTP get the answers of the model, one or many', async () => {
  const { url, model, stdout } = await startServer();
  expect(stdout[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+ answers for .*model\.gradloom$/);
  await ask(`${url}/health`);
  const [, body = ''] = / -H 'content-type: application\/json' -d '(.*)'$/.exec(stdout.at(-1) ?? '') ?? [];
  expect(stdout.at(-1)).toMatch(`curl ${url}/predict -H `);
  expect(await ask(`${url}/predict`, body)).toMatchObject({ status: 200, body: expect.not.stringContaining('notes') });
  const [one, many] = await Promise.all([
    ask(`${url}/predict`, { id: 7, ...row }), // of columns that the model does not read
    ask(`${url}/predict`, rows),
  ]);
  expect(one).toMatchObject({ status: 200, body: JSON.stringify(model.predict([row])[0]) });
  expect(many).toMatchObject({ status: 200, body: JSON.stringify(model.predict([...rows])) });
  expect(one.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse((await ask(`${url}/health`)).body)).toEqual({ status: 'ok', fingerprint: model.fingerprint });
  expect(await metric(url, 'gradloom_rows_total')).toBe(5);
  expect(await metric(url, 'gradloom_requests_total{route="/predict",status="200"}')).toBe(3);
  expect(await metric(url, 'gradloom_predict_seconds_count')).toBe(3);
  expect(await metric(url, 'gradloom_predict_seconds_bucket{le="+Inf"}')).toBe(3);
  expect(await metric(url, 'gradloom_predict_seconds_sum')).toBeGreaterThan(0);
  expect(await metric(url, 'gradloom_predict_calls_total')).toBeGreaterThan(0);
});

test('of a capped column, a word that no training row had is noted, and a rarer one is not', async () => {
  const place = {
    name: 'place',
    type: 'categorical',
    categories: ['bog', 'shore'],
    missing: true,
    others: ['fen'],
  } as const;
  const [length, width] = ofTable(tableModel.preprocessing)?.columns ?? [];
  const preprocessing = { ...ofTable(tableModel.preprocessing), columns: [length, width, place] } as Preprocessing;
  const { url } = await startServer([], { contents: { ...tableModel, preprocessing } });
  const [fen, moon] = await Promise.all(
    ['fen', 'moon'].map(async (place) => JSON.parse((await ask(`${url}/predict`, { ...row, place })).body)),
  );
  expect(fen.notes).toBeUndefined();
  expect(moon).toEqual({ ...fen, notes: [expect.stringContaining('"moon", which no training row had')] });
  expect((await ask(`${url}/schema`)).body).toContain('unknown ones are noted');
});

test('a body that is long goes to a thread, to the same bits', async () => {
  const { url, model } = shared;
  const many = Array.from({ length: 3000 }, (_, n) => [n / 7, n / 11, n % 2 === 0 ? 'bog' : 'shore']);
  const answers = await Promise.all([many, row, many].map((body) => ask(`${url}/predict`, body)));
  expect(answers.map(({ body }) => body)).toEqual([
    JSON.stringify(model.predict(many)),
    JSON.stringify(model.predict([row])[0]),
    JSON.stringify(model.predict(many)),
  ]);
});

test('texts are those of the library, many at once beside predictions, and bad requests get a sentence', async () => {
  const { url, model, stdout } = await startServer(['--threads', '2', '--max-tokens', '3000'], { contents: textModel });
  expect(stdout).toContain('POST /generate: a prompt; gives the text that follows');
  const bodies = [1, 2, 3].map((seed) => ({ prompt: 'ab', tokens: 3000, temperature: 1.5, topK: 3, topP: 0.9, seed }));
  const [prediction, ...texts] = await Promise.all([
    ask(`${url}/predict`, JSON.stringify('ab')),
    ...bodies.map((body) => ask(`${url}/generate`, body)),
  ]);
  expect(JSON.parse(prediction.body)).toEqual(model.predict(['ab'])[0]);
  for (const [n, { prompt, ...options }] of bodies.entries()) {
    expect(texts[n].headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8' });
    expect(texts[n]).toMatchObject({ status: 200, body: [...model.generate(prompt, options)].join('') });
  }
  expect(await metric(url, 'gradloom_requests_total{route="/generate",status="200"}')).toBe(3);
  for (const [body, sentence] of [
    [
      { prompt: 'abc' },
      'prompt has the character "c" (U+0063), expected one of the 4 of the vocabulary, at position 2',
    ],
    [{ prompt: 'a', tokens: 3001 }, 'tokens has 3001, expected at most 3000'],
    [{ promt: 'a' }, 'option "promt" is unknown, expected prompt, tokens, temperature'],
    ['[1', 'body is not valid JSON, expected an object such as {"prompt": "First", "tokens": 100}'],
    ['"a"', 'body has "a", expected an object such as'],
  ] as const) {
    const { status, body: answer } = await ask(`${url}/generate`, body);
    expect(status).toBe(400);
    expect(JSON.parse(answer).error).toContain(sentence);
  }
  const { body } = await ask(`${shared.url}/generate`, {});
  expect(body).toContain('the model is a model of a table, expected a model of text');
});

test('the schema names the columns, what they hold, and the classes', async () => {
  const { url } = shared;
  const { request, response } = JSON.parse((await ask(`${url}/schema`)).body);
  const [byName, inOrder, list] = request.anyOf;
  expect(byName).toMatchObject({ required: ['length', 'width'] });
  expect(byName).not.toHaveProperty('additionalProperties');
  expect(byName.properties.length.type).toEqual(['number', 'string']);
  expect(byName.properties.place).toMatchObject({
    type: ['string', 'number', 'boolean', 'null'],
    examples: ['bog', 'shore'],
  });
  expect(inOrder).toMatchObject({ minItems: 3, maxItems: 3 });
  expect(list.maxItems).toBe(10_000);
  expect(response.anyOf[0].properties.prediction.enum).toEqual(['setosa', 'virginica', null]);
});

describe('a bad request for a prediction', () => {
  test('is refused with a status and one sentence', async () => {
    const { url } = await startServer(['--max-rows', '2', '--max-body', '1000']);
    const refused = async (status: number, sentence: string, path: string, ...request: [unknown?, object?]) => {
      const { body, ...answer } = await ask(`${url}${path}`, ...request);
      expect({ ...answer, error: JSON.parse(body).error }).toMatchObject({
        status,
        error: expect.stringContaining(sentence),
      });
    };
    await refused(400, 'body is not valid JSON, expected a row or a list of rows', '/predict', '{"length":');
    await refused(400, 'body is not valid JSON', '/predict', '');
    await refused(400, 'row 0, column "length" has "x", expected a number', '/predict', ['x', 1, 1]);
    await refused(400, 'row 1, column "lenght" is unknown, expected "length", "width"', '/predict', [
      row,
      { ...row, length: undefined, lenght: 1 },
    ]);
    await refused(413, 'body has 3 rows, expected at most 2', '/predict', rows);
    await refused(413, 'body is too long, expected at most 1000 bytes', '/predict', 'x'.repeat(1001));
    await refused(415, 'content-type has "text/csv", expected "application/json"', '/predict', 'a,b', {
      headers: { 'content-type': 'text/csv' },
    });
    await refused(
      415,
      `expected "application/json" (for JSON, curl needs -H 'content-type: application/json')`,
      '/predict',
      row,
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    );
    await refused(
      415,
      'content-type has "multipart/form-data", expected "application/json" (for JSON, curl needs',
      '/predict',
      row,
      {
        headers: { 'content-type': 'multipart/form-data; boundary=------------------------abcdefghijklmnopqrstuvwxyz' },
      },
    );
    await refused(
      415,
      'content-type has "application/json; charset=utf-16", expected "application/json"',
      '/predict',
      row,
      { headers: { 'content-type': 'application/json; charset=utf-16' } },
    );
    await refused(415, 'content-encoding has "gzip", expected "identity" or none', '/predict', row, {
      headers: { 'content-encoding': 'gzip' },
    });
    await refused(
      421,
      'host has "other.example", expected localhost, the address of this server, or a name',
      '/schema',
      undefined,
      { headers: { host: 'other.example' } },
    );
    await refused(404, 'path is unknown, expected POST /predict, POST /generate, GET /schema', '/predictions');
    await refused(405, 'method has GET, expected POST /predict', '/predict');
    await refused(400, 'path has "/%ff%", expected UTF-8, with two hexadecimal digits after each %', '/%ff%?x');
    expect((await ask(`${url}/schema`)).body).toContain('"maxItems":2');
    expect((await ask(`${url}/predict`, row)).status).toBe(200);
  });

  test('of hostile bytes neither ends the server nor keeps a connection', async () => {
    const { url, model } = shared;
    const head = 'POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    expect(await sendRaw(url, `${head}content-length: 3\r\ncontent-length: 4\r\n\r\n[1]`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendRaw(url, 'GET / HTTP/9.9\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendRaw(url, `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(await sendRaw(url, `${head}content-length: 9999999999\r\nconnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    // More bytes than the head says are the next request, which is none.
    expect(await sendRaw(url, `${head}content-length: 2\r\n\r\n[]garbage\r\n\r\n`)).toMatch(
      /HTTP\/1\.1 400 [\s\S]*\{"error":"request is not HTTP, expected HTTP\/1\.1"\}$/,
    );
    const deep = '['.repeat(1 << 19);
    expect((await ask(`${url}/predict`, deep)).status).toBe(400);
    expect((await ask(`${url}/predict`, deep + ']'.repeat(1 << 19))).status).toBe(400);
    const answer = await ask(`${url}/predict`, '{"__proto__":{"length":1},"constructor":1}');
    expect(answer.status).toBe(400);
    expect(await ask(`${url}/predict`, row)).toMatchObject({
      status: 200,
      body: JSON.stringify(model.predict([row])[0]),
    });
  });
});

test('requests beyond the queue are refused with 429, and those within are answered', async () => {
  // They wait for others until the server stops.
  const { url, kill, end } = await startServer(['--queue', '3', '--delay', '1000000']);
  const within = [1, 2, 3].map(() => ask(`${url}/predict`, row));
  while ((await metric(url, 'gradloom_queue_waiting')) < 3);
  const beyond = await ask(`${url}/predict`, row);
  expect(beyond).toMatchObject({ status: 429, body: expect.stringContaining('queue has 3 requests, expected fewer') });
  expect(beyond.headers['retry-after']).toBe('1');
  kill('SIGTERM');
  expect((await Promise.all(within)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await end).code).toBe(0);
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('in the middle of requests loses none, refuses new ones, and ends with 0', async () => {
    const { url, kill, end } = await startServer(['--delay', '1000000']);
    const agent = new Agent({ keepAlive: true });
    const begun = Array.from({ length: 40 }, (_, n) =>
      ask(`${url}/predict`, [[n, 1, 'bog']], n % 2 === 0 ? { agent } : {}),
    );
    while ((await metric(url, 'gradloom_queue_waiting')) < 40);
    // It has its answer, and keeps its side of the connection open.
    const halfOpen = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    halfOpen.on('error', () => {}).write('GARBAGE\r\n\r\n');
    await once(halfOpen, 'data');
    kill(signal);
    const answers = await Promise.all(begun);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers.connection))).toEqual(new Set(['close']));
    const { code, stderr } = await end;
    halfOpen.destroy();
    expect(code).toBe(0);
    expect(stderr).toBe(
      `gradloom serve: ${signal}: answering the requests that have arrived; a second signal ends at once\n`,
    );
    await expect(ask(`${url}/predict`, row)).rejects.toThrow('ECONNREFUSED');
  });

  test('twice ends at once', async () => {
    const { url, kill, end } = await startServer();
    // A body that does not come keeps the server from ending.
    const half = sendRaw(
      url,
      'POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[',
    );
    await ask(`${url}/health`);
    kill(signal);
    while (await ask(`${url}/health`).catch(() => false));
    kill(signal);
    expect(await end).toMatchObject({ code: null, signal });
    await half;
  });
});

describe('a row that a thread never finishes', () => {
  const source = `export const trap = {
    part: 'activation', name: 'trap', derivative: () => 1,
    apply(z) { while (z === 666); return z; },
  };`;
  async function startTrap(...flags: string[]): Promise<Served & { ask: (z: number) => Promise<HttpAnswer> }> {
    const module = join(temporaryDirectory(), 'trap.mjs');
    writeFileSync(module, source);
    const spec = { input: 1, layers: [{ kind: 'trap' }, { kind: 'dense', out: 1 }] } as unknown as NetworkSpec;
    const contents = {
      spec,
      parameters: Float64Array.of(2, 0),
      loss: 'mse',
      parts: await loadParts([module]),
    } as const;
    const served = await startServer(['--module', module, '--threads', '1', ...flags], { contents });
    return { ...served, ask: (z) => ask(`${served.url}/predict`, [[z]]) };
  }
  const sentence = (seconds: number, why: string): string =>
    JSON.stringify({ error: `answer has taken longer than ${seconds} seconds, expected less (${why})` });

  test('is refused when its time is over, and the rows beside and after it are answered', async () => {
    const trap = await startTrap('--answer-timeout', '3', '--delay', '50');
    const [late, ...answers] = await Promise.all([trap.ask(666), trap.ask(1), trap.ask(2)]);
    expect(late).toMatchObject({ status: 503, body: sentence(3, 'ask for fewer or shorter rows') });
    const bodies = [...answers, await trap.ask(3)].map(({ body }) => JSON.parse(body)[0].prediction);
    expect(bodies).toEqual([2, 4, 6]);
  });

  test('is refused when the server has stopped for a while', async () => {
    const { kill, end, url, ...trap } = await startTrap();
    const late = trap.ask(666);
    while ((await metric(url, 'gradloom_predict_calls_total')) < 1);
    kill('SIGTERM');
    expect(await late).toMatchObject({ status: 503, body: sentence(5, 'the server stops') });
    expect((await end).code).toBe(0);
  });
});

test('memory stays the same over 20,000 requests', async () => {
  const { url } = shared;
  const client = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  const body = JSON.stringify(rows);
  const head = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  const many = async (count: number): Promise<number> => {
    for (let done = 0; done < count; done += 200) {
      client.write(`POST /predict HTTP/1.1\r\n${head}\r\n\r\n${body}`.repeat(200));
      let answers = '';
      while (answers.split('\r\n\r\n[').length <= 200 || !answers.endsWith(']'))
        answers += (await once(client, 'data'))[0];
      expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(200);
    }
    return metric(url, 'process_resident_memory_bytes');
  };
  const before = await many(5000);
  const after = await many(20_000);
  client.destroy();
  expect((after - before) / 1024 ** 2).toBeLessThan(48);
}, 180_000);

describe('pages of other sites', () => {
  const headers = { origin: 'https://example.com' };
  test('may not send requests by default', async () => {
    const { url } = shared;
    const answer = await ask(`${url}/schema`, undefined, { headers });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect((await ask(`${url}/predict`, undefined, { method: 'OPTIONS', headers })).status).toBe(405);
    const { host } = new URL(url);
    for (const [origin, status] of [
      ...[['https://example.com', 403] as const, ['null', 403] as const, [`http://${host}:1`, 403] as const],
      ...[[`http://${host}`, 200] as const, [`https://${host}`, 200] as const], // its own, or behind a proxy with TLS
    ]) {
      const sent = await ask(`${url}/predict`, row, { headers: { origin } });
      expect({ origin, status: sent.status }).toEqual({ origin, status });
      if (status === 200) continue;
      expect(JSON.parse(sent.body).error).toBe(
        `origin has "${origin}", expected the address of this server, or the origin that --cors has`,
      );
    }
  });

  test('may send requests from an allowed origin', async () => {
    const hosts = ['--host', 'localhost', '--allow-host', 'a.example', '--allow-host', '127.0.0.9,.b.example'];
    const { url } = await startServer(['--cors', 'https://example.com', ...hosts]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const preflight = await ask(`${url}/predict`, undefined, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': 'https://example.com',
      'access-control-allow-headers': 'content-type',
    });
    const answer = await ask(`${url}/predict`, row, { headers });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://example.com', vary: 'origin' });
    expect(answer.status).toBe(200);
    expect((await ask(`${url}/predict`, row, { headers: { origin: 'https://c.example' } })).status).toBe(403);
    // A page that has a name of its own for the server asks its own origin.
    const statuses = ['a.example', 'c.b.example', 'c.example'].map((host) =>
      ask(`${url}/health`, undefined, { headers: { host } }),
    );
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200, 421]);
  });
});

test('listening beyond loopback is warned of', async () => {
  const { kill, end } = await startServer(['--host', '0.0.0.0']);
  kill('SIGTERM');
  expect((await end).stderr).toContain('gradloom serve: warning: 0.0.0.0 is not a loopback address: any machine');
});

describe('a command line that cannot be run', () => {
  test.each([
    [2, 'the model is missing, expected a run', []],
    [1, 'nowhere does not exist, expected a run or a model file', ['nowhere']],
    [2, '--port has 70000, expected a whole number from 0 to 65535', ['m', '--port', '70000']],
    [
      2,
      '--cors has "example.com", expected an origin such as https://example.com, or *',
      ['m', '--cors', 'example.com'],
    ],
    [2, '--cors has "https://example.com/", expected an origin', ['m', '--cors', 'https://example.com/']],
    [
      2,
      '--allow-host has "a.example:80", expected a name or an address without a port',
      ['m', '--allow-host', 'a.example:80'],
    ],
    [2, 'the word "b" is not needed, expected one model', ['a', 'b']],
  ])('is refused: %i %s', async (code, sentence, args) => {
    const outcome = await gradloom(['serve', ...args]);
    expect(outcome).toEqual({ code, stdout: '', stderr: expect.stringContaining(`gradloom serve: ${sentence}`) });
  });

  test('because the port is taken', async () => {
    const { port } = new URL(shared.url);
    const { end } = await startServer([], { port });
    const sentence = `gradloom serve: --port has ${port}, which another program listens on, expected a free one (0 takes any)\n`;
    expect(await end).toMatchObject({ code: 2, stderr: sentence });
  });

  test('because the model cannot answer', async () => {
    const parameters = tableModel.parameters.map((value, p) => (p === 0 ? Number.NaN : value));
    const { end } = await startServer([], { contents: { ...tableModel, parameters } });
    expect(await end).toMatchObject({ code: 1, stderr: expect.stringContaining('has NaN, expected finite numbers') });
  });
});
