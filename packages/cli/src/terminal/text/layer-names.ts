/** A layer by its position in the network, such as 3, or 3.1 inside layer 3, and its label, such as dense(784->128). */
export interface LabelledLayer {
  readonly path: string;
  readonly label: string;
  readonly name?: string | undefined; // name in its spec
}

/** Names of a network's layers, counted as in errors: 'layer 0 dense', or the name in the spec. */
export const layerNames = (layers: readonly LabelledLayer[]): string[] =>
  layers.map(({ path, label, name }) => name ?? `layer ${path} ${label.split('(')[0]}`);
