import { createReadStream } from 'node:fs';
import { buildNetwork } from '@gradloom/core';
import type { Model } from '@gradloom/runtime';
import type { Request } from '../commands/command.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import { takeSplit } from '../datasets/split-names.ts';
import { type Io, printLine } from '../io.ts';
import { dataOf, openModel, refuseMoreThan } from '../models/open-model.ts';
import { flagsToRaw, parseRaw } from '../options/raw-options.ts';
import { decimal, percent } from '../report/format.ts';
import { UsageError } from '../usage-error.ts';
import { type Answer, createAnswers } from './answers.ts';
import { datasetRows } from './dataset-rows.ts';
import { type PredictValues, predictOptions } from './options.ts';
import type { RowBatch } from './row-batch.ts';
import { textRows } from './text-rows.ts';

/** Prints a line for each row as it is answered. Resolves to the exit code. */
export async function runPredict({ flags, positionals }: Request, io: Io): Promise<number> {
  const values = parseRaw(predictOptions, flagsToRaw(predictOptions, flags));
  refuseMoreThan(2, positionals, 'one model and one file of rows');
  const model = openModel(positionals);
  const answer = createAnswers(model);
  const print = values.json ? jsonLine : textLine;
  for await (const batch of await openRows(model, values, positionals[1], io)) {
    for (const line of answer(batch).map(print)) printLine(io.stdout, line);
  }
  return 0;
}

type Batches = Iterable<RowBatch> | AsyncIterable<RowBatch>;

async function openRows(model: Model, values: PredictValues, file: string | undefined, io: Io): Promise<Batches> {
  const fromDataset = (['dataset', 'split', 'rows'] as const).find((option) => values[option] !== undefined);
  if (fromDataset !== undefined) {
    if (file !== undefined)
      throw new UsageError(`--${fromDataset} stands beside the file ${file}, expected one of the two`);
    const { source, shares } = dataOf(model, values.dataset);
    const { dataset } = takeSplit((await openDataset(source, shares)).sets, values.split);
    checkWidth(model, dataset.inputs.columns, dataset.name);
    return datasetRows(dataset, values.rows);
  }
  const { input } = buildNetwork(model.spec);
  if (file !== undefined && file !== '-') return textRows(createReadStream(file), input);
  if (io.stdin.isTTY) {
    throw new UsageError('no rows are given, expected a file, rows on standard input, or --rows 0..9 of a dataset');
  }
  return textRows(io.stdin, input);
}

function checkWidth(model: Model, columns: number, name: string): void {
  const { input } = buildNetwork(model.spec);
  if (columns !== input)
    throw new Error(`${name} has ${columns} numbers a row, expected ${input} (the network's input)`);
}

const jsonLine = (answer: Answer): string => JSON.stringify(answer);

/** Row, then the class and how sure it is, or the values; tabs between them, for cut and awk. */
function textLine({ row, class: best, label, probability, outputs, target }: Answer): string {
  const cells = [String(row)];
  if (best === undefined) cells.push(...outputs.map(decimal));
  else cells.push(label ?? String(best));
  if (probability !== undefined) cells.push(percent(probability));
  if (target !== undefined) cells.push(`target ${target.map(decimalOrWhole).join(' ')}`);
  return cells.join('\t');
}

const decimalOrWhole = (value: number): string => (Number.isInteger(value) ? String(value) : decimal(value));
