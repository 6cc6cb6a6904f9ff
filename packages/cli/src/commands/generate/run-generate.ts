import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { counted, ofTable } from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';
import { openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { createRowDraws, hasDraws, imagesOfSize, sheetOfAnswers } from '../../lab/figures/drawn-rows.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined, type Values, withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printLine, printText } from '../../terminal/io.ts';
import { csvLine } from '../../terminal/text/csv-line.ts';
import { generateFlags } from './options.ts';

/** Texts that are written together. The first is printed as it is written. */
const TEXTS_AT_ONCE = 16;

/** Milliseconds of writing until signals and a closed output are noticed. */
const TURN_MS = 20;

/** Rows that are drawn, and printed, together. */
const ROWS_AT_ONCE = 1024;

/** Images in a file by default, and at most. */
const [IMAGES, MAX_IMAGES] = [64, 128];

/** Flags of texts alone. */
const TEXT_FLAGS = ['prompt', 'tokens', 'temperature', 'top-k', 'top-p'] as const;

type GenerateValues = Values<typeof generateFlags>;

/** Prints texts as they are written, or draws rows. Resolves to the exit code. */
export async function runGenerate(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(generateFlags, request);
  const values = parseRaw(generateFlags, raw);
  boundMemory(values);
  const model = openModel(request.positionals);
  if (hasDraws(model)) return nameModel(() => writeRows(model, values, request.positionals, io));
  refuseMoreThan(1, request.positionals, 'one model');
  return nameModel(() => writeTexts(model, values, io));

  /** Names flags, and the model, in the errors of `work`. */
  async function nameModel(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      throw nameFlag(error, generateFlags, withModel(raw, request.positionals));
    }
  }
}

/** Writes images into a PNG file, and prints other rows as lines of CSV. */
async function writeRows(model: Model, values: GenerateValues, words: readonly string[], io: Io): Promise<number> {
  refuseMoreThan(2, words, 'one model and one file to write');
  const stray = TEXT_FLAGS.find((flag) => values[flag] !== undefined);
  if (stray !== undefined) {
    throw new UsageError(`--${stray} is given with a model that draws rows, expected --samples and --seed alone`);
  }
  const { seed } = withDefaults(generateFlags, values);
  const [, path] = words;
  const { samples = path === undefined ? 1 : IMAGES } = values;
  const draw = createRowDraws(model, seed);
  if (path !== undefined) {
    if (samples > MAX_IMAGES)
      throw new UsageError(`--samples has ${samples}, expected at most ${MAX_IMAGES} images in a file`);
    writeImages(model, draw(samples), path, samples, io);
    return 0;
  }
  const names = ofTable(model.preprocessing)?.target.map(({ name }) => name) ?? [];
  await printParts('', drawnLines(draw, samples, names), io);
  return 0;
}

/** Drawn rows as lines of CSV, in parts, with the names of the columns if each has one. */
function* drawnLines(
  draw: (count: number) => Float64Array,
  samples: number,
  names: readonly string[],
): Generator<string> {
  for (let first = 0; first < samples; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, samples - first);
    const rows = draw(count);
    const size = rows.length / count;
    const lines = Array.from({ length: count }, (_, n) => rows.subarray(n * size, (n + 1) * size).join(','));
    if (first === 0 && names.length === size) lines.unshift(csvLine(names));
    yield `${first === 0 ? '' : '\n'}${lines.join('\n')}`;
  }
}

/** Writes drawn images into a PNG file. @throws UsageError if the rows are no images, or the file no PNG. */
function writeImages(model: Model, rows: Float64Array, path: string, samples: number, io: Io): void {
  const size = rows.length / samples;
  const shape = imagesOfSize(model, size);
  if (shape === null) {
    const problem = `takes images, and the model draws ${counted(size, 'number')} a row`;
    throw new UsageError(`the file ${path} ${problem}, expected no file: rows are printed`);
  }
  if (!/\.png$/i.test(path)) throw new UsageError(`the file ${path} has another ending, expected .png`);
  const sheet = sheetOfAnswers(model, rows, shape);
  writeFileSync(path, Buffer.from(sheet.png, 'base64'));
  printLine(io.stdout, `${path}: ${counted(samples, 'image')} of ${sheet.width} x ${sheet.height} pixels`);
}

/** Prints texts as they are written. */
async function writeTexts(model: Model, values: GenerateValues, io: Io): Promise<number> {
  const { tokens, temperature, seed, samples = 1, 'top-k': topK, 'top-p': topP } = withDefaults(generateFlags, values);
  const sampling = { tokens, temperature, topP, ...defined({ topK }) };
  const lastSeed = Number.MAX_SAFE_INTEGER - (samples - 1);
  if (seed > lastSeed) {
    throw new UsageError(
      `--seed has ${seed}, expected at most ${lastSeed} (each of ${samples} texts has the next seed)`,
    );
  }
  for (let first = 0; first < samples; first += TEXTS_AT_ONCE) {
    const prompts = Array.from({ length: Math.min(TEXTS_AT_ONCE, samples - first) }, () => values.prompt);
    const laterTexts = new Array<string>(prompts.length - 1).fill('');
    const parts = model.generateAll(prompts, { ...sampling, seed: seed + first });
    await printParts(values.prompt ?? '', firstText(parts, laterTexts), io);
    for (const text of laterTexts) await printParts(values.prompt ?? '', [text], io);
  }
  return 0;
}

/** The parts of the first text. Those of the others are added to `laterTexts`. */
function* firstText(parts: Iterable<readonly string[]>, laterTexts: string[]): Generator<string> {
  for (const [part, ...laterParts] of parts) {
    for (const [k, laterPart] of laterParts.entries()) laterTexts[k] += laterPart;
    yield part;
  }
}

async function printParts(prompt: string, parts: Iterable<string>, { stdout }: Io): Promise<void> {
  printText(stdout, prompt);
  let turnStartMs = performance.now();
  let carriageReturn = ''; // a carriage return, until it is known whether a line end follows
  for (const part of parts) {
    const text = carriageReturn + part;
    carriageReturn = text.endsWith('\r') ? '\r' : '';
    if (!printText(stdout, text.slice(0, text.length - carriageReturn.length))) {
      // Not `once` of node:events, which also listens to errors: a closed output ends the process.
      await new Promise((resolve) => stdout.once('drain', resolve));
    }
    if (performance.now() - turnStartMs < TURN_MS) continue;
    await setImmediate();
    turnStartMs = performance.now();
  }
  printText(stdout, `${carriageReturn}\n`);
}
