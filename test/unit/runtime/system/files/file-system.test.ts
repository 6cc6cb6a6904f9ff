import { describe, expect, test } from 'vitest';
import {
  type FileCalls,
  type FileSystem,
  fileSystems,
} from '../../../../../packages/runtime/src/system/files/file-system.ts';

const refused = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });

/** A file system over calls that are noted; `refusals` are the errors of the first renames. */
function over(system: keyof typeof fileSystems, { refusals = [] as string[], others = {} as Partial<FileCalls> } = {}) {
  const calls: string[] = [];
  const errors = [...refusals];
  const files: FileSystem = fileSystems[system]({
    rename(from, to) {
      calls.push(`rename ${from} ${to}`);
      const code = errors.shift();
      if (code !== undefined) throw refused(code);
    },
    open: (path) => calls.push(`open ${path}`) && 7,
    sync: (file) => void calls.push(`sync ${file}`),
    close: (file) => void calls.push(`close ${file}`),
    readText: (path) => `text of ${path}`,
    waitMs: (ms) => void calls.push(`wait ${ms}`),
    ...others,
  });
  return { calls, files };
}

describe('on Windows', () => {
  test.each(['EPERM', 'EACCES', 'EBUSY'])('a name that another program holds is tried again: %s', (code) => {
    const { calls, files } = over('win32', { refusals: [code, code] });
    files.rename('new', 'old');
    expect(calls).toEqual(['rename new old', 'wait 10', 'rename new old', 'wait 20', 'rename new old']);
  });

  test('a name that stays held is an error after 2.5 s', () => {
    const { calls, files } = over('win32', { refusals: Array(50).fill('EPERM') });
    expect(() => files.rename('new', 'old')).toThrow('EPERM');
    const waits = calls.filter((call) => call.startsWith('wait')).map((call) => Number(call.slice(5)));
    expect(waits.reduce((sum, ms) => sum + ms)).toBe(2500);
  });

  test('any other error is thrown at once', () => {
    const { calls, files } = over('win32', { refusals: ['ENOENT'] });
    expect(() => files.rename('new', 'old')).toThrow('ENOENT');
    expect(calls).toEqual(['rename new old']);
  });

  test('no folder is opened to be synced, which the system refuses', () => {
    const { calls, files } = over('win32');
    files.syncFolder('runs');
    expect(calls).toEqual([]);
  });

  test('files of Linux are not looked for on the current drive', () => {
    expect(over('win32').files.systemText('/proc/self/cgroup')).toBe('');
  });
});

describe('on other systems', () => {
  test('a folder is synced, and closed where that fails', () => {
    const synced = over('posix');
    synced.files.syncFolder('runs');
    expect(synced.calls).toEqual(['open runs', 'sync 7', 'close 7']);
    const sync = () => {
      throw refused('EIO');
    };
    const failing = over('posix', { others: { sync } });
    expect(() => failing.files.syncFolder('runs')).toThrow('EIO');
    expect(failing.calls).toEqual(['open runs', 'close 7']);
  });

  test('a folder that cannot be opened is left alone', () => {
    const open = () => {
      throw refused('EISDIR');
    };
    over('posix', { others: { open } }).files.syncFolder('runs');
  });

  test('an error of a rename is thrown at once', () => {
    const { calls, files } = over('posix', { refusals: ['EPERM'] });
    expect(() => files.rename('new', 'old')).toThrow('EPERM');
    expect(calls).toHaveLength(1);
  });

  test('a file that is not there has no text', () => {
    const readText = () => {
      throw refused('ENOENT');
    };
    expect(over('posix', { others: { readText } }).files.systemText('/proc/1/stat')).toBe('');
    expect(over('posix').files.systemText('/proc/1/stat')).toBe('text of /proc/1/stat');
  });
});
