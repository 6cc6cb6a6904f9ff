import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FolderInUseError } from '@gradloom/runtime';
import { lockFolder } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startOf, thisProcess } from '../../../../packages/runtime/src/system/files/process-identity.ts';
import { temporaryPath } from '../../../../packages/runtime/src/system/files/write-atomically.ts';
import { temporaryDirectory } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { startLockProcess } from '../../../support/lock-process.ts';
import type { Entries } from '../../../support/lock-program.ts';
import { programFile } from '../../../support/program-file.ts';
import { propertySeed } from '../../../support/seed.ts';
import { withStranger } from '../../../support/stranger.ts';

/** Rounds of races. */
const ROUNDS = counted(20, 100);
/** Rounds in which processes are killed inside: five new ones each. */
const ENTRIES = counted(1, 100);

/** An owner that is no more: nobody has an id as high. */
const dead = {
  ...thisProcess(),
  token: '0123456789abcdef',
  by: 'train',
  since: '2026-01-02T03:04:05.678Z',
  pid: 2 ** 31 - 1,
};

const writeLock = (folder: string, owner: object, name = 'gradloom.lock'): void =>
  writeFileSync(join(folder, name), JSON.stringify(owner));

const take = (folder: string): string => {
  try {
    lockFolder('train', folder, 'train').release();
    return 'taken';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

describe('a folder that is locked', () => {
  test('is refused to the same process and to others, in one sentence, and is free again once it is released', async () => {
    const folder = temporaryDirectory();
    const lock = lockFolder('train', folder, 'train');
    expect(() => lockFolder('report', folder, 'report')).toThrow(FolderInUseError);
    expect(take(folder)).toMatch(
      /^train: .* is in use by this process \(train, since \d{4}-\S+Z\), expected a folder that no other run uses \(wait for it, or take another folder\)$/,
    );
    const other = startLockProcess();
    expect(await other.ask({ do: 'take', folder })).toContain(`is in use by process ${process.pid} (train, since `);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    expect(await other.ask({ do: 'take', folder })).toBe('taken');
    // A second release is of a lock that is another's by now.
    lock.release();
    expect(take(folder)).toContain(`is in use by process ${other.child.pid} (test, `);
  });

  test('is refused to another thread of its process', async () => {
    const folder = temporaryDirectory();
    const lock = lockFolder('train', folder, 'train');
    const worker = new Worker(programFile('lock-program'), { workerData: folder });
    const [message] = await once(worker, 'message');
    expect(message).toContain('is in use by this process');
    lock.release();
  });

  test('goes with a process that ends by itself, and is taken over from one that is killed, a zombie included', async () => {
    const folder = temporaryDirectory();
    const leaving = startLockProcess();
    await leaving.ask({ do: 'take', folder });
    leaving.child.disconnect();
    await once(leaving.child, 'exit');
    expect(readdirSync(folder)).toEqual([]);

    const killed = startLockProcess();
    await killed.ask({ do: 'take', folder });
    killed.child.kill('SIGKILL');
    // Its parent, this process, asks for it in the next turn: until then it has its id.
    for (let n = 0; n < 1e6 && startOf(Number(killed.child.pid)) !== null; n++);
    expect(readdirSync(folder)).toEqual(['gradloom.lock']);
    expect(take(folder)).toBe('taken');
    await once(killed.child, 'exit');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is taken over where its owner is dead, its id is in use again, or the machine has been started again', () => {
    const folder = temporaryDirectory();
    for (const owner of [
      dead,
      { ...dead, pid: process.pid, start: '1' },
      { ...thisProcess(), ...dead, boot: 'earlier' },
    ]) {
      writeLock(folder, owner);
      expect(take(folder)).toBe('taken');
    }
  });

  test.each([
    ['of another host', { host: 'elsewhere' }, 'elsewhere'],
    ['of another host of the same name', { machine: '0123456789ab' }, hostname()],
    ['of another container on this host', { pids: 'pid:[1]' }, hostname()],
  ])('is not taken over where the lock is %s: nobody here can tell', (_, part, host) => {
    const folder = temporaryDirectory();
    writeLock(folder, { ...dead, ...part });
    expect(take(folder)).toBe(
      `train: ${folder} is in use by process ${dead.pid} on ${host} (train, since ${dead.since}), expected a folder that no other run uses (if that process has ended, delete ${join(folder, 'gradloom.lock')})`,
    );
  });

  test('is refused where its lock is no lock: nothing, damaged or forged', () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'gradloom.lock');
    const forged = [{ by: '\u001b[2J' }, { token: '../../x' }, { host: 'a\nb' }, { pid: '1' }, { since: '' }];
    for (const text of ['', '{', 'null', '[]', ...forged.map((part) => JSON.stringify({ ...dead, ...part }))]) {
      writeFileSync(path, text);
      expect(take(folder)).toBe(
        `train: ${path} cannot be read as a lock, expected a lock file (delete it if no run uses the folder)`,
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
    rmSync(path);
  });

  test('is taken, or refused in one sentence, whatever stands in the fields of its lock, and no other file is touched', () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'gradloom.lock');
    const draw = fc.property(
      fc.constantFrom(dead, { ...thisProcess(), ...dead, pid: process.pid }),
      fc.gen(),
      (owner, g) => {
        const text = JSON.stringify(g(withStranger, owner));
        writeFileSync(join(folder, 'other'), 'x');
        writeFileSync(path, text);
        const said = take(folder);
        const isFree = said === 'taken';
        if (!isFree) {
          expect(said).toMatch(/^train: [^\n]* (is in use by [^\n]*|cannot be read as a lock), expected [^\n]*$/);
          expect(readFileSync(path, 'utf8')).toBe(text);
        }
        expect(readdirSync(folder)).toEqual(isFree ? ['other'] : ['gradloom.lock', 'other']);
      },
    );
    fc.assert(draw, { seed: propertySeed, numRuns: counted(300, 10_000) });
  });

  test('is refused where its lock is a link', () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'gradloom.lock');
    const target = join(temporaryDirectory(), 'target');
    writeFileSync(target, JSON.stringify(dead));
    symlinkSync(target, path);
    expect(take(folder)).toContain(`${path} is a symbolic link, expected`);
    expect(readFileSync(target, 'utf8')).toBe(JSON.stringify(dead));
  });
});

