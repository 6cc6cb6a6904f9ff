import { appendFileSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MOST_STREAMS } from '../../../packages/cli/src/commands/live/live-server.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { eventsUntil, partialRun, serveLive, stepsIn } from '../../support/live.ts';
import { ask } from '../../support/serving.ts';

describe('the server', () => {
  test('answers its own address with the token alone, and nothing else', async () => {
    const { url, events } = await serveLive(temporaryDirectory());
    const { origin, search, port } = new URL(url);
    const wrong = `?token=${'0'.repeat(22)}`;
    const answers: [url: string, options: NonNullable<Parameters<typeof ask>[2]>, status: number, sentence: RegExp][] =
      [
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
        [url, { headers: { origin }, method: 'POST' }, 405, /^POST "\/" is unknown, expected GET \/ or GET \/events$/],
        [`${origin}/steps.jsonl${search}`, {}, 404, /^path is unknown/],
        [`${origin}/../../etc/passwd${search}`, {}, 404, /^path is unknown/],
      ];
    for (const [address, options, status, sentence] of answers) {
      const answer = await ask(address, undefined, options);
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
    const streams = Array.from({ length: MOST_STREAMS }, () => fetch(events, { signal: open.signal }));
    for (const stream of await Promise.all(streams)) expect(stream.status).toBe(200);
    expect((await ask(events)).status).toBe(503);
  });

  test('serves others and ends beside a reader that does not read', async () => {
    const { folder, append } = await partialRun();
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    // More than the buffers of a connection take.
    const options = { ...config.options, dataset: 'x'.repeat(2 ** 22) };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, options, sum: undefined }));
    append(0, 40);
    const { events, stop } = await serveLive(folder);
    const { hostname, port, pathname, search } = new URL(events);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.pause().write(`GET ${pathname}${search} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    expect(stepsIn(await eventsUntil(events, ({ event }) => event === 'lines'))).toHaveLength(40);
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
    const args = ['train', '--dataset', 'moons', '--epochs', '3', '--threads', '2', '--json', '--out'];
    const out = temporaryDirectory();
    const plain = await gradloom([...args, join(out, 'plain')]);
    let sent: Promise<unknown[]> | undefined;
    const watched = await gradloom([...args, join(out, 'watched'), '--live'], {
      onStderr(text) {
        const [url] = /http:\S+/.exec(text) ?? [];
        if (url !== undefined) sent = eventsUntil(url.replace('/?', '/events?'), ({ event }) => event === 'end');
      },
    });
    expect(watched.stderr).toMatch(/^gradloom train: live at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{22}\n$/);
    const bits = ({ stdout }: typeof plain) => jsonLines(stdout).at(-1)?.fingerprint;
    expect(bits(watched)).toBe(bits(plain));
    const steps = readFileSync(join(out, 'watched/steps.jsonl'), 'utf8').trim().split('\n').length;
    const all = (await sent) as Awaited<ReturnType<typeof eventsUntil>>;
    expect(stepsIn(all)).toHaveLength(steps);
    expect(all.filter(({ event }) => event === 'run').at(-1)?.data).toMatchObject({ name: 'watched', state: 'ended' });
    const { options } = JSON.parse(readFileSync(join(out, 'watched/config.json'), 'utf8'));
    expect(options.live).toBeUndefined();
  });
});
