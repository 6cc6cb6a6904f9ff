import { createLoss, metrics } from '@gradloom/core';
import { type Evaluation, evaluateModel, type Model } from '@gradloom/runtime';
import { openDataset } from '../datasets/open-dataset.ts';
import { takeSplit } from '../datasets/split-names.ts';
import { withoutPlace } from '../failure.ts';
import { type Io, printJson, printLine, printLines } from '../io.ts';
import { dataOf, openModel, refuseMoreThan, withModel } from '../models/open-model.ts';
import { boundMemory } from '../options/bound-memory.ts';
import { nameFlag } from '../options/name-flag.ts';
import { flagsToRaw, parseRaw } from '../options/raw-options.ts';
import { refuseIdleLibrary } from '../options/run-options.ts';
import type { Request } from '../request.ts';
import { createPaint } from '../terminal/paint.ts';
import { UsageError } from '../usage-error.ts';
import { classFigures } from './class-figures.ts';
import { describeEvaluation, type Findings } from './describe-evaluation.ts';
import { type EvaluateValues, evaluateOptions } from './options.ts';

/** Above this, a table would take 128 MiB, and nobody would read it. */
const MOST_CLASSES = 2048;

/** As it is counted and as it is handed out, the rows of each class, and its text. */
const TABLE_COPIES = 4;

/** Measures a model and prints what was found. Resolves to the exit code. */
export async function runEvaluate(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(evaluateOptions, request);
  const values = parseRaw(evaluateOptions, raw);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(1, request.positionals, 'one model');
  boundMemory(values);
  const model = openModel(request.positionals);
  try {
    const findings = await measure(model, values, io);
    if (values.json) printJson(io.stdout, jsonLine(findings));
    else {
      const paint = createPaint(io.stdout, io.env);
      printLines(io.stdout, describeEvaluation(findings, io.stdout.columns ?? 80, paint));
    }
    return 0;
  } catch (error) {
    throw nameFlag(error, evaluateOptions, withModel(raw, request.positionals));
  }
}

async function measure(model: Model, values: EvaluateValues, io: Io): Promise<Findings> {
  const { source, shares, name, isOwn, classNames } = dataOf(model, values.dataset);
  const { sets } = await openDataset(source, shares, name, classNames);
  const { split, dataset } = takeSplit(sets, values.split, isOwn);
  const lossSpec = model.loss ?? (dataset.classes === null ? 'mse' : 'softmax-cross-entropy');
  const { targets, threshold = 0.5 } = createLoss(lossSpec);
  const k = values['top-k'] ?? 5;
  const choices = targets === 'classes' ? (dataset.classes ?? 0) : 0;
  if (values['top-k'] !== undefined && k > choices) {
    const wanted = choices === 0 ? 'none, since the model does not choose among classes' : `at most ${choices}`;
    throw new UsageError(`--top-k has ${k}, expected ${wanted}${choices === 0 ? '' : ` (classes of ${dataset.name})`}`);
  }
  const hasTable = dataset.classes !== null && dataset.classes <= MOST_CLASSES;
  const confusion = !hasTable ? null : metrics['confusion-matrix']({ targets, threshold });
  // Top-k over all classes is always right, so it is only an error if asked for.
  const topK = k < choices || values['top-k'] !== undefined ? metrics['top-k']({ k }) : null;
  const { threads, backend, blas } = values;
  const evaluation: Evaluation = await evaluateModel(model.spec, model.parameters, dataset, {
    loss: lossSpec,
    ...(threads === undefined ? {} : { threads }),
    ...(backend === undefined ? {} : { backend }),
    ...(blas === undefined ? {} : { blas }),
    onWarning: (message) => printLine(io.stderr, `gradloom evaluate: warning: ${message}`),
    onRetry: ({ reason, failures, retries }) =>
      printLine(
        io.stderr,
        `gradloom evaluate: warning: ${withoutPlace(reason)}: its rows are computed again (failures in a row: ${failures}, at most ${retries})`,
      ),
    readers: [
      ...(confusion === null ? [] : [{ add: confusion.add, bytes: TABLE_COPIES * 8 * (dataset.classes ?? 0) ** 2 }]),
      ...(topK === null ? [] : [topK]),
    ],
  });
  const { labels } = model.metadata;
  return {
    fingerprint: model.fingerprint,
    dataset: dataset.name,
    split,
    leftOut: dataset.classes !== null && !hasTable ? dataset.classes : null,
    evaluation,
    topK: topK === null ? null : { k, accuracy: topK.value() },
    classes: confusion === null ? null : classFigures(confusion.value(), labels ?? dataset.labels),
  };
}

/** A figure that does not apply is null. */
function jsonLine({ evaluation, classes, leftOut: _, ...rest }: Findings): string {
  const { rows, loss, accuracy = null, mae = null, rmse = null, r2 = null, unanswered = 0 } = evaluation;
  return JSON.stringify({ event: 'evaluation', ...rest, rows, loss, accuracy, mae, rmse, r2, unanswered, classes });
}
