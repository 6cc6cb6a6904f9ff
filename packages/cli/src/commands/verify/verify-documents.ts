import { readdirSync } from 'node:fs';
import { show } from '@gradloom/core/internal';
import {
  EXPERIMENTS_FILE,
  EXPLAIN_FILE,
  FOLDS_FILE,
  LR_FIND_FILE,
  SCALE_FILE,
  SEARCH_FILE,
} from '../../files/run-files/names.ts';
import { isRecord } from '../../options/read-object.ts';
import type { Schema } from '../../options/schema/schema.ts';
import { explainDocument } from '../../report/explain/explain-page.ts';
import { foldsDocument } from '../../report/folds/folds-page.ts';
import { lrFindDocument } from '../../report/lr-find/lr-find-page.ts';
import { scaleDocument } from '../../report/scale/scale-page.ts';
import { searchDocument } from '../../report/search/search-page.ts';
import { type FileCheck, type OpenCheck, openCheck, readDocument } from './file-check.ts';

/** The documents of experiments, and the record of their commands. */
export function verifyExperiments(folder: string): FileCheck[] {
  const check = openCheck(EXPERIMENTS_FILE);
  const records = readDocument(folder, check, 'plain') ?? {};
  const names = Object.keys(records);
  check.about = `${names.length} ${names.length === 1 ? 'experiment' : 'experiments'}`;
  const fileNames = readdirSync(folder);
  const documentChecks = names.map((name) => {
    const { command, started, sections } = isRecord(records[name]) ? records[name] : {};
    if (typeof command !== 'string' || typeof started !== 'string' || !Array.isArray(sections)) {
      check.faults.push(`has no record of ${show(name)}, expected its command, time and sections`);
    }
    const document = openCheck(`${name}.json`);
    // Names come from the file, so only files of this folder are read.
    if (fileNames.includes(document.name)) checkFindings(document, readDocument(folder, document, 'plain'));
    else document.faults.push('is missing');
    return document;
  });
  return [check, ...documentChecks];
}

function checkFindings(check: OpenCheck, document: Readonly<Record<string, unknown>> | null): void {
  if (document === null) return;
  const { findings } = document;
  const isFinding = (finding: unknown) => isRecord(finding) && typeof finding.agrees === 'boolean';
  if (Array.isArray(findings) && findings.every(isFinding)) {
    check.about = `${findings.length} findings, ${findings.filter(({ agrees }) => agrees).length} agree`;
  } else check.faults.push('has no findings, expected a list of them');
}

/** Documents that one command writes alone: the command, and the schema of what a report reads. */
const documents: Readonly<Record<string, readonly [command: string, Schema<unknown>]>> = {
  [SCALE_FILE]: ['scale', scaleDocument],
  [LR_FIND_FILE]: ['lr-find', lrFindDocument],
  [SEARCH_FILE]: ['search', searchDocument],
  [FOLDS_FILE]: ['train --folds', foldsDocument],
  [EXPLAIN_FILE]: ['explain', explainDocument],
};

export const documentFiles = Object.keys(documents);

export function verifyDocument(folder: string, file: string): FileCheck[] {
  const [command, schema] = documents[file];
  const check = openCheck(file);
  const document = readDocument(folder, check, 'plain', schema);
  check.about = document === null ? '' : `the document of ${command}`;
  return [check];
}
