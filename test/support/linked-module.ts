import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface LinkedModule {
  readonly place: string; // its path
  /** The path that Node finds through a link. */
  find(): string;
}

/** A module in a folder that another name is linked to, gone after the test. Node has used a module of the first. */
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
