import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

export interface TemporaryFolder {
  readonly path: string;
  /** Writes a file into the folder and returns its path. */
  write(name: string, bytes: Uint8Array | string): string;
  /** Writes files by name into a folder of the folder and returns its path. */
  writeFolder(name: string, files: Record<string, Uint8Array>): string;
}

/** A new folder that is removed after the tests of the file. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'gradloom-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, bytes: Uint8Array | string): string => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  };
  return {
    path,
    write,
    writeFolder(name, files) {
      for (const [file, bytes] of Object.entries(files)) write(`${name}/${file}`, bytes);
      return join(path, name);
    },
  };
}
