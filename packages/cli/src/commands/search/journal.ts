import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { option } from '@gradloom/core/internal';
import { SEARCH_LINES } from '../../files/run-files/names.ts';
import { runLines } from '../../files/run-files/run-lines.ts';
import { defined } from '../../options/option.ts';
import { isRecord } from '../../options/read-object.ts';
import { openMetrics } from '../train/metrics-file.ts';
import { checkSearch, type SearchConfig } from './config.ts';
import { keyText, type RunOutcome } from './outcome.ts';

/** Identity of a search: resuming requires the same. */
export interface SearchStart {
  readonly file: string; // path of its config, as given
  readonly config: SearchConfig;
  readonly data: string; // SHA-256 of its datasets
}

/** The finished runs, in search.jsonl. */
export interface Journal {
  readonly outcomes: ReadonlyMap<string, RunOutcome>;
  readonly warnings: readonly string[]; // problems found in the file
  /** Returns the reason if the line cannot be written, the first time only; the line is then kept for the next call. */
  add(outcome: RunOutcome): Error | null;
  /** @throws Error if lines could not be written */
  close(): void;
}

/**
 * Opens the journal of a search, new or resumed. A line that a killed process cut off is left out, and its run is done
 * again. @throws Error if it belongs to other data.
 */
export function openJournal(folder: string, start: SearchStart, trials: number): Journal {
  const path = join(folder, SEARCH_LINES);
  const file = openMetrics(path, Number.MAX_SAFE_INTEGER);
  const outcomes = new Map<string, RunOutcome>();
  const startLine = file.lines.find(({ event }) => event === 'search');
  if (startLine === undefined) file.add(JSON.stringify({ event: 'search', step: 0, ...start }));
  else if (startLine.data !== start.data) {
    file.close();
    throw new Error(`${path} has runs on other data, expected the rows that the search began with`);
  }
  for (const line of file.lines) {
    if (line.event !== 'run') continue;
    const { event: _event, sum: _sum, ...outcome } = line;
    if (!isOutcome(outcome, trials)) {
      file.close();
      throw new Error(
        `${path} has a run that does not belong to this search: ${JSON.stringify(outcome).slice(0, 100)} (it is damaged)`,
      );
    }
    outcomes.set(keyText(outcome), outcome);
  }
  return {
    outcomes,
    warnings: [
      ...file.warnings,
      ...(file.droppedText === '' ? [] : [`${file.droppedText} is left out: its run is done again`]),
    ],
    add(outcome) {
      outcomes.set(keyText(outcome), outcome);
      const failure = file.add(JSON.stringify({ event: 'run', ...outcome }));
      file.sync();
      return failure;
    },
    close: () => file.close(),
  };
}

/** The search that a folder holds. @throws Error if its first line is damaged. */
export function readStart(folder: string): SearchStart {
  const path = join(folder, SEARCH_LINES);
  const { lines } = runLines(readFileSync(path));
  const start = lines.find(({ value }) => value.event === 'search')?.value;
  if (start === undefined || !isRecord(start.config) || typeof start.file !== 'string') {
    throw new Error(`${path} has no line that describes the search, expected it first (the file is damaged)`);
  }
  // The config as the user's file has it: values that were filled in later are left out.
  const { runs, halving, ...entries } = withoutNulls(start.config);
  const config = checkSearch(path, {
    ...entries,
    ...(entries.method === 'grid' ? {} : defined({ runs })),
    ...defined({ halving: isRecord(halving) ? withoutNulls(halving) : halving }),
  });
  return { file: start.file, config, data: String(start.data) };
}

const withoutNulls = (object: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

/** Whether a line has all fields that are read. A line without a checksum may have been edited. */
function isOutcome(
  line: Readonly<Record<string, unknown>>,
  trials: number,
): line is Record<string, unknown> & RunOutcome {
  const { trial, round, fold, step, elapsedMs, figures } = line;
  const isOrdinal = option.positiveInteger.isValid; // numbers of trials, rounds and folds begin at 1
  return (
    isOrdinal(trial) &&
    trial <= trials &&
    isOrdinal(round) &&
    (fold === null || isOrdinal(fold)) &&
    option.count.isValid(step) &&
    Number.isFinite(elapsedMs) &&
    isRecord(figures) &&
    Object.values(figures).every((value) => value === null || typeof value === 'number')
  );
}
