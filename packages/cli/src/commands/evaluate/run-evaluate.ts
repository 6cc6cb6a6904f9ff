import { openModelFile, saveModel } from '@gradloom/runtime';
import { modelPath } from '../../files/models/model-path.ts';
import { openModel, refuseMoreThan, withModel } from '../../files/models/open-model.ts';
import { binsOf } from '../../lab/figures/calibration-bins.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLines, widthOf } from '../../terminal/io.ts';
import { createPaint, type Paint } from '../../terminal/paint.ts';
import { decimal, showLabel } from '../../terminal/text/format.ts';
import { describeEvaluation, type Findings } from './describe-evaluation.ts';
import { areLabels, labelTable, meansOfLabels } from './describe-labels.ts';
import { type FindingsOfHeads, measureModel } from './measure-model.ts';
import { evaluateOptions } from './options.ts';

/** Measures a model and prints the results. Resolves to the exit code. */
export async function runEvaluate(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(evaluateOptions, request);
  const values = parseRaw(evaluateOptions, raw);
  refuseIdleLibrary(raw, values);
  refuseMoreThan(1, request.positionals, 'one model', '--dataset');
  boundMemory(values);
  const model = openModel(request.positionals);
  try {
    if (values['save-threshold'] && values.threshold === undefined) {
      throw new UsageError('--save-threshold is given without --threshold, expected both');
    }
    const findings = await measureModel(model, values, io);
    const paint = createPaint(io.stdout, io.env);
    const savedPath = values['save-threshold'] ? saveThreshold(request.positionals, findings) : null;
    const isOfHeads = 'heads' in findings;
    if (values.json) printJson(io.stdout, isOfHeads ? documentOfHeads(findings) : documentOf(findings));
    else {
      const describe = isOfHeads
        ? describeHeads(findings, widthOf(io.stdout), paint)
        : describeEvaluation(findings, widthOf(io.stdout), paint);
      printLines(io.stdout, describe);
      if (savedPath !== null)
        printLines(io.stdout, ['', `  The threshold is written to ${savedPath}: predict uses it.`]);
    }
    return 0;
  } catch (error) {
    throw nameFlag(error, evaluateOptions, withModel(raw, request.positionals));
  }
}

/** The JSON output of evaluate for several targets: that of each by name. */
function documentOfHeads({ evaluation, heads }: FindingsOfHeads) {
  const [{ findings }] = heads;
  const { fingerprint, dataset, split } = findings;
  const targets = heads.map(({ name, findings }) => {
    const { event: _, fingerprint: __, dataset: ___, split: ____, ...document } = documentOf(findings);
    return [name, document] as const;
  });
  const { rows, loss } = evaluation;
  const meansOfHeads = areLabels(heads) ? { means: meansOfLabels(heads) } : {};
  return {
    event: 'evaluation',
    fingerprint,
    dataset,
    split,
    rows,
    loss,
    ...meansOfHeads,
    targets: Object.fromEntries(targets),
  };
}

/** Text output for several targets: that of each, in its units, and their loss. */
function describeHeads({ evaluation, heads }: FindingsOfHeads, width: number, paint: Paint): string[] {
  const texts = heads.map(({ name, findings }) => {
    return { name, lines: describeEvaluation({ ...findings, isOneOfSeveral: true }, width, paint) };
  });
  return [
    texts[0].lines[0],
    ...(areLabels(heads)
      ? ['', ...labelTable(heads)]
      : texts.flatMap(({ name, lines }) => ['', paint('bold', `target ${showLabel(name)}`), ...lines.slice(2)])),
    '',
    `  loss of all targets, each times its weight: ${decimal(evaluation.loss)}`,
  ];
}

/** The JSON output of evaluate. A figure that does not apply is null. */
function documentOf({
  evaluation,
  naive,
  classes,
  figures,
  calibration,
  loss: _loss,
  omittedClasses: _omittedClasses,
  lacksRankings: _lacksRankings,
  ...keptFindings
}: Findings) {
  const { rows, positions, loss, unanswered = 0, metrics, heads: targets } = evaluation;
  const figuresByName = Object.fromEntries(figures.map(({ name, value, interval }) => [name, { value, ...interval }]));
  const valueOfFigure = (name: 'accuracy' | 'mae' | 'rmse' | 'r2') =>
    figuresByName[name]?.value ?? evaluation[name] ?? null;
  return {
    event: 'evaluation',
    ...keptFindings,
    rows,
    ...defined({ positions }),
    loss,
    accuracy: valueOfFigure('accuracy'),
    mae: valueOfFigure('mae'),
    rmse: valueOfFigure('rmse'),
    r2: valueOfFigure('r2'),
    unanswered,
    ...defined({ metrics, targets }),
    ...(naive === null ? {} : { naive }),
    figures: figuresByName,
    calibration: calibration === null ? null : binsOf(calibration),
    classes,
  };
}

/**
 * Writes the threshold, or those of several targets, into the metadata of the model file that the first argument
 * names. Returns its path.
 * @throws Error for a checkpoint, whose run may go on.
 */
function saveThreshold([name]: readonly string[], findings: Findings | FindingsOfHeads): string {
  const path = modelPath(name);
  const { model, checkpoint } = openModelFile(path, loadOptions());
  if (checkpoint !== null) {
    throw new Error(`--save-threshold: ${path} is a checkpoint, expected a model file such as model.gradloom`);
  }
  const { spec, parameters, loss, metadata, preprocessing, fused } = model;
  const headFindings = 'heads' in findings ? findings.heads : [];
  // A default changes no answer, and is left out.
  const headThresholds = Object.fromEntries(
    headFindings.flatMap(({ name, findings: { threshold } }) =>
      threshold === null || threshold.by === 'default' ? [] : [[name, threshold.value] as const],
    ),
  );
  const threshold = 'heads' in findings ? null : findings.threshold;
  saveModel(path, {
    ...loadOptions(),
    spec,
    parameters,
    ...defined({ loss, preprocessing, fused }),
    metadata: {
      ...metadata,
      ...(threshold === null ? {} : { threshold: threshold.value }),
      ...(headFindings.length === 0 ? {} : { headThresholds }),
    },
  });
  return path;
}
