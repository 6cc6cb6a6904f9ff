import type { Shape, TargetDecoding } from '@gradloom/core';
import { hasProbabilities, targetPositions } from '@gradloom/core/internal';
import type { ExportedModel } from '../exported.ts';
import { type AxisLayout, emitImportedOutput } from './axis-layout.ts';
import type { Graph, RealType, Value } from './graph.ts';
import { elementTypes } from './schema.ts';

/**
 * Adds a model's answers from its outputs [N, ...output]: `label`, `probabilities` and the outputs for classes, of each
 * position [N, R] if positions have classes; `prediction`, in the units of the targets, for values. They are computed
 * in float64 as by `Model.predict`, and output in the type of the model.
 */
export function emitAnswers(
  graph: Graph, // graph with float64 numbers
  type: RealType,
  { contents: { metadata, preprocessing }, network, loss }: ExportedModel,
  outputs: Value,
  unusedName: (name: string) => string, // a name that no column has
  layout?: AxisLayout, // of the outputs, in an imported graph
): void {
  const { output } = network;
  const R = loss === null ? 1 : targetPositions(network, loss);
  const O = network.outputs / R;
  // [N, O], or [N · R, O]: in a Reshape, 0 keeps an extent and -1 takes the rest.
  const rows = R === 1 ? [0, O] : [-1, O];
  const flat = output.length === 1 ? outputs : graph.reshape(outputs, rows);
  const byRow = (value: Value, row: Shape): Value => (R === 1 ? value : graph.reshape(value, [-1, ...row]));
  const y = graph.cast(flat, type);
  const addAnswer = (name: string, value: Value, row: Shape, note: string): void =>
    graph.output(unusedName(name), graph.withType(type).cast(value, 'double'), type, row, note);
  const target = preprocessing?.target;
  const firstTarget = target?.at(0);
  const labels = firstTarget?.type === 'classes' ? firstTarget.labels : metadata?.labels;
  const hasClassLoss = loss !== null && (loss.targets === 'classes' || hasProbabilities(loss));
  const areValues = firstTarget === undefined ? labels === undefined && !hasClassLoss : firstTarget.type === 'values';
  const addOutputs = (name: string, note: string): void => {
    if (layout === undefined) graph.output(unusedName(name), outputs, type, output, note);
    else emitImportedOutput(graph, type, layout, outputs);
  };
  if (areValues) {
    if (target === undefined) addOutputs('prediction', 'the outputs');
    else addAnswer('prediction', emitUnits(graph, target, y), [O], target.map(({ name }) => name).join(', '));
    return;
  }
  // A single output distinguishes two classes, unless there is only one class.
  const isBinary = O === 1 && loss?.targets !== 'classes';
  const p = hasProbabilities(loss)
    ? graph.node(loss?.name === 'binary-cross-entropy' ? 'Sigmoid' : 'Softmax', [y])
    : null;
  emitLabel(isBinary ? 2 : O, bestClass());
  if (p !== null) {
    const probabilities = isBinary
      ? graph.node('Concat', [graph.node('Sub', [graph.number(1), p]), p], { axis: 1 })
      : p;
    const row = [...(R === 1 ? [] : [R]), isBinary ? 2 : O];
    addAnswer('probabilities', byRow(probabilities, row), row, 'of the classes, in their order');
  }
  addOutputs('outputs', 'the outputs of the network');

  /** [N] the class index; for two classes by the model's threshold if it has one, as in `classify`. */
  function bestClass(): Value {
    const threshold = metadata?.threshold;
    const isPair = loss?.targets === 'classes' && O === 2;
    if (threshold !== undefined && loss !== null && (isBinary || isPair)) {
      if (isBinary) return above(p ?? y, threshold);
      if (p !== null) return above(column(p, 1), threshold);
      return above(graph.node('Sub', [column(y, 1), column(y, 0)]), threshold);
    }
    if (isBinary) return above(y, loss?.threshold ?? 0.5);
    return graph.node('ArgMax', [y], { axis: 1, keepdims: 0 });
  }

  function column(value: Value, index: number): Value {
    return graph.node('Gather', [value, graph.integers([index])], { axis: 1 });
  }

  /** [N] 1 if a score [N, 1] is above the threshold, else 0. */
  function above(score: Value, threshold: number): Value {
    const isAbove = graph.node('Greater', [score, graph.number(threshold)]);
    return graph.reshape(graph.node('Cast', [isAbove], { to: elementTypes.int64 }), [-1]);
  }

  /** Adds the class name, or its index; '' or -1 for a row with an output that is NaN or infinite. */
  function emitLabel(classes: number, index: Value): void {
    // y - y is NaN for NaN and Infinity.
    const finite = graph.node('Equal', [graph.node('Sub', [y, y]), graph.number(0)]);
    const hasAnswer = graph.node('ReduceMin', [graph.node('Cast', [finite], { to: elementTypes.int64 })], {
      axes: [1],
      keepdims: 0,
    });
    const positions = R === 1 ? [] : [R];
    // 0 for a row without an answer, else the class counted from 1.
    const labelIndex = graph.node('Mul', [graph.node('Add', [index, graph.integers([1])]), hasAnswer]);
    const addLabel = (label: Value, type: 'int64' | 'string', note: string): void =>
      graph.output(unusedName('label'), byRow(label, positions), type, positions, note);
    if (labels === undefined) {
      const indexOrNone = graph.node('Sub', [labelIndex, graph.integers([1])]);
      addLabel(indexOrNone, 'int64', 'the class, counted from 0; -1 without an answer');
      return;
    }
    const names = Array.from({ length: classes }, (_, o) => labels[o] ?? String(o));
    const label = graph.node('Gather', [graph.texts([classes + 1], ['', ...names]), labelIndex], { axis: 0 });
    addLabel(label, 'string', 'the name of the class; empty without an answer');
  }
}

/** y · scale + center of each target, or its exponential. */
function emitUnits(graph: Graph, target: readonly TargetDecoding[], y: Value): Value {
  const decodings = target.map((decoding) => (decoding.type === 'values' ? decoding : { scale: 1, center: 0 }));
  const row = (name: 'scale' | 'center') => {
    const numbers = Float64Array.from(decodings, (decoding) => decoding[name]);
    return graph.reals(`target.${name}`, [numbers.length], numbers);
  };
  const values = graph.node('Add', [graph.node('Mul', [y, row('scale')]), row('center')]);
  const isLog = target.map((decoding) => decoding.type === 'values' && decoding.transform === 'log');
  if (!isLog.includes(true)) return values;
  const column = (o: number): Value => {
    const numbers = graph.node('Gather', [values, graph.integers([o])], { axis: 1 });
    return isLog[o] ? graph.node('Exp', [numbers]) : numbers;
  };
  const columns = target.map((_, o) => column(o));
  return graph.node('Concat', columns, { axis: 1 });
}
