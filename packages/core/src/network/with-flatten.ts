/** Layers that took all numbers of a row before rows had shapes. */
const FLAT = new Set(['dense', 'swiglu', 'layer-norm', 'batch-norm', 'residual']);

/** Levels of nested layers that are read: more than a network may have, but few enough for recursion. */
const MAX_DEPTH = 32;

/**
 * The spec of a file that was written before rows had shapes, as it is written now. Layers after an embedding took all
 * of its numbers at once, so a flatten layer stands before the first of them; in a residual also at its end, since the
 * residual adds its input. Anything else is returned as it is, whether it is a spec or not.
 */
export function withFlatten(spec: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return spec;
  if (typeof spec !== 'object' || spec === null || !('layers' in spec) || !Array.isArray(spec.layers)) return spec;
  const specs: readonly unknown[] = spec.layers;
  const layers: unknown[] = [];
  let hasVectors = false; // an axis for the indices of an embedding, and one for their vectors
  const flatten = (): void => {
    layers.push({ kind: 'flatten' });
    hasVectors = false;
  };
  for (const layer of specs) {
    const kind = String((layer as { readonly kind?: unknown } | null)?.kind);
    if (hasVectors && FLAT.has(kind)) flatten();
    layers.push(withFlatten(layer, depth + 1));
    if (kind === 'embedding' || kind === 'flatten') hasVectors = kind === 'embedding';
  }
  if (hasVectors && depth > 0) flatten();
  return layers.every((layer, l) => layer === specs[l]) ? spec : { ...spec, layers };
}
