import { join } from 'node:path';
import { createRandom, shuffle } from '@gradloom/core';
import { ofTable } from '@gradloom/core/internal';
import { type Dataset, explainModel, type FolderLock, type Model, subset } from '@gradloom/runtime';
import type { TakenRows } from '../../files/datasets/split-names.ts';
import { openModelRows } from '../../files/models/model-rows.ts';
import { openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { EXPLAIN_FILE } from '../../files/run-files/names.ts';
import { type FoundImportances, howText, meanText, nameOf, ranked, wordOf } from '../../lab/figures/importances.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { flagsToRaw, parseRaw, type RawOptions } from '../../options/raw-options.ts';
import type { Request } from '../../options/request.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { refuseOtherRun } from '../../report/run-files.ts';
import { tryReport } from '../../report/try-report.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createNote } from '../../terminal/note.ts';
import { columns } from '../../terminal/text/columns.ts';
import { percent, plural } from '../../terminal/text/format.ts';
import { withOut, writeOut } from '../../terminal/text/out-directory.ts';
import { commandOf } from '../../terminal/text/quote.ts';
import { runOf } from '../evaluate/measure-model.ts';
import { type ExplainValues, explainOptions } from './options.ts';

/** Default number of predicted rows, over all columns and repeats. */
const PREDICTED_ROWS = 2_000_000;
const LEAST_ROWS = 500;

/** What explain writes and prints with --json. */
export interface ExplainDocument extends FoundImportances {
  readonly event: 'explanation';
  readonly fingerprint: string;
  readonly split: TakenRows['split'];
  readonly allRows: number; // rows that the used ones were drawn from
  readonly command: string;
}

/** Measures which columns a model needs. Resolves to the exit code. */
export async function runExplain(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(explainOptions, request);
  const values = parseRaw(explainOptions, raw);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(1, request.positionals, 'one model');
  const model = openModel(request.positionals);
  return withOut(values.out, 'explain', (lock) => explain(model, raw, values, request, io, lock));
}

async function explain(
  model: Model,
  raw: RawOptions,
  values: ExplainValues,
  request: Request,
  io: Io,
  lock: FolderLock | undefined,
): Promise<number> {
  const { out, json } = values;
  boundMemory(values);
  if (out !== undefined) refuseOtherRun(out);
  const note = createNote('explain', io);
  try {
    const document = {
      ...(await find(model, values, io, note.say)),
      command: commandOf(request.args),
      ...describeMachine(),
    };
    note.clear();
    if (lock !== undefined) writeOut(lock, EXPLAIN_FILE, `${JSON.stringify(document, null, 2)}\n`);
    const page = out === undefined ? null : await tryReport(out, 'explain', io);
    if (json) printJson(io.stdout, JSON.stringify(document));
    else {
      printLines(io.stdout, describeExplanation(document));
      if (out !== undefined) printLines(io.stdout, ['', `Full numbers: ${join(out, EXPLAIN_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    return 0;
  } catch (error) {
    throw nameFlag(error, explainOptions, withModel(raw, request.positionals));
  } finally {
    note.clear();
  }
}

async function find(
  model: Model,
  values: ExplainValues,
  io: Io,
  say: (text: string) => void,
): Promise<Omit<ExplainDocument, 'command'>> {
  const { metric, repeats = explainOptions.repeats.standard, seed = explainOptions.seed.standard } = values;
  const { split, dataset } = await openModelRows(model, values.dataset, values.split);
  const table = ofTable(model.preprocessing);
  const columns = table?.columns.length ?? dataset.inputs.columns;
  const most = Math.max(LEAST_ROWS, Math.floor(PREDICTED_ROWS / (columns * repeats)));
  const { rows = most } = values;
  const explanation = await explainModel(model, rows === 'all' ? dataset : drawn(dataset, rows, seed), {
    ...runOf(values, io, 'explain'),
    ...(metric === undefined ? {} : { metric }),
    repeats,
    seed,
    onProgress: (done) => say(`${percent(done)} done`),
  });
  return {
    event: 'explanation',
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    allRows: dataset.rows,
    seed,
    isTable: table !== undefined,
    side: table === undefined ? sideOf(dataset) : null,
    ...explanation,
  };
}

/** Draws `count` rows; all rows if there are no more. */
function drawn(dataset: Dataset, count: number, seed: number): Dataset {
  if (count >= dataset.rows) return dataset;
  const order = Uint32Array.from({ length: dataset.rows }, (_, n) => n);
  shuffle(order, createRandom(seed, 'explain-rows'));
  return subset(dataset, order.slice(0, count));
}

/** Side length of square images of bytes, as the report draws them. */
function sideOf({ inputs: { array, columns, divisor } }: Dataset): number | null {
  const side = Math.sqrt(columns);
  return array instanceof Uint8Array && divisor === 255 && Number.isInteger(side) && side >= 4 ? side : null;
}

/** Most columns shown in a terminal: images have hundreds of pixels. */
const MOST = 30;
const BAR = 24;

/** Text output: the columns with bars, most important first. */
function describeExplanation(found: FoundImportances): string[] {
  const all = ranked(found);
  const shown = all.slice(0, MOST);
  const most = Math.max(...shown.map(({ mean }) => mean), 0);
  const rows = shown.map((one) => [
    nameOf(found, one.name),
    meanText(one),
    one.mean > 0 && most > 0 ? '█'.repeat(Math.max(1, Math.round((BAR * one.mean) / most))) : '',
  ]);
  return [
    `${found.dataset}: ${howText(found)}`,
    '',
    ...columns([[wordOf(found), 'importance', ''], ...rows]),
    ...(all.length > MOST
      ? ['', `  ${plural(all.length - MOST, `less important ${wordOf(found)}`)} left out: --json has all.`]
      : []),
  ];
}
