import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createModel } from '@gradloom/runtime';
import { type AnswerPool, npyRows, type WritingStep, type Written } from '@gradloom/runtime/internal';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createHostCheck } from '../../../../packages/cli/src/commands/http/host-names.ts';
import type { ServedModel } from '../../../../packages/cli/src/commands/serve/model-routes.ts';
import { rowSchema } from '../../../../packages/cli/src/commands/serve/row-schema.ts';
import { createServer, type ServerOptions } from '../../../../packages/cli/src/commands/serve/server.ts';
import { createTextAnswerer } from '../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { ask, metric, sendRaw, tableModel } from '../../../support/serving.ts';

const model = createModel(tableModel);
const answerer = createTextAnswerer(model, { maxRows: 10 });

type Writes = (step: WritingStep) => Promise<Written>;

/** The server in this process. Answers to predictions wait until they are released. */
async function listen({
  timeLimits: times,
  writes = async () => ({ text: 'x', rest: null }),
  ...options
}: Partial<ServerOptions & ServedModel> & { writes?: Writes } = {}) {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const pool: AnswerPool = {
    threads: 1,
    async answer(texts) {
      await held;
      return answerer(texts);
    },
    async write(takeStep) {
      await held;
      const step = await takeStep();
      return step === null ? { text: '', rest: null } : writes(step);
    },
    hurry() {},
    close: async () => {},
  };
  const served = {
    pool,
    // More than the buffers of a connection take.
    schema: { ...rowSchema(model, 10, 100), description: 'x'.repeat(2 ** 24) } as ServedModel['schema'],
    fingerprint: model.fingerprint,
    maxBytes: 1000,
    ...options,
  };
  const server = createServer({
    maxWaiting: 10,
    delayMs: 0,
    cors: undefined,
    allowsHost: createHostCheck([]),
    onError() {},
    timeLimits: { check: 20, linger: 50, ...times },
    ...options,
  });
  await server.setModel(served);
  const connections = promisify(server.http.server.getConnections.bind(server.http.server));
  const untilConnections = async (count: number): Promise<void> => {
    while ((await connections()) !== count) await setImmediate();
  };
  const url = await server.http.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.stop());
  /** A client that sends this, and keeps its side open whatever comes. */
  const open = async (bytes: string): Promise<Socket> => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'connect');
    return socket;
  };
  return { ...server, url, open, release, untilConnections };
}

const head =
  'POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n';
const whole = `${head}[5,3.5,"bog"]`;
const halves = { nothing: '', 'half a head': 'GET /pre', 'half a body': `${head}[5,` };
const unreadable = { 'no HTTP': 'GARBAGE\r\n\r\n', 'a long head': `GET /${'x'.repeat(20_000)}` };

