import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface LinkedModule {
  readonly place: string; // path of the module
  /** The path that Node finds through a link. */
  find(): string;
}

/**
 * A module in a folder with a second, linked name; removed after the test. Node has already loaded a module of the
 * first name.
 */
export function linkedModule(): LinkedModule {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'gradloom-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const place = join(folder, 'place', 'index.cjs');
  mkdirSync(join(folder, 'place'));
  writeFileSync(place, '');
  symlinkSync(join(folder, 'place'), join(folder, 'link'));
  const { resolve } = createRequire(place);
  resolve('./index.cjs');
  return { place, find: () => resolve(join(folder, 'link', 'index.cjs')) };
}
