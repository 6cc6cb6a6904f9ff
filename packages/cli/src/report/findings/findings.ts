import { importanceFacts } from '../../lab/figures/importances.ts';
import { layerHistogram } from '../../lab/figures/layer-histogram.ts';
import { sheet } from '../../lab/figures/sheet.ts';
import { MAX_THREADS, profile } from '../../lab/figures/thread-profile.ts';
import { list, nullable, optional, orElse, record, refined, table, tuple } from '../../options/schema/containers.ts';
import { count, figure, flag, literal, name, number, text, whole } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';

/** Maximum number of points along a side of a grid; their bytes are in base64. */
const MAX_GRID = 128;
const base64 = text(4 * Math.ceil(MAX_GRID ** 2 / 3));

/** A misclassified row whose class got a low probability. */
const mistake = record({
  row: count(),
  label: count(),
  answer: count(),
  probability: figure(0, 1), // probability of the answer
});

/** Rows whose probability is in one range, and the share of them that belong to the class. */
const calibrationBin = record({ rows: count(), probability: figure(0, 1), share: figure(0, 1) });

/** Maximum number of classes whose curves are drawn; a chart of more could not be read. */
export const MAX_CURVES = 8;

/** Maximum number of points of a curve. */
export const MAX_CURVE_POINTS = 200;

const rankingCurve = record({
  label: name,
  share: figure(0, 1), // of the rows that belong to the class
  rocAuc: figure(0, 1),
  prAuc: figure(0, 1),
  // false positives, recall, precision
  points: list(tuple(figure(0, 1), figure(0, 1), figure(0, 1)), 0, MAX_CURVE_POINTS + 1),
});

/** Figures of the second of two classes, if the rows with a probability above the threshold are taken for it. */
const thresholdFigures = record({
  threshold: figure(0, 1),
  precision: figure(0, 1),
  recall: figure(0, 1),
  f1: figure(0, 1),
  accuracy: figure(0, 1),
});

const answers = refined(
  record({
    split: name, // split of the rows
    labels: list(name, 1, 8192),
    // [class][answer] counts; the last column counts rows without an answer, if any
    confusion: list(list(count(), 0, 8193), 0, 8192),
    mistakes: list(mistake, 0, 100), // worst first
    mistakenImages: optional(nullable(sheet)), // their images, if rows are images
    // calibration of the second of two classes, else of the predicted class; runs of earlier versions have none
    calibration: optional(list(calibrationBin, 0, 100)),
    // ROC and precision-recall curves of the second of two classes, else of each; absent with many classes or rows
    curves: optional(list(rankingCurve, 0, MAX_CURVES)),
    thresholds: optional(list(thresholdFigures, 0, 100)), // only of two classes with probabilities
  }),
  ({ labels: { length: C }, confusion, mistakes, mistakenImages }, fail) => {
    if (confusion.length !== C) fail(['confusion'], `a list of ${confusion.length}`, `a list of ${C} (as labels)`);
    const columns = confusion[0].length === C + 1 ? C + 1 : C;
    for (const [c, { length }] of confusion.entries()) {
      if (length !== columns)
        fail(['confusion', c], `a list of ${length}`, `a list of ${columns} (there are ${C} labels)`);
    }
    for (const [k, one] of mistakes.entries()) {
      for (const key of ['label', 'answer'] as const) {
        if (one[key] >= C) fail(['mistakes', k, key], String(one[key]), `the index of one of ${C} labels`);
      }
    }
    const images = mistakenImages?.images ?? mistakes.length;
    if (images !== mistakes.length)
      fail(['mistakenImages', 'images'], String(images), `${mistakes.length} (as mistakes)`);
  },
);

/** A finite coordinate, small enough for the length of its axis to be finite. */
const coordinate = number(-1e300, 1e300);

/** The byte of a margin from -1 to 1 is (margin + 1) · MARGIN_SCALE, rounded. */
export const MARGIN_SCALE = 127.5;

