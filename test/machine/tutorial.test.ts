import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runTutorial } from '../../docs/run-tutorial.mjs';
import { needs } from '../support/needs.ts';
import { compiledPackages, programFile } from '../support/program-file.ts';

const page = readFileSync(new URL('../../docs/tutorial.md', import.meta.url), 'utf8');

/** Lines that say how fast, on what, or in how many bits of an answer. */
const OF_THE_MACHINE =
  /^(samples\/s|threads|backend|fingerprint) .*|^(?:native|wasm) on .*|^ {2}(# the same fingerprint|npx gradloom train --config) .*/gm;

/** What must be the same on any machine: a BLAS library rounds differently, so numbers have three digits. */
const comparable = (text: string): string[] =>
  text
    .replaceAll(OF_THE_MACHINE, (_line, name = '') => name)
    .replaceAll(/\b[\d.,]+ (ms|s|min|h)\b/g, 'some time')
    .replaceAll(/\d+\.\d+(e-?\d+)?/g, (number) => Number(number).toPrecision(3))
    .replaceAll(/[ ─█]+/g, ' ')
    .split('\n')
    .map((line) => line.trim());

test('the tutorial shows what its commands print', { ...needs('bash', 'curl'), timeout: 360_000 }, async () => {
  const written = await runTutorial({ cli: programFile('program'), modules: compiledPackages() });
  expect(comparable(written)).toEqual(comparable(page));
});
