import { expect } from 'vitest';
import type { Finding } from '../../packages/cli/src/experiments/finding.ts';
import { gradloom } from './command-line.ts';

/** The JSON document of an experiment. */
export async function experimentJson(name: string, ...flags: string[]) {
  const { code, stdout, stderr } = await gradloom(['experiment', name, '--json', ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const document: { findings: Finding[]; [key: string]: unknown } = JSON.parse(stdout);
  return document;
}

/** Every number that an experiment puts beside the chapter's agrees with it, and these are the chapter's. */
export function expectAgreement(findings: readonly Finding[], chapter: readonly string[]): void {
  expect(findings.filter(({ agrees }) => !agrees)).toEqual([]);
  expect(findings.map((finding) => finding.chapter)).toEqual(chapter);
}

/** What an experiment prints keeps to a terminal of 80 columns. */
export async function expectNarrow(name: string, ...flags: string[]): Promise<string> {
  const { code, stdout } = await gradloom(['experiment', name, ...flags]);
  expect(code).toBe(0);
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return stdout;
}
