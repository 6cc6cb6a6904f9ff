import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkRunFile, writeAtomically } from '@gradloom/runtime/internal';
import { EXPERIMENTS_FILE } from '../../files/run-files/names.ts';
import { anyObject, either, list, nullable, optional, record, table } from '../../options/schema/containers.ts';
import { flag, name, number, text, word } from '../../options/schema/scalars.ts';
import { type Read, readAs } from '../../options/schema/schema.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { commandOf } from '../../terminal/text/quote.ts';
import { machineFacts } from '../machine-table.ts';
import { readDocument } from '../run-files.ts';

const line = text(2 ** 20);

const experimentRecord = record({
  ...machineFacts,
  command: line,
  started: name,
  sections: list(record({ title: name, lines: list(line, 0, 65_536) }), 0, 1000), // as printed
});

/** The JSON of a `Finding`. */
const finding = record({
  what: name,
  chapter: optional(name),
  paper: optional(record({ printed: name, source: name })),
  computed: nullable(either(number(), name)), // null if not finite
  agrees: nullable(flag),
  slip: optional(flag),
  note: optional(name),
});

/** The common part of all experiment documents. */
const findings = record({ findings: optional(list(finding, 0, 10_000)) });

/** The name of a document must be that of a file in the same folder. */
const experimentName = word(/^[a-z][a-z-]{0,40}$/, 'names of experiments');

export type ExperimentRecord = Read<typeof experimentRecord>;

/** An experiment's files in a folder. */
export interface ExperimentRun {
  readonly name: string;
  readonly record: ExperimentRecord;
  readonly path: string; // path of the document
  readonly document: Readonly<Record<string, unknown>>; // the code that draws it checks the rest
  readonly findings: readonly Read<typeof finding>[];
}

export function recordOf(
  args: readonly string[], // arguments as typed
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
export function addRecords(folder: string, records: Readonly<Record<string, ExperimentRecord>>): void {
  checkRunFile('report', join(folder, EXPERIMENTS_FILE));
  const allRecords = { ...readDocument(folder, EXPERIMENTS_FILE, anyObject), ...records };
  const text = `${JSON.stringify(allRecords, null, 2)}\n`;
  writeAtomically('report', join(folder, EXPERIMENTS_FILE), [Buffer.from(text)]);
}

/** Null if the folder has none. @throws Error if a file is damaged. */
export function readExperiments(folder: string): ExperimentRun[] | null {
  const records = readDocument(folder, EXPERIMENTS_FILE, table(experimentName, experimentRecord, 1, 100));
  if (records === null) return null;
  return Object.entries(records).flatMap(([name, record]) => {
    const file = `${name}.json`;
    const document = readDocument(folder, file, anyObject);
    if (document === null) return [];
    const path = join(folder, file);
    return [{ name, record, path, document, findings: readAs(findings, document, `report: ${path}`).findings ?? [] }];
  });
}
