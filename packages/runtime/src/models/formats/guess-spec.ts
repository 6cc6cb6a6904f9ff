import type { LayerSpec, NetworkSpec } from '@gradloom/core';
import type { Renames } from './match-tensors.ts';
import type { StoredTensor } from './tensor-file.ts';

/** A network that was guessed, and the names of its layers in the file. */
export interface GuessedNetwork {
  readonly spec: NetworkSpec;
  readonly renames: Renames;
  /** A sentence about the guess. */
  readonly note: string;
}

/**
 * The network of a file of weights alone, if they are those of linear layers whose outputs are the inputs of the next:
 * 0.weight [16, 4], 0.bias [16], 2.weight [3, 16], 2.bias [3]. Files do not tell activations; relu between the layers
 * is the most common one. Null for any other tensors.
 */
export function guessSpec(tensors: ReadonlyMap<string, StoredTensor>): GuessedNetwork | null {
  const modules = [...new Set([...tensors.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))))].sort(byNumbers);
  const layers: LayerSpec[] = [];
  const renames: Record<string, string> = {};
  let width: number | undefined; // outputs so far
  for (const name of modules) {
    const shape = tensors.get(`${name}.weight`)?.shape ?? [];
    const bias = tensors.get(`${name}.bias`);
    const [outputs, inputs] = shape;
    const isLinear = shape.length === 2 && inputs > 0 && outputs > 0 && (width === undefined || inputs === width);
    if (!isLinear || (bias !== undefined && String(bias.shape) !== String([outputs]))) return null;
    if (layers.length > 0) layers.push({ kind: 'activation', fn: 'relu' });
    renames[name] = String(layers.length);
    layers.push({ kind: 'dense', out: outputs, ...(bias === undefined ? { bias: false } : {}) });
    width = outputs;
  }
  if (layers.length === 0) return null;
  const input = tensors.get(`${modules[0]}.weight`)?.shape[1] ?? 0;
  const widths = layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.out] : []));
  const note = `Guessed from names and shapes: dense layers ${[input, ...widths].join(' -> ')}, with relu between them`;
  return { spec: { input, layers }, renames, note: `${note} (a file does not tell; --spec states other layers).` };
}

/** The order of names with numbers in them: fc2 before fc10. */
const byNumbers = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
