import { setImmediate } from 'node:timers/promises';
import { openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined, withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printText } from '../../terminal/io.ts';
import { generateFlags } from './options.ts';

/** Texts that are written together. The first is printed as it is written. */
const TEXTS_AT_ONCE = 16;

/** Milliseconds of writing until signals and a closed output are noticed. */
const TURN_MS = 20;

/** Prints texts as they are written. Resolves to the exit code. */
export async function runGenerate(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(generateFlags, request);
  const values = parseRaw(generateFlags, raw);
  refuseMoreThan(1, request.positionals, 'one model');
  boundMemory(values);
  const model = openModel(request.positionals);
  const { tokens, temperature, seed, samples, 'top-k': topK, 'top-p': topP } = withDefaults(generateFlags, values);
  const sampling = { tokens, temperature, topP, ...defined({ topK }) };
  const lastSeed = Number.MAX_SAFE_INTEGER - (samples - 1);
  if (seed > lastSeed) {
    throw new UsageError(
      `--seed has ${seed}, expected at most ${lastSeed} (each of ${samples} texts has the next seed)`,
    );
  }
  try {
    for (let first = 0; first < samples; first += TEXTS_AT_ONCE) {
      const prompts = Array.from({ length: Math.min(TEXTS_AT_ONCE, samples - first) }, () => values.prompt);
      const laterTexts = new Array<string>(prompts.length - 1).fill('');
      const parts = model.generateAll(prompts, { ...sampling, seed: seed + first });
      await printParts(values.prompt ?? '', firstText(parts, laterTexts), io);
      for (const text of laterTexts) await printParts(values.prompt ?? '', [text], io);
    }
  } catch (error) {
    throw nameFlag(error, generateFlags, withModel(raw, request.positionals));
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