const unread = 'GET /schema HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe('a connection', () => {
  test('whose request is refused or does not come is closed, though its client keeps it open', async () => {
    const { url, open, untilConnections } = await listen({ timeLimits: { head: 200, request: 300 } });
    const faulty = Object.values({ ...halves, ...unreadable });
    const clients = await Promise.all(Array.from({ length: 50 }, (_, n) => open(faulty[n % faulty.length])));
    const answers = clients.map(async (client) => String((await once(client, 'data'))[0]).slice(0, 13));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 408 ', 'HTTP/1.1 400 ', 'HTTP/1.1 431 ']));
    await untilConnections(0);
    expect(await metric(url, 'gradloom_requests_total{route="none",status="408"}')).toBe(30);
  });

  test('whose client reads no answer is closed, and one that waits for its answer is not', async () => {
    const { open, release, untilConnections } = await listen({ timeLimits: { read: 100 } });
    const waiting = await open(whole);
    await open(unread);
    await untilConnections(2);
    await untilConnections(1);
    release();
    expect(String(await once(waiting, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
    waiting.end();
    await untilConnections(0);
  });

  test('keeps the server from stopping only while its answer goes out', async () => {
    const { url, open, release, stop, untilConnections } = await listen({ timeLimits: { stop: 100 } });
    const waiting = await open(whole);
    const clients = await Promise.all([...Object.values(halves), unread, unread].map(open));
    for (const [route, count] of [
      ['predict_calls_total', 1],
      ['requests_total{route="/schema",status="200"}', 2],
    ] as const) {
      while (!((await metric(url, `gradloom_${route}`)) >= count));
    }
    const stopped = stop();
    const late = (await clients[4].toArray()).join('');
    expect(late.length).toBeGreaterThan(2 ** 24);
    await untilConnections(1);
    release();
    expect(String(await once(waiting, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
    await stopped;
    expect(clients.slice(0, 3).map(({ bytesRead }) => bytesRead)).toEqual([0, 0, 0]);
  });
});

describe('connections beyond the most that there may be', () => {
  const maxBytes = 2 ** 28; // of which four have room

  test('replace connections that have sent no whole head, which get the reason', async () => {
    const { url, open, release } = await listen({ maxBytes });
    release();
    const halfSent = await Promise.all(Array.from({ length: 4 }, () => open(halves['half a head'])));
    const answers = halfSent.map((client) => once(client, 'data'));
    expect(await ask(`${url}/health`)).toMatchObject({ status: 200 });
    expect(String((await Promise.race(answers))[0])).toMatch(
      /^HTTP\/1\.1 408 .*head has not arrived, expected it whole/s,
    );
  });

  test('are refused in words if all others wait for answers, which they get', async () => {
    const { url, http, open, release } = await listen({ maxBytes });
    let requests = 0;
    http.server.on('request', () => requests++);
    const waiting = await Promise.all(Array.from({ length: 4 }, () => open(whole)));
    while (requests < 4) await setImmediate();
    const refused = await ask(`${url}/health`);
    expect(refused).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(refused.body).toBe(
      '{"error":"server has 5 connections, expected at most 4 (close pages or programs that hold them)"}',
    );
    release();
    for (const client of waiting) expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a request', () => {
  test('for another host is refused with 421, whatever it asks for', async () => {
    const { url, release } = await listen({ allowsHost: createHostCheck(['gpu.example']) });
    release();
    const { port } = new URL(url);
    const status = async (line: string, ...headers: string[]): Promise<number> => {
      const answer = await sendRaw(url, [line, ...headers, 'connection: close', '\r\n'].join('\r\n'));
      return Number(answer.split(' ')[1]);
    };
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, 'gpu.example', 'GPU.example.:80']) {
      expect(await status('GET /health HTTP/1.1', `host: ${host}`), host).toBe(200);
    }
    for (const line of [
      'GET /health',
      'GET /metrics',
      'GET /schema',
      'POST /predict',
      'GET /none',
      'OPTIONS *',
      'GET /%ff',
    ]) {
      expect(await status(`${line} HTTP/1.1`, 'host: other.example'), line).toBe(421);
    }
    expect(await status('GET /health HTTP/1.1')).toBe(400);
    expect(await status('GET /health HTTP/1.0')).toBe(200);
    expect(await status('GET /health HTTP/1.0', 'host: other.example')).toBe(421);
    // The target of a request for a proxy stands for the header.
    expect(await status('GET http://other.example/health HTTP/1.1', 'host: localhost')).toBe(421);
    expect(await status('GET http://gpu.example:80/health HTTP/1.1', 'host: other.example')).toBe(200);
    expect(await metric(url, 'gradloom_requests_total{route="/health",status="200"}')).toBe(6);
  });

  test('whose body is in another coding is refused with 415', async () => {
    const { url, release } = await listen();
    release();
    const status = async (headers: Record<string, string>) =>
      (await ask(`${url}/predict`, '[5,3.5,"bog"]', { headers })).status;
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8']) {
      for (const form of [`application/json;charset=${charset}`, `application/json; v=1; Charset=${charset}; w=2`]) {
        expect(await status({ 'content-type': form }), form).toBe(200);
      }
    }
    for (const charset of ['utf-16', 'UTF-16LE', '"utf-16"', 'latin1', 'utf-8; charset=utf-16', 'utf-80', '']) {
      expect(await status({ 'content-type': `application/json; charset=${charset}` }), charset).toBe(415);
    }
    expect(await status({ 'content-encoding': 'Identity' })).toBe(200);
    for (const coding of ['gzip', 'br', 'identity, gzip']) {
      expect(await status({ 'content-encoding': coding }), coding).toBe(415);
    }
  });
});

test('an npy file is a body of rows', async () => {
  const readArray = (bytes: Uint8Array) => npyRows('body', bytes, { columns: 3, byteDivisor: 255, divisor: 2 });
  const { url, release } = await listen({ readArray });
  release();
  const headers = { 'content-type': 'application/x-npy' };
  const send = (bytes: Uint8Array) => ask(`${url}/predict`, bytes, { headers });
  const { body } = await send(encodeNpy('f8', [2, 3], [10, 7, 0, 8, 6, 0]));
  expect(body).toEqual((await ask(`${url}/predict`, '[[5,3.5,"0"],[4,3,"0"]]')).body);
  expect(
    await send(
      encodeNpy(
        'f8',
        [2, 7],
        Array.from({ length: 14 }, () => 0),
      ),
    ),
  ).toMatchObject({
    status: 400,
    body: '{"error":"body has the shape (2, 7), expected rows of 3 numbers, which the model takes"}',
  });
  expect((await ask(`${url}/predict`, 'x', { headers: { 'content-type': 'text/csv' } })).body).toContain(
    'expected \\"application/json\\", \\"application/x-npy\\", ',
  );
});

test('a host is allowed if it is of loopback, the address of the connection, or an allowed name', () => {
  const allows = createHostCheck(['0.0.0.0', 'gpu.example', 'Bücher.example', '.example.org', '2001:DB8::0:1']);
  const allowed = [
    ...['localhost', 'LOCALHOST:80', 'localhost.', 'app.localhost', '127.0.0.1', '127.9.9.9:1', '[::1]', '[0::1]:80'],
    ...['gpu.example', 'xn--bcher-kva.example', 'a.example.org', 'a.b.Example.org.:80', '[2001:db8::1]', '0.0.0.0:80'],
  ];
  const refused = [
    ...['other.example', 'localhost.example', '127.0.0.1.example', 'gpu.example.com', 'a.gpu.example', 'example.org'],
    ...['aexample.org', 'other.example#.example.org', 'localhost@other.example', 'other.example/localhost', '10.0.0.1'],
    ...['', ':80', 'localhost:http', '[::1', '::1', '%6cocalhost', 'localhost other', '[::2]'],
  ];
  expect(allowed.filter((host) => !allows(host, '10.0.0.2'))).toEqual([]);
  expect(refused.filter((host) => allows(host, '10.0.0.2'))).toEqual([]);
  expect(allows('10.0.0.2:80', '::ffff:10.0.0.2')).toBe(true);
  expect(allows('[fe80::1]', 'fe80::1%eth0')).toBe(true);
});

describe('a text', () => {
  const rest = { draft: { window: [1], written: 1, held: [], given: 0, isDone: false }, sampling: {} } as never;
  const request =
    'POST /generate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

  test.each<[string, () => ReturnType<Writes>]>([
    ['whose model fails', async () => ({ fault: 'model', text: 'an output is NaN' })],
    ['whose thread fails', () => Promise.reject(new Error('an output is NaN'))],
  ])('%s breaks its connection, so that it is not taken for whole', async (_, fail) => {
    const writes: Writes = async (step) => ('body' in step ? { text: 'begun', rest } : fail());
    const said: unknown[] = [];
    const { url, release } = await listen({ writes, onError: (error) => said.push(error) });
    release();
    const sent = await sendRaw(url, request);
    expect(sent).toContain('begun');
    expect(sent).not.toMatch(/0\r\n\r\n$/);
    expect(said).toEqual([new Error('an output is NaN')]);
  });

  test('whose client goes away before it begins is no failure', async () => {
    const said: unknown[] = [];
    let onRequest = () => {};
    const isAsked = new Promise<void>((resolve) => {
      onRequest = resolve;
    });
    let answer = () => {};
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const writes: Writes = async (step) => {
      onRequest();
      await isAnswered;
      await setImmediate();
      return { text: 'x', rest: 'body' in step ? rest : null };
    };
    const { url, http, open, release, untilConnections } = await listen({ writes, onError: (e) => said.push(e) });
    release();
    const ended = once(http.server, 'connection').then(([socket]) => once(socket, 'end'));
    const client = await open(request);
    await isAsked;
    client.destroy();
    await ended;
    answer();
    await untilConnections(0);
    expect(await ask(`${url}/generate`, {})).toMatchObject({ status: 200, body: 'xx' });
    expect(said).toEqual([]);
  });

  test('is whole for a client that closes its side after its request', async () => {
    const { http, open, release } = await listen({
      writes: async (step) => ({ text: 'x', rest: 'body' in step ? rest : null }),
    });
    const ended = once(http.server, 'connection').then(([socket]) => once(socket, 'end'));
    const client = await open(request);
    client.end();
    await ended;
    release();
    expect((await client.toArray()).join('')).toMatch(/HTTP\/1\.1 200 OK\r\n.*\r\n1\r\nx\r\n1\r\nx\r\n0\r\n\r\n$/s);
  });

  test('is not written for a client that has left while it waited', async () => {
    const left = 20;
    let calls = 0;
    const steps: unknown[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pool: Partial<AnswerPool> = {
      threads: 1,
      hurry() {},
      async write(takeStep) {
        calls++;
        await released;
        const step = await takeStep();
        if (step !== null) steps.push(step);
        return { text: 'x', rest: null };
      },
    };
    const { url, http, open, untilConnections } = await listen({ pool: pool as AnswerPool, maxWaiting: left + 1 });
    let ended = 0;
    http.server.on('connection', (socket) => void socket.once('end', () => ended++));
    const clients = await Promise.all(Array.from({ length: left }, () => open(request)));
    while (calls < left) await setImmediate();
    for (const client of clients) client.destroy();
    while (ended < left) await setImmediate();
    await setImmediate(); // the first probes have been refused
    release();
    await untilConnections(0);
    expect(await ask(`${url}/generate`, '{"prompt":"a"}')).toMatchObject({ status: 200, body: 'x' });
    expect(steps).toEqual([{ body: '{"prompt":"a"}' }]);
  });

  test('ends when its client goes away, and only as many are written as have places', async () => {
    let steps = 0;
    const writes: Writes = async () => {
      await setImmediate();
      // An end, so that a second text which is taken would not be waited for without end.
      return { text: 'x'.repeat(1000), rest: ++steps < 5000 ? rest : null };
    };
    const { url, open, release, untilConnections } = await listen({ writes, maxWaiting: 1 });
    release();
    const client = await open(request);
    await once(client, 'data');
    expect(await ask(`${url}/generate`, {})).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    client.destroy();
    await untilConnections(0);
    await setImmediate();
    const before = steps;
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    expect(steps).toBeLessThanOrEqual(before + 1);
    steps = 5000;
    expect(await ask(`${url}/generate`, {})).toMatchObject({ status: 200, body: 'x'.repeat(1000) });
    expect(await ask(`${url}/generate`, 'x'.repeat(2000))).toMatchObject({ status: 413 });
  });
});
