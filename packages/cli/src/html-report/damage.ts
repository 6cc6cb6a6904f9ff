import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIVISIONS_FILE, FINDINGS_FILE, METRICS_FILE, STEPS_FILE } from '../run-files/names.ts';
import { describeLines, runLines } from '../run-files/run-lines.ts';
import { sealOf } from '../run-files/seal.ts';

/** What the page of a run leaves out, or cannot vouch for, because its files were changed since they were written. */
export function damageOf(folder: string): string[] {
  const lines = [METRICS_FILE, STEPS_FILE, DIVISIONS_FILE].flatMap((name) => {
    const path = join(folder, name);
    const damaged = existsSync(path) ? runLines(readFileSync(path)).damaged : [];
    return damaged.length === 0
      ? []
      : [`${path} has damaged lines ${describeLines(damaged)}, which the page leaves out`];
  });
  const findings = join(folder, FINDINGS_FILE);
  const isChanged = existsSync(findings) && sealOf(readFileSync(findings, 'utf8').replace(/\n$/, '')) === 'broken';
  return isChanged ? [...lines, `${findings} was changed since it was written`] : lines;
}