describe('claims of processes that died as they took over', () => {
  test('are taken over in their turn, and are gone then', () => {
    const folder = temporaryDirectory();
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(16));
    writeLock(folder, { ...dead, token: a });
    writeLock(folder, { ...dead, token: b }, `gradloom.lock.${a}`);
    writeLock(folder, { ...dead, token: c }, `gradloom.lock.${b}`);
    expect(take(folder)).toBe('taken');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('count as long as they live', () => {
    const folder = temporaryDirectory();
    writeLock(folder, dead);
    writeLock(folder, { ...dead, ...thisProcess(), token: 'a'.repeat(16) }, `gradloom.lock.${dead.token}`);
    expect(take(folder)).toContain('in use by this process');
  });

  test('do not affect another lock, and a ring of them ends', () => {
    const folder = temporaryDirectory();
    writeLock(folder, { ...dead, ...thisProcess(), token: 'b'.repeat(16) }, `gradloom.lock.${'a'.repeat(16)}`);
    expect(take(folder)).toBe('taken');
    writeLock(folder, dead);
    writeLock(folder, dead, `gradloom.lock.${dead.token}`);
    expect(take(folder)).toContain(`delete it`);
  });
});

test('half-written files of dead processes are removed, files of living ones stay', () => {
  const folder = temporaryDirectory();
  const start = startOf(process.pid);
  const mine = temporaryPath('model.gradloom');
  const stay = [mine, `a.${process.ppid}-${startOf(process.ppid)}-00000000.tmp`, 'notes.tmp', 'last.gradloom'];
  const go = [
    ...[`b.${dead.pid}-${start}-00000000.tmp`, `c.${process.pid}-1-00000000.tmp`],
    'last.gradloom.1-0123abcd.tmp', // as earlier versions named them
  ];
  for (const name of [...stay, ...go]) writeFileSync(join(folder, name), '');
  expect(take(folder)).toBe('taken');
  expect(readdirSync(folder).sort()).toEqual(stay.sort());
});

describe('of many processes at once', () => {
  test('exactly one takes a folder that is free, or whose owner is dead', { timeout: 60_000 }, async () => {
    const processes = Array.from({ length: 5 }, startLockProcess);
    for (let round = 0; round < 4 * ROUNDS; round++) {
      const folder = temporaryDirectory();
      if (round % 2 === 1) writeLock(folder, dead);
      const answers = await Promise.all(processes.map((process) => process.ask<string>({ do: 'take', folder })));
      expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
      await Promise.all(processes.map((process) => process.ask({ do: 'release' })));
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test('two are never inside at once, however many are killed there', {
    timeout: 60_000 + 10_000 * ENTRIES,
  }, async () => {
    const folder = temporaryDirectory();
    let killed = 0;
    for (let round = 0; round < ENTRIES; round++) {
      const processes = Array.from({ length: 5 }, startLockProcess);
      const entries = await Promise.all(
        processes.map((process, k) =>
          process.ask<Entries>({ do: 'enter', folder, times: 20, seed: propertySeed + 5 * round + k }),
        ),
      );
      for (const entry of entries) {
        if (entry === null) killed++;
        else expect(entry).toEqual({ entered: 20, overlaps: [] });
      }
      for (const { child } of processes) child.kill('SIGKILL');
    }
    expect(killed).toBeGreaterThan(0);
    expect(take(folder)).toBe('taken');
  });
});