/** The decision regions of a network before a step: the class that it gives to each point of the plane. */
export const decisionRegions = refined(
  record({
    step: count(), // steps done before
    extent: tuple(coordinate, coordinate, coordinate, coordinate), // x1, y1, x2, y2
    side: whole(2, MAX_GRID), // grid points along each side
    /** For each class its probability minus that of the likeliest other, from -1 to 1, as a byte, in base64. */
    margins: list(base64, 1, 1024), // [classes] of [side, side], rows by ascending y
  }),
  ({ extent: [x1, y1, x2, y2], side, margins }, fail) => {
    if (x1 > x2) fail(['extent', 2], String(x2), `${x1} or more`);
    if (y1 > y2) fail(['extent', 3], String(y2), `${y1} or more`);
    for (const [c, bytes] of margins.entries()) {
      if (!isBase64Of(bytes, side ** 2)) {
        fail(['margins', c], `${bytes.length} characters`, `${side ** 2} bytes in base64`);
      }
    }
  },
);

/** Points of a plane, and the decision regions. */
const plane = refined(
  record({
    labels: list(name, 1, 64),
    points: list(tuple(coordinate, coordinate, count()), 0, 1000), // x, y, label
    right: optional(count()), // number of points classified correctly
    end: decisionRegions,
  }),
  ({ labels: { length: C }, points }, fail) => {
    for (const [n, [, , label]] of points.entries()) {
      if (label >= C) fail(['points', n, 2], String(label), `the index of one of ${C} labels`);
    }
  },
);

/** Targets and predictions of a regression. */
const predictions = record({
  split: name, // split of the rows
  rows: count(1),
  columns: optional(count(1)), // number of all targets; runs of earlier versions have none
  /** Metrics cover all rows; points are pairs of actual and predicted values of some rows. */
  outputs: list(
    record({
      name: optional(name), // of several targets; runs of earlier versions have none
      r2: figure(),
      rmse: figure(0),
      points: list(tuple(coordinate, coordinate), 0, 1000),
      worst: optional(list(record({ row: count(), actual: coordinate, predicted: coordinate }), 0, 100)), // worst first
    }),
    1,
    16_384,
  ),
});

/** Predictions of a network along its single input, and the training rows. */
const curve = refined(
  record({
    points: list(tuple(coordinate, coordinate, count()), 0, 10_000), // input, target, line
    lines: list(record({ name, points: list(tuple(coordinate, coordinate), 2, 1000) }), 1, 64),
    isProbability: flag,
  }),
  ({ points, lines }, fail) => {
    for (const [n, [, , k]] of points.entries()) {
      if (k >= lines.length) fail(['points', n, 2], String(k), `the index of one of ${lines.length} lines`);
    }
  },
);

/** The result of a constant answer on the rows of the main metric; NaN for a metric that does not apply. */
const baseline = record({ answer: name, accuracy: figure(0, 1), rmse: figure(0) });

/** The filters of the first layer that reads images. */
const filters = record({ layer: name, total: count(1), sheet });

/** Maximum number of tokens, heads and layers whose attention is shown. */
const MAX_READ = 64;

/** How much each token of a sentence reads the tokens up to itself. */
const attention = refined(
  record({
    split: name, // the text that the sentence begins
    tokens: list(text(1024), 1, MAX_READ), // each of at most 1024 characters
    layers: list(
      record({ layer: name, heads: list(list(list(number(0, 1), 1, MAX_READ), 1, MAX_READ), 1, MAX_READ) }),
      1,
      MAX_READ,
    ), // [layer][head][token][token that it reads]
    layersInAll: count(1),
  }),
  ({ tokens: { length: n }, layers }, fail) => {
    for (const [l, { heads }] of layers.entries()) {
      for (const [h, rows] of heads.entries()) {
        const at = ['layers', l, 'heads', h];
        if (rows.length !== n) fail(at, `a list of ${rows.length}`, `a list of ${n} (as tokens)`);
        const t = rows.findIndex((row, t) => row.length !== t + 1);
        if (t !== -1) fail([...at, t], `a list of ${rows[t].length}`, `a list of ${t + 1}`);
      }
    }
  },
);

/** Images beside what the network makes of them, as many of each. */
const reconstructions = record({ split: name, inputs: sheet, outputs: sheet });

/** The losses of counting tokens of a text, and pairs of them. */
const nGrams = record({ unit: name, unigram: figure(0), bigram: figure(0) });

/** Figures of each of several targets by name. */
export const targetFigures = table(
  name,
  record({
    loss: figure(),
    accuracy: optional(figure(0, 1)),
    f1: optional(figure(0, 1)),
    averagePrecision: optional(figure(0, 1)),
    rmse: optional(figure(0)),
    r2: optional(figure()),
  }),
  0,
  10_000,
);

