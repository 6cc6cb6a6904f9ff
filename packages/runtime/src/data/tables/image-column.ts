import type { PixelEncoding, TablePreprocessing } from '@gradloom/core';
import { checkTablePreprocessing, isGap, readText, show } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { chooseSize } from '../images/choose-size.ts';
import { checkSize, decisionOnBits } from '../images/image-options.ts';
import { readImageRows } from '../images/image-rows.ts';
import type { TableRequest } from './columns/plan-columns.ts';
import type { TableRow } from './formats/table-reader.ts';
import { imageFinder } from './image-files.ts';
import type { Table, TableColumn } from './table.ts';

/**
 * Reads the images of a table's columns of paths, as `imageFinder` finds them. Images of a column have one
 * size, and one number of channels: those of the model that reads the table, or of the options, or chosen from all.
 * @throws Error naming column and file of an image that cannot be read.
 */
export async function readColumnImages(table: Table, request: TableRequest): Promise<Table> {
  const { where, path, options, preprocessing } = request;
  const decisions: string[] = [];
  const inputs: TableColumn[] = [];
  for (const column of table.inputs) {
    const { name, type, data } = column;
    if (type !== 'image' || data.kind !== 'words') {
      inputs.push(column);
      continue;
    }
    const subject = `${where}: ${path}: column ${show(name)}`;
    const encoding = preprocessing?.columns.find((other): other is PixelEncoding => other.name === name);
    // Only images of rows that are left.
    const usedIndices = [...new Set(data.indices)].filter((index) => index !== -1).sort((a, b) => a - b);
    const words = usedIndices.map((index) => data.words[index]);
    const find = imageFinder(path);
    const paths = words.map((word) => find(word, subject));
    const requestedSize = encoding ?? (options.size === undefined ? undefined : checkSize(where, options.size));
    const chosenSize = requestedSize === undefined ? await chooseSize(subject, paths) : undefined;
    const channels = encoding?.channels ?? options.channels;
    const requested = { size: requestedSize ?? chosenSize?.size, channels, bits: options.bits };
    const rows = await readImageRows(subject, paths, requested, encoding);
    if (rows === null) throw new Error(`${subject} has changed, expected the same images`);
    const { array: pixels, ...shape } = rows;
    const indexOfImage = new Map(usedIndices.map((index, n) => [index, n]));
    const indices = data.indices.map((index) => indexOfImage.get(index) ?? -1);
    inputs.push({ ...column, data: { kind: 'words', words, indices, images: { ...shape, pixels } } });
    if (chosenSize?.isResized)
      decisions.push(`column ${show(name)}: ${chosenSize.decision} (size=32x32 chooses another)`);
    const bitsText = decisionOnBits('', encoding ?? options, shape.bits);
    decisions.push(...bitsText.map((decision) => `column ${show(name)}: ${decision}`));
  }
  return { ...table, inputs, decisions: [...table.decisions, ...decisions] };
}

/**
 * Creates a function that reads the images of rows for a model: their paths, which `imageFinder` looks up beside the
 * file `source`, become pixels. It throws an Error naming the row, for an image that cannot be read.
 */
export function createCellImages(
  preprocessing: TablePreprocessing,
  source: string,
): (rows: readonly TableRow[]) => Promise<readonly TableRow[]> {
  const { columns } = checkTablePreprocessing('createCellImages', preprocessing);
  checkPath('createCellImages', source);
  const images = columns.flatMap((column, c) => (column.type === 'image' ? [{ column, c }] : []));
  if (images.length === 0) return async (rows) => rows;
  const find = imageFinder(source);
  return async (rows) => {
    const { readImage } = await import('../images/image-file.ts');
    const { fitImage } = await import('../images/decoders.ts');
    const read: TableRow[] = [];
    for (const { location, cells } of rows) {
      const withPixels = [...cells];
      for (const { column, c } of images) {
        const path = isGap(cells[c]) ? undefined : readText(cells[c]);
        const where = `${location} of ${source}, column ${show(column.name)}`;
        if (path === undefined) throw new Error(`${where} has no path, expected the path of a PNG or JPEG image`);
        withPixels[c] = fitImage(await readImage(where, find(path, where), column.bits), column);
      }
      read.push({ location, cells: withPixels });
    }
    return read;
  };
}
