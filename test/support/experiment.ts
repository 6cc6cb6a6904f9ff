import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Finding, isFailure } from '../../packages/cli/src/lab/experiments/finding.ts';
import { gradloom } from './command-line.ts';

/** Small networks train faster on one thread, with the same bits. */
const onOneThread = (flags: readonly string[]): readonly string[] =>
  flags.includes('--threads') ? flags : [...flags, '--threads', '1'];

/** The JSON document of an experiment. */
export async function experimentJson(name: string, ...flags: string[]) {
  const { code, stdout, stderr } = await gradloom(['experiment', name, '--json', ...onOneThread(flags)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const document: { findings: Finding[]; [key: string]: unknown } = JSON.parse(stdout);
  return document;
}

/** The document of an experiment that several tests use: it runs once. */
export function experimentOnce(name: string, ...flags: string[]) {
  let document: ReturnType<typeof experimentJson> | undefined;
  return () => {
    document ??= experimentJson(name, ...flags);
    return document;
  };
}

/** Checks that all findings agree, and that they are the expected figures and claims. */
export function expectAgreement(findings: readonly Finding[], expected: readonly string[]): void {
  expect(findings.filter(isFailure)).toEqual([]);
  expect(findings.map(printOf)).toEqual(expected);
}

/** '0.5' for the chapter, 'NumPy: 0.5' for a paper by the first word of its source; else the claim. */
export const printOf = ({ what, chapter, paper }: Finding): string =>
  chapter ?? (paper === undefined ? what : `${paper.source.split(/[ ,]/)[0]}: ${paper.printed}`);

/** The known slips of the chapter. */
export const slipsOf = (findings: readonly Finding[]): string[] =>
  findings.filter(({ slip }) => slip).map(({ what }) => what);

/** Checks that the output of an experiment keeps to 80 columns. */
export async function expectNarrow(name: string, ...flags: string[]): Promise<string> {
  const { code, stdout } = await gradloom(['experiment', name, ...onOneThread(flags)]);
  expect(code).toBe(0);
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return stdout;
}

/** One run for both: the printed output, checked as in `expectNarrow`, and the document. */
export async function printedAndJson(name: string, ...flags: string[]) {
  const out = mkdtempSync(join(tmpdir(), 'gradloom-'));
  try {
    const text = await expectNarrow(name, ...flags, '--out', out);
    const document: Awaited<ReturnType<typeof experimentJson>> = JSON.parse(
      readFileSync(join(out, `${name}.json`), 'utf8'),
    );
    return { text, document };
  } finally {
    rmSync(out, { recursive: true });
  }
}
