import {
  checkKeys,
  type Draft,
  generateOptions,
  reasonOf,
  type Sampling,
  show,
  type Writer,
  writerOf,
} from '@gradloom/core/internal';
import type { Task } from '../../engine/threads/protocol.ts';
import { nodeEngine } from '../model.ts';
import { modelFrom, type SharedModel } from './shared-model.ts';

/** A request for text: its body, as JSON { prompt, tokens, … }, or a text that has been begun. */
export type WritingStep = { readonly body: string } | Unfinished;

/** A text that has been begun, with its options. */
export interface Unfinished {
  readonly draft: Draft;
  readonly sampling: Sampling;
}

/** The result of a step. */
export type Written =
  | {
      readonly text: string;
      /** The text so far, to go on with; null at its end. */
      readonly rest: Unfinished | null;
    }
  | {
      /** Whether the body is refused, the model fails, or it takes too long; `text` is the sentence. */
      readonly fault: 'content' | 'model' | 'time';
      readonly text: string;
    };

/** Text to write. The thread answers 'unknown' if the model must be sent along. */
export interface WritingTask extends Task<Written | 'unknown'> {
  readonly kind: 'writing';
  readonly id: number; // id of the model
  readonly model?: SharedModel; // sent to a thread that does not have it yet
  readonly step: WritingStep;
  readonly maxTokens: number; // maximum number of tokens of a text
}

/** Milliseconds of a step, after which other requests have their turn. */
const STEP_MS = 20;

/** Writers by the model's id. */
const writers = new Map<number, Writer>();

/** In a thread: writes for a while. Any thread can go on, to the same bits. */
export function writingTask({ id, model, step, maxTokens }: WritingTask): Written | 'unknown' {
  const cachedWriter = writers.get(id);
  if (cachedWriter === undefined && model === undefined) return 'unknown';
  let fault: 'content' | 'model' = 'content';
  try {
    const writer = cachedWriter ?? writerOf('generate', modelFrom(model as SharedModel), nodeEngine);
    writers.set(id, writer);
    let { draft, sampling } = 'body' in step ? begin(writer, step.body, maxTokens) : step;
    fault = 'model';
    const end = performance.now() + STEP_MS;
    let text = '';
    do {
      const [next] = writer.next([draft], [sampling]);
      draft = next.draft;
      text += next.text;
    } while (!draft.isDone && performance.now() < end);
    return { text, rest: draft.isDone ? null : { draft, sampling } };
  } catch (error) {
    return { fault, text: reasonOf(error).replace(/^generate: /, '') };
  }
}

/** @throws Error for a body that is refused. */
function begin(writer: Writer, body: string, maxTokens: number): Unfinished {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new Error(`body is not valid JSON, expected ${EXPECTED_BODY} (${reasonOf(error)})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`body has ${show(value)}, expected ${EXPECTED_BODY}`);
  }
  checkKeys('generate', value, ['prompt', ...Object.keys(generateOptions.table)]);
  const { prompt, ...options } = value as { prompt?: string };
  const sampling = generateOptions.read(options);
  if (sampling.tokens > maxTokens) throw new Error(`tokens has ${sampling.tokens}, expected at most ${maxTokens}`);
  return { draft: writer.begin(prompt), sampling };
}

const EXPECTED_BODY = 'an object such as {"prompt": "First", "tokens": 100}';
