import type { Elements, Pausable } from '@gradloom/core';
import {
  continuationProblem,
  createWriter,
  generateOptions,
  type LiveContinuation,
  ofText,
  reasonOf,
  type Writer,
} from '@gradloom/core/internal';
import { loadTokenizer } from '../../data/index.ts';
import { createLiveContinuation } from '../../engine/evaluation/predictor.ts';
import type { TrainTextEvent, WarningEvent } from './events.ts';
import type { RunPlan } from './plan.ts';

/** Maximum number of texts of a run, evenly spaced. */
const MAX_TEXTS = 10;
/** Maximum and minimum number of tokens of a text. */
const MAX_TOKENS = 150;
const MIN_TOKENS = 20;
/** Maximum number of lines of a text, if the model writes lines. */
const MAX_LINES = 10;
/**
 * Trained tokens for each token that is written. gpt:4x4x128 on two cores writes a token in the time of 4 trained ones,
 * so that texts take less than 1 % of the training.
 */
const TRAINED_TOKENS = 500;
/** Weights that all texts of a short run may read, in some 30 ms. */
const READ_WEIGHTS = 100_000_000;

/** The number and length of the texts that the model writes in a run. A resumed run has the same plan. */
export interface TextPlan {
  readonly count: number;
  readonly maxTokens: number; // of each text
}

/** Plans the texts that a run's model writes. Null if it is no model of text, or the run is too short for a text. */
export function planTexts({ network, data, batch, context }: TextPlanInputs): TextPlan | null {
  const text = ofText(data.train.preprocessing)?.text;
  if (text === undefined || continuationProblem(network) !== null) return null;
  const trainedTokens = context.totalSteps * batch * network.inputs;
  const tokenBudget = Math.max(trainedTokens / TRAINED_TOKENS, READ_WEIGHTS / network.parameterCount);
  const count = Math.min(MAX_TEXTS, context.totalSteps, Math.floor(tokenBudget / MIN_TOKENS));
  return count === 0 ? null : { count, maxTokens: Math.min(MAX_TOKENS, Math.floor(tokenBudget / count)) };
}

type TextPlanInputs = Pick<RunPlan, 'network' | 'data' | 'batch' | 'context'>;

/** Lets a model write at some steps of its training. */
export interface TextLog {
  /** The first step after `step` after which a text is due. */
  next(step: number): number;
  /** The event of the text that is due after step `step`; null if none is, or the model cannot write it. */
  eventAt(step: number): Pausable<TrainTextEvent | WarningEvent | null>;
}

/** Creates the log of a run whose weights are `model` [P], which change as it trains. Null if it has no texts. */
export function createTextLog(plan: RunPlan, model: Elements): TextLog | null {
  const { network, lossSpec, data, context } = plan;
  const textPlan = planTexts(plan);
  const text = ofText(data.train.preprocessing)?.text;
  if (textPlan === null || text === undefined) return null;
  let continuation: LiveContinuation | undefined; // reads the weights as they are
  let writer: Writer | undefined;
  let hasFailed = false;

  const next = (step: number): number => {
    const textsBefore = Math.floor((step * textPlan.count) / context.totalSteps);
    return Math.ceil(((textsBefore + 1) * context.totalSteps) / textPlan.count);
  };

  const openWriter = (): Writer =>
    createWriter('text', {
      network,
      text,
      loadTokenizer,
      createContinuation() {
        continuation = createLiveContinuation(network, model, lossSpec);
        return continuation.next;
      },
    });

  return {
    next,
    *eventAt(step) {
      if (next(step - 1) !== step) return null;
      try {
        writer ??= openWriter();
        continuation?.renew();
        return { type: 'text', step, texts: yield* writeTexts(writer, textPlan.maxTokens, text.lines) };
      } catch (error) {
        if (hasFailed) return null;
        hasFailed = true;
        return { type: 'warning', message: `the model writes no text after step ${step}: ${reasonOf(error)}` };
      }
    },
  };
}

/** Writes the text that `generate` begins without a prompt; a model of lines writes some whole lines. */
function* writeTexts(writer: Writer, maxTokens: number, hasLines: boolean): Pausable<string[]> {
  const texts: string[] = [];
  let tokensLeft = maxTokens;
  while (tokensLeft > 0 && texts.length < (hasLines ? MAX_LINES : 1)) {
    const sampling = generateOptions.read({ tokens: tokensLeft, seed: texts.length });
    let draft = writer.begin();
    let text = '';
    while (!draft.isDone) {
      const [next] = writer.next([draft], [sampling]);
      draft = next.draft;
      text += next.text;
      yield;
    }
    // A line that took all remaining tokens may be incomplete.
    if (texts.length > 0 && draft.written === tokensLeft) break;
    texts.push(text);
    tokensLeft -= draft.written;
  }
  return texts;
}
