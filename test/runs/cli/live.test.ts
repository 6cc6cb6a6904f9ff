import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MAX_STREAMS, startLiveServer } from '../../../packages/cli/src/commands/live/live-server.ts';
import { watchRun } from '../../../packages/cli/src/commands/live/watched-run.ts';
import { openModelRows } from '../../../packages/cli/src/files/models/model-rows.ts';
import { seal } from '../../../packages/cli/src/files/run-files/seal.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { eventsUntil, type LiveEvent, partialRun, serveLive, stepsIn } from '../../support/live.ts';
import { ask } from '../../support/serving.ts';

describe('the server', () => {
  test('answers a page while hundreds of clients have sent half a head', async () => {
    const { url } = await serveLive(temporaryDirectory());
    const clients = Array.from({ length: 300 }, () => connect(Number(new URL(url).port), '127.0.0.1'));
    onTestFinished(() => {
      for (const client of clients) client.destroy();
    });
    for (const client of clients) client.on('error', () => {}).write('GET / HT');
    await Promise.all(clients.map((client) => once(client, 'connect')));
    expect(await ask(url)).toMatchObject({ status: 200 });
  });

  test('answers its own address with the token alone, and nothing else', async () => {
    const { url, events } = await serveLive(temporaryDirectory());
    const { origin, search, port } = new URL(url);
    const wrong = `?token=${'0'.repeat(22)}`;
    const control = `${origin}/control`;
    const [json, key] = [{ 'content-type': 'application/json' }, { 'x-gradloom-token': search.replace('?token=', '') }];
    const order = { method: 'POST', body: '{"run":0,"action":"pause"}' };
    const answers: [
      url: string,
      options: NonNullable<Parameters<typeof ask>[2]> & { readonly body?: string },
      status: number,
      sentence: RegExp,
    ][] = [
      [`${origin}/`, {}, 401, /^token is missing, expected the address that was printed/],
      [`${origin}/events`, {}, 401, /^token is missing/],
      [`${origin}/${wrong}`, {}, 401, /^token is another one/],
      [`${origin}/events${wrong}`, {}, 401, /^token is another one/],
      [`${origin}/events${search}&token=x`, {}, 401, /^token is another one/],
      [url, { headers: { host: `evil.example:${port}` } }, 421, /^host has "evil\.example:\d+", expected localhost/],
      [events, { headers: { host: 'evil.example' } }, 421, /^host has "evil\.example"/],
      [url, { headers: { origin: 'http://evil.example' } }, 403, /^origin has "http:\/\/evil\.example", expected/],
      [url, { headers: { origin: 'null' }, method: 'POST' }, 403, /^origin has "null"/],
      [events, { headers: { origin: `http://127.0.0.1:1` } }, 403, /^origin has/],
      [url, { headers: { origin }, method: 'POST' }, 401, /^token is missing/],
      [
        url,
        { headers: { origin, ...key }, method: 'POST' },
        405,
        /^POST "\/" is unknown, expected GET \/, GET \/events/,
      ],
      [control, { ...order, headers: json }, 401, /^token is missing.*\(a POST has it in x-gradloom-token\)$/],
      [`${control}${search}`, { ...order, headers: json }, 401, /^token is missing/],
      [control, { ...order, headers: { ...json, 'x-gradloom-token': 'x' } }, 401, /^token is another one/],
      [control, { ...order, headers: { ...json, ...key, origin: 'http://evil.example' } }, 403, /^origin has/],
      [control, { ...order, headers: { ...json, ...key, host: 'evil.example' } }, 421, /^host has "evil/],
      [control, { ...order, headers: { ...key, 'content-type': 'text/plain' } }, 415, /Unsupported Media Type/],
      [control, { ...order, headers: { ...json, ...key } }, 400, /^run has 0, expected the place of a run/],
      [`${origin}/wrong?run=0`, {}, 401, /^token is missing/],
      [`${origin}/wrong${wrong}&run=0`, {}, 401, /^token is another one/],
      [`${origin}/wrong${search}&run=0`, { headers: { host: 'evil.example' } }, 421, /^host has "evil/],
      [`${origin}/wrong${search}&run=0`, { headers: { origin: 'http://evil.example' } }, 403, /^origin has/],
      [`${origin}/wrong${search}`, {}, 404, /^run is missing, expected the place of a run, such as 0$/],
      [`${origin}/wrong${search}&run=0`, {}, 404, /^run has "0", expected the place of a run, such as 0$/],
      [`${origin}/report`, {}, 401, /^token is missing/],
      [`${origin}/report${search}&run=0`, {}, 404, /^run "0" has no report, expected one that has ended$/],
      [`${origin}/steps.jsonl${search}`, {}, 404, /^path is unknown/],
      [`${origin}/../../etc/passwd${search}`, {}, 404, /^path is unknown/],
      [`${origin}/%${search}`, {}, 400, /^path has "\/%", expected UTF-8, with two hexadecimal digits after each %/],
      [`${origin}/%ff${search}`, {}, 400, /^path has "\/%ff", expected UTF-8/],
    ];
    for (const [address, options, status, sentence] of answers) {
      const { body, ...rest } = options;
      const answer = await ask(address, body, rest);
      expect({ address, options, status: answer.status }).toEqual({ address, options, status });
      expect(JSON.parse(answer.body).error).toMatch(sentence);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    const { status, headers } = await ask(url, undefined, { headers: { origin, host: `localhost:${port}` } });
    expect(status).toBe(403); // another origin than the host that it names
    expect(headers['cache-control']).toBe('no-store');
  });

  test('sends a page of at most 150 KB that loads nothing from elsewhere', async () => {
    const { url } = await serveLive(temporaryDirectory());
    const { body, headers } = await ask(url);
    expect(gzipSync(body).length).toBeLessThan(150_000);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(body.match(/<script/g)).toHaveLength(1);
  });

  test('listens on loopback alone, has a new token each time, and at most so many streams', async () => {
    const folder = temporaryDirectory();
    const { url, events } = await serveLive(folder);
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(new URL((await serveLive(folder)).url).search).not.toBe(new URL(url).search);
    const open = new AbortController();
    onTestFinished(() => open.abort());
    const streams = Array.from({ length: MAX_STREAMS }, () => fetch(events, { signal: open.signal }));
    for (const stream of await Promise.all(streams)) expect(stream.status).toBe(200);
    expect((await ask(events)).status).toBe(503);
  });

  test('serves others, reads no further for readers that do not read, and ends beside them', async () => {
    const { folder, append } = await partialRun();
    append(0, 40);
    // Each reader could be sent 20 MB, more than the buffers of its connection take.
    const line = (step: number) => seal(JSON.stringify({ event: 'text', step, texts: ['x'.repeat(50_000)] }));
    writeFileSync(join(folder, 'metrics.jsonl'), Array.from({ length: 400 }, (_, k) => `${line(k)}\n`).join(''));
    let looks = 0;
    const counted = Object.defineProperty({ ...watchRun(folder) }, 'folder', {
      get() {
        looks++;
        return folder;
      },
    });
    const { url, stop } = await startLiveServer(() => [counted]);
    const { hostname, port, search } = new URL(url);
    for (let k = 1; k < MAX_STREAMS; k++) {
      const socket = connect(Number(port), hostname);
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      socket.pause().write(`GET /events${search} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await once(socket, 'connect');
    }
    const isLast = ({ event, data }: LiveEvent): boolean => event === 'lines' && data.texts.at(-1)?.step === 399;
    const pieces = (await eventsUntil(url.replace('/?', '/events?'), isLast)).length;
    expect(pieces).toBeGreaterThan(100);
    expect(looks).toBeGreaterThan(pieces);
    expect(looks).toBeLessThan((MAX_STREAMS * pieces) / 2);
    await stop();
  });
});

describe('the stream', () => {
  test('goes on after the last event that arrived, and starts again after a cut of the file', async () => {
    const { folder, append, replace } = await partialRun();
    append(0, 10);
    const { events } = await serveLive(folder);
    const first = await eventsUntil(events, ({ event }) => event === 'lines');
    expect(first.map(({ event }) => event)).toEqual(['run', 'lines']);
    expect(first[0].data).toMatchObject({ run: 0, name: 'run', state: 'ended', totalSteps: 40, parameters: 13 });
    expect(first[0].data.description.slice(0, 3)).toEqual([
      expect.stringMatching(/^xor: 4 training rows/),
      'a row has 2 numbers',
      expect.stringMatching(/: 13 parameters, loss /),
    ]);
    expect(first[1].data.epochs.at(-1).elapsedMs).toBeGreaterThan(0);
    expect(stepsIn(first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const { id } = first[1];
    append(10, 12);
    expect(stepsIn(await eventsUntil(events, ({ event }) => event === 'lines', id))).toEqual([11, 12]);
    // Half a line waits for its end. An id that is none starts at the start.
    appendFileSync(join(folder, 'steps.jsonl'), '{"event":"st');
    for (const other of ['', 'garbage', '0:7.ffffffff:9.ffffffff', '0:999999.00000000:999999.00000000']) {
      expect(stepsIn(await eventsUntil(events, ({ event }) => event === 'lines', other))).toHaveLength(12);
    }
    replace(0, 5);
    const [, again] = await eventsUntil(events, ({ event }) => event === 'lines', id);
    expect(again.data).toMatchObject({ restarts: true });
    expect(stepsIn([again])).toEqual([1, 2, 3, 4, 5]);
    expect(again.data.epochs).toHaveLength(5);
  });

  test('sends new lines, new runs and a cut on an open connection', async () => {
    const one = await partialRun('one');
    const parent = join(one.folder, '..');
    const { events } = await serveLive(parent);
    const two = await partialRun('two');
    const seen = await eventsUntil(events, ({ event, data }) => {
      if (event === 'lines' && data.run === 1 && data.steps.length === 3) return true;
      if (event === 'run' && data.name === 'one') one.append(0, 3);
      if (event === 'lines' && data.run === 0 && data.steps.at(-1)?.step === 3 && !data.restarts) one.replace(1, 2);
      if (event === 'lines' && data.restarts) {
        two.append(0, 3);
        renameSync(two.folder, join(parent, 'two'));
      }
      return false;
    });
    const lines = seen.filter(({ event, data }) => event === 'lines' && data.run === 0).map(({ data }) => data);
    expect(lines.map(({ restarts, steps }) => [restarts, steps.length])).toEqual([
      [false, 3],
      [true, 1],
    ]);
    expect(seen.filter(({ event }) => event === 'run').map(({ data }) => data.name)).toEqual(['one', 'two']);
  });

  test('tells of a damaged line, a link and a damaged config in a sentence, once, and goes on', async () => {
    const { folder, append, steps } = await partialRun();
    append(0, 1);
    appendFileSync(join(folder, 'steps.jsonl'), steps[1].replace('"step":2', '"step":3'));
    append(2, 3);
    const { events } = await serveLive(folder);
    const seen = await eventsUntil(events, ({ event }) => event === 'lines');
    expect(seen.find(({ event }) => event === 'problem')?.data.sentence).toMatch(
      /^live: .*steps\.jsonl has a wrong checksum, expected the line as it was written \(it is damaged\)$/,
    );
    expect(stepsIn(seen)).toEqual([1, 3]);
    rmSync(join(folder, 'steps.jsonl'));
    symlinkSync('/etc/passwd', join(folder, 'steps.jsonl'));
    writeFileSync(join(folder, 'config.json'), '{');
    let problems = 0;
    const then = await eventsUntil(events, ({ event }) => event === 'problem' && ++problems === 2);
    expect(then.map(({ data }) => data.sentence).join()).toMatch(/config\.json has 1 bytes.*is a symbolic link/);
    expect(JSON.stringify(then)).not.toContain('root:');
  });
});

describe('train --live', () => {
  test('prints an address, and comes to the bits of a run without it', async () => {
    const args = ['train', '--dataset', 'moons:rows=1500', '--validation', '0.2', '--epochs', '3', '--threads', '2'];
    args.push('--dropout', '0.2', '--json', '--out');
    const out = temporaryDirectory();
    const plain = await gradloom([...args, join(out, 'plain')]);
    const plainSteps = readFileSync(join(out, 'plain/steps.jsonl'), 'utf8').trim().split('\n').length;
    let sent: Promise<LiveEvent[]> | '' | undefined;
    // The result is sent before the lines of the last steps, if both are new at once.
    const seen = { steps: 0, hasResult: false };
    const isLast = (event: LiveEvent): boolean => {
      seen.steps += stepsIn([event]).length;
      seen.hasResult ||= event.data.result?.wrong !== undefined;
      return seen.hasResult && seen.steps >= plainSteps;
    };
    const watched = await gradloom([...args, join(out, 'watched'), '--live'], {
      onStderr(text) {
        const [url] = /http:\S+/.exec(text) ?? [];
        sent ??= url && eventsUntil(url.replace('/?', '/events?'), isLast);
      },
    });
    const [, address, ended] = /^gradloom train: live at (\S+)\n(.*)\n$/.exec(watched.stderr) ?? [];
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{22}$/);
    expect(ended).toBe(
      `gradloom train: the run has ended, and stays at ${address} until its page is closed, or Ctrl-C`,
    );
    const bits = ({ stdout }: typeof plain) => jsonLines(stdout).at(-1)?.fingerprint;
    expect(bits(watched)).toBe(bits(plain));
    const accuracies = ({ stdout }: typeof plain) =>
      jsonLines(stdout).flatMap(({ event, trainAccuracy = null }) => (event === 'epoch' ? [trainAccuracy] : []));
    expect(accuracies(plain)).toEqual([null, null, null]);
    const steps = readFileSync(join(out, 'watched/steps.jsonl'), 'utf8').trim().split('\n').length;
    const all = (await sent) || [];
    const epochs = all.flatMap(({ event, data }) => (event === 'lines' ? data.epochs : []));
    expect(epochs.map(({ trainAccuracy }) => trainAccuracy)).toEqual(accuracies(watched));
    expect(accuracies(watched)).toEqual(Array(3).fill(expect.any(Number)));
    expect(stepsIn(all)).toHaveLength(steps);
    expect(all.filter(({ event }) => event === 'run').at(-1)?.data).toMatchObject({ name: 'watched', state: 'ended' });
    const { options } = JSON.parse(readFileSync(join(out, 'watched/config.json'), 'utf8'));
    expect(options.live).toBeUndefined();
    const { answers } = JSON.parse(readFileSync(join(out, 'watched/findings.json'), 'utf8'));
    const wrong = all.filter(({ event }) => event === 'run').at(-1)?.data.result.wrong[0];
    expect(wrong).toMatchObject({ split: answers.split, sheet: null });
    expect(wrong.rows.map(({ row }: { row: number }) => row)).toEqual(
      answers.mistakes.slice(0, 12).map(({ row }: { row: number }) => row),
    );
    expect(wrong.rows[0]).toMatchObject({ label: answers.labels[answers.mistakes[0].label] });
  });

  test('is steered by its page, to the bits of a run from its configuration, and of a resume', async () => {
    const out = temporaryDirectory();
    const args = ['train', '--dataset', 'moons', '--epochs', '12', '--schedule', 'constant', '--json', '--out'];
    const answers: unknown[] = [];
    let orderAgain = async () => ({});
    let steering: Promise<void> | undefined;
    const steered = await gradloom([...args, join(out, 'steered'), '--live'], {
      onStderr(text) {
        const [url] = /http:\S+/.exec(text) ?? [];
        if (url !== undefined) steering = steer(url);
      },
    });
    async function steer(url: string): Promise<void> {
      const { origin, searchParams, search: token } = new URL(url);
      const headers = { 'content-type': 'application/json', 'x-gradloom-token': searchParams.get('token') ?? '' };
      for (const order of [
        ...[{ action: 'pause' }, { action: 'rate', rate: 0.003 }, { action: 'rate', rate: -1 }, { action: 'halt' }],
        { action: 'checkpoint' },
      ]) {
        const body = JSON.stringify({ run: 0, ...order });
        let answer = await fetch(`${origin}/control`, { method: 'POST', headers, body });
        // The server listens before the run begins.
        while (answer.status === 400 && order.action === 'pause') {
          answer = await fetch(`${origin}/control`, { method: 'POST', headers, body });
        }
        answers.push(await answer.json());
        if (order.action !== 'pause' && order.action !== 'checkpoint') continue;
        answers.push(await (await fetch(`${origin}/wrong${token}&run=0`)).json());
      }
      // A server that watches the files passes orders on to the process of the run.
      const { url: other } = await serveLive(join(out, 'steered'));
      const { origin: elsewhere, search } = new URL(other);
      const body = JSON.stringify({ run: 0, action: 'continue' });
      const key = { ...headers, 'x-gradloom-token': search.replace('?token=', '') };
      answers.push(await (await fetch(`${elsewhere}/wrong${search}&run=0`)).json());
      expect(statSync(join(out, 'steered/live.json')).mode & 0o777).toBe(0o600);
      answers.push(await (await fetch(`${elsewhere}/control`, { method: 'POST', headers: key, body })).json());
      orderAgain = async () =>
        (await (await fetch(`${elsewhere}/control`, { method: 'POST', headers: key, body })).json()) as object;
    }
    await steering;
    expect(existsSync(join(out, 'steered/live.json'))).toBe(false);
    expect(await orderAgain()).toEqual({
      error: 'the run takes no orders, expected one that train --live has started',
    });
    // An address that names no lock is none, even where the folder has no lock.
    writeFileSync(
      join(out, 'steered/live.json'),
      JSON.stringify({ url: `http://127.0.0.1:1/?token=${'x'.repeat(22)}` }),
    );
    expect(await orderAgain()).toMatchObject({ error: expect.stringMatching(/^the run takes no orders/) });
    const { step } = answers[0] as { step: number };
    expect(answers).toEqual([
      { action: 'pause', step, rate: null },
      { error: 'the run has no checkpoint yet, expected one ("Write a checkpoint", or --checkpoint-every 1e)' },
      { action: 'rate', step, rate: 0.003 },
      { error: 'rate has -1, expected a number of at least 0' },
      { error: 'action has "halt", expected one of pause, continue, rate, checkpoint, stop' },
      { action: 'checkpoint', step, rate: null },
      ...[answers.at(-3), answers.at(-3)],
      { action: 'continue', step, rate: null },
    ]);
    expect(answers.at(-3)).toMatchObject({
      step,
      rows: expect.any(Number),
      answers: [{ wrong: { split: 'test', sheet: null } }],
    });
    const lines = jsonLines(steered.stdout);
    expect(lines.filter(({ event }) => event === 'steer')).toHaveLength(4);
    const config = join(out, 'steered/config.json');
    expect(JSON.parse(readFileSync(config, 'utf8')).options['rate-changes']).toEqual({ [step]: 0.003 });
    const again = await gradloom([
      'train',
      '--config',
      config,
      '--json',
      '--threads',
      '1',
      '--out',
      join(out, 'again'),
    ]);
    expect(jsonLines(again.stdout).at(-1)?.fingerprint).toBe(lines.at(-1)?.fingerprint);
    const flag = await gradloom([...args, join(out, 'flag'), '--rate-changes', `${step}=0.003`]);
    expect(jsonLines(flag.stdout).at(-1)?.fingerprint).toBe(lines.at(-1)?.fingerprint);
    const longer = ['--epochs', '14', '--json'];
    const [one, two] = await Promise.all([
      gradloom(['train', '--resume', join(out, 'steered'), ...longer]),
      gradloom(['train', '--config', config, ...longer, '--out', join(out, 'longer')]),
    ]);
    expect(one.code).toBe(0);
    expect(jsonLines(one.stdout).at(-1)?.fingerprint).toBe(jsonLines(two.stdout).at(-1)?.fingerprint);
    for (const run of ['steered', 'again', 'longer']) {
      expect(await gradloom(['verify', join(out, run)])).toMatchObject({ code: 0 });
    }
  });
});

test('the wrong rows of a checkpoint are those of evaluate, and are computed once for all that ask', async () => {
  const folder = join(temporaryDirectory(), 'run');
  const args = ['train', '--dataset', 'moons:rows=3000,noise=0.6', '--validation', '0.5', '--epochs', '1', '--quiet'];
  expect(await gradloom([...args, '--out', folder])).toMatchObject({ code: 0 });
  const run = watchRun(folder);
  const answer = run.wrongRows();
  expect(run.wrongRows()).toBe(answer);
  const {
    step,
    rows,
    answers: [{ mistaken, wrong }],
  } = await answer;
  const path = join(folder, 'last.gradloom');
  expect(step).toBe(loadCheckpoint(path).progress.step);

  const model = loadModel(path);
  const { dataset } = await openModelRows(model, undefined, 'validation');
  expect([dataset.rows > rows, rows]).toEqual([true, 1000]);
  const { inputs, targets } = dataset;
  const sure = Array.from({ length: rows }, (_, row) => {
    const p = model.probabilities(Float64Array.from(inputs.array.slice(2 * row, 2 * row + 2)));
    const answer = p.length === 1 ? Number(p[0] > 0.5) : p.indexOf(Math.max(...p));
    const probability = p.length === 1 ? Math.max(p[0], 1 - p[0]) : p[answer];
    return { row, label: String(targets.array[row]), answer: String(answer), probability };
  }).filter(({ label, answer }) => label !== answer);
  expect(mistaken).toBe(sure.length);
  const worst = sure.sort((a, b) => b.probability - a.probability).slice(0, 12);
  expect(wrong.rows.map(({ row, label, answer }) => [row, label, answer])).toEqual(
    worst.map(({ row, label, answer }) => [row, label, answer]),
  );
  // Another checkpoint is another question.
  utimesSync(path, 1, 1);
  expect(run.wrongRows()).not.toBe(answer);
  expect(await run.wrongRows()).toEqual(await answer);
});

test('a checkpoint without rows to ask is refused in a sentence', async () => {
  for (const [flags, sentence] of [
    [['sine'], /sine has rows without a class, expected a class for each row/],
    [['moons', '--validation', '0', '--test', '0'], /moons has training rows alone, expected validation or test rows/],
  ] as const) {
    const folder = join(temporaryDirectory(), 'run');
    await gradloom(['train', '--dataset', ...flags, '--epochs', '1', '--quiet', '--out', folder]);
    await expect(watchRun(folder).wrongRows()).rejects.toThrow(sentence);
  }
});

test('a checkpoint whose dataset is gone, or that is damaged, is refused, and answers when it is back', async () => {
  const folder = join(temporaryDirectory(), 'run');
  const table = join(folder, '../table.csv');
  const rows = Array.from({ length: 60 }, (_, n) => `${n % 7},${(n * 5) % 11},${n % 3 === 0 ? 'yes' : 'no'}\n`);
  writeFileSync(table, `a,b,kind\n${rows.join('')}`);
  const train = ['train', '--dataset', table, '--epochs', '1', '--quiet', '--out', folder];
  expect(await gradloom(train)).toMatchObject({ code: 0 });
  const run = watchRun(folder);
  renameSync(table, `${table}.away`);
  await expect(run.wrongRows()).rejects.toThrow(/table\.csv does not exist, expected/);
  renameSync(`${table}.away`, table);
  const answer = await run.wrongRows();
  expect(answer).toMatchObject({ rows: expect.any(Number), answers: [{ wrong: { sheet: null } }] });

  const path = join(folder, 'last.gradloom');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 100));
  const attempts = Array.from({ length: 3 }, () => run.wrongRows());
  for (const refused of attempts) await expect(refused).rejects.toThrow(/last\.gradloom has a header of \d+ bytes/);
  expect(new Set(attempts).size).toBe(1);
  writeFileSync(path, whole);
  expect(await run.wrongRows()).toEqual(answer);
});