/** Maximum number of targets whose answers are drawn. */
export const MAX_DRAWN_TARGETS = 16;

/** Findings about one of several targets. */
const target = record({
  name,
  baseline: nullable(baseline),
  linear: nullable(record({ accuracy: orElse(figure(0, 1), Number.NaN), rmse: orElse(figure(0), Number.NaN) })),
  answers: nullable(answers), // only of classes
  predictions: nullable(predictions), // only of values
});

/** Maximum number of columns of a table that are listed. */
export const MAX_LISTED_COLUMNS = 200;

/** The columns of a user's table, what the model needs of them, and the cells of the rows with the largest errors. */
const tableFindings = record({
  columnsInAll: count(1),
  columns: list(record({ name, use: name, reason: name, gaps: count(), becomes: name }), 0, MAX_LISTED_COLUMNS),
  importances: list(record({ target: nullable(name), ...importanceFacts }), 0, MAX_DRAWN_TARGETS), // of each target
  cellColumns: list(name, 0, 100), // columns of `rows`, most important first
  rows: list(record({ row: count(), cells: list(name, 0, 100) }), 0, 10_000), // rows of the split of the answers
});

/** The last line of --json. */
const result = record({
  event: literal('done'),
  steps: count(),
  epochs: figure(0),
  trainLoss: figure(),
  testLoss: figure(),
  testPerplexity: optional(figure(1)), // only of positions
  testAccuracy: figure(0, 1),
  testRmse: figure(0),
  testR2: figure(),
  testTargets: optional(targetFigures), // only of several outputs
  fingerprint: name,
  threads: figure(0),
  leaves: figure(0),
  gradientThreads: figure(0),
  backend: name,
  unfused: orElse(flag, false),
  elapsedMs: figure(0),
  samplesPerSecond: figure(0),
  // files of earlier versions have none of these
  linearAccuracy: orElse(figure(0, 1), Number.NaN),
  linearRmse: orElse(figure(0), Number.NaN),
  remarks: orElse(list(text(10_000), 0, 100), []),
});

/** What a report shows in addition to config.json and metrics.jsonl, computed once when the run ends. */
export const findings = record({
  result,
  profiles: nullable(list(profile, 0, MAX_THREADS)), // one per thread, if the run was profiled
  answers: nullable(answers), // only if rows belong to classes
  plane: nullable(plane), // only if rows are points of the plane, in few classes
  predictions: optional(nullable(predictions)), // only if targets are values
  curve: optional(nullable(curve)), // only with one input
  baseline: optional(nullable(baseline)), // only with held-out rows, or if the training rows test themselves
  histograms: list(layerHistogram, 0, 64),
  images: optional(nullable(sheet)), // the first images of the run, only if rows are images
  filters: optional(nullable(filters)), // only if the first layer reads images
  reconstructions: optional(nullable(reconstructions)), // only if images are their own targets
  samples: optional(nullable(sheet)), // images that the decoder makes of draws
  nGrams: optional(nullable(nGrams)), // only of a text with a validation text
  attention: optional(nullable(attention)), // only of a text, by a network with self-attention
  targets: optional(list(target, 0, MAX_DRAWN_TARGETS)), // only of several outputs: the first of them
  table: optional(nullable(tableFindings)), // only of a user's table
});

export type Findings = Read<typeof findings>;
export type Attention = Read<typeof attention>;
export type Answers = Read<typeof answers>;
export type Curves = NonNullable<Answers['curves']>;
export type Reconstructions = Read<typeof reconstructions>;
export type Filters = Read<typeof filters>;
export type Mistake = Read<typeof mistake>;
export type Predictions = Read<typeof predictions>;
export type TableFindings = Read<typeof tableFindings>;
export type Curve = Read<typeof curve>;
export type Baseline = Read<typeof baseline>;
export type Plane = Read<typeof plane>;
export type DecisionRegions = Read<typeof decisionRegions>;

/** Whether a text is exactly this many bytes in base64. */
export function isBase64Of(text: string, bytes: number): boolean {
  const padding = (3 - (bytes % 3)) % 3;
  const length = 4 * Math.ceil(bytes / 3);
  return (
    text.length === length &&
    text.endsWith('='.repeat(padding)) &&
    /^[A-Za-z\d+/]*$/.test(text.slice(0, length - padding))
  );
}
