import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { writeAtomically } from '@gradloom/runtime';
import { describeMachine } from '../../describe-machine.ts';
import type { Finding } from '../../experiments/finding.ts';
import { commandOf } from '../../report/command-of.ts';
import { objectOf, readJson } from '../run-files.ts';

/** Beside each experiment's own document, which says nothing of the machine: how all of them came about. */
export const EXPERIMENTS_FILE = 'experiments.json';

export interface ExperimentRecord {
  readonly command: string;
  readonly started: string;
  readonly machine: unknown;
  readonly versions: unknown;
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[]; // as printed
}

/** An experiment's files in a folder. */
export interface ExperimentRun {
  readonly name: string;
  readonly record: ExperimentRecord;
  readonly document: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
}

export function recordOf(
  args: readonly string[], // as typed
  started: Date,
  sections: ExperimentRecord['sections'],
): ExperimentRecord {
  return {
    command: commandOf(args),
    started: started.toISOString(),
    ...describeMachine(),
    sections: sections.map(({ title, lines }) => ({ title, lines: lines.map(stripVTControlCharacters) })),
  };
}

/** Adds the records to those of earlier experiments in the folder. */
export function keepRecords(folder: string, records: Readonly<Record<string, ExperimentRecord>>): void {
  const all = { ...readJson(folder, EXPERIMENTS_FILE), ...records };
  const text = `${JSON.stringify(all, null, 2)}\n`;
  writeAtomically('report', join(folder, EXPERIMENTS_FILE), [Buffer.from(text)]);
}

/** Null where the folder holds none. @throws Error where a file of them cannot be read. */
export function readExperiments(folder: string): ExperimentRun[] | null {
  const records = readJson(folder, EXPERIMENTS_FILE);
  if (records === null) return null;
  return Object.entries(records).flatMap(([name, record]) => {
    const document = readJson(folder, `${name}.json`);
    if (document === null) return [];
    const findings = (document.findings ?? []) as readonly Finding[];
    return [{ name, record: objectOf(record) as unknown as ExperimentRecord, document, findings }];
  });
}
