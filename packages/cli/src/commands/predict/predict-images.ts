import { existsSync } from 'node:fs';
import type { Answer } from '@gradloom/core';
import { imageRow, type Model } from '@gradloom/runtime';
import { imagesIn } from '@gradloom/runtime/internal';
import { isFolder } from '../../files/folders.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printRows } from '../../terminal/io.ts';
import { decimal, percent } from '../../terminal/text/format.ts';

/** Whether the ending of a path is that of an image. */
export const isPicture = (path: string): boolean => /\.(png|jpe?g)$/i.test(path);

/** Whether a path is a folder; false if the path cannot be read. */
export const isReadableFolder = (path: string): boolean => existsSync(path) && isFolder(path);

const IN_SUBFOLDERS = true;

/** Number of images read and answered at a time. */
const BATCH_IMAGES = 64;

/**
 * Answers image files, and those in folders: a line each with path, prediction and its probability, or JSON such as
 * {"file":"a.png","prediction":"cats","probabilities":{"cats":0.98,"dogs":0.02}}.
 */
export async function predictImages(model: Model, paths: readonly string[], json: boolean, io: Io): Promise<void> {
  const files = paths.flatMap((path) => {
    if (isReadableFolder(path)) return imagesIn(path, IN_SUBFOLDERS);
    if (isPicture(path)) return [path];
    throw new UsageError(`${path} is neither an image nor a folder, expected PNG or JPEG files, as the others are`);
  });
  for (let first = 0; first < files.length; first += BATCH_IMAGES) {
    const batch = files.slice(first, first + BATCH_IMAGES);
    const rows: Uint8Array[] = [];
    for (const file of batch) rows.push(await imageRow(model, file));
    const answers = await model.predictAll(rows);
    if (json) printJson(io.stdout, ...answers.map((answer, n) => ({ file: batch[n], ...answer })));
    else
      printRows(
        io.stdout,
        [...answers.entries()].map(([n, answer]) => [batch[n], ...cellsOf(answer)]),
      );
  }
}

function cellsOf({ prediction, probabilities }: Answer): string[] {
  if (prediction === null) return ['no answer'];
  if (typeof prediction === 'string') {
    const probability = probabilities?.[prediction];
    return [prediction, ...(probability === undefined ? [] : [percent(probability)])];
  }
  return (typeof prediction === 'number' ? [prediction] : Object.values(prediction)).map(decimal);
}
